"""Whatever a relay says, a report printed into the log of a CI gives no order to the CI, a terminal or a page.

GitHub obeys `::name` at the start of a line, blanks before it or not; Azure, TeamCity and GitHub's older form obey
`##[name]`, `##vso[...]` and `##teamcity[...]` anywhere on one; a terminal obeys escapes, carriage returns and marks
that turn the direction of text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from page_samples import answered, broken, finding, hostile, seen
from report_samples import errored, report, verdict

from wnmon.model.result import Verdict
from wnmon.report.curl import curl_command
from wnmon.report.github import render_github
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport
from wnmon.report.tap import render_tap
from wnmon.report.terminal import render_check
from wnmon.report.text import shown
from wnmon.report.transcript import render_transcript

ORDERS = (
    "::error::x",
    "::set-output name=a::b",
    "::add-mask::a",
    "::stop-commands::z",
    ":::error::x",
    "##[error]x",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[buildStop comment='x']",
)
SAYINGS = (
    *ORDERS,
    "\n".join(ORDERS),
    *(f"a\r{order}\r\n{order}\u2028{order}\u0085{order}\x0b{order}" for order in (ORDERS[0], ORDERS[5])),
    *(f"{'a' * n} {ORDERS[0]}" for n in (17, 26, 30, 45, 52, 60)),
    *(f"{'b' * n}{ORDERS[0]}" for n in (22, 23, 24, 25, 26, 34, 36, 45, 47, 66, 68)),
    "\x1b[31m\x1b]0;title\x07\x9b2J\u202egnp.exe\u2066\u200b\U000e0041\ufeff",
    "![x](https://evil.example/i.png) [y](https://evil.example) <img src=https://evil.example> https://evil.example",
    "@all #1 GH-1 | a | b |\n| --- |\n</details><script>alert(1)</script> `` ``` ~~~\n```\n# title",
)
HARMFUL = re.compile(r"##[A-Za-z]*\[")
OURS = re.compile(r"::(?:(?:error|warning|notice) title=|group::|endgroup::$)")


def saying(text: str) -> CheckReport:
    """Return a report of a relay that says the same everywhere it can say anything."""
    found = finding("/choices", message=f"an error came inside the stream: {text}", expected=text, actual=text)
    answer = replace(answered(text.encode("utf-8", "replace")), headers=(("X-Said", text),))
    made = seen(
        broken("DOC-009", found, replace(found, place=text, step=text), why=text),
        verdict("DOC-011", Verdict.INCONCLUSIVE, why=f"auth: status 401: {text}"),
        replace(verdict("STR-012", Verdict.NOTED), findings=(found,)),
        broken("DOC-010", found, waived=True, why=text),
        exchanges=(answer,),
    ).runs[0]
    plain = replace(made, suite=None, result=replace(made.result, message=text, findings=(found,)))
    return report(made, plain, errored(message=text))


FORMATS: dict[str, Callable[[CheckReport], str]] = {
    **{
        f"terminal {width} {lang}": partial(render_check, width=width, color=False, lang=lang)
        for width in (40, 61, 80, 140)
        for lang in ("en", "zh")
    },
    "tap": render_tap,
    "junit": render_junit,
    "json": render_json,
    "transcript": render_transcript,
    **{f"github {lang}": partial(render_github, lang=lang) for lang in ("en", "zh")},
    **{f"markdown {lang}": partial(render_markdown, lang=lang) for lang in ("en", "zh")},
    **{f"html {lang}": partial(render_html, lang=lang) for lang in ("en", "zh")},
}


def orders(text: str, ours: re.Pattern[str] | None = None) -> list[str]:
    """Return the lines a CI would obey, as its runner splits them."""
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", text)]
    return [
        line
        for line in lines
        if HARMFUL.search(line) or (line.startswith("::") and not (ours is not None and ours.match(line)))
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_no_line_of_a_report_is_an_order(name: str) -> None:
    ours = OURS if name.startswith("github") else None
    found = {text: obeyed for text in SAYINGS if (obeyed := orders(FORMATS[name](saying(text)), ours))}
    assert found == {}


@pytest.mark.parametrize("name", FORMATS)
def test_a_page_of_harm_gives_no_order(name: str) -> None:
    assert orders(FORMATS[name](hostile()), OURS if name.startswith("github") else None) == []


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_of_a_relay_acts_on_a_screen(name: str) -> None:
    allowed = "\n\t" if name.startswith("html") else "\n"
    printed = "".join(FORMATS[name](saying(text)) for text in SAYINGS)
    assert {char for char in printed if not char.isprintable()} <= set(allowed)


def test_colour_is_the_only_escape_of_a_terminal_report() -> None:
    printed = "".join(render_check(saying(text), width=60, color=True, lang="en") for text in SAYINGS)
    assert orders(re.sub(r"\x1b\[[0-9;]*m", "", printed)) == []
    assert {char for char in re.sub(r"\x1b\[[0-9;]*m", "", printed) if not char.isprintable()} == {"\n"}


@pytest.mark.parametrize("text", SAYINGS)
def test_the_json_report_gives_back_what_was_said(text: str) -> None:
    (rule, *_) = json.loads(render_json(saying(text)))["runs"][0]["rules"]
    assert rule["findings"][0]["actual"] == text


@pytest.mark.parametrize("text", [order for order in ORDERS if order.startswith("#")])
def test_a_tap_reader_gets_back_what_was_said(text: str) -> None:
    assert json.dumps(text)[1:-1].replace("##", "#\\u0023") in render_tap(saying(text))


def test_an_escape_shows_what_was_said() -> None:
    assert shown("##[error]x") == "\\x23#[error]x"


@pytest.mark.parametrize("body", [b"a\n::error::x", b"##[error]x", b"##vso[task.complete]"])
def test_a_curl_line_of_a_body_that_orders_gives_none(body: bytes) -> None:
    command = curl_command(replace(answered().request, body=body)) or ""
    assert orders(command) == []
    assert command.startswith("printf '")


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        yield from (token, *(token.children or ()))


MADE = {text: render_markdown(saying(text), "en") for text in SAYINGS}


def test_markdown_makes_no_link_or_image_of_what_was_said() -> None:
    kinds = {token.type for text in MADE.values() for token in tokens(text)}
    assert kinds & {"link_open", "image"} == set()


def test_markdown_makes_no_element_of_what_was_said() -> None:
    kinds = {"html_block", "html_inline"}
    markup = "".join(token.content for text in MADE.values() for token in tokens(text) if token.type in kinds)
    assert set(re.findall(r"<(/?\w+|!--)", markup)) <= {"details", "/details", "summary", "/summary", "!--"}


def test_markdown_shows_what_was_said_as_code_alone() -> None:
    kinds = {token.type for text in MADE.values() for token in tokens(text) if "evil.example" in token.content}
    assert kinds - {"inline"} == {"code_inline"}


def test_markdown_mentions_nobody() -> None:
    said = [token.content for text in MADE.values() for token in tokens(text) if token.type == "text"]
    assert not [text for text in said if re.search(r"[@#]\w|\bGH-\d", text)]


def test_markdown_keeps_every_row_of_its_tables_whole() -> None:
    for text in MADE.values():
        rows = [line for line in text.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
