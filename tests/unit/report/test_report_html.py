"""The HTML report: one file that shows everything, asks for nothing, and lets no byte of a relay be markup."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from page_samples import HOSTILE, answered, broken, events, finding, full_page, hostile, seen, streamed
from report_samples import MODEL, assert_golden, errored, evidence, mixed, on, report, request, run, verdict

from wnmon.model.check import Auth, Level, Plan
from wnmon.model.exchange import Chunk
from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.report.html import render_html
from wnmon.report.html.body import MAX_BODY_BYTES, printable, shown_body
from wnmon.report.html.content import MAX_FINDINGS, targets_of
from wnmon.report.html.exchanges import MAX_EXCHANGES
from wnmon.report.html.place import MAX_SEARCHED_BYTES, excerpt
from wnmon.report.html.timeline import SLOTS, WIDTH, timeline
from wnmon.report.summary import CheckReport, Chosen, JudgedSuite
from wnmon.wire.answer import read_answer

VOID = {"meta", "link"}


class Page(HTMLParser):
    """The elements and the text of a page; end tags must match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, Mapping[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


REPORTS = {"mixed": mixed(), "errored": report(errored()), "page": full_page(), "hostile": hostile(), "none": report()}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_looks_as_reviewed(lang: str) -> None:
    assert_golden(f"check-page.{lang}.html", render_html(full_page(), lang))


def test_the_hostile_page_looks_as_reviewed() -> None:
    assert_golden("check-hostile.html", render_html(hostile(), "en"))


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS.keys())
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_element_can_act_or_ask_for_anything(made: CheckReport, lang: str) -> None:
    page = Page(render_html(made, lang))
    assert not {"script", "img", "iframe", "object", "embed", "form", "base", "video"} & {
        tag for tag, _ in page.elements
    }
    links = [attrs[name] or "" for _, attrs in page.elements for name in ("href", "src", "style") if name in attrs]
    assert [link for link in links if not link.startswith(("#", "data:image/svg+xml,"))] == []
    assert [name for _, attrs in page.elements for name in attrs if name.startswith("on")] == []


def test_every_link_leads_somewhere() -> None:
    page = Page(render_html(full_page(), "en"))
    ids = {attrs["id"] for _, attrs in page.elements if "id" in attrs}
    assert {attrs["href"] for tag, attrs in page.elements if tag == "a"} <= {f"#{name}" for name in ids}


def test_every_exchange_is_linked_to() -> None:
    page = Page(render_html(full_page(), "en"))
    ids = {str(attrs["id"]) for _, attrs in page.elements if "-exchange-" in (attrs.get("id") or "")}
    assert {f"#{name}" for name in ids} <= {attrs["href"] for tag, attrs in page.elements if tag == "a"}


def test_no_control_character_of_the_relay_is_in_the_page() -> None:
    assert render_html(hostile(), "en").replace("\n", "").isprintable()


def test_what_the_relay_said_is_shown_as_it_was() -> None:
    assert "<script>fetch(" in Page(render_html(hostile(), "en")).text


def test_a_template_of_the_relay_is_not_run() -> None:
    assert "{{7*7}}" in Page(render_html(hostile(), "en")).text


def test_every_rule_is_in_the_page() -> None:
    text = Page(render_html(full_page(), "en")).text
    assert all(row.rule in text for made in full_page().runs for row in made.result.verdicts)


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "send a string, such as the name of the backend"), ("zh", "返回一个字符串，例如后端名称")],
)
def test_a_broken_rule_says_how_to_fix_it_in_the_language_of_the_page(lang: str, said: str) -> None:
    assert said in Page(render_html(full_page(), lang)).text


def test_an_explanation_in_one_language_is_shown_in_the_other() -> None:
    made = full_page()
    rule = made.rules["DOC-009"]
    assert rule.explain is not None
    explain = replace(rule.explain, fix={"en": "only English"}, wrong={})
    shown = render_html(replace(made, rules={"DOC-009": replace(rule, explain=explain)}), "zh")
    assert "only English" in shown


