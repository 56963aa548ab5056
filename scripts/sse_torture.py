"""Writes docs/sse-torture.md, hard cases of event streams cut at every byte: `python scripts/sse_torture.py [--print]`.

What is right is written here by hand, after the WHATWG rules and the habits of relays. The script ends with an error
when the parser reads a case otherwise, or reads it otherwise when the network cuts it elsewhere.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wnmon.model.exchange import Chunk
from wnmon.model.json import Json
from wnmon.wire.reply import Reply
from wnmon.wire.sse import parse
from wnmon.wire.stream import fold

PAGE = Path(__file__).parent.parent / "docs" / "sse-torture.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A stream, written with the words of `WORDS`, and what a right reader makes of it."""

    title: str
    stream: str
    read: str


def _chunk(delta: Json, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, ensure_ascii=False)


USAGE = '"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}'
WORDS: Mapping[str, tuple[str, str]] = {
    r"C\(([^)]*)\)": (_chunk({"content": "%"}), "`C(x)` a chunk whose delta has the content x"),
    r"R\(([^)]*)\)": (_chunk({"reasoning_content": "%"}), "`R(x)` one with reasoning_content x"),
    r"T\(([^)]*)\)": (
        _chunk({"tool_calls": [{"index": 0, "id": "t", "function": {"name": "f", "arguments": "%"}}]}),
        "`T(x)` one with a tool call whose arguments are x",
    ),
    r"F\(([^)]*)\)": (_chunk({}, "%"), "`F(x)` a chunk with an empty delta and the finish_reason x"),
    r"\bROLE\b": (_chunk({"role": "assistant", "content": ""}), "`ROLE` a chunk with a role and empty content"),
    r"\bUSAGE\b": ('{"choices": [], %s}' % USAGE, "`USAGE` a chunk without choices that holds usage"),  # noqa: UP031
    r"\bBOTH\b": (
        _chunk({}, "stop")[:-1] + f", {USAGE}}}",
        "`BOTH` a chunk with finish_reason stop and usage",
    ),
    r"\bERROR\b": ('{"error": {"message": "boom"}}', "`ERROR` an object with an error member"),
}
END = "data: F(stop)\n\ndata: [DONE]\n\n"

