-- The journal. `event` is append-only and hash-chained; its columns hold ids, figures and names of the node's own,
-- never anybody's words. Words lie in `payload`, bound to the chain by a salted commitment, so that erasing them
-- leaves a chain that still verifies.
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('node', 'outside')),
  type TEXT NOT NULL,
  class TEXT NOT NULL,
  owner TEXT NOT NULL,
  actor TEXT NOT NULL,
  tier TEXT NOT NULL,
  conversation TEXT,
  cause INTEGER,
  hop INTEGER NOT NULL,
  keyed INTEGER NOT NULL CHECK (keyed IN (0, 1)),
  facts TEXT NOT NULL,
  commitment BLOB,
  hash BLOB NOT NULL
) STRICT;
CREATE INDEX event_conversation ON event (conversation, seq) WHERE conversation IS NOT NULL;

-- Rows are appended in order and erased by setting both columns to NULL, never deleted or inserted in between: either
-- moves neighbouring rows between pages, and a moved row leaves a copy of its text behind that no later erasure finds.
CREATE TABLE payload (
  seq INTEGER PRIMARY KEY,
  salt BLOB,
  data TEXT
) STRICT;

-- Which outside events and keyed requests have had their effect. Keys are HMACs: a source's own ids are its words.
-- Rows expire, so they cannot be part of the chain; each carries a seal of its own, and `event.keyed` says that one exists.
CREATE TABLE dedupe (
  key BLOB PRIMARY KEY,
  fingerprint BLOB NOT NULL,
  seq INTEGER NOT NULL,
  result INTEGER,
  expires INTEGER NOT NULL,
  seal BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_expires ON dedupe (expires);

-- State: each table below is a projection of `event` alone, written in the same transaction and rebuilt by replay.
CREATE TABLE run (
  id TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  owner TEXT NOT NULL,
  conversation TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('running', 'answered', 'failed', 'cancelled', 'interrupted')),
  mode TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  detached INTEGER NOT NULL,
  created INTEGER NOT NULL,
  finished INTEGER,
  received INTEGER NOT NULL,
  result INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX run_unfinished ON run (id) WHERE status = 'running';

CREATE TABLE conversation (
  key TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  turns INTEGER NOT NULL,
  fresh_after INTEGER NOT NULL,
  mode TEXT,
  mode_previous TEXT,
  mode_until_turn INTEGER,
  mode_until_time INTEGER,
  mode_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE overlay (
  id TEXT PRIMARY KEY,
  conversation TEXT NOT NULL,
  seq INTEGER NOT NULL,
  until_turn INTEGER NOT NULL,
  until_time INTEGER NOT NULL,
  removed INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX overlay_conversation ON overlay (conversation) WHERE removed IS NULL;

CREATE TABLE document (
  id TEXT PRIMARY KEY,
  owner TEXT,
  source_key TEXT NOT NULL,
  media_type TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  tier TEXT NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX document_source ON document (source_key);

CREATE TABLE token (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  tier TEXT NOT NULL,
  may TEXT NOT NULL,
  person INTEGER NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
  day TEXT NOT NULL,
  actor TEXT NOT NULL,
  messages INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  prompt_tokens INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  PRIMARY KEY (day, actor)
) STRICT, WITHOUT ROWID;

-- Not state: when a token was last seen (written lazily), and how far retention has looked.
CREATE TABLE token_use (name TEXT PRIMARY KEY, time INTEGER NOT NULL, seal BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE retention (class TEXT PRIMARY KEY, looked_through INTEGER NOT NULL, seal BLOB NOT NULL) STRICT, WITHOUT ROWID;
