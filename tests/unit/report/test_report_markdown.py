"""The Markdown report, read by a CommonMark parser: what a relay said is code, and nothing else of it is anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from page_samples import broken, finding, full_page, hostile
from report_samples import assert_golden, errored, mixed, report, request, run, verdict

from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.report.markdown import MAX_CHARS, render_markdown
from wnmon.report.summary import CheckReport

OURS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "pre", "strong", "em"}


class Seen(HTMLParser):
    """What a page holds: its elements, and the text inside and outside of code."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.code: list[str] = []
        self.plain = ""
        self._in_code = False
        self.feed(MarkdownIt("commonmark").enable("table").render(markdown))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "code":
            self._in_code = True
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_code = self._in_code and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.code[-1] += data
        else:
            self.plain += data


def seen(made: CheckReport, lang: str = "en") -> Seen:
    return Seen(render_markdown(made, lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_markdown_report_looks_as_reviewed(lang: str) -> None:
    assert_golden(f"check-mixed.{lang}.md", render_markdown(mixed(), lang))


@pytest.mark.parametrize("made", [mixed(), full_page(), hostile(), report()], ids=["mixed", "page", "hostile", "none"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_but_our_own_elements_comes_out(made: CheckReport, lang: str) -> None:
    assert set(seen(made, lang).tags) <= OURS | {"details", "summary"}


def test_what_the_relay_said_is_code_and_nothing_else() -> None:
    plain = seen(hostile()).plain
    # A check's own name, which its owner chose, is also the summary of a folded list.
    said = [line for line in plain.splitlines() if not re.search(r": \d+ rules$", line)]
    assert not [line for line in said if "evil" in line or "stop-commands" in line]


@pytest.mark.parametrize("text", ["`", "``", "a`b``c", "`a`", " x ", "|", "\\", "@all #1 **b** <b>"])
def test_a_code_span_holds_any_text(text: str) -> None:
    assert text.strip() in [
        code.strip() for code in seen(report(run(broken("DOC-009", finding("/a", actual=text))))).code
    ]


def test_a_name_that_is_markdown_stays_text() -> None:
    made = report(run(broken("DOC-009", finding("/a")), suite="<b>|`x`|</b>"))
    page = seen(made)
    assert "b" not in page.tags
    assert "<b>|`x`|</b>" in page.code


def test_a_sentence_mentions_nobody() -> None:
    made = report(run(broken("@someone", finding("/a"))))
    assert "@someone" not in re.sub("`[^`]*`", "", render_markdown(made, "en"))


def test_every_rule_is_named() -> None:
    page = seen(mixed())
    assert all(row.rule in page.plain for row in mixed().runs[0].result.verdicts)


def test_a_broken_rule_comes_with_its_curl_line() -> None:
    assert any(code.startswith("curl -sSiN -X POST https://relay.example") for code in seen(mixed()).code)


def test_a_body_no_curl_line_can_hold_leaves_it_out() -> None:
    made = report(run(broken("DOC-009", finding("/a")), sent=request(body=b"x" * 20_000)))
    assert "curl" not in render_markdown(made, "en")


def test_a_run_without_an_answer_says_in_which_layer_and_what_to_do() -> None:
    plain = seen(report(errored())).plain
    assert "layer: the relay" in plain
    assert "do: check the key" in plain


def test_a_run_that_was_put_off_says_so() -> None:
    made = report(run(outcome=Outcome.SKIPPED, reason=Reason.BUDGET))
    assert "Not run: budget" in seen(made).plain


def test_a_plain_check_shows_its_complaints() -> None:
    made = run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, findings=(finding("content"),))
    assert "content" in seen(report(made)).code


def test_an_interrupted_check_says_so() -> None:
    assert "interrupted" in seen(report(run(verdict("DOC-003")), complete=False)).plain


def test_a_target_without_a_run_says_so() -> None:
    assert "no finished run" in seen(report()).plain


def test_a_strict_check_says_so() -> None:
    assert "strict" in seen(mixed(strict=True)).plain


def test_an_unjudged_check_is_no_cross() -> None:
    made = report(run(verdict("DOC-009", Verdict.INCONCLUSIVE, why="x")))
    assert render_markdown(made, "en").startswith("## ⚠️ wnmon check: undecided")


def test_a_report_never_outgrows_a_comment_and_says_what_it_left_out() -> None:
    rows = [broken(f"DOC-{n:03}", *[finding("/a", actual="x" * 200)] * 3) for n in range(200)]
    text = render_markdown(report(run(*rows)), "en")
    assert len(text) < MAX_CHARS + 200
    assert re.search(r"_and \d+ more_\n$", text)


def test_findings_beyond_the_cap_are_counted() -> None:
    assert "and 2 more" in seen(report(run(broken("DOC-009", *[finding("/a")] * 5)))).plain


def test_an_expired_waiver_is_named() -> None:
    made = report(run(broken("DOC-009", finding("/a"), why="waived until 2026-01-01")))
    assert "waived until 2026-01-01" in seen(made).code


def test_a_ci_log_finds_no_command_in_it() -> None:
    lines = render_markdown(hostile(), "en").splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