CASES = (
    Case(title="plain", stream="data: C(a)\n\n" + END, read='3 events, content "a" in 1 token, stop, DONE'),
    Case(
        title="role and empty content before the first token",
        stream="data: ROLE\n\ndata: C()\n\ndata: C(a)\n\n" + END,
        read='5 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="reasoning before content",
        stream="data: R(hm)\n\ndata: C(a)\n\n" + END,
        read='4 events, content "a" in 1 token, reasoning "hm" in 1 token, stop, DONE',
    ),
    Case(
        title="a tool call and nothing else",
        stream="data: T({)\n\ndata: T(})\n\ndata: F(tool_calls)\n\ndata: [DONE]\n\n",
        read='4 events, tool "{}" in 2 tokens, tool_calls, DONE',
    ),
    Case(
        title="comments alone, bare, and before [DONE]",
        stream=": PING\n\n:\n\ndata: C(a)\n\n: OPENROUTER PROCESSING\n\n: ping - 9\n\n" + END,
        read='3 events, content "a" in 1 token, stop, DONE, 4 comments',
    ),
    Case(
        title="a comment glued to a data line",
        stream=": ping\ndata: C(a)\n: ping\n\n" + END,
        read='3 events, content "a" in 1 token, stop, DONE, 2 comments',
    ),
    Case(
        title="a comment sent as data",
        stream="data: : keepalive\n\ndata: C(a)\n\n" + END,
        read='4 events, content "a" in 1 token, stop, DONE, 1 unreadable',
    ),
    Case(
        title="an empty string as data",
        stream='data: ""\n\ndata: C(a)\n\n' + END,
        read='4 events, content "a" in 1 token, stop, DONE, 1 unreadable',
    ),
    Case(
        title="data without a value, with and without its colon",
        stream="data\n\ndata:\n\ndata: C(a)\n\n" + END,
        read='5 events, content "a" in 1 token, stop, DONE, 2 unreadable',
    ),
    Case(
        title="usage on a chunk without choices",
        stream="data: C(a)\n\ndata: F(stop)\n\ndata: USAGE\n\ndata: [DONE]\n\n",
        read='4 events, content "a" in 1 token, stop, usage 5, DONE',
    ),
    Case(
        title="usage on the chunk that finishes",
        stream="data: C(a)\n\ndata: BOTH\n\ndata: [DONE]\n\n",
        read='3 events, content "a" in 1 token, stop, usage 5, DONE',
    ),
    Case(
        title="JSON over several data lines",
        stream='data: {"choices": [{"delta":\ndata: {"content": "a"}}]}\n\n' + END,
        read='3 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="CRLF",
        stream="data: C(a)\r\n\r\ndata: F(stop)\r\n\r\ndata: [DONE]\r\n\r\n",
        read='3 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="CR",
        stream="data: C(a)\r\rdata: F(stop)\r\rdata: [DONE]\r\r",
        read='3 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="all line ends mixed",
        stream="data: C(a)\r\n\ndata: C(b)\n\r\ndata: F(stop)\r\r\ndata: [DONE]\n\r",
        read='4 events, content "ab" in 2 tokens, stop, DONE',
    ),
    Case(
        title="no space after the colon",
        stream="data:C(a)\n\ndata:F(stop)\n\ndata:[DONE]\n\n",
        read='3 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="no [DONE]",
        stream="data: C(a)\n\ndata: F(stop)\n\n",
        read='2 events, content "a" in 1 token, stop',
    ),
    Case(
        title="[DONE] twice",
        stream="data: C(a)\n\n" + END + "data: [DONE]\n\n",
        read='4 events, content "a" in 1 token, stop, DONE twice',
    ),
    Case(
        title="[DONE] glued to a chunk",
        stream="data: C(a)\n\ndata: F(stop)[DONE]\n\n",
        read='2 events, content "a" in 1 token, 1 unreadable',
    ),
    Case(
        title="text after [DONE]",
        stream="data: C(a)\n\n" + END + "data: C(b)\n\n",
        read='4 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="no finish_reason",
        stream="data: C(a)\n\ndata: [DONE]\n\n",
        read='2 events, content "a" in 1 token, DONE',
    ),
    Case(
        title="finish_reason empty instead of null",
        stream="data: F()\n\ndata: C(a)\n\n" + END,
        read='4 events, content "a" in 1 token, stop, DONE',
    ),
    Case(
        title="the last event without its blank line",
        stream="data: C(a)\n\ndata: F(stop)\n\ndata: [DONE]",
        read='3 events, content "a" in 1 token, stop, DONE, unterminated',
    ),
    Case(
        title="two chunks on two lines of one event",
        stream="data: C(a)\ndata: C(b)\n\n" + END,
        read="3 events, stop, DONE, 1 unreadable",
    ),
    Case(
        title="two chunks on one line",
        stream="data: C(a)data: C(b)\n\n" + END,
        read="3 events, stop, DONE, 1 unreadable",
    ),
    Case(
        title="an error member inside the stream",
        stream="data: C(a)\n\ndata: ERROR\n\ndata: [DONE]\n\n",
        read='3 events, content "a" in 1 token, DONE, error "boom"',
    ),
    Case(
        title="an event named error",
        stream="data: C(a)\n\nevent: error\ndata: ERROR\n\n",
        read='2 events, content "a" in 1 token, error "boom"',
    ),
    Case(
        title="a field named error, which the standard ignores",
        stream='data: C(a)\n\nerror: {"message": "boom"}\n\n',
        read='2 events, content "a" in 1 token, error "boom", unknown_field_json',
    ),
    Case(
        title="id, retry and unknown fields",
        stream="id: 7\nretry: 100\nretry: soon\ntrace: x\ndata: C(a)\n\n" + END,
        read='3 events, content "a" in 1 token, stop, DONE, bad_retry, unknown_field',
    ),
    Case(title="an empty stream", stream="", read="0 events"),
    Case(title="comments and nothing else", stream=": ping\n\n: ping\n\n", read="0 events, 2 comments"),
    Case(
        title="Unicode line separators inside a string",
        stream="data: C(a\u2028b\u2029c\u0085d)\n\n" + END,
        read='3 events, content "a\u2028b\u2029c\u0085d" in 1 token, stop, DONE',
    ),
    Case(
        title="characters of two, three and four bytes",
        stream="data: C(é你🙂)\n\n" + END,
        read='3 events, content "é你🙂" in 1 token, stop, DONE',
    ),
    Case(
        title="an emoji as two escapes",
        stream="data: C(\\ud83d\\ude42)\n\n" + END,
        read='3 events, content "🙂" in 1 token, stop, DONE',
    ),
    Case(
        title="an emoji as two escapes in two chunks",
        stream="data: C(\\ud83d)\n\ndata: C(\\ude42)\n\n" + END,
        read='4 events, content "\ufffd\ufffd" in 2 tokens, stop, DONE',
    ),
    Case(
        title="white space that belongs to the text",
        stream="data: C(  a )\n\ndata: C(\\n\\t )\n\n" + END,
        read='4 events, content "  a \n\t " in 2 tokens, stop, DONE',
    ),
    Case(
        title="a byte order mark before the first line",
        stream="\ufeffdata: C(a)\n\n" + END,
        read='3 events, content "a" in 1 token, stop, DONE, bom',
    ),
    Case(
        title="a byte order mark later is part of a field name",
        stream="data: C(a)\n\n\ufeffdata: C(b)\n\n" + END,
        read='4 events, content "a" in 1 token, stop, DONE, unknown_field_json',
    ),
    Case(
        title="two events without text between two that have it",
        stream='data: C(a)\n\ndata: {"choices": []}\n\ndata: {}\n\ndata: C(b)\n\n' + END,
        read='6 events, content "ab" in 2 tokens, stop, DONE',
    ),
)


