"""The report as GitHub-flavoured Markdown: a comment on a pull request, or `$GITHUB_STEP_SUMMARY`.

What a relay said stands in code spans and fenced blocks only, where neither Markdown, HTML, mentions nor references
to issues do anything; sentences of suites and names are escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from wnmon.model.result import Finding, Outcome, RuleVerdict, Run, Verdict
from wnmon.report.curl import curl_command
from wnmon.report.meaning import meaning
from wnmon.report.summary import (
    CheckedTarget,
    CheckReport,
    Exit,
    binding_levels,
    broken,
    by_why,
    counts,
    exchange_of,
    of_verdict,
    waived,
)
from wnmon.report.text import shown, utc
from wnmon.report.words import advice, layer_word, word

MAX_CHARS = 60_000
"""A comment may hold 65,536 characters. What is beyond this is left out, and the last line says so."""
MAX_FINDINGS = 3

_SIGNS = {Exit.OK: "✅", Exit.UNJUDGED: "⚠️"}
_MARKS = {
    Verdict.PASSED: "✅",
    Verdict.FAILED: "❌",
    Verdict.INCONCLUSIVE: "❔",
    Verdict.SKIPPED: "➖",
    Verdict.NOTED: "ℹ️",
}
_COUNTED = ("passed", "failed", "inconclusive", "skipped", "noted", "waived")
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
            yield f"_{word('more', lang).format(n=len(blocks) - number)}_"
            return
        yield block


def _head(report: CheckReport, lang: str) -> str:
    sign = _SIGNS.get(Exit(report.exit_code), "❌")
    strict = f" · {word('strict', lang)}" if report.strict else ""
    lines = [
        f"## {sign} wnmon check: {_escaped(meaning(report, lang))}",
        f"wnmon {_escaped(report.version)} · {utc(report.started_at_s):%Y-%m-%d %H:%M:%S} UTC{strict} · "
        f"{word('exit', lang)} {int(report.exit_code)}",
    ]
    if not report.complete:
        lines.append(f"**{_escaped(word('interrupted', lang))}**")
    return "\n\n".join(lines)


def _target(report: CheckReport, target: CheckedTarget, lang: str) -> list[str]:
    runs = report.runs_of(target)
    blocks = [f"### {_code(target.name)} · {_code(target.model)}\n\n{_code(target.url)}"]
    if not runs:
        return [*blocks, f"_{_escaped(word('no_run', lang))}_"]
    blocks.append(_summary(runs, lang))
    for run in runs:
        blocks += _run(report, run, lang)
    return blocks


def _summary(runs: Sequence[Run], lang: str) -> str:
    """Return a table of how many rules of each suite and level came to what."""
    heads = [word(name, lang) for name in ("suite", "level", *_COUNTED)]
    lines = [_row(heads), _row(["---", "---", *["--:"] * len(_COUNTED)])]
    for run in runs:
        for level, words in counts(run):
            lines.append(_row([_code(_title(run)), level.value, *(str(words.get(name, 0)) for name in _COUNTED)]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    # A bar ends a cell even inside a code span unless it is escaped (GFM §4.10).
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _run(report: CheckReport, run: Run, lang: str) -> Iterator[str]:
    if run.result.outcome in {Outcome.ERRORED, Outcome.SKIPPED}:
        yield _unjudged(run, lang)
    elif run.suite is None and not run.result.outcome.success:
        yield "\n".join([f"**{_code(_title(run))}** {run.result.reason.value}", *_findings(run.result.findings, lang)])
    for row in broken(run):
        yield _broken(report, run, row, lang)
    yield from _short(run, lang)
    yield _every_rule(run, lang)


def _unjudged(run: Run, lang: str) -> str:
    result = run.result
    title = word("no_answer" if result.outcome is Outcome.ERRORED else "not_run", lang)
    lines = [f"⚠️ **{_code(_title(run))} {_escaped(title)}: {result.reason.value}**"]
    if result.message:
        lines.append(f"- {_code(result.message)}")
    if result.layer:
        lines.append(f"- {word('blame', lang)}: {_escaped(layer_word(result.layer, lang))}")
    if said := advice(result.reason, lang):
        lines.append(f"- {word('do', lang)}: {_escaped(said)}")
    return "\n".join(lines)


def _broken(report: CheckReport, run: Run, row: RuleVerdict, lang: str) -> str:
    sign = "❌" if row.level in binding_levels(report.strict) else "⚠️"
    lines = [
        f"{sign} **{_escaped(row.rule)}** {row.level.value} — {_escaped(report.says(row.rule, lang))}",
        *_findings(row.findings, lang),
        f"- {word('source', lang)}: {_escaped(report.source(row.rule))}",
        *([f"- {word('waiver', lang)}: {_code(row.why)}"] if row.why else []),
    ]
    step = next((finding.step or finding.place.partition("/")[0] for finding in row.findings), "")
    return "\n".join([*lines, *_reproduce(run, step, row.rule, lang)])


def _findings(findings: Sequence[Finding], lang: str) -> Iterator[str]:
    for finding in findings[:MAX_FINDINGS]:
        where = " ".join(_code(part) for part in (finding.step, finding.place) if part)
        facts = [(word("expected", lang), finding.expected), (word("actual", lang), finding.actual)]
        said = ", ".join(f"{name} {_code(value)}" for name, value in facts if value)
        yield f"- {where + ': ' if where else ''}{_code(finding.message)}{'; ' if said else ''}{said}"
    left = len(findings) - MAX_FINDINGS
    if left > 0:
        yield f"- {word('more', lang).format(n=left)}"


def _reproduce(run: Run, step: str, rule: str, lang: str) -> list[str]:
    exchange = exchange_of(run, step)
    command = curl_command(exchange.request) if exchange else None
    if command is None:
        return []
    return ["", *_folded(word("reproduce", lang).format(what=rule), _fenced(command, "sh"))]


def _short(run: Run, lang: str) -> Iterator[str]:
    """Yield what was noted, waived or left open, a line each."""
    noted = [
        f"- **{_escaped(row.rule)}** {_code('; '.join(finding.message for finding in row.findings[:MAX_FINDINGS]))}"
        for row in of_verdict(run, Verdict.NOTED)
    ]
    excused = [f"- **{_escaped(row.rule)}** {row.verdict.value}: {_code(row.why)}" for row in waived(run)]
    for title, lines in (("notes", noted), ("waivers", excused)):
        if lines:
            yield "\n".join([f"**{_escaped(word(title, lang))}**", "", *lines])
    if run.result.outcome in {Outcome.ERRORED, Outcome.SKIPPED}:
        return
    for title, verdict in (("could_not_judge", Verdict.INCONCLUSIVE), ("not_judged", Verdict.SKIPPED)):
        groups = by_why(of_verdict(run, verdict))
        if groups:
            lines = [f"- {_code(why)} {_escaped(', '.join(rules))}" for why, rules in groups.items()]
            yield "\n".join([f"**{_escaped(word(title, lang))}**", "", *lines])


def _every_rule(run: Run, lang: str) -> str:
    """Return every id with its mark, folded away."""
    ids = ", ".join(
        f"{_MARKS[row.verdict]} {_escaped(row.rule)}{' (' + word('waived', lang) + ')' if row.waived else ''}"
        for row in run.result.verdicts
    )
    return "\n".join(
        _folded(f"{shown(_title(run), 120)}: {word('n_rules', lang).format(n=len(run.result.verdicts))}", ids)
    )


def _title(run: Run) -> str:
    return run.suite or run.check


def _folded(title: str, content: str) -> list[str]:
    """Return the lines of a part one has to open. Its title is HTML, where Markdown's escapes mean nothing."""
    safe = html.escape(shown(title)).replace("#", "&#35;").replace("@", "&#64;<!-- -->")
    return [f"<details><summary>{safe}</summary>", "", content, "", "</details>"]


def _escaped(text: str) -> str:
    """Return text that Markdown shows as it is, mentions nobody and refers to no issue."""
    return _REFERENCE.sub(r"\1<!-- -->", _SPECIAL.sub(r"\\\1", shown(text, 500)))


def _code(text: str) -> str:
    """Return a code span whatever backticks the text holds (CommonMark §6.1)."""
    safe = _inert(shown(text)) or " "
    longest = max((len(run) for run in _BACKTICKS.findall(safe)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def _fenced(text: str, language: str) -> str:
    """Return a fenced block no line of the text can end (CommonMark §4.5)."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * max(longest + 1, 3)
    return f"{fence}{language}\n{text}\n{fence}"


def _inert(text: str) -> str:
    # Printed into a CI log, `##[` anywhere on a line is a command to the runner.
    return text.replace("##[", "#\u200b#[")
