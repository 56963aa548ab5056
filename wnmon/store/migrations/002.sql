-- What was spent (`ledger`), and what is granted to processes and not spent yet (`share`), by account.
-- `scope`: target, key or all. `name`: the target's; a salted hash of the key; '' for all.
-- `start_s`: when the hour began by the clocks of the zone. Of the ledger there are sums by UTC day besides (step_s
-- 86400, of the hours that begin in it), so that a month is few rows whatever the zone.
-- `money`: billionths of `currency`, '' where no price is known.

ALTER TABLE ledger RENAME TO ledger_001;
CREATE TABLE ledger (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  step_s INTEGER NOT NULL,
  start_s INTEGER NOT NULL,
  currency TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  money INTEGER NOT NULL,
  PRIMARY KEY (scope, name, step_s, start_s, currency)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_by_time ON ledger (step_s, start_s);

INSERT INTO ledger
  SELECT 'target', target, 3600, hour * 3600, '', sum(tokens), sum(requests), 0 FROM ledger_001 GROUP BY target, hour;
INSERT INTO ledger
  SELECT 'key', key, 3600, hour * 3600, '', sum(tokens), sum(requests), 0 FROM ledger_001 WHERE key <> '' GROUP BY key, hour;
INSERT INTO ledger
  SELECT 'all', '', 3600, hour * 3600, '', sum(tokens), sum(requests), 0 FROM ledger_001 GROUP BY hour;
INSERT INTO ledger
  SELECT scope, name, 86400, start_s / 86400 * 86400, '', sum(tokens), sum(requests), 0 FROM ledger GROUP BY scope, name, start_s / 86400;
DROP TABLE ledger_001;

-- A share of a UTC day is one of its first hour.
ALTER TABLE share RENAME TO share_001;
CREATE TABLE share (
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  start_s INTEGER NOT NULL,
  owner TEXT NOT NULL,
  currency TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  money INTEGER NOT NULL,
  PRIMARY KEY (scope, name, start_s, owner, currency)
) STRICT, WITHOUT ROWID;

INSERT INTO share
  SELECT 'target', target, day * 86400, owner, '', sum(tokens), sum(requests), 0 FROM share_001 GROUP BY target, day, owner;
INSERT INTO share
  SELECT 'key', key, day * 86400, owner, '', sum(tokens), sum(requests), 0 FROM share_001 WHERE key <> '' GROUP BY key, day, owner;
INSERT INTO share
  SELECT 'all', '', day * 86400, owner, '', sum(tokens), sum(requests), 0 FROM share_001 GROUP BY day, owner;
DROP TABLE share_001;
