-- State of fold_error, projected from `event` alone: which clusters of a log are known, how often each came in which
-- hour, and how much of the log was looked at then. Keys are keyed digests; a cluster's text lies in the payload of `seq`.
CREATE TABLE fold_cluster (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  seq INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE fold_count (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  hour INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (scope, key, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE fold_cover (
  scope TEXT NOT NULL,
  hour INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  PRIMARY KEY (scope, hour)
) STRICT, WITHOUT ROWID;

-- What a person decided: a cluster counts as another, or (NULL) each of its texts counts for itself.
CREATE TABLE fold_group (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  into_key TEXT,
  seq INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
