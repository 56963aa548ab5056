"""The terminal report and the live line."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_samples import MODEL, assert_golden, errored, evidence, mixed, on, report, request, run, verdict
from rich.cells import cell_len

from wnmon.model.check import Level
from wnmon.model.result import Finding, Mark, Outcome, Reason, Timing, Undecided, Verdict
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckedTarget
from wnmon.report.terminal import render_check, render_run_line

HOSTILE = "\x1b[31mred\x1b[0m [bold]loud[/bold] \x07\u202egnp.exe\u2028next\ud800 :smile:"


def finding(**more: object) -> Finding:
    base = Finding(message="content lacks the nonce", expected='contains "n0"', actual="pong", step="completion")
    return replace(base, **more)  # type: ignore[arg-type]  # the tests name real members


def plain_failure(found: Finding) -> str:
    made = run(suite=None, outcome=Outcome.FAILED, reason=Reason.CONTENT, findings=(found,))
    return render_check(report(made), width=80, color=False, lang="en")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_mixed_report_looks_as_reviewed(lang: str) -> None:
    assert_golden(f"check-mixed-80.{lang}.txt", render_check(mixed(), width=80, color=False, lang=lang))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_an_errored_run_looks_as_reviewed(lang: str) -> None:
    assert_golden(f"check-errored-80.{lang}.txt", render_check(report(errored()), width=80, color=False, lang=lang))


def test_a_wide_terminal_shows_broken_rules_as_a_table() -> None:
    assert_golden("check-mixed-160.en.txt", render_check(mixed(), width=160, color=False, lang="en"))


def test_a_run_of_which_nothing_could_be_judged_is_not_marked_as_passed() -> None:
    made = run(verdict("SEM-002", Verdict.INCONCLUSIVE, Level.SHOULD))
    assert "? documented" in render_check(report(made), width=80, color=False, lang="en")


def test_a_run_with_a_must_that_could_not_be_judged_is_not_marked_as_passed() -> None:
    made = run(verdict("DOC-003"), verdict("DOC-009", Verdict.INCONCLUSIVE))
    assert "? documented" in render_check(report(made), width=80, color=False, lang="en")


def test_an_errored_run_is_not_marked_as_failed() -> None:
    assert "✗" not in render_check(report(errored()), width=80, color=False, lang="en")


def test_a_suite_that_left_every_rule_open_says_why() -> None:
    row = verdict("SEM-002", Verdict.INCONCLUSIVE, Level.SHOULD, why="the monitor was late")
    text = render_check(report(run(row, outcome=Outcome.SKIPPED)), width=80, color=False, lang="en")
    assert ("? documented" in text, "the monitor was late" in text, "Not run" in text) == (True, True, False)


def test_an_errored_suite_shows_the_reason_and_the_broken_rule() -> None:
    made = run(verdict("DOC-009", Verdict.FAILED), outcome=Outcome.ERRORED, reason=Reason.SCHEMA)
    text = render_check(report(made), width=80, color=False, lang="en")
    assert ("Judged in part: schema" in text, "DOC-009" in text) == (True, True)


@pytest.mark.parametrize("language", ["terminal", "markdown"])
@pytest.mark.parametrize(
    ("row", "said"), [(Verdict.PASSED, "Judged in part"), (Verdict.INCONCLUSIVE, "Nothing to judge")]
)
def test_nothing_is_only_said_to_be_judged_where_nothing_was(language: str, row: Verdict, said: str) -> None:
    made = report(run(verdict("DOC-009", row), outcome=Outcome.ERRORED, reason=Reason.HTTP_5XX))
    text = (
        render_markdown(made, "en") if language == "markdown" else render_check(made, width=80, color=False, lang="en")
    )
    assert [words for words in ("Judged in part", "Nothing to judge") if words in text] == [said]


def test_a_run_that_was_put_off_is_not_said_to_be_ok() -> None:
    made = run(outcome=Outcome.SKIPPED, reason=Reason.OK)
    assert "documented  Not run\n" in render_check(report(made), width=80, color=False, lang="en")


def test_a_broken_comparison_is_reproduced_by_the_first_request_compared() -> None:
    repeat = Finding(message="values repeat", expected="different", actual="a, a", place="second/id, first/id")
    broken = replace(verdict("DOC-017", Verdict.FAILED), findings=(repeat,))
    sent = [evidence(request(step=step, url=f"https://{step}.example")).exchanges[0] for step in ("first", "second")]
    made = on(run(broken), replace(evidence(), exchanges=tuple(sent)))
    assert "POST https://second.example" in render_check(report(made), width=80, color=False, lang="en")


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_broken_rule_names_its_source(width: int) -> None:
    made = run(verdict("DOC-009", Verdict.FAILED))
    text = render_check(report(made), width=width, color=False, lang="en")
    assert "200 response: system_fingerprint" in " ".join(text.replace("│", " ").split())


def test_waivers_that_are_left_out_are_counted() -> None:
    made = run(*(verdict(f"DOC-00{n}", Verdict.FAILED) for n in range(1, 6)))
    assert "and 2 more" in render_check(report(made), width=80, color=False, lang="en")


def test_with_strict_a_broken_should_gets_a_waiver_beside_a_broken_must() -> None:
    made = run(verdict("DOC-009", Verdict.FAILED), verdict("SEM-002", Verdict.FAILED, Level.SHOULD))
    text = render_check(replace(report(made), strict=True), width=80, color=False, lang="en")
    assert "--waive SEM-002=" in text


def test_an_errored_run_shows_no_rule_at_all() -> None:
    assert "DOC-" not in render_check(report(errored()), width=80, color=False, lang="en")


def test_an_errored_run_that_still_broke_a_rule_shows_it() -> None:
    made = run(verdict("DOC-009", Verdict.FAILED), outcome=Outcome.ERRORED, reason=Reason.STALL)
    assert "✗ DOC-009 MUST" in render_check(report(made), width=80, color=False, lang="en")


def test_escapes_of_the_relay_are_shown_not_obeyed() -> None:
    assert "\\x1b[31mred\\x1b[0m [bold]loud[/bold] \\x07\\u202egnp.exe\\u2028next" in " ".join(
        plain_failure(finding(actual=HOSTILE)).split()
    )


@pytest.mark.parametrize("member", ["message", "expected", "actual", "place", "step"])
def test_no_text_of_the_relay_puts_a_control_character_on_the_screen(member: str) -> None:
    assert plain_failure(finding(**{member: HOSTILE})).replace("\n", "").isprintable()


def test_a_hostile_error_message_is_harmless() -> None:
    text = render_check(report(errored(message=HOSTILE)), width=80, color=False, lang="en")
    assert text.replace("\n", "").isprintable()


def test_a_long_actual_value_is_cut_with_an_ellipsis() -> None:
    text = plain_failure(finding(actual="x" * 100_000))
    assert text.count("x") < 220
    assert "x…" in text


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_only_pasteable_lines_are_wider_than_the_terminal(width: int, lang: str) -> None:
    lines = render_check(mixed(), width=width, color=False, lang=lang).splitlines()
    wide = [line for line in lines if cell_len(line) > width]
    assert all(line.startswith(("curl ", "  -H ", "  --data", "--waive ")) for line in wide)


def test_without_color_there_is_no_escape() -> None:
    assert "\x1b" not in render_check(mixed(), width=80, color=False, lang="en")


def test_with_color_the_broken_must_is_red() -> None:
    assert "\x1b[31mMUST" in render_check(mixed(), width=80, color=True, lang="en")


def test_the_environment_does_not_decide_on_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "20")
    assert "\x1b[31mMUST" in render_check(mixed(), width=80, color=True, lang="en")


def test_a_broken_should_is_binding_only_when_strict() -> None:
    only = run(verdict("SEM-002", Verdict.FAILED, Level.SHOULD))
    last_lines = [
        render_check(report(only, strict=strict), width=80, color=False, lang="en").splitlines()[-1]
        for strict in (False, True)
    ]
    assert last_lines == ["passed: every binding rule holds (exit 0)", "broken: 1 binding rule failed (exit 1)"]


def test_the_waiver_ends_thirty_days_after_the_run() -> None:
    assert 'waive: [{rule: DOC-009, reason: "...", until: 2026-03-02}]' in render_check(
        replace(mixed(), is_configured=True), width=80, color=False, lang="en"
    )


def test_several_broken_rules_of_one_level_share_one_waiver() -> None:
    made = run(*(verdict(rule, Verdict.FAILED) for rule in ("DOC-009", "DOC-010")))
    text = render_check(replace(report(made), is_configured=True), width=80, color=False, lang="en")
    assert 'waive:\n  - {rule: DOC-009, reason: "...", until: 2026-03-02}\n  - {rule: DOC-010,' in text


def test_a_passed_report_offers_neither_curl_nor_waiver() -> None:
    text = render_check(report(run(verdict("DOC-003"))), width=80, color=False, lang="en")
    assert not any(word in text for word in ("curl", "waive"))


def test_a_body_too_long_to_paste_is_named_by_its_size() -> None:
    made = run(verdict("DOC-009", Verdict.FAILED), sent=request(body=b"x" * 20_000))
    assert "the request body of 20000 bytes is too long to paste" in render_check(
        report(made), width=80, color=False, lang="en"
    )


def test_a_run_without_exchanges_has_nothing_to_reproduce() -> None:
    empty = on(errored(), replace(evidence(), exchanges=()))
    assert "curl" not in render_check(report(empty), width=80, color=False, lang="en")


def test_more_findings_than_fit_are_counted() -> None:
    row = replace(verdict("DOC-009", Verdict.FAILED), findings=(finding(),) * 10)
    for width in (80, 160):
        assert "and 7 more" in render_check(report(run(row)), width=width, color=False, lang="en")


def test_a_target_without_a_finished_run_says_so() -> None:
    other = CheckedTarget(name="other", url="https://other.example/v1", model="m")
    text = render_check(report(complete=False, targets=(other,)), width=80, color=False, lang="en")
    assert "no finished run" in text


def test_an_interrupted_report_says_so() -> None:
    text = render_check(report(run(verdict("DOC-003")), complete=False), width=80, color=False, lang="en")
    assert "interrupted: some runs are missing" in text


def test_a_rule_without_metadata_is_shown_by_its_id() -> None:
    text = render_check(report(run(verdict("NEW-001", Verdict.FAILED))), width=80, color=False, lang="zh")
    assert "NEW-001 MUST  NEW-001" in text


def test_a_slow_plain_check_lists_its_limit() -> None:
    slow = finding(message="ttft 3.10 s", expected="at most 2.00 s", actual="3.10 s", degraded=True, reason=Reason.SLOW)
    made = run(suite=None, outcome=Outcome.DEGRADED, reason=Reason.SLOW, findings=(slow,))
    assert "! slow  ttft 3.10 s" in render_check(report(made), width=80, color=False, lang="en")


def test_a_failed_run_without_findings_shows_its_message() -> None:
    made = run(suite=None, outcome=Outcome.FAILED, reason=Reason.BAD_JSON, message="the body ends too soon")
    assert "✗ bad_json  the body ends too soon" in render_check(report(made), width=80, color=False, lang="en")


def test_a_suspect_timing_is_marked() -> None:
    made = run(verdict("DOC-003"), timing=Timing(total_s=1.0, suspect_marks=(Mark.END,)))
    assert "total 1.00 s · suspect" in render_check(report(made), width=80, color=False, lang="en")


def test_a_suspect_mark_of_no_timing_shown_is_not_told() -> None:
    made = run(verdict("DOC-003"), timing=Timing(total_s=1.0, suspect_marks=(Mark.CONNECTED,)))
    assert "suspect" not in render_check(report(made), width=80, color=False, lang="en")


LEFT_OPEN = tuple(Undecided(kind=kind, step="ask", why="late") for kind in ("ttft", "total", "ttft"))


@pytest.mark.parametrize(("lang", "words"), [("en", "ttft, total undecided"), ("zh", "ttft, total 未决")])
def test_the_live_line_names_the_limits_left_undecided(lang: str, words: str) -> None:
    line = render_run_line(run(suite=None, undecided=LEFT_OPEN), width=160, color=False, lang=lang)
    assert words in line


def test_a_plain_check_names_the_limits_left_undecided() -> None:
    made = run(suite=None, undecided=LEFT_OPEN, timing=Timing(total_s=1.0))
    assert "total 1.00 s · ttft, total undecided" in render_check(report(made), width=80, color=False, lang="en")


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_live_line_never_wraps(width: int, lang: str) -> None:
    line = render_run_line(mixed().runs[0], width=width, color=False, lang=lang)
    assert "\n" not in line
    assert cell_len(line) <= width


def test_the_live_line_of_a_passed_run_names_timings_and_broken_rules() -> None:
    line = render_run_line(mixed().runs[0], width=120, color=False, lang="en")
    assert line.split() == [
        *("10:00:06Z", "✓", "passed", f"wn/documented/{MODEL}"),
        *("2", "broken", "ttft", "412", "ms", "total", "1.84", "s"),
    ]


def test_the_live_line_of_an_errored_run_names_reason_and_layer() -> None:
    line = render_run_line(errored(), width=120, color=False, lang="en")
    assert line.split()[1:] == ["✗", "errored", f"wn/documented/{MODEL}", "auth", "(relay)"]


def test_a_hostile_model_name_stays_on_one_line() -> None:
    line = render_run_line(replace(errored(), model=HOSTILE), width=120, color=False, lang="en")
    assert line.isprintable()