HEAD = """\
# Torture table of the event-stream parser

Generated by `make generate`, which runs every case below. Each stream is cut in two at every byte, and read byte by
byte as well; every way must give the same events, the same reply and the same tokens, and what was read must be what
the last column says. That column is written by hand, after WHATWG HTML 9.2 and RFC 8259.

{cases} cases, {ways:,} ways to cut them, each case read alike in all.

Words that stand for payloads:

{words}

A payload is *unreadable* when it is neither a JSON object nor [DONE]. `bom`, `bad_retry`, `unknown_field`,
`unknown_field_json` and `unterminated` are oddities for rules to look at. Compression is undone before the parser sees
a byte, and a token is stamped with the arrival of the byte that completed its event, so the cuts decide only the times.

| case | stream | cuts | read as |
|---|---|--:|---|
"""


class MisreadError(Exception):
    """The parser reads a case otherwise than it should, or not the same wherever it is cut."""


def body_of(case: Case) -> bytes:
    """Return the bytes of a case, its words written out."""
    text = case.stream
    for word, (payload, _) in WORDS.items():
        before, hole, after = payload.partition("%")
        text = re.sub(word, partial(_written, before, after) if hole else partial(_whole, payload), text)
    return text.encode()


def _written(before: str, after: str, word: re.Match[str]) -> str:
    return before + word[1] + after


def _whole(payload: str, _: re.Match[str]) -> str:
    return payload


def splits(body: bytes) -> Iterator[Sequence[bytes]]:
    """Yield the body in two pieces, cut at each place, and in single bytes."""
    yield from ([body[:at], body[at:]] for at in range(1, len(body)))
    if body:
        yield [body[at : at + 1] for at in range(len(body))]


def reply_of(pieces: Sequence[bytes]) -> Reply:
    """Read pieces that all arrived at the same instant, so that replies can be compared whole, events included."""
    return fold(parse([Chunk(1, piece) for piece in pieces]), "text/event-stream")


def check(case: Case) -> int:
    """Return in how many ways a case was cut. Raises MisreadError."""
    body = body_of(case)
    whole = reply_of([body])
    if summary(whole) != case.read:
        raise MisreadError(f"{case.title}: expected {case.read!r}, got {summary(whole)!r}")
    ways = 0
    for ways, pieces in enumerate(splits(body), start=1):  # noqa: B007 - counted
        if reply_of(pieces) != whole:
            raise MisreadError(f"{case.title}: read otherwise when cut into {pieces[:2]!r}")
    return ways


def summary(reply: Reply) -> str:
    """Return what was read, in the words of the cases."""
    assert reply.stream is not None
    said = [f"{len(reply.stream.events)} events", *_channels(reply)]
    said += [reason for choice in reply.choices for reason in choice.finish_reasons]
    said += [f"usage {reply.usage.total_tokens}"] if reply.usage else []
    done = sum(frame.done for frame in reply.frames)
    said += [("DONE", "DONE twice")[done - 1]] if done else []
    said += [f'error "{reply.error.message}"'] if reply.error else []
    unreadable = [frame for frame in reply.frames if frame.document and not isinstance(frame.document.value, dict)]
    said += [f"{len(unreadable)} unreadable"] if unreadable else []
    said += [f"{reply.stream.comment_count} comments"] if reply.stream.comment_count else []
    return ", ".join([*said, *(oddity.kind for oddity in reply.stream.oddities)])


def _channels(reply: Reply) -> Iterator[str]:
    for choice in reply.choices:
        arguments = "".join(call.arguments for call in choice.tool_calls)
        for name, text in (("content", choice.content), ("reasoning", choice.reasoning), ("tool", arguments)):
            count = sum(token.channel == name and token.choice == choice.index for token in reply.tokens)
            if text and count:
                yield f'{name} "{text}" in {count} token{"s" * (count > 1)}'


def render() -> str:
    """Return the page. Raises MisreadError."""
    ways = [check(case) for case in CASES]
    words = "\n".join(f"- {says}" for _, says in WORDS.values())
    rows = [
        f"| {case.title} | {_cell(case.stream)} | {n} | {_cell(case.read)} |"
        for case, n in zip(CASES, ways, strict=True)
    ]
    return HEAD.format(cases=len(CASES), ways=sum(ways), words=words) + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    """Return text as code in a table: control characters and separators escaped, nothing that ends the cell."""
    escaped = "".join(_shown(character) for character in text)
    return f"`{escaped}`" if escaped else "(nothing)"


def _shown(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode()


if __name__ == "__main__":
    if "--print" in sys.argv[1:]:
        sys.stdout.write(render())
    else:
        PAGE.write_text(render(), encoding="utf-8")
