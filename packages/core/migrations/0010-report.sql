-- The newest report of each kind on each subject, a conversation or all that belongs to one person: what the next is
-- compared with.
CREATE TABLE report (
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  run TEXT NOT NULL,
  seq INTEGER NOT NULL,
  checks TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (subject, kind)
) STRICT, WITHOUT ROWID;
