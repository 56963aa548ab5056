"""The proof of the conformance suite, a gate of each release: good relays keep all rules, each fault breaks its own.

Everything here is one run of every built-in suite against every peer; docs/conformance.md is its table.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from judged import Judged, differing, judge_all
from peers import Peer, Sort, peers
from table import render

from wnmon.config import built_in_suites
from wnmon.model.check import Level
from wnmon.model.result import Reason, Verdict
from wnmon.model.said import Said, Why
from wnmon.model.target import SensorKind

PAGE = Path(__file__).parents[2] / "docs" / "conformance.md"
PEERS = peers()
RULES = {rule.id: rule for plan in built_in_suites() for rule in plan.rules}
BY_HTTPX_ALONE = {"HTTP-006": Said(Why.NO_HTTP2)}
"""What wnmon's own transport cannot ask, and what the rule says then. Peers that tell are asked by httpx."""

OF_HTTP = frozenset(
    {"reset", "truncated-stream", "not-http", "slow-headers", "endless-headers", "endless-stream", "stall", "held-back"}
    | {"close-at-once", "certificate-over", "plain-http-open", "no-last-chunk", "wrong-length", "open-end", "gzip-bomb"}
)
"""Faults that break HTTP itself, its pieces or its certificates."""

# Random, so that no window of it is anyone's word; with the characters that escapes and encodings change.
KEY = f'sk-{secrets.token_hex(9)}"&<{secrets.token_hex(9)}%41+/{secrets.token_hex(9)}\\'

Matrix = Mapping[str, Judged]


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    """Return what became of every peer."""
    return judge_all(PEERS, KEY)


def of_sort(*sorts: Sort) -> list[Peer]:
    return [peer for peer in PEERS if peer.sort in sorts]


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_a_peer_breaks_exactly_what_it_declares(peer: Peer, matrix: Matrix) -> None:
    assert matrix[peer.name].broken == peer.kills


@pytest.mark.parametrize("peer", of_sort(Sort.GOOD, Sort.PERSONA), ids=str)
def test_a_good_relay_leaves_inconclusive_only_what_it_declares(peer: Peer, matrix: Matrix) -> None:
    assert matrix[peer.name].of(Verdict.INCONCLUSIVE) == peer.leaves


@pytest.mark.parametrize("peer", of_sort(Sort.PERSONA), ids=str)
def test_a_legal_habit_breaks_no_must(peer: Peer, matrix: Matrix) -> None:
    assert matrix[peer.name].broken_musts == frozenset()


@pytest.mark.parametrize("name", ["laundered-timeout", "truncated-stream"])
def test_an_answer_that_was_cut_is_told_as_such(name: str, matrix: Matrix) -> None:
    assert [finding.reason for finding in matrix[name].verdicts["STR-010"].findings] == [Reason.TRUNCATED]


def test_every_rule_is_passed_by_a_relay_that_breaks_none(matrix: Matrix) -> None:
    # A rule on problem details or on refused bursts is only about relays that have them: those are personas.
    clean = [matrix[peer.name] for peer in of_sort(Sort.GOOD, Sort.PERSONA) if not peer.kills]

    assert frozenset().union(*(judged.of(Verdict.PASSED) for judged in clean)) == RULES.keys()


def test_every_rule_is_broken_by_a_fault(matrix: Matrix) -> None:
    assert frozenset().union(*(matrix[peer.name].broken for peer in of_sort(Sort.FAULT))) == RULES.keys()


def test_a_rule_that_cannot_fail_is_proven_by_a_note(matrix: Matrix) -> None:
    info = {rule.id for rule in RULES.values() if set(rule.levels.values()) == {Level.INFO}}
    noted = frozenset().union(*(judged.of(Verdict.NOTED) for judged in matrix.values()))

    assert noted == info


@pytest.mark.parametrize("name", ["good", "http2-reset"])
def test_what_its_own_transport_cannot_ask_is_skipped_with_its_reason(
    name: str, matrix: Matrix, by_the_other: Matrix
) -> None:
    by_own = matrix[name] if name == "good" else by_the_other[name]

    assert {rule: by_own.verdicts[rule].why for rule in BY_HTTPX_ALONE} == BY_HTTPX_ALONE


def test_a_relay_without_http2_is_not_held_to_it(by_the_other: Matrix) -> None:
    asked = by_the_other["good"].verdicts["HTTP-006"]

    assert (asked.verdict, asked.why) == (Verdict.SKIPPED, Said(Why.NOT_OFFERED))


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_no_report_on_a_peer_shows_the_key(peer: Peer, matrix: Matrix) -> None:
    assert matrix[peer.name].leaks == ()


@pytest.mark.parametrize("peer", PEERS, ids=str)
def test_a_replay_of_a_transcript_reproduces_it_to_the_byte(peer: Peer, matrix: Matrix) -> None:
    assert matrix[peer.name].differences == ()


def test_the_page_shows_this_very_matrix(matrix: Matrix, by_the_other: Matrix) -> None:
    page = render(PEERS, matrix, RULES, by_the_other)
    if os.environ.get("WNMON_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == page, "stale: make conformance"


# By the other transport. `make soak` judges every peer so.

SOME = [peer for peer in PEERS if peer.sort is Sort.GOOD or peer.secured is not None or peer.name in OF_HTTP]


@pytest.fixture(scope="module")
def by_the_other() -> Matrix:
    """Return what the other transport finds of whom it matters most for."""
    return judge_by_the_other(SOME)


def judge_by_the_other(some: list[Peer]) -> Matrix:
    return judge_all([replace(peer, transport=peer.other_transport) for peer in some], KEY)


def told_by_httpx_alone(some: list[Peer]) -> dict[str, frozenset[str]]:
    """Return of which rules the transports may differ, by peer: where a relay offers HTTP/2."""
    return {peer.name: frozenset(BY_HTTPX_ALONE) for peer in some if peer.transport is SensorKind.HTTPX}


def test_both_transports_find_the_same_of_whom_it_matters_most_for(matrix: Matrix, by_the_other: Matrix) -> None:
    assert differing(SOME, matrix, by_the_other) == told_by_httpx_alone(SOME)


@pytest.mark.long
def test_both_transports_find_the_same_of_every_peer(matrix: Matrix) -> None:
    assert differing(PEERS, matrix, judge_by_the_other(list(PEERS))) == told_by_httpx_alone(list(PEERS))
