-- What is being forgotten and not finished: a projection of the records that began, settled and ended it.
CREATE TABLE forgetting (
  id TEXT PRIMARY KEY,
  begun INTEGER NOT NULL,
  settled INTEGER
) STRICT, WITHOUT ROWID;
