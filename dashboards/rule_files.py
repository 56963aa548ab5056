"""Rules as data, and how they are written as YAML. Comments are part of it: the files are read by people."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Prefixes that `wnmon export alerts` and whoever forks the project put their own addresses in for.
GRAFANA = "https://GRAFANA/d/"
RUNBOOK = "https://github.com/OWNER/wnmon/blob/main/docs/runbook.md#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A recording rule. `why` becomes a comment above it."""

    name: str
    expr: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert. `board` is the uid of the board that answers it; `chosen` are the labels it is opened with."""

    name: str
    expr: str
    severity: str
    summary: str
    description: str
    board: str
    why: str = ""
    wait: str = ""
    chosen: Sequence[str] = ("target", "model")

    @property
    def dashboard_url(self) -> str:
        """Return the board's address, its variables set from the alert's labels."""
        chosen = "&".join(f"var-{label}={{{{ $labels.{label} | urlquery }}}}" for label in self.chosen)
        return f"{GRAFANA}{self.board}" + (f"?{chosen}" if chosen else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that are evaluated one after the other, so that each may use those before it."""

    name: str
    rules: Sequence[Record | Alert]
    interval: str = ""


def write(path: Path, about: str, *groups: Group) -> None:
    """Write a rule file."""
    lines = [*_comment(about), "# Written by dashboards/generate.py: change it there.", "groups:"]
    for group in groups:
        lines += [f"  - name: {group.name}"]
        lines += [f"    interval: {group.interval}"] if group.interval else []
        lines += ["    rules:"]
        for rule in group.rules:
            lines += [*textwrap.indent("\n".join(_rule(rule)), " " * 6).splitlines(), ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _rule(rule: Record | Alert) -> Iterator[str]:
    yield from _comment(rule.why)
    yield f"- {'record' if isinstance(rule, Record) else 'alert'}: {rule.name}"
    yield "  expr: |"
    yield from textwrap.indent(textwrap.dedent(rule.expr).strip(), " " * 4).splitlines()
    if isinstance(rule, Alert):
        yield from (f"  for: {rule.wait}",) if rule.wait else ()
        yield from ("  labels:", f"    severity: {rule.severity}", "  annotations:")
        yield f"    summary: {_quoted(rule.summary)}"
        yield f"    description: {_quoted(rule.description)}"
        yield f"    runbook_url: {RUNBOOK}{rule.name.lower()}"
        yield f"    dashboard_url: {_quoted(rule.dashboard_url)}"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(textwrap.dedent(text).strip(), 116)]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
