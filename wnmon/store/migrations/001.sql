-- Times: *_ms since the epoch (UTC), *_us durations. `region` stands for where a probe is asked from; so far always ''.

CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE probe (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  target TEXT NOT NULL,
  check_name TEXT NOT NULL,
  model TEXT NOT NULL
) STRICT;

-- A finished run. `slot_ms`: when it was due; of a run that confirms another, and of one nobody scheduled, when it began.
CREATE TABLE run (
  probe INTEGER NOT NULL REFERENCES probe (id),
  region TEXT NOT NULL DEFAULT '',
  slot_ms INTEGER NOT NULL,
  run TEXT NOT NULL,
  recheck INTEGER NOT NULL,
  began_ms INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  status INTEGER,
  dns_us INTEGER, tcp_us INTEGER, tls_us INTEGER, send_us INTEGER, headers_us INTEGER, first_byte_us INTEGER,
  ttft_us INTEGER, first_visible_us INTEGER, total_us INTEGER, max_gap_us INTEGER,
  suspect INTEGER NOT NULL,
  requests INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  answered_as TEXT,
  PRIMARY KEY (probe, region, slot_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_by_time ON run (ended_ms);

-- What runs came to by hour and by day (step_s 3600, 86400), kept for longer than they are. Confirming ones count too.
-- `up`, `down`: what they said of the relay; those that failed for a reason of wnmon's own say nothing.
-- `maintenance`: due runs that somebody wanted left out; `left_out`: all others that did not take place.
CREATE TABLE sum (
  probe INTEGER NOT NULL REFERENCES probe (id),
  region TEXT NOT NULL DEFAULT '',
  step_s INTEGER NOT NULL,
  start_s INTEGER NOT NULL,
  passed INTEGER NOT NULL DEFAULT 0, degraded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, errored INTEGER NOT NULL DEFAULT 0,
  up INTEGER NOT NULL DEFAULT 0, down INTEGER NOT NULL DEFAULT 0,
  maintenance INTEGER NOT NULL DEFAULT 0, left_out INTEGER NOT NULL DEFAULT 0,
  requests INTEGER NOT NULL DEFAULT 0, input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (probe, region, step_s, start_s)
) STRICT, WITHOUT ROWID;
CREATE INDEX sum_by_time ON sum (step_s, start_s);

-- First tokens by size: how many took no longer than `most_us`, and longer than the step below it.
CREATE TABLE first_token (
  probe INTEGER NOT NULL REFERENCES probe (id),
  region TEXT NOT NULL DEFAULT '',
  step_s INTEGER NOT NULL,
  start_s INTEGER NOT NULL,
  most_us INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  PRIMARY KEY (probe, region, step_s, start_s, most_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX first_token_by_time ON first_token (step_s, start_s);

-- What became of a rule, when it changed.
CREATE TABLE rule_verdict (
  probe INTEGER NOT NULL REFERENCES probe (id),
  rule TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  waived INTEGER NOT NULL,
  PRIMARY KEY (probe, rule, at_ms)
) STRICT, WITHOUT ROWID;

-- How a probe stands. `relay`: a salted hash of where it is asked; of another relay nothing is known.
CREATE TABLE state (
  probe INTEGER PRIMARY KEY REFERENCES probe (id),
  relay TEXT NOT NULL,
  up INTEGER, since_ms INTEGER,
  last INTEGER, times INTEGER NOT NULL,
  success INTEGER NOT NULL, due_ms INTEGER NOT NULL
) STRICT;

-- A time in which a probe was confirmed to be down. One that is open has no `closed_ms`.
CREATE TABLE incident (
  id INTEGER PRIMARY KEY,
  probe INTEGER NOT NULL REFERENCES probe (id),
  opened_ms INTEGER NOT NULL,
  closed_ms INTEGER,
  reason TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX incident_open ON incident (probe) WHERE closed_ms IS NULL;
CREATE INDEX incident_by_time ON incident (opened_ms);

-- What was spent, by hours since the epoch. `key`: a salted hash of the key it was spent with, '' for none.
CREATE TABLE ledger (
  target TEXT NOT NULL,
  key TEXT NOT NULL,
  hour INTEGER NOT NULL,
  tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (target, hour, key)
) STRICT, WITHOUT ROWID;

-- What a process may spend besides, on one UTC day (days since the epoch), and nobody else: granted, and not spent yet.
CREATE TABLE share (
  owner TEXT NOT NULL,
  target TEXT NOT NULL,
  day INTEGER NOT NULL,
  key TEXT NOT NULL,
  tokens INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (owner, target, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX share_by_target ON share (target, day);

-- Messages to people. `payload`: its JSON document; one that nobody has yet has no `delivered_ms`.
CREATE TABLE delivery (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  payload TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_try_ms INTEGER NOT NULL,
  delivered_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_time ON delivery (at_ms);

-- What each channel was told, as its desk writes it down (a JSON document).
CREATE TABLE told (channel TEXT PRIMARY KEY, memory TEXT NOT NULL) STRICT, WITHOUT ROWID;