def test_a_profile_that_was_not_selected_is_not_counted() -> None:
    made = report(run(verdict("DOC-009")))
    rules = {"DOC-009": replace(made.rules["DOC-009"], levels={"documented": Level.MUST, "openai": Level.MUST})}
    chosen = replace(made, rules=rules, chosen=Chosen(profiles=("openai",)))
    assert [tally.profile for tally in targets_of(chosen, "en")[0].tallies] == ["openai"]


def test_the_profiles_of_a_suite_are_its_own_unless_others_are_asked_for() -> None:
    made = report(run(verdict("DOC-009")))
    rules = {"DOC-009": replace(made.rules["DOC-009"], levels={"documented": Level.MUST, "openai": Level.MUST})}
    plan = Plan(steps=(), suite="documented", profiles=("documented",))
    chosen = replace(made, rules=rules, chosen=Chosen(suites=(JudgedSuite(name="builtin:documented", plan=plan),)))
    assert [tally.profile for tally in targets_of(chosen, "en")[0].tallies] == ["documented"]


def test_a_rule_nobody_knows_is_counted_all_the_same() -> None:
    assert [tally.profile for tally in targets_of(report(run(verdict("USR-1"))), "en")[0].tallies] == ["–"]


def test_each_rule_is_counted_once_for_its_profile_and_level() -> None:
    tallies = targets_of(mixed(), "en")[0].tallies
    assert {(t.profile, t.level): t.counts for t in tallies}["documented", "MUST"] == (1, 1, 0, 0, 0, 1)


def test_a_report_without_a_broken_rule_says_so() -> None:
    assert "no rule is broken" in Page(render_html(report(run(verdict("DOC-003"))), "en")).text


def test_a_run_without_an_answer_says_what_to_do() -> None:
    assert "check the key" in Page(render_html(report(errored()), "en")).text


def test_a_run_without_any_exchange_has_nothing_to_show() -> None:
    made = on(errored(), replace(evidence(), exchanges=()))
    assert targets_of(report(made), "en")[0].runs[0].exchanges == ()


def test_a_finding_without_an_exchange_links_nowhere() -> None:
    made = on(run(broken("DOC-009", finding("/a"))), replace(evidence(), exchanges=()))
    assert "see the exchange" not in render_html(report(made), "en")


def test_a_plain_check_shows_its_complaints() -> None:
    made = run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, findings=(finding("/usage"),))
    (complaint,) = targets_of(report(made), "en")[0].runs[0].complaints
    assert (complaint.rule, complaint.kind) == ("content", "bad")


@pytest.mark.parametrize(("strict", "kind"), [(False, "slow"), (True, "bad")])
def test_a_broken_should_is_bad_only_when_strict(strict: bool, kind: str) -> None:
    made = report(run(broken("SEM-002", finding("/usage"), level=Level.SHOULD)), strict=strict)
    assert targets_of(made, "en")[0].runs[0].complaints[0].kind == kind


def test_compared_answers_are_both_shown() -> None:
    complaint = next(c for c in targets_of(full_page(), "en")[0].runs[1].complaints if c.rule == "DOC-017")
    assert [spot.step for spot in complaint.findings[0].spots] == ["completion", "streamed"]


def test_a_header_is_shown_where_the_finding_names_it() -> None:
    complaint = next(c for c in targets_of(full_page(), "en")[0].runs[0].complaints if c.rule == "DOC-010")
    assert complaint.findings[0].spots[0].headers == (("X-Echo", "Bearer [redacted:api_key]"),)


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        (Auth.NORMAL, [("Authorization", "Bearer $WNMON_API_KEY")]),
        (Auth.LOWERCASE, [("Authorization", "bearer $WNMON_API_KEY")]),
        (Auth.NONE, []),
    ],
)
def test_the_authorization_header_is_shown_without_its_key(auth: Auth, shown: list[tuple[str, str]]) -> None:
    made = seen(broken("DOC-009", finding("/a")), exchanges=(replace(answered(), request=request(auth=auth)),))
    headers = targets_of(made, "en")[0].runs[0].exchanges[0].request_headers
    assert [header for header in headers if header[0] == "Authorization"] == shown


