-- Replies on their way out through a channel. Rows go once the reply has arrived or cannot: what is left is owed.
CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  actor TEXT NOT NULL,
  run TEXT,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  placing INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The messages that hold its parts, each sent without content and filled by an edit.
CREATE TABLE delivery_part (
  delivery TEXT NOT NULL,
  part INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (delivery, part)
) STRICT, WITHOUT ROWID;
