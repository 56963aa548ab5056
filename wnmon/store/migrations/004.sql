-- What a run cost in the money that is paid in, in billionths of it, rounded up; NULL where no price was known.
ALTER TABLE run ADD COLUMN money INTEGER;
ALTER TABLE run ADD COLUMN currency TEXT;

-- What runs came to in money by hour and by day, as in `sum`, billionths; currencies are never added up.
CREATE TABLE money (
  probe INTEGER NOT NULL REFERENCES probe (id),
  region TEXT NOT NULL DEFAULT '',
  step_s INTEGER NOT NULL,
  start_s INTEGER NOT NULL,
  currency TEXT NOT NULL,
  billionths INTEGER NOT NULL,
  PRIMARY KEY (probe, region, step_s, start_s, currency)
) STRICT, WITHOUT ROWID;
CREATE INDEX money_by_time ON money (step_s, start_s);
