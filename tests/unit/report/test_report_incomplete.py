"""A check that was interrupted says so in every format, in both languages, whatever it found until then."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from report_samples import report, run, verdict

from wnmon.model.result import Verdict
from wnmon.model.said import Said, Why
from wnmon.report.github import render_github
from wnmon.report.html import render_html
from wnmon.report.json import render_json
from wnmon.report.junit import render_junit
from wnmon.report.markdown import render_markdown
from wnmon.report.summary import CheckReport, Exit
from wnmon.report.tap import render_tap
from wnmon.report.terminal import render_check
from wnmon.report.transcript import render_transcript

SIGN = {"en": "interrupted: some runs are missing", "zh": "已中断：部分运行缺失"}
OPEN = verdict("DOC-009", Verdict.INCONCLUSIVE, why=Said(Why.INTERRUPTED))
WHOLE = report(run(verdict("DOC-003")))
CUT = replace(report(run(verdict("DOC-003"), OPEN), complete=False), exit_code=Exit.INTERRUPTED)

FORMATS: dict[str, tuple[Callable[[CheckReport], str], str]] = {
    "tap": (render_tap, f"Bail out! {SIGN['en']}"),
    "junit": (render_junit, f'<error message="{SIGN["en"]}" type="interrupted" />'),
    "json": (render_json, '"complete": false'),
    "transcript": (render_transcript, '"complete": false'),
}
for _lang, _sign in SIGN.items():
    FORMATS[f"terminal {_lang}"] = (partial(render_check, width=80, color=False, lang=_lang), _sign)
    FORMATS[f"github {_lang}"] = (partial(render_github, lang=_lang), f"::error title=wnmon check::{_sign}")
    FORMATS[f"markdown {_lang}"] = (partial(render_markdown, lang=_lang), f"**{_sign}**")
    FORMATS[f"html {_lang}"] = (partial(render_html, lang=_lang), _sign)


@pytest.mark.parametrize("name", FORMATS)
def test_an_interrupted_check_is_marked(name: str) -> None:
    render, sign = FORMATS[name]
    assert sign in render(CUT)


@pytest.mark.parametrize("name", FORMATS)
def test_a_whole_check_is_not_marked(name: str) -> None:
    render, sign = FORMATS[name]
    assert sign not in render(WHOLE)


@pytest.mark.parametrize("name", FORMATS)
def test_what_could_not_be_judged_is_counted(name: str) -> None:
    counted = r'1 inconclusive|1 无法判定|"inconclusive": 1|name="inconclusive" value="1"|"verdict": "inconclusive"'
    assert re.search(counted, FORMATS[name][0](CUT))


def test_the_exit_code_is_that_of_an_interruption() -> None:
    assert json.loads(render_json(CUT))["exit_code"] == 130
