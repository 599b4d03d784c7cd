-- Doors of channels that are shut, and since when: a row goes once the door is open again and the owners are told so.
CREATE TABLE door (
  name TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
