"""Annotations of GitHub Actions: what counts comes as an error, and no text of a relay becomes a command."""

from __future__ import annotations

import pytest
from page_samples import broken, finding, full_page, hostile
from report_samples import assert_golden, errored, mixed, report, run, verdict

from wnmon.model.result import Outcome, Reason, Verdict
from wnmon.report.github import MAX_OF_A_KIND, render_github
from wnmon.report.summary import CheckReport

OURS = {"error", "warning", "notice", "group", "endgroup"}
Command = tuple[str, str, str]


def commands(text: str) -> list[Command]:
    """Read a log as the runner does: (command, title, message) of each line that begins with `::`."""
    found: list[Command] = []
    for line in text.splitlines():
        if not line.lstrip().startswith("::"):
            continue
        head, _, message = line.lstrip()[2:].partition("::")
        name, _, title = head.partition(" title=")
        found.append((name, _unescaped(title.replace("%3A", ":").replace("%2C", ",")), _unescaped(message)))
    return found


def _unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def of(kind: str, made: CheckReport) -> list[Command]:
    return [command for command in commands(render_github(made, "en")) if command[0] == kind]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_annotations_look_as_reviewed(lang: str) -> None:
    assert_golden(f"check-mixed.github.{lang}.txt", render_github(mixed(), lang))


def test_a_broken_must_is_an_error() -> None:
    assert [title for _, title, _ in of("error", mixed())] == [
        "DOC-009 MUST (wn/claude-3-5-sonnet-20241022 documented)"
    ]


@pytest.mark.parametrize(("strict", "kind"), [(False, "warning"), (True, "error")])
def test_a_broken_should_is_an_error_only_when_strict(strict: bool, kind: str) -> None:
    assert any("SEM-002" in title for _, title, _ in of(kind, mixed(strict=strict)))


def test_what_could_not_be_judged_is_one_warning_for_each_reason() -> None:
    said = [message for _, title, message in of("warning", mixed()) if "judged" in title]
    assert said == ["blocked by DOC-003: DOC-011, DOC-012"]


def test_a_run_without_an_answer_is_one_error() -> None:
    ((_, title, message),) = of("error", report(errored()))
    assert title.endswith("documented: auth")
    assert "check the key" in message


def test_a_run_that_was_put_off_is_a_warning() -> None:
    made = report(run(outcome=Outcome.SKIPPED, reason=Reason.BUDGET, message="no tokens left"))
    assert [message for *_, message in of("warning", made)] == ["no tokens left"]


def test_a_waiver_is_a_notice() -> None:
    assert any("DOC-010 waived" in title for _, title, _ in of("notice", mixed()))


def test_an_interrupted_check_says_so_as_an_error() -> None:
    made = report(run(verdict("DOC-003")), complete=False)
    assert [message for *_, message in of("error", made)] == ["interrupted: some runs are missing"]


def test_every_rule_is_in_the_log() -> None:
    text = render_github(mixed(), "en")
    assert all(f"\n{row.rule} {row.level.value} " in text for row in mixed().runs[0].result.verdicts)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_text_of_a_relay_becomes_a_command(lang: str) -> None:
    assert {name for name, *_ in commands(render_github(hostile(), lang))} <= OURS


def test_no_line_but_ours_holds_a_command_of_the_old_form() -> None:
    lines = render_github(hostile(), "en").splitlines()
    assert not [line for line in lines if "##[" in line and not line.startswith("::")]


def test_a_title_comes_back_whole() -> None:
    made = report(run(broken("DOC-009", finding("/a")), suite="a:b,c%0A"))
    assert of("error", made)[0][1] == "DOC-009 MUST (wn/claude-3-5-sonnet-20241022 a:b,c%0A)"


def test_a_message_comes_back_whole() -> None:
    made = report(run(broken("DOC-009", finding("/a", actual="100%, a::b %0A"))))
    assert "actual: 100%, a::b %0A\n" in of("error", made)[0][2]


def test_the_tenth_annotation_names_those_the_runner_would_drop() -> None:
    made = of("error", report(run(*(broken(f"DOC-{n:03}", finding("/a")) for n in range(14)))))
    assert len(made) == MAX_OF_A_KIND
    assert (made[-1][1], made[-1][2].count("DOC-")) == ("and 5 more", 5)


def test_findings_beyond_the_cap_are_counted() -> None:
    assert "and 2 more" in of("error", report(run(broken("DOC-009", *[finding("/a")] * 5))))[0][2]


def test_a_page_with_everything_has_three_kinds() -> None:
    assert {name for name, *_ in commands(render_github(full_page(), "en"))} == OURS


def test_an_expired_waiver_is_named() -> None:
    made = report(run(broken("DOC-009", finding("/a"), why="waived until 2026-01-01")))
    assert "note: waived until 2026-01-01" in of("error", made)[0][2]


def test_a_noted_rule_is_a_notice() -> None:
    made = report(run(verdict("STR-012", Verdict.NOTED)))
    assert [title[:7] for _, title, _ in of("notice", made)] == ["STR-012"]
