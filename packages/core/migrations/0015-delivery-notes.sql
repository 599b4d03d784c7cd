-- What became known of a reply before it could be asked for, by the numbers of its records, oldest first.
ALTER TABLE delivery ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
