-- People who were let in by a one-time code, and codes that wait. A code is kept as a keyed digest.
CREATE TABLE pairing (
  name TEXT PRIMARY KEY,
  server TEXT NOT NULL,
  code TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  user INTEGER,
  paired INTEGER,
  revoked INTEGER
) STRICT, WITHOUT ROWID;
