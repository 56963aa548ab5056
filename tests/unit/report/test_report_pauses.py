"""What was waited for a relay's limits stands in every report for people, in their language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from report_samples import report, run, verdict

from wnmon.engine.run import Run
from wnmon.model.pace import Pace, Pause
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.markdown import render_markdown
from wnmon.report.pauses import pauses_of
from wnmon.report.summary import CheckReport
from wnmon.report.terminal import render_check

TWENTY = Pace(requests_per_minute=20)
WAITED = (
    Pause(step="a", asked_s=15, waited_s=15, pace=TWENTY),
    Pause(step="a", asked_s=0.02, waited_s=0.02),
    Pause(step="b", asked_s=5, waited_s=5, pace=TWENTY),
)
TOO_LONG = Pause(step="b", asked_s=3600, waited_s=0, pace=TWENTY)
SAID = "waited 20 s for the relay's limit of 20 requests a minute"
RENDERERS: dict[str, Callable[[CheckReport, str], str]] = {
    "terminal": lambda made, lang: render_check(made, width=120, color=False, lang=lang),
    "markdown": render_markdown,
    "html": render_html,
}


def paused(*pauses: Pause) -> Run:
    return replace(run(verdict("DOC-003")), pauses=pauses)


def plain(text: str) -> str:
    return text.replace("&#39;", "'").replace("\\", "")


def test_all_waits_of_a_run_are_told_as_one() -> None:
    assert [str(said) for said in pauses_of(paused(*WAITED))] == [SAID]


def test_a_wait_that_was_too_long_is_told_apart() -> None:
    assert [said.id for said in pauses_of(paused(*WAITED, TOO_LONG, TOO_LONG))] == [
        "waited_for_pace",
        "not_waited_for_pace",
    ]


@pytest.mark.parametrize("pauses", [(), WAITED[1:2]])
def test_what_nobody_noticed_is_not_told(pauses: tuple[Pause, ...]) -> None:
    assert list(pauses_of(paused(*pauses))) == []


@pytest.mark.parametrize("name", RENDERERS)
@pytest.mark.parametrize(("lang", "said"), [("en", SAID), ("zh", "因中转站限制每分钟 20 次请求，等待了 20 s")])
def test_a_report_tells_what_was_waited(name: str, lang: str, said: str) -> None:
    assert said in plain(RENDERERS[name](report(paused(*WAITED)), lang))


def test_the_json_report_holds_each_pause() -> None:
    (only,) = json.loads(render_json(report(paused(TOO_LONG))))["runs"]

    assert only["pauses"] == [
        {
            "step": "b",
            "asked_s": 3600,
            "waited_s": 0,
            "message": str(TOO_LONG.said()),
            "message_id": "not_waited_for_pace",
        }
    ]
