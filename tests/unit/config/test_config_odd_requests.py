"""Requests of suites that are unlike others: plain http, HTTP/2, bursts, filler; what they cost; unfit values."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_samples import probe, write

from wnmon.config import load_suites
from wnmon.engine.costs import step_cost, worst_run
from wnmon.errors import ConfigError
from wnmon.model.check import Plan

SUITE = """suite: s
requests:
  ask: {%s}
rules:
  R-001: {on: ask, levels: {p: MUST}, says: {en: x}, source: x, expect: {status: 200}}
"""
PROMPT = 'prompt: "{{filler}}", request: {max_tokens: 5}'


def suite(folder: Path, members: str) -> Plan:
    return load_suites([str(write(folder, SUITE % members, "s.yaml"))], folder)[0]


def test_a_plain_request_is_none_of_these(tmp_path: Path) -> None:
    step = suite(tmp_path, PROMPT).steps[0]
    assert (step.plain_http, step.http2, step.burst, step.filler) == (False, False, 1, 0)


def test_each_oddity_is_read(tmp_path: Path) -> None:
    step = suite(tmp_path, f"{PROMPT}, scheme: http, http2: true, burst: 6, filler: 100").steps[0]
    assert (step.plain_http, step.http2, step.burst, step.filler) == (True, True, 6, 100)


def test_http2_may_be_declined_in_so_many_words(tmp_path: Path) -> None:
    assert suite(tmp_path, f"{PROMPT}, http2: false").steps[0].http2 is False


def test_a_burst_costs_each_of_its_copies(tmp_path: Path) -> None:
    once, six = (worst_run(probe(suite(tmp_path, f"{PROMPT}, burst: {copies}"))) for copies in (1, 6))
    assert (six.requests, six.amount.tokens) == (6, 6 * once.amount.tokens)


def test_filler_is_paid_for(tmp_path: Path) -> None:
    plan = suite(tmp_path, f"{PROMPT}, filler: 5000")
    tokens, _ = step_cost(plan.steps[0], probe(plan))
    assert tokens >= 4_999


def test_a_get_costs_no_token(tmp_path: Path) -> None:
    plan = suite(tmp_path, 'method: GET, body: "", lint: off')
    assert step_cost(plan.steps[0], probe(plan)) == (0, 0)


@pytest.mark.parametrize(
    "member",
    [
        *("scheme: https", "http2: maybe", "burst: 0", "burst: 21", "filler: -1"),
        *("if_refused: ask", "if_refused: nobody", "if_refused: 7", "if_refused: []"),
    ],
)
def test_another_value_is_refused_with_its_place(member: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"s\.yaml:3:\d+ requests\.ask\.{member.partition(':')[0]}"):
        suite(tmp_path, f"{PROMPT}, {member}")
