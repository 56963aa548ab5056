"""A check as evidence: its redacted exchanges, what was judged, and the verdicts, so that it can be judged again.

The suites are named, not copied: a transcript holds a digest of what each judges, so that a reader notices when a
suite has changed since. What a check of a configuration judges is nowhere else, so of that the transcript of a service
holds a copy (`checks`). Runs stand in the encoding of `wnmon.model.codec`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from wnmon.engine.codec import decode_run, encode_run
from wnmon.engine.run import Run
from wnmon.model.check import Level, Plan
from wnmon.model.codec import decode_as
from wnmon.model.credentials import masked
from wnmon.model.json import Json, JsonObject, kind_of
from wnmon.model.said import Said, Text
from wnmon.model.text import encodable
from wnmon.report.baseline.file import decode_baseline, encode_baseline
from wnmon.report.baseline.known import Baseline
from wnmon.report.recorded_plan import decode_plan, encode_plan
from wnmon.report.summary import CheckedTarget, CheckReport

FORMAT = "wnmon-transcript"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSuite:
    """A suite as the transcript names it: how it was asked for, what it calls itself, the digest of what it judges."""

    name: str
    suite: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """What was judged: the suites, and the names and patterns that narrowed them as on the command line.

    `gate` is that of a service: rules at or above it decide the outcome of a run.
    """

    suites: tuple[NamedSuite, ...]
    profiles: tuple[str, ...]
    only: tuple[str, ...]
    skip: tuple[str, ...]
    full: bool
    gate: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The members of the document but `baseline`, `checks` and `runs`. Times are epoch seconds.

    `wnmon` is the version. `cut`: of some answers only the beginning is there, so they are judged otherwise now.
    """

    wnmon: str
    started_at_s: float
    ended_at_s: float
    complete: bool
    strict: bool
    exit_code: int
    targets: tuple[CheckedTarget, ...]
    selection: Selected
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What `render_transcript` wrote. `checks`: the plan of each check of a configuration, by its name."""

    head: Head
    baseline: Baseline | None
    runs: tuple[Run, ...]
    checks: Mapping[str, Plan] = field(default_factory=dict)


def render_transcript(report: CheckReport) -> str:
    """Return the report with its evidence as JSON text, ending in a newline."""
    return text_of(document_of(report))


def text_of(document: JsonObject) -> str:
    """Return a document as text for people and programs, ending in a newline."""
    # What the relay chose may hold lone surrogates, which JSON can carry only as escapes.
    text = json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False)
    return text.replace("##", "\\u0023#") + "\n"  # `##[` is a command to a CI that prints it


def document_of(report: CheckReport, redacted: Callable[[str], str] = str) -> JsonObject:
    """Return the report with its evidence as JSON values. `redacted` takes secrets out of what no suite says."""
    chosen = report.chosen
    plans = {run.check: run.plan for run in report.runs if run.suite is None and run.plan is not None}
    document: JsonObject = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "wnmon": report.version,
        "started_at_s": report.started_at_s,
        "ended_at_s": report.ended_at_s,
        "complete": report.complete,
        "strict": report.strict,
        "exit_code": int(report.exit_code),
        "targets": [{"name": one.name, "url": one.url, "model": one.model} for one in report.targets],
        "selection": {
            "suites": [
                {"name": encodable(one.name), "suite": one.plan.suite, "sha256": digest_of(one.plan)}
                for one in chosen.suites
            ],
            "profiles": [*chosen.profiles],
            "only": [*chosen.only],
            "skip": [*chosen.skip],
            "full": chosen.full,
            **({} if chosen.gate is None else {"gate": chosen.gate.value}),
        },
        "baseline": {"name": encodable(chosen.baseline.name), "known": encode_baseline(chosen.baseline)}
        if chosen.baseline
        else None,
        "runs": [encode_run(run) for run in report.runs],
    }
    if plans:
        document["checks"] = {name: encode_plan(plan, redacted) for name, plan in plans.items()}
    return document


def digest_of(plan: Plan) -> str:
    """Return the SHA-256 of all in a suite that a verdict depends on, so not of sentences, sources, notes."""
    return hashlib.sha256(json.dumps(_content(plan), sort_keys=True).encode()).hexdigest()


_FOR_READERS = frozenset({"says", "source", "explain", "note"})


def _content(value: Any) -> Json:
    """Return a value of a plan as JSON. What is left at its default is left out: a later wnmon may know more fields."""
    if is_dataclass(value):
        kept = [one for one in fields(value) if one.compare and one.name not in _FOR_READERS]
        members = {one.name: getattr(value, one.name) for one in kept}
        return {one.name: _content(members[one.name]) for one in kept if members[one.name] != one.default}
    if isinstance(value, Mapping):
        return {str(key): _content(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_content(item) for item in value]
    plain: Json = value
    return plain


def read_transcript(text: str) -> Transcript:
    """Return the transcript in a text. Raises ValueError with where it is wrong."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError(Said("record_too_deep")) from None
    except json.JSONDecodeError as wrong:
        cut: Text = "" if text.rstrip().endswith("}") else Said("record_cut_off")
        said = Said("record_no_json", cut=cut, line=wrong.lineno, column=wrong.colno, why=wrong.msg)
        raise ValueError(said) from None
    except ValueError:  # Python's guard against numbers that take long to read
        raise ValueError(Said("record_too_many_digits")) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(Said("record_no_transcript"))
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(Said("record_transcript_version", ours=FORMAT_VERSION))
    head: Head = decode_as(Head, document, "transcript")
    for place, suite in enumerate(head.selection.suites):
        if suite.name != encodable(suite.name) or "\0" in suite.name:
            said = _expected("record_a_suite", repr(masked(suite.name[:200])[:40]))
            raise _wrong(f"transcript.selection.suites[{place}].name", said)
    return Transcript(
        head=head,
        baseline=_baseline(document.get("baseline")),
        runs=_runs(document.get("runs")),
        checks=_checks(document.get("checks", {})),
    )


def _baseline(said: Json) -> Baseline | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not isinstance(name := said.get("name"), str) or "known" not in said:
        raise _wrong("transcript.baseline", _expected("record_a_baseline", kind_of(said)))
    return decode_baseline(said["known"], name)


def _checks(said: Json) -> Mapping[str, Plan]:
    if not isinstance(said, dict):
        raise _wrong("transcript.checks", _expected("record_an_object", kind_of(said)))
    plans = {}
    for name, one in said.items():
        try:
            plans[name] = decode_plan(one)
        except ValueError as wrong:
            raise _wrong(f"transcript.checks.{name}", wrong.args[0]) from None
    return plans


def _runs(said: Json) -> tuple[Run, ...]:
    if not isinstance(said, list):
        raise _wrong("transcript.runs", _expected("record_an_array", kind_of(said)))
    runs = []
    for place, one in enumerate(said):
        try:
            runs.append(decode_run(one))
        except ValueError as wrong:
            raise _wrong(f"transcript.runs[{place}]", wrong.args[0]) from None
    return tuple(runs)


def _expected(wanted: str, got: str) -> Said:
    return Said("record_expected", wanted=Said(wanted), got=got)


def _wrong(place: str, said: Said) -> ValueError:
    return ValueError(Said("record_at", place=place, said=said))
