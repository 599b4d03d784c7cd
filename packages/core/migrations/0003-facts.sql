-- Facts with validity, what is proposed as one, and pinned blocks. Their words lie in `payload`; what is looked up by
-- words has keyed digests. Like the other state, each table is a projection of `event` alone.
CREATE TABLE fact (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  shared INTEGER NOT NULL,
  subject_key TEXT NOT NULL,
  slot_key TEXT NOT NULL,
  valid_from INTEGER NOT NULL,
  -- As it was said; `closed` is when a later value took its place.
  valid_to INTEGER,
  closed INTEGER,
  confidence REAL NOT NULL,
  tier TEXT NOT NULL,
  source TEXT NOT NULL,
  source_seq INTEGER NOT NULL,
  supersedes TEXT,
  superseded_by TEXT,
  seq INTEGER NOT NULL,
  recorded INTEGER NOT NULL,
  retracted INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX fact_seq ON fact (seq);
CREATE INDEX fact_owner ON fact (owner, seq);
CREATE INDEX fact_subject ON fact (subject_key, seq);
CREATE INDEX fact_slot ON fact (slot_key, seq);
CREATE INDEX fact_superseded ON fact (superseded_by) WHERE superseded_by IS NOT NULL;

CREATE TABLE proposal (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  actor TEXT NOT NULL,
  tier TEXT NOT NULL,
  shared INTEGER NOT NULL,
  subject_key TEXT NOT NULL,
  slot_key TEXT NOT NULL,
  until INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  proposed INTEGER NOT NULL,
  decided INTEGER,
  fact TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX proposal_open ON proposal (seq) WHERE decided IS NULL;

-- A version's record names the one before it as its cause, so the newest leads to all of them.
CREATE TABLE block (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  name_key TEXT NOT NULL,
  version INTEGER NOT NULL,
  chars INTEGER NOT NULL,
  tier TEXT NOT NULL,
  seq INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  removed INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX block_name ON block (owner, name_key) WHERE removed IS NULL;
