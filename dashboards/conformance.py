"""The board of the contract: which rules are broken, by whom, since when, and which are waived."""

from __future__ import annotations

from dashboards.board import Board, Row
from dashboards.common import ANY_IS_AMBER, STAT
from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.pieces import (
    AMBER,
    BLUE,
    GREEN,
    RED,
    Column,
    Form,
    Panel,
    Query,
    Values,
    bars_by_size,
    drill,
    matrix,
    now,
    number,
    of_field,
    rows,
    stacked_bars,
    states,
)
from dashboards.queries import UNWAIVED, broken, probes, waived

PASSED = probes("wnmon_rule_passed")
FINDINGS = probes("wnmon_rule_findings_total")
WAIVED = 2
LEVELS = {"MUST": RED, "SHOULD": "orange", "MAY": "yellow", "INFO": BLUE}


def text(say: Language) -> tuple[str, str]:
    """Return the title and what the board answers."""
    return (
        say("wnmon / conformance", "wnmon / 合规"),
        say(
            "Which rules of the contract are broken, by whom and since when, and which are waived.",
            "违反了哪些规则、由谁、从何时起，以及哪些已豁免。",
        ),
    )


def all_rows(say: Language) -> list[Row]:
    """Return the panels."""
    return [
        Row(title="", panels=[*_answers(say), _by_name(say), _matrix(say)]),
        Row(title=say("History", "历史"), panels=[_history(say), _over_time(say), _most(say)]),
        Row(title=say("Waivers", "豁免"), panels=[_waivers(say)]),
    ]


BOARD = Board(uid="wnmon-conformance", text=text, rows=all_rows)


def verdicts(say: Language) -> Values:
    """Return the text and colour of a verdict; a waived one is neither."""
    return {
        "0": (say("broken", "违反"), RED),
        "1": (say("kept", "遵守"), GREEN),
        str(WAIVED): (say("waived", "豁免"), BLUE),
    }


def by_rule(by: str) -> str:
    """Return the worst verdict on each rule, waived ones apart."""
    return f"min by ({by}) ({PASSED} {UNWAIVED}) or max by ({by}) ({waived()}) * {WAIVED}"


def _answers(say: Language) -> list[Panel]:
    def count(title: str, about: str, expr: str, empty: Empty) -> Panel:
        return Panel(
            title=title,
            about=about,
            size=STAT,
            unit="short",
            empty=empty,
            queries=[now(expr)],
            bare=number(ANY_IS_AMBER, decimals=0),
        )

    unwaived = say("Last verdict failed, waived ones apart.", "最近判定为失败，不计已豁免者。")
    return [
        count(say("MUST broken", "违反 MUST"), unwaived, broken(""), Empty.VERDICT),
        count(say("SHOULD broken", "违反 SHOULD"), unwaived, broken("", "SHOULD"), Empty.VERDICT),
        Panel(
            title=say("Rules kept", "遵守比例"),
            about=say("Of all that were judged, waived ones apart.", "占全部已判定规则的比例，不计已豁免者。"),
            size=STAT,
            unit="percentunit",
            empty=Empty.VERDICT,
            queries=[now(f"avg({PASSED} {UNWAIVED})")],
            bare=number(((None, RED), (0.9, AMBER), (1, GREEN)), decimals=1),
        ),
        count(
            say("Findings", "发现"),
            say("In the range, of all levels.", "所选时段内，所有级别。"),
            f"sum(increase({FINDINGS}[$__range]))",
            Empty.VERDICT,
        ),
        Panel(
            title=say("Waived", "已豁免"),
            about=say("Rules a waiver is in force for.", "豁免生效中的规则数。"),
            size=STAT,
            unit="short",
            empty=Empty.WAIVER,
            queries=[now(f"count({waived()})")],
            bare=number(((None, BLUE),)),
        ),
        count(
            say("Waivers expired", "豁免已过期"),
            say("They count again.", "其规则重新计入。"),
            f"sum({probes('wnmon_rule_waived')} == bool 0)",
            Empty.WAIVER,
        ),
    ]


