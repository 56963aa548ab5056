-- What of the changes of rules is old is looked for every few seconds.
CREATE INDEX rule_verdict_by_time ON rule_verdict (at_ms);
