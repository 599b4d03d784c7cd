-- Who brought a document, what it follows from, until when it holds, and the file its text was taken from. `tier` and
-- `time` stay those of the first time it came where it was carried over from another memory.
ALTER TABLE document ADD COLUMN ingested_by TEXT NOT NULL DEFAULT '';
ALTER TABLE document ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document ADD COLUMN expires INTEGER;
ALTER TABLE document ADD COLUMN original_sha256 TEXT;
