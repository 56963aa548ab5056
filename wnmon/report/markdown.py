"""The report as GitHub-flavoured Markdown: a comment on a pull request, or `$GITHUB_STEP_SUMMARY`.

What a relay said stands in code spans and fenced blocks only, where neither Markdown, HTML, mentions nor references
to issues do anything; sentences of suites and names are escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from wnmon.engine.run import Run
from wnmon.model.result import Finding, Outcome, Reason, RuleVerdict, Verdict
from wnmon.model.said import in_language, say
from wnmon.report.advice import advice
from wnmon.report.curl import curl_command
from wnmon.report.finding import messages_of, view_of
from wnmon.report.gist import COLUMNS, cells, gists
from wnmon.report.gist import lines as in_lines
from wnmon.report.hints import setup_hint
from wnmon.report.notes import as_alternatives, note_of, ways_out
from wnmon.report.pauses import pauses_of
from wnmon.report.spelling import OF_CHECK
from wnmon.report.summary import (
    COUNTED,
    CheckedTarget,
    CheckReport,
    Exit,
    alike,
    at_once,
    broken,
    came_to_nothing,
    counts,
    exchange_to_show,
    is_left_out,
    learnt,
    meaning,
    of_verdict,
    tally,
    waived,
    whys,
)
from wnmon.report.text import more, named, shown, utc, word

MAX_CHARS = 60_000
"""A comment may hold 65,536 characters. What is beyond this is left out, and the last line says so."""
MAX_FINDINGS = 3
MAX_ROWS = 6
"""A longer table of counts is folded away."""

_SIGNS = {Exit.OK: "✅", Exit.UNJUDGED: "⚠️"}
_MARKS = {
    Verdict.PASSED: "✅",
    Verdict.FAILED: "❌",
    Verdict.INCONCLUSIVE: "❔",
    Verdict.SKIPPED: "➖",
    Verdict.NOTED: "ℹ️",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~&])")
_REFERENCE = re.compile(r"([@#])(?=\w)")
_BACKTICKS = re.compile("`+")


def render_markdown(report: CheckReport, lang: str) -> str:
    """Return the report in `lang`, at most about `MAX_CHARS` characters, ending in a newline."""
    blocks = [_head(report, lang)]
    for target in report.targets:
        blocks += _target(report, target, lang)
    return "\n\n".join(_fitting(blocks, lang)) + "\n"


def _fitting(blocks: Sequence[str], lang: str) -> Iterator[str]:
    """Yield whole blocks while there is room; what is left out is said."""
    room = MAX_CHARS
    for number, block in enumerate(blocks):
        room -= len(block) + 2
        if room < 0:
            yield f"_{word('more', lang, n=len(blocks) - number)}_"
            return
        yield block


def _head(report: CheckReport, lang: str) -> str:
    sign = _SIGNS.get(Exit(report.exit_code), "❌")
    strict = f" · {word('strict', lang)}" if report.strict else ""
    lines = [
        f"## {sign} wnmon check: {_escaped(meaning(report, lang))}",
        _in_short(report, lang),
        f"wnmon {_escaped(report.version)} · {utc(report.started_at_s):%Y-%m-%d %H:%M:%S} UTC{strict} · "
        f"{word('exit', lang)} {int(report.exit_code)}",
    ]
    if counted := tally(report, lang):
        lines.append(_escaped(counted))
    if not report.complete:
        lines.append(f"⚠️ **{_escaped(word('interrupted', lang))}**")
    if hint := setup_hint(report, lang):
        lines.append(f"💡 {word('hint', lang)}{word('colon', lang)}{_code(hint)}")
    return "\n\n".join(lines)


def _in_short(report: CheckReport, lang: str) -> str:
    """Return the gist of one model as a list, of several as a table."""
    found = gists(report)
    if len(found) == 1:
        return "\n".join(f"- {_code(line)}" for line in in_lines(found[0], lang))
    heads = [_row([_escaped(word(name, lang)) for name in COLUMNS]), _row(["---"] * len(COLUMNS))]
    return "\n".join([*heads, *(_row([*map(_code, cells(gist, lang))]) for gist in found)])


def _target(report: CheckReport, target: CheckedTarget, lang: str) -> list[str]:
    runs = report.runs_of(target)
    blocks = [f"### {_code(target.name)} · {_code(target.model)}\n\n{_code(target.url)}"]
    blocks += [_escaped(in_language(remark, lang)) for remark in target.remarks]
    if otherwise := learnt(report, target):
        blocks.append("\n".join(f"- ℹ️ {_code(in_language(said, lang))}" for said in otherwise))
    if not runs:
        return [*blocks, f"_{_escaped(word('no_run', lang))}_"]
    blocks.append(_summary(runs, lang))
    for group in alike(runs):
        blocks += _run(report, group[0], ", ".join(run.title for run in group), lang)
        blocks += [_every_rule(run, lang) for run in group]
    return blocks


def _summary(runs: Sequence[Run], lang: str) -> str:
    """Return a table of how many rules of each suite and level came to what.

    It is folded away where it would stand between the verdict and what broke.
    """
    heads = [
        _row([word(name, lang) for name in ("suite", "level", *COUNTED)]),
        _row(["---"] * 2 + ["--:"] * len(COUNTED)),
    ]
    rows = [
        _row([_code(run.title), level.value, *(str(words.get(name, 0)) for name in COUNTED)])
        for run in runs
        for level, words in counts(run)
    ]
    table = "\n".join([*heads, *rows])
    return table if len(rows) <= MAX_ROWS else _folded(word("by_suite", lang), table)


def _row(cells: Sequence[str]) -> str:
    # A bar ends a cell even inside a code span unless it is escaped (GFM §4.10).
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _run(report: CheckReport, run: Run, title: str, lang: str) -> Iterator[str]:
    if not run.was_judged:
        yield _unjudged(run, title, lang)
    elif run.suite is None and not run.result.outcome.success:
        head = f"**{_code(run.title)}** {named(run.result.reason, lang)}"
        yield "\n".join([head, *_findings(run.result.findings, lang)])
    for said in pauses_of(run):
        yield f"**{_code(run.title)}** {_escaped(said.text(lang))}"
    for row in broken(run):
        yield _broken(report, run, row, lang)
    yield from _short(run, lang)


def _unjudged(run: Run, title: str, lang: str) -> str:
    result = run.result
    said = word(came_to_nothing(run), lang)
    reason = "" if result.reason is Reason.OK else word("colon", lang) + named(result.reason, lang)
    sign = "➖" if is_left_out(run) else "⚠️"
    lines = [f"{sign} **{_code(title)} {_escaped(said)}{reason}**"]
    if result.message:
        lines.append(f"- {_code(in_language(result.message, lang))}")
    if result.layer:
        lines.append(f"- {word('layer', lang)}: {_escaped(say(f'layer_{result.layer.value}', lang))}")
    if said := advice(result.reason, lang, OF_CHECK):
        lines.append(f"- {word('do', lang)}: {_escaped(said)}")
    return "\n".join(lines)


def _broken(report: CheckReport, run: Run, row: RuleVerdict, lang: str) -> str:
    sign = "❌" if report.binds(row.level) else "⚠️"
    lines = [
        f"{sign} **{_escaped(row.rule)}** {row.level.value} — {_escaped(report.says(row.rule, lang))}",
        *_findings(row.findings, lang),
        f"- {word('source', lang)}: {_escaped(report.source(row.rule))}",
        *([f"- {word('note', lang)}: {_code(in_language(row.why, lang))}"] if row.why else []),
        *_notes(report, row, lang),
    ]
    exchange = exchange_to_show(run, row)
    command = curl_command(exchange.request) if exchange else None
    if exchange and command:
        title = word("reproduce", lang, what=row.rule + at_once(run, exchange, lang))
        lines += ["", _folded(title, _fenced(command, "sh"))]
    return "\n".join(lines)


def _notes(report: CheckReport, row: RuleVerdict, lang: str) -> Iterator[str]:
    rule = report.rules.get(row.rule)
    if note := note_of(rule, row, lang):
        yield f"- {word('note', lang)}: {_escaped(note)}"
    if ways := ways_out(rule, row, report.started_at_s, lang, binds=report.binds(row.level)):
        yield f"- {word('ways_out', lang)}: {_code(as_alternatives(ways, lang))}"


def _findings(findings: Sequence[Finding], lang: str) -> Iterator[str]:
    for finding in findings[:MAX_FINDINGS]:
        view = view_of(finding, lang)
        where = " ".join(map(_code, view.where))
        facts = [(word("expected", lang), view.expected), (word("actual", lang), view.actual)]
        said = ", ".join(f"{name} {_code(value)}" for name, value in facts if value)
        yield f"- {where + ': ' if where else ''}{_code(view.message)}{'; ' if said else ''}{said}"
    yield from (f"- {line}" for line in more(len(findings) - MAX_FINDINGS, lang))


def _short(run: Run, lang: str) -> Iterator[str]:
    """Yield what was noted, waived or left open, a line each."""
    noted = [
        f"- **{_escaped(row.rule)}** {_code(messages_of(row, lang, MAX_FINDINGS))}"
        for row in of_verdict(run, Verdict.NOTED)
    ]
    excused = [
        f"- **{_escaped(row.rule)}** {word(row.verdict.value, lang)}: {_code(in_language(row.why, lang))}"
        for row in waived(run)
    ]
    left_open = _whys(run, Verdict.INCONCLUSIVE, lang) if run.was_judged else []
    for title, lines in (("notes", noted), ("waivers", excused), ("could_not_judge", left_open)):
        if lines:
            yield "\n".join([f"**{_escaped(word(title, lang))}**", "", *lines])


def _whys(run: Run, verdict: Verdict, lang: str) -> list[str]:
    """Return each reason with the rules it kept from being judged."""
    return [f"- {_code(why)} {_escaped(rules)}" for why, rules in whys(run, verdict, lang)]


def _every_rule(run: Run, lang: str) -> str:
    """Return every id with its mark, and why some were skipped, folded away."""
    ids = ", ".join(
        f"{_MARKS[row.verdict]} {_escaped(row.rule)}{' (' + word('waived', lang) + ')' if row.waived else ''}"
        for row in run.result.verdicts
    )
    skipped = _whys(run, Verdict.SKIPPED, lang) if run.result.outcome is not Outcome.SKIPPED else []
    title = f"{shown(run.title, 120)}: {word('n_rules', lang, n=len(run.result.verdicts))}"
    return _folded(title, "\n".join([ids, *(["", *skipped] if skipped else [])]))


def _folded(title: str, content: str) -> str:
    """Return a part one has to open. Its title is HTML, where Markdown's escapes mean nothing."""
    safe = html.escape(shown(title)).replace("#", "&#35;").replace("@", "&#64;<!-- -->")
    return f"<details><summary>{safe}</summary>\n\n{content}\n\n</details>"


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is, mentions nobody and refers to no issue."""
    return _REFERENCE.sub(r"\1<!-- -->", _SPECIAL.sub(r"\\\1", shown(text, 500)))


def _code(text: str) -> str:
    """Return a code span whatever backticks the text holds (CommonMark §6.1)."""
    safe = shown(text) or " "
    fence = "`" * (_longest_fence(safe) + 1)
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _fenced(text: str, language: str) -> str:
    """Return a fenced block no line of the text can end (CommonMark §4.5)."""
    fence = "`" * max(_longest_fence(text) + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"


def _longest_fence(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
