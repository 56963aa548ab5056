"""What `wnmon serve` says: states when they change, counts of what did not take place, and what ails wnmon."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wnmon.cli.serve import command
from wnmon.cli.service_log import Form, Level, ServiceLog
from wnmon.config import load_config, plan_spend
from wnmon.config.starter import starter
from wnmon.engine.run import Run
from wnmon.model.budget import Limit, Period, Scope, Unit
from wnmon.model.events import (
    ConnectionsRefused,
    InternalFault,
    LoginsFailed,
    ModelsListed,
    MonitorEvent,
    Notified,
    RecheckCut,
    Reloaded,
    RunSkipped,
    SelfTested,
    SinkFailed,
    Skip,
    StateExpired,
    Stepped,
    Turned,
)
from wnmon.model.honesty import Counts, Honesty, Word
from wnmon.model.result import Evidence, Outcome, Reason, Result
from wnmon.model.said import Said
from wnmon.model.target import ProbeId

NOON_S = 1_767_268_800.0
PROBE = ProbeId("wn/alive/m")
SKIPPED = RunSkipped(probe=PROBE, reason=Skip.BACKOFF, detail=Said("left_alone_refused", n="9"))


def a_run() -> Run:
    return Run(
        id="r1",
        target="wn",
        check="alive",
        model="m",
        started_at_s=NOON_S,
        ended_at_s=NOON_S,
        result=PASSED,
        evidence=Evidence(model="m", nonce="n", exchanges=()),
    )


def log(level: Level = Level.INFO, form: Form = Form.TEXT, lang: str = "en") -> ServiceLog:
    return ServiceLog(lang=lang, level=level, form=form, wall_s=lambda: NOON_S)


def result(outcome: Outcome, reason: Reason = Reason.OK) -> Result:
    return Result(outcome=outcome, reason=reason, message="words" if reason is not Reason.OK else "")


PASSED, FAILED = result(Outcome.PASSED), result(Outcome.FAILED, Reason.CONTENT)


def lines_of(capsys: pytest.CaptureFixture[str], *results: Result, level: Level = Level.INFO) -> list[str]:
    one = log(level)
    for each in results:
        one.take(replace(a_run(), result=each))
    return capsys.readouterr().out.splitlines()


def objects(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_first_run_of_a_probe_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(lines_of(capsys, PASSED)) == 1


def test_the_same_state_again_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(lines_of(capsys, PASSED, PASSED, PASSED)) == 1


def test_another_state_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(lines_of(capsys, PASSED, FAILED, FAILED, PASSED)) == 3


def test_another_reason_is_another_state(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(lines_of(capsys, FAILED, result(Outcome.FAILED, Reason.STREAM))) == 2


def test_every_run_is_said_where_that_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(lines_of(capsys, PASSED, PASSED, level=Level.DEBUG)) == 2


def test_no_run_is_said_where_only_warnings_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, PASSED, FAILED, level=Level.WARNING) == []


def test_a_state_that_counts_no_more_is_said_and_so_is_the_next_one(capsys: pytest.CaptureFixture[str]) -> None:
    one, run = log(form=Form.JSON), replace(a_run(), result=PASSED)
    one.take(run)
    one.observe(StateExpired(probe=run.probe))
    one.take(run)
    assert [line["event"] for line in objects(capsys)] == ["state", "unknown", "state"]


def test_the_plan_is_rows_of_numbers_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wnmon.yaml"
    path.write_text(starter(), encoding="utf-8")
    log(form=Form.JSON).plan(plan_spend(load_config(path, {"WN_API_KEY": "sk-0123456789abcdef"})))
    (line,) = objects(capsys)

    alive = next(row for row in line["rows"] if row["check"] == "alive")
    assert (alive["target"], alive["requests_per_day"], type(alive["tokens_per_day"])) == ("wn", 96, int)
    assert "\n" not in line["message"]


def test_a_state_that_ends_for_maintenance_says_until_when(capsys: pytest.CaptureFixture[str]) -> None:
    log().observe(StateExpired(probe=PROBE, maintenance_until_s=NOON_S, maintenance="backup"))
    assert capsys.readouterr().out == "wn/alive/m is in maintenance until 2026-01-01T12:00:00Z: backup\n"


def turned(*, up: bool) -> Turned:
    return Turned(
        probe=PROBE, target="wn", check="alive", model="m", up=up, since_s=NOON_S, reason=Reason.MODEL_UNAVAILABLE
    )


def test_a_probe_that_is_confirmed_to_be_down_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    log(Level.WARNING).observe(turned(up=False))
    assert capsys.readouterr().err == "wn/alive/m is down since 2026-01-01T12:00:00Z: model not available\n"


def test_a_probe_that_is_up_again_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log(lang="zh").observe(turned(up=True))
    assert capsys.readouterr().out == "wn/alive/m 自 2026-01-01T12:00:00Z 起恢复\n"


def test_a_turn_is_an_object_of_its_own_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).observe(turned(up=False))
    (line,) = objects(capsys)
    named = {name: line[name] for name in ("event", "level", "target", "check", "model", "since", "reason")}
    assert named == {
        "event": "down",
        "level": "warning",
        "target": "wn",
        "check": "alive",
        "model": "m",
        "since": "2026-01-01T12:00:00Z",
        "reason": "model_unavailable",
    }


def test_a_run_made_to_confirm_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    log().take(replace(a_run(), result=FAILED, recheck=True))
    assert "re-check" in capsys.readouterr().out


def test_a_run_made_to_confirm_says_so_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    one = log(form=Form.JSON)
    one.take(replace(a_run(), result=FAILED, recheck=True))
    assert [line["recheck"] for line in objects(capsys)] == [True]


def test_a_re_check_that_gave_way_says_how_long_it_went_on(capsys: pytest.CaptureFixture[str]) -> None:
    log(level=Level.DEBUG).observe(RecheckCut(probe=PROBE, after_s=12.3456))
    assert "had not ended after 12.3 s" in capsys.readouterr().out


def test_a_run_that_did_not_take_place_is_not_said_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    log().observe(SKIPPED)
    assert capsys.readouterr() == ("", "")


def test_runs_that_did_not_take_place_are_summed_up_by_reason(capsys: pytest.CaptureFixture[str]) -> None:
    one = log(form=Form.JSON)
    for event in (SKIPPED, SKIPPED, replace(SKIPPED, reason=Skip.OVERLAP)):
        one.observe(event)
    one.summarize()
    assert [line["skipped"] for line in objects(capsys)] == [{"backoff": 2, "overlap": 1}]


def test_a_sum_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    one = log()
    one.observe(SKIPPED)
    one.summarize()
    capsys.readouterr()
    one.summarize()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("event", "name", "level"),
    [
        (Reloaded(ok=False, at_s=0, sha="a", problems=("x",)), "reload_refused", "warning"),
        (SinkFailed(sink="s", error="e"), "sink_failed", "warning"),
        (ConnectionsRefused(count=3), "connections_refused", "warning"),
        (LoginsFailed(count=3), "logins_failed", "warning"),
        (InternalFault(component="judge", error="e"), "internal_fault", "error"),
    ],
)
def test_what_ails_wnmon_is_said_with_its_level(
    capsys: pytest.CaptureFixture[str], event: MonitorEvent, name: str, level: str
) -> None:
    log(Level.WARNING, Form.JSON).observe(event)
    assert {(line["event"], line["level"]) for line in objects(capsys)} == {(name, level)}


def test_what_ails_wnmon_goes_to_stderr_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    log().observe(SinkFailed(sink="s", error="e"))
    assert capsys.readouterr() == ("", "wnmon: sink s failed: e\n")


def test_a_good_reload_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    log(Level.DEBUG).observe(Reloaded(ok=True, at_s=0, sha="a"))
    assert capsys.readouterr() == ("", "")


def test_a_line_of_json_dates_itself(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).say("ended", Said("service_ended"))
    assert objects(capsys) == [
        {"at": "2026-01-01T12:00:00.000Z", "level": "info", "event": "ended", "message": "wnmon ended"}
    ]


def test_a_line_of_json_names_the_probe_and_what_became_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).take(replace(a_run(), result=FAILED))
    (line,) = objects(capsys)
    assert (line["outcome"], line["reason"], line["message"], line["check"]) == (
        "failed",
        "content",
        "words",
        a_run().check,
    )


def test_what_would_act_on_a_terminal_is_escaped_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).take(replace(a_run(), result=replace(FAILED, message="a\u202eb\x1b[31m")))
    assert not {"\u202e", "\x1b"} & set(objects(capsys)[0]["message"])


def test_lines_are_in_the_language_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    log(lang="zh").say("ended", Said("service_ended"))
    assert capsys.readouterr().out == "wnmon 已结束\n"


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--log-level", "loud", "'loud' is not one of 'debug', 'info', 'warning', 'error'"),
        ("--log-level", "", "'' is not one of 'debug'"),
        ("--log-format", "xml", "'xml' is not one of 'text', 'json'"),
        ("--log-format", "JSON", "'JSON' is not one of 'text', 'json'"),
    ],
)
def test_a_bad_value_ends_with_exit_2_and_says_what_may_stand_there(option: str, value: str, complaint: str) -> None:
    done = CliRunner().invoke(command, [option, value, "--lang", "en"])
    assert (done.exit_code, complaint in done.output) == (2, True)


def test_run_now_takes_no_value() -> None:
    done = CliRunner().invoke(command, ["--run-now=yes", "--lang", "en"])
    assert (done.exit_code, "does not take a value" in done.output) == (2, True)


NOTHING = Counts(affected=0, suspect=0, published=0)
NEAR = Honesty(word=Word.TRUSTWORTHY, why=Said("selftest_withheld", n=3), series=(), counts=NOTHING, bound_s=0.02)


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("en", "self-test of the clock: trustworthy (all 3 times that are wrong by more than the bound were withheld)"),
        ("zh", "时钟自检：可信（3 个误差超过界限的时间全部未予发布）"),
    ],
)
def test_what_the_self_test_found_is_said(lang: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    log(lang=lang).observe(SelfTested(honesty=NEAR, at_s=NOON_S))

    assert capsys.readouterr().out == f"{line}\n"


def test_the_self_test_has_a_verdict_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).observe(SelfTested(honesty=NEAR, at_s=NOON_S))

    (line,) = objects(capsys)
    assert (line["event"], line["verdict"]) == ("selftest", "trustworthy")


TAKEN = Notified(channel="team", result="delivered", at_s=NOON_S)
NOT_TAKEN = Notified(
    channel="team", result="refused", at_s=NOON_S, why=Said("notify_code", name="errcode", n=93000), answer="bad\nurl"
)


def test_a_message_that_is_delivered_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    log().observe(TAKEN)

    assert capsys.readouterr().out == "team: message delivered\n"


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", r"team: message not delivered: errcode 93000: bad\nurl"),
        ("zh", r"team：消息未送达：errcode 93000：bad\nurl"),
    ],
)
def test_a_message_that_is_not_delivered_is_a_warning_with_what_the_service_said(
    lang: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log(Level.WARNING, lang=lang).observe(NOT_TAKEN)

    assert capsys.readouterr().err == f"{said}\n"


def test_a_line_on_a_message_names_its_channel_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    log(form=Form.JSON).observe(TAKEN)

    (line,) = objects(capsys)
    assert (line["event"], line["channel"], line["result"]) == ("notified", "team", "delivered")


DAILY = Limit(scope=Scope.TARGET, unit=Unit.TOKENS, period=Period.DAY, most=9)
LASTS = "so that targets.wn.budget.tokens_per_day lasts until 2026-01-01T12:00:00Z"


def stepped(step: int, stride: int = 1, limit: Limit | None = DAILY) -> Stepped:
    return Stepped(target="wn", step=step, stride=stride, limit=limit, until_s=NOON_S)


@pytest.mark.parametrize(
    ("step", "stride", "said"),
    [
        (1, 4, f"wn: one in 4 due runs takes place, {LASTS}"),
        (2, 8, f"wn: of each model the cheapest check alone, one in 8 due runs of it, {LASTS}"),
        (3, 1, f"wn: only what costs no tokens is asked, {LASTS}"),
        (4, 1, f"wn: nothing is asked, {LASTS}"),
    ],
)
def test_a_step_down_is_a_warning(step: int, stride: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    log(Level.WARNING).observe(stepped(step, stride))

    assert capsys.readouterr().err == f"{said}\n"


def test_a_step_up_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    own = log()
    for event in (stepped(3), stepped(1, 2), stepped(0, limit=None)):
        own.observe(event)
    told = capsys.readouterr()

    assert (len(told.err.splitlines()), told.out.splitlines()[-1]) == (1, "wn: as configured again")


def test_who_is_asked_as_configured_from_the_start_is_not_spoken_of(capsys: pytest.CaptureFixture[str]) -> None:
    log().observe(stepped(0, limit=None))

    assert capsys.readouterr().out == ""


def test_models_that_are_not_listed_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    own = log()
    for ok in (False, False, True, False):
        own.observe(ModelsListed(target="wn", ok=ok, at_s=NOON_S, why="gone"))

    assert capsys.readouterr().err.splitlines() == ["wn: the list of models did not come (gone)"] * 2
