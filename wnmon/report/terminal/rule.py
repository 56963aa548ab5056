"""The page of `wnmon explain`: one rule, and what a person does about it."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from wnmon.model.check import Rule
from wnmon.report.terminal.sheet import Sheet
from wnmon.report.text import MAX_MESSAGE_CHARS, explained, in_words, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSheet:
    """A rule with what is known around it: its suite, the requests it is judged on, the rules it needs."""

    rule: Rule
    suite: str
    requests: tuple[str, ...]
    needed: tuple[Rule, ...] = ()


def render_rule(about: RuleSheet, *, width: int, color: bool, lang: str) -> str:
    """Return the page, ending in a newline, in `lang`; where a text is not there in `lang`, in English."""
    sheet = Sheet(width=width, color=color, lang=lang)
    rule = about.rule
    sheet.put(Text(_says(rule, sheet.lang)), Text(f"{rule.id}  ", "bold"))
    sheet.gap()
    sheet.facts(
        [
            ("suite", shown(about.suite)),
            ("levels", ", ".join(f"{profile} {level.value}" for profile, level in rule.levels.items())),
            ("source", shown(rule.source)),
            ("asked", ", ".join(about.requests)),
            *(("needs", f"{need.id} {_says(need, sheet.lang)}") for need in about.needed),
        ]
    )
    note = in_words(rule.note, sheet.lang)
    parts = [*explained(rule, sheet.lang), *([("note", note)] if note else [])]
    for title, text in parts:
        sheet.title(title)
        sheet.put(Text(shown(text, MAX_MESSAGE_CHARS)), Text("    "))
    if not parts:
        sheet.gap()
        sheet.put(Text(sheet.say("not_explained"), "dim"), Text("  "))
    return sheet.text()


def _says(rule: Rule, lang: str) -> str:
    return shown(in_words(rule.says, lang), MAX_MESSAGE_CHARS)
