"""A relay that means harm: whatever it sends, the check ends, with the right verdict, in bounded memory and work.

Memory is the peak of the whole process, of which some 55 MiB are the program itself. Work is measured by what a check
of a harmless relay takes in the same run, and the bound is generous: it tells a bound from a hang, nothing more.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from check_process import KEY, MODEL, Checked, check, config, weighed
from raw_relay import CHUNKED, Speech, answer, relay_saying, stream
from service_process import relay_beside, wnmon

from wnmon.mock.settings import MockSettings

MIB = 2**20
MOST_MIB = 55 + 150
MOST_CHECKS = 12
"""How many checks of a harmless relay an attack may cost, in processor time."""
DOCUMENTED, STREAM = "builtin:documented", "builtin:stream"
COMPLETION: dict[str, Any] = {
    "id": "x",
    "object": "chat.completion",
    "created": 1,
    "model": MODEL,
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "CONTENT"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "system_fingerprint": "fp",
}
EVENT = b'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[%b]}\n\n'
SMALL_EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
DELTA = b'{"index":0,"delta":{"content":"a"},"finish_reason":null}'
VISIBLE = re.compile(r"[^\n\x20-\x7e\xa0-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What a relay sends, or the fault of the reference relay it is, and what the check must make of it."""

    name: str
    suite: str
    exit: int
    fault: str = ""
    speech: Speech = tuple
    reason: str = "ok"
    broken: str = ""

    def __str__(self) -> str:
        return self.name