def _by_name(say: Language) -> Panel:
    title = say("Target", "目标")
    target = f'target=${{__data.fields["{title}"]:percentencode}}'
    by = "by (target, model, rule, level, profile)"
    return rows(
        say,
        {
            "target": title,
            "model": say("Model", "模型"),
            "rule": say("Rule", "规则"),
            "level": say("Level", "级别"),
            "profile": say("Profile", "规范"),
        },
        [
            Column(
                title=say("Verdict", "判定"),
                expr=f"max {by} (({PASSED} == 0) {UNWAIVED})",
                values=verdicts(say),
            )
        ],
        links={"target": (say("Open the target", "打开目标"), drill(say, "wnmon-target", target))},
        title=say("Broken now", "当前违反"),
        about=say("Every rule whose last verdict is failed, by name.", "最近判定为失败的每条规则。"),
        size=(12, 10),
        empty=Empty.BROKEN,
    )


def _matrix(say: Language) -> Panel:
    return Panel(
        title=say("Rules and targets", "规则与目标"),
        about=say(
            "The worst verdict of all models. Blue is waived; an empty cell was not judged.",
            "所有模型中最差的判定。蓝色为已豁免；空白表示未判定。",
        ),
        size=(12, 10),
        unit="short",
        empty=Empty.VERDICT,
        queries=[Query(expr=by_rule("target, rule"), form=Form.ROWS)],
        bare=matrix("rule", "target"),
        values=verdicts(say),
    )


def _history(say: Language) -> Panel:
    ever = f"min by (target, rule) (min_over_time({PASSED}[$__range] @ end())) == 0"
    return Panel(
        title=say("Rules that were broken in the range", "时段内曾被违反的规则"),
        about=say("When each was kept, broken or waived.", "各规则何时遵守、违反或豁免。"),
        size=(24, 9),
        unit="short",
        empty=Empty.FINDING,
        queries=[
            Query(expr=f"({by_rule('target, rule')}) and on (target, rule) ({ever})", legend="{{target}} / {{rule}}")
        ],
        bare=states(link=(say("Open the target", "打开目标"), drill(say, "wnmon-target", of_field("target")))),
        values=verdicts(say),
    )


def _over_time(say: Language) -> Panel:
    return Panel(
        title=say("Findings by level", "按级别统计的发现"),
        about=say("Each time a rule was found broken.", "每次发现规则被违反。"),
        size=(12, 8),
        unit="short",
        empty=Empty.VERDICT,
        queries=[Query(expr=f"sum by (level) (increase({FINDINGS}[$__rate_interval]))", legend="{{level}}")],
        bare=stacked_bars(LEVELS),
    )


def _most(say: Language) -> Panel:
    return Panel(
        title=say("Most findings", "发现最多"),
        about=say("The 20 rules broken most often in the range.", "所选时段内被违反最多的 20 条规则。"),
        size=(12, 8),
        unit="short",
        empty=Empty.FINDING,
        queries=[
            now(f"topk(20, round(sum by (target, rule) (increase({FINDINGS}[$__range]))) > 0)", "{{target}} / {{rule}}")
        ],
        bare=bars_by_size,
    )


def _waivers(say: Language) -> Panel:
    return rows(
        say,
        {"target": say("Target", "目标"), "model": say("Model", "模型"), "rule": say("Rule", "规则")},
        [
            Column(
                title=say("In force", "生效"),
                expr=f"max by (target, model, rule) ({probes('wnmon_rule_waived')})",
                values={"1": (say("in force", "生效"), BLUE), "0": (say("expired", "已过期"), AMBER)},
            )
        ],
        title=say("Waivers", "豁免"),
        about=say("Rules somebody decided to live with, and until when.", "已被接受的违反，及其是否过期。"),
        size=(24, 7),
        empty=Empty.WAIVER,
    )
