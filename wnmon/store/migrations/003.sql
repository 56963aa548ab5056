-- What failed, as it can be judged again and sent to somebody: a transcript (`wnmon replay` reads it), compressed by zlib.
-- No secret is in it. `outcome`, `reason`: as in `run`, whose row is gone sooner.
CREATE TABLE transcript (
  run TEXT PRIMARY KEY,
  probe INTEGER NOT NULL REFERENCES probe (id),
  ended_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  content BLOB NOT NULL
) STRICT;
CREATE INDEX transcript_by_probe ON transcript (probe, ended_ms, run);
CREATE INDEX transcript_by_time ON transcript (ended_ms, run, bytes);

-- The run that first found it down; NULL where nobody knows any more.
ALTER TABLE incident ADD COLUMN run TEXT;
CREATE INDEX incident_by_probe ON incident (probe, opened_ms);