def filled(piece: bytes, size: int = 8 * MIB - 200) -> bytes:
    """Return the piece over and over, just below the cap on a body."""
    return piece * (size // len(piece))


def endless(head: bytes, piece: bytes) -> Speech:
    """Say the head, then the piece for ever."""

    def speech() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + head
        block = piece * (65536 // len(piece) + 1)
        for _ in count():
            yield block

    return speech


def completion(content: str) -> bytes:
    return json.dumps(COMPLETION).replace("CONTENT", content).encode()


def as_json(name: str, body: bytes, broken: str, reason: str = "bad_json") -> Attack:
    return Attack(name=name, suite=DOCUMENTED, exit=1, speech=answer(body), broken=broken, reason=reason)


def beyond(name: str, body: bytes) -> Attack:
    """Legal JSON, but more of it than a reader must accept (RFC 8259 §9): not judged, and said so."""
    return Attack(name=name, suite=DOCUMENTED, exit=3, speech=answer(body), reason="bad_json")


def as_stream(name: str, body: bytes, broken: str, reason: str = "ok") -> Attack:
    return Attack(name=name, suite=STREAM, exit=1, speech=stream(body), broken=broken, reason=reason)


def too_large(name: str, suite: str, fault: str = "", speech: Speech = tuple) -> Attack:
    return Attack(name=name, suite=suite, exit=3, fault=fault, speech=speech, reason="too_large")


ATTACKS = [
    too_large("a body of 1 GiB", DOCUMENTED, "huge-body"),
    too_large("an event of 1 GiB", STREAM, "huge-body"),
    too_large("a gzip bomb", DOCUMENTED, "gzip-bomb"),
    too_large("a gzip bomb as a stream", STREAM, "gzip-bomb"),
    too_large("an endless stream", STREAM, "endless-stream"),
    too_large("an endless head", DOCUMENTED, "endless-headers"),
    too_large("one endless header", STREAM, speech=endless(b"X-Filler: ", b"a")),
    too_large("an endless body without a length", DOCUMENTED, speech=endless(b"\r\n", b"[")),
    too_large("endless chunks of one byte", STREAM, speech=endless(CHUNKED, b"1\r\n\n\r\n")),
    too_large("an endless trailer", STREAM, speech=endless(CHUNKED + b"0\r\n", b"X: y\r\n")),
    too_large("a page of titles", DOCUMENTED, speech=answer(b"<html>" + filled(b"<title>", 9 * MIB), "text/html")),
    too_large("a million arrays in arrays", DOCUMENTED, speech=answer(b'{"id":' + b"[" * 10**6 + b"]" * 10**6 + b"}")),
    beyond("arrays in arrays", b'{"id":' + b"[" * 10**5 + b"]" * 10**5 + b"}"),
    beyond("objects in objects", b'{"a":' * 10**5 + b"1" + b"}" * 10**5),
    beyond("a number of a million digits", b'{"created":' + b"1" * 10**6 + b"}"),
    as_json("a number beyond every float", b'{"created":1e999999999}', "DOC-004", "empty"),
    too_large("4 million numbers", DOCUMENTED, speech=answer(b"[" + filled(b"0,") + b"0]")),
    too_large(
        "600,000 members", DOCUMENTED, speech=answer(b"{" + b",".join(b'"%d":0' % i for i in range(600_000)) + b"}")
    ),
    as_json("the same member 100,000 times", b"{" + b'"a":1,' * 10**5 + b'"a":1}', "DOC-003"),
    as_json("200,000 lone surrogates", b'{"id":"' + b"\\ud800" * 200_000 + b'"}', "DOC-005", "empty"),
    too_large("a million NULs", DOCUMENTED, speech=answer(completion(r"\u0000" * 10**6))),
    too_large("4 million line ends in a text", DOCUMENTED, speech=answer(b'{"id":"' + filled(b"\\n") + b'"}')),
    too_large("2 million escapes of escapes", STREAM, speech=stream(filled(b"%25&#37;", 8 * MIB - 200))),
    as_json("spaces only", filled(b" "), "DOC-003", "empty"),
    as_json("bytes that are not UTF-8", filled(b"\xff"), "DOC-003"),
    as_json("terminal commands and NUL", b"\x1b[2J\x00\x07\x9b31m" * 1000, "DOC-003"),
    as_json(
        "an error in terminal commands",
        b'{"error":{"message":"' + b"\\u001b[2J\\u0000" * 9999 + b'"}}',
        "ERR-006",
        "schema",
    ),
    as_stream("10,000 whole events", (EVENT % DELTA) * 10_000, "STR-010"),
    too_large("40,000 whole events", STREAM, speech=stream((EVENT % DELTA) * 40_000)),
    as_stream("25,000 small events", SMALL_EVENT * 25_000, "STR-007"),
    too_large("100,000 small events", STREAM, speech=stream(SMALL_EVENT * 10**5)),
    as_stream("a choice per event", b"".join(EVENT % DELTA.replace(b"0", b"%d" % i) for i in range(12_000)), "STR-010"),
    too_large("128 choices per event", STREAM, speech=stream(EVENT % b",".join([DELTA] * 128) * 1_000)),
    as_stream("30,000 comments", b": ping\n\n" * 30_000, "STR-010", "empty"),
    too_large("a million comments", STREAM, speech=stream(filled(b": ping\n\n"))),
    too_large("line ends only", STREAM, speech=stream(filled(b"\r"))),
    as_stream("one line without end", filled(b"x"), "STR-010", "empty"),
    as_stream("one event of 70,000 lines", b"data:\n" * 70_000, "STR-005", "bad_json"),
    too_large("one event of a million lines", STREAM, speech=stream(filled(b"data:\n"))),
    as_stream("[DONE] 30,000 times", b"data: [DONE]\n\n" * 30_000, "STR-006", "empty"),
    too_large("[DONE] 600,000 times", STREAM, speech=stream(filled(b"data: [DONE]\n\n"))),
    as_stream("70,000 unknown fields", b"x: y\n" * 70_000, "STR-010", "empty"),
    too_large("quotation marks only", STREAM, speech=stream(b"data: [" + filled(b'"'))),
    as_stream("nested events", b"data: " + b"[" * 10**5 + b"\n\n", "STR-005", "bad_json"),
    as_stream("terminal commands in events", filled(b"data: \x00\x1b[2J\n\n", MIB // 4), "STR-005", "bad_json"),
]


Attacked = tuple[Attack, Checked]
"""An attack, and what the check made of it."""


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Future[Attacked]]]:
    """Return what becomes of each attack, by name. They share nothing, so two are under way at once."""
    pool = ThreadPoolExecutor(2)
    yield {one.name: pool.submit(survive, one, tmp_path_factory.mktemp("attacked")) for one in ATTACKS}
    pool.shutdown(cancel_futures=True)


@pytest.fixture(scope="module", params=ATTACKS, ids=str)
def attacked(request: pytest.FixtureRequest, begun: Mapping[str, Future[Attacked]]) -> Attacked:
    return begun[request.param.name].result()


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """Return a check of a relay that means no harm: the yardstick."""
    with relay_beside(MockSettings(ttft_s=0, gap_s=0)) as relay:
        return weighed(tmp_path_factory.mktemp("harmless"), DOCUMENTED, "--base-url", relay.url, "--model", MODEL)


def survive(attack: Attack, folder: Path) -> Attacked:
    with attacking(attack) as url:
        file = config(folder, url, timeout="{connect: 20s, headers: 20s, first_token: 60s, stall: 20s, total: 60s}")
        return attack, weighed(folder, "-c", str(file), attack.suite)


@contextmanager
def attacking(attack: Attack) -> Iterator[str]:
    if attack.fault:
        with relay_beside(MockSettings(faults=(attack.fault,))) as relay:
            yield relay.url
    else:
        with relay_saying(attack.speech) as url:
            yield url


def test_an_attack_ends_in_the_right_exit_code(attacked: Attacked) -> None:
    attack, checked = attacked

    assert checked.code == attack.exit, checked.stderr


def test_an_attack_ends_in_the_right_verdict(attacked: Attacked) -> None:
    attack, checked = attacked
    (run,) = checked.runs

    assert run["reason"] == attack.reason
    assert {*attack.broken.split()} <= checked.of_verdict("failed")


def test_an_attack_is_survived_in_bounded_memory(attacked: Attacked) -> None:
    assert attacked[1].peak_mib < MOST_MIB


def test_an_attack_is_survived_with_bounded_work(attacked: Attacked, harmless: Checked) -> None:
    assert attacked[1].cpu_s < MOST_CHECKS * harmless.cpu_s


def test_an_attack_leaves_nothing_on_stderr(attacked: Attacked) -> None:
    assert attacked[1].stderr == ""


def test_an_attack_prints_nothing_a_terminal_would_obey(attacked: Attacked) -> None:
    assert VISIBLE.findall(attacked[1].stdout) == []


def test_the_reports_of_an_attack_stay_readable_and_small(attacked: Attacked) -> None:
    _, checked = attacked

    assert (checked.folder / "report.json").stat().st_size < 200_000
    assert checked.junit.tests == len(checked.rules) + checked.junit.errors


@pytest.mark.parametrize("body", [filled(rb"\u0000"), filled(KEY.encode() + b" ")], ids=["escapes", "keys"])
def test_an_answer_too_large_to_read_replays_alike_and_says_which_bound(body: bytes, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    with relay_saying(answer(b'{"a":"' + body + b'"}')) as url:
        checked = check(tmp_path, "--base-url", url, "--model", MODEL, f"--report=transcript={record}", DOCUMENTED)
    code, _, said = wnmon("replay", str(record))

    (run,) = checked.runs
    assert (code, "the same as recorded" in said, KEY in record.read_text()) == (3, True, False), said
    assert re.search(r"[0-9]{6,}", run["message"])


# Patterns of the user against the words of the relay

SUITE = """\
suite: mine
profiles: [mine]
requests:
  asked: {prompt: hello}
rules:
  MY-001:
    on: asked
    levels: {mine: MUST}
    says: {en: the answer is made of a, zh: 回答只含 a}
    source: our own
    expect: {content: {matches: '^(a+)+$'}}
"""


@pytest.mark.parametrize(("content", "code"), [("a" * 10**6 + "!", 1), ("a" * 10**6, 0)], ids=["no match", "match"])
def test_a_pattern_that_backtracks_is_answered_at_once(
    content: str, code: int, harmless: Checked, tmp_path: Path
) -> None:
    suite = tmp_path / "mine.yaml"
    suite.write_text(SUITE, encoding="utf-8")
    with relay_saying(answer(completion(content))) as url:
        checked = weighed(tmp_path, str(suite), "--base-url", url, "--model", MODEL)

    assert (checked.code, checked.cpu_s < MOST_CHECKS * harmless.cpu_s) == (code, True), checked.stderr


# Heads


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: application/json; charset=\xff\xfe",
        b"Content-Encoding: gzip, gzip, gzip",
        b"Content-Encoding: \xc3\xa9",
        b"Retry-After: 1e999",
        b"Retry-After: -99999999999999999999",
        b"Retry-After: Thu, 99 Jan 99999 99:99:99 GMT",
        b"X-Request-Id: " + b"\xff" * 20_000,
        b"Set-Cookie: " + b"a=b;" * 20_000,
        b"Date: \x80\x81",
    ],
    ids=lambda header: header[:24].decode("ascii", "replace"),
)
def test_a_strange_head_is_no_reason_to_break(header: bytes, tmp_path: Path) -> None:
    body = gzip.compress(completion("pong")) if b"gzip" in header else completion("pong")
    with relay_saying(answer(body, "application/json", header, status=b"429 \xff")) as url:
        checked = check(tmp_path, "--base-url", url, "--model", MODEL, "--only", "DOC-00[1-4]", "--patience", "0")

    assert (checked.code, checked.stderr) == (3, "")