def test_findings_beyond_the_cap_are_counted() -> None:
    made = report(run(broken("DOC-009", *[finding("/a")] * (MAX_FINDINGS + 2))))
    assert "and 2 more" in Page(render_html(made, "en")).text


def test_exchanges_beyond_the_cap_are_counted() -> None:
    steps = [f"step-{n}" for n in range(MAX_EXCHANGES + 3)]
    rows = [broken(f"DOC-{n}", finding("/id", step)) for n, step in enumerate(steps)]
    made = seen(*rows, exchanges=tuple(answered(step=step) for step in steps))
    assert "3 more exchanges are not shown" in Page(render_html(made, "en")).text


def test_an_exchange_is_shown_once_with_every_rule_it_broke() -> None:
    made = seen(broken("DOC-009", finding("/a")), broken("DOC-010", finding("/b")), exchanges=(answered(),))
    (exchange,) = targets_of(made, "en")[0].runs[0].exchanges
    assert exchange.rules == ("DOC-009", "DOC-010")


def test_an_endless_body_does_not_bloat_the_page() -> None:
    made = seen(broken("DOC-009", finding("/a")), exchanges=(answered(b"\x00" * 8_000_000),))
    assert len(render_html(made, "en")) < 200_000


def test_a_body_too_long_to_paste_is_named_by_its_size() -> None:
    sent = replace(answered(), request=request(body=b"x" * 20_000))
    made = seen(broken("DOC-009", finding("/a")), exchanges=(sent,))
    assert "the request body of 20000 bytes is too long to paste" in Page(render_html(made, "en")).text


def test_an_interrupted_strict_report_says_both() -> None:
    text = Page(render_html(replace(mixed(strict=True), complete=False), "en")).text
    assert ("interrupted: some runs are missing" in text, "strict" in text) == (True, True)


def test_the_policy_covers_the_very_style_of_the_page() -> None:
    page = render_html(report(), "en")
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;" in page


# Where in a body.

BODY = '{"a": [1, {"b~/": "x", "é": 2}], "\\u4f60": {"c": null}, "d":{}}'.encode()


@pytest.mark.parametrize(
    ("place", "hit"),
    [
        ("/a", '[1, {"b~/": "x", "é": 2}]'),
        ("/a/0", "1"),
        ("/a/1/b~0~1", '"x"'),
        ("/a/1/é", "2"),
        ("/你/c", "null"),
        ("/d", "{}"),
        ("byte 0", "{"),
        ("byte 999", "}"),
    ],
)
def test_a_place_in_a_json_body_is_found(place: str, hit: str) -> None:
    found = excerpt(BODY, place)
    assert found is not None
    assert (found.exact, found.hit) == (True, hit)


@pytest.mark.parametrize(
    ("place", "around"),
    [("/x", "{"), ("/a/2", "["), ("/a/1/x", "…{"), ("/a/x", "…["), ("/d/e", "…{}"), ("/a/0/z", "…1")],
)
def test_of_an_absent_place_what_lacks_it_is_shown(place: str, around: str) -> None:
    found = excerpt(BODY, place)
    assert found is not None
    assert (found.exact, found.hit) == (False, "")
    assert found.before.startswith(around) or found.before.startswith(f"…{around}")


