-- What models were measured to be as judges, by a keyed digest of the model's name, the newest of each.
CREATE TABLE judge (
  model TEXT PRIMARY KEY,
  sensitivity REAL NOT NULL,
  specificity REAL NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
