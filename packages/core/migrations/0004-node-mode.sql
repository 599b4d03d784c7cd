-- The mode of the whole node, as its owner switched it: one row, or none while that never happened.
CREATE TABLE node_mode (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  mode TEXT,
  previous TEXT,
  until_time INTEGER,
  changed_by TEXT NOT NULL
) STRICT;
