"""Runs as records: the answers are left out, and read anew by whoever takes the record."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from engine_samples import Bench, lost, plain, probe, reply, step, suite

from wnmon.engine.codec import decode_run, encode_run
from wnmon.engine.run import Run
from wnmon.model.exchange import FailureKind
from wnmon.redact.exchange import KEPT_OUT

RUNS = {
    "judged": Bench().run(probe(suite())),
    "refused": Bench(reply({"error": {"message": "bad key"}}, 401)).run(probe(suite())),
    "dead": Bench(lost(FailureKind.CONNECT)).run(),
    "no json": Bench().run(probe(plain(replace(step(status=200), raw_body="[1]")))),
}


def kept(run: Run) -> Run:
    """Return the run as it comes back from a file."""
    return decode_run(json.loads(json.dumps(encode_run(run))))


@pytest.mark.parametrize("name", ["answers", "client"])
def test_a_record_leaves_out_what_is_read_anew_or_knows_secrets(name: str) -> None:
    content: Any = encode_run(RUNS["judged"])["run"]

    assert name not in content


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_run_comes_back_equal(run: Run) -> None:
    assert kept(run) == run


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_the_answers_of_a_record_are_read_anew(run: Run) -> None:
    assert kept(run).answers == run.answers


def test_runs_are_equal_whatever_was_read_of_them() -> None:
    assert replace(RUNS["judged"], answers=()) == RUNS["judged"]


def test_encoding_leaves_the_run_its_answers() -> None:
    encode_run(RUNS["judged"])

    assert len(RUNS["judged"].answers) == 2


def test_words_only_hold_no_ids() -> None:
    texts = [json.dumps(encode_run(RUNS["refused"], words_only=only)) for only in (False, True)]

    assert ['"said"' in text for text in texts] == [True, False]


def test_a_record_of_before_headers_were_kept_out_by_name_comes_back_without_them() -> None:
    headers, asked = (("Set-Cookie", "sid=1"), ("Date", "now")), (("X-Relay-Auth", "team"),)
    old = Bench().run()
    exchange = replace(old.evidence.exchanges[0], headers=headers)
    exchange = replace(exchange, request=replace(exchange.request, headers=asked))
    record = encode_run(replace(old, evidence=replace(old.evidence, exchanges=(exchange,))))

    (read,) = decode_run(record).evidence.exchanges

    assert (read.headers, read.request.headers) == (
        (("Set-Cookie", KEPT_OUT), ("Date", "now")),
        (("X-Relay-Auth", KEPT_OUT),),
    )


@pytest.mark.parametrize("name", ["answers", "client"])
def test_a_record_with_what_none_holds_is_none_of_ours(name: str) -> None:
    content: Any = encode_run(RUNS["judged"])["run"]

    with pytest.raises(ValueError, match=rf"^run\.{name}: unknown$"):
        decode_run({"wnmon": 1, "run": content | {name: [{}]}})