@pytest.mark.parametrize("place", ["", "status", "choice 0", "content", "header:X", "event 3", "byte x", "ttft"])
def test_a_place_that_names_no_bytes_shows_none(place: str) -> None:
    assert excerpt(BODY, place) is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a"', b'{"a":', b"[1,", b"[" * 100_000, b"\xff", b'{"a": 1,}', b'{"a" 1']
)
@pytest.mark.parametrize("place", ["/a/0/0", "/0", "byte 4", "event 0", "event 0/a"])
def test_no_body_breaks_the_search(body: bytes, place: str) -> None:
    assert excerpt(body, place) is None or body


def test_a_place_in_a_huge_body_is_not_looked_for() -> None:
    assert excerpt(b" " * (MAX_SEARCHED_BYTES + 1), "byte 1") is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_found_whatever_ends_its_lines(end: bytes) -> None:
    body = b"".join(events()).replace(b"\n", end)
    found = excerpt(body, "event 12")
    assert found is not None
    assert "data: {oops" in found.hit
    assert "data: {" not in found.hit.replace("data: {oops", "")


def test_a_place_in_the_data_of_an_event_is_found() -> None:
    found = excerpt(b"".join(events()), "event 1/choices/0/delta/content")
    assert found is not None
    assert found.hit == '"po"'


def test_an_event_without_json_is_shown_whole() -> None:
    found = excerpt(b"data: x\n\n", "event 0/choices")
    assert found is not None
    assert found.hit == "data: x"


def test_a_long_hit_loses_its_middle() -> None:
    found = excerpt(b'{"a": "' + b"x" * 5000 + b'"}', "/a")
    assert found is not None
    assert " … " in found.hit
    assert len(found.hit) < 600


# Bytes as text.


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\n\tb", "a\\r\n\tb"),
        (b"\x1b[0m\x00", "\\x1b[0m\\x00"),
        ("你\u202e".encode(), "你\\u202e"),
        (b"\xff", "\\xff"),
    ],
)
def test_bytes_that_do_not_print_are_shown_as_escapes(data: bytes, text: str) -> None:
    assert printable(data) == text


def test_a_body_beyond_the_cap_is_counted() -> None:
    body = shown_body(b"x" * (MAX_BODY_BYTES + 5))
    assert (len(body.text), body.size, body.left) == (MAX_BODY_BYTES, MAX_BODY_BYTES + 5, 5)


# When the bytes came.


def test_the_phases_follow_each_other() -> None:
    phases = timeline(read_answer(streamed())).phases
    assert [phase.name for phase in phases] == ["dns", "tcp", "tls", "send", "wait", "body"]
    assert [phase.x for phase in phases] == sorted(phase.x for phase in phases)


def test_a_phase_that_never_began_is_absent() -> None:
    assert "body" not in [phase.name for phase in timeline(hostile().runs[0].answers[0]).phases[:-1]]


def test_every_arrival_is_drawn_inside_the_bar() -> None:
    line = timeline(read_answer(streamed()))
    assert len(line.ticks) == line.arrivals == len(events())
    assert all(0 <= tick.x <= WIDTH for tick in line.ticks)


def test_arrivals_are_drawn_as_few_marks_however_many_they_are() -> None:
    many = replace(streamed(), chunks=tuple(Chunk(n * 20_000, b": x\n") for n in range(100_000)))
    assert len(timeline(read_answer(many)).ticks) <= SLOTS


def test_the_first_token_is_marked_where_it_came() -> None:
    line = timeline(read_answer(streamed()))
    assert line.token_x == round(435 / 2100 * WIDTH, 1)


def test_the_longest_silence_is_named() -> None:
    assert ("longest_gap", "935 ms") in timeline(read_answer(streamed())).facts


def test_a_json_answer_has_no_first_token() -> None:
    assert timeline(read_answer(answered())).token_x is None


def test_stamps_beyond_the_end_stay_inside() -> None:
    odd = replace(streamed(), chunks=(Chunk(-5, b"x"), Chunk(10**12, b"y")))
    assert [tick.x for tick in timeline(read_answer(odd)).ticks] == [0, (SLOTS - 1) * WIDTH / SLOTS]


def test_the_title_names_relay_and_model() -> None:
    assert f"<title>wnmon conformance report · wn · {MODEL}</title>" in render_html(mixed(), "en")


def test_a_hostile_sentence_is_escaped_too() -> None:
    made = report(run(replace(verdict("DOC-009", Verdict.FAILED), rule=HOSTILE)))
    assert "<script>" not in render_html(made, "en")
