"""A check as evidence: its redacted exchanges, what was judged, and the verdicts, so that it can be judged again.

The suites are named, not copied: a transcript holds a digest of what each judges, so that a reader notices when a
suite has changed since. Runs stand in the encoding of `wnmon.model.codec`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from wnmon.model.check import Plan
from wnmon.model.codec import decode_run, encode_run
from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Run
from wnmon.model.text import encodable
from wnmon.report.baseline import decode_baseline, encode_baseline
from wnmon.report.known import Baseline
from wnmon.report.summary import CheckedTarget, CheckReport, JudgedSuite

FORMAT = "wnmon-transcript"
FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSuite:
    """A suite as the transcript names it: how it was asked for, what it calls itself, the digest of what it judges."""

    name: str
    suite: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What `render_transcript` wrote. Times are epoch seconds."""

    version: str
    started_at_s: float
    ended_at_s: float
    complete: bool
    strict: bool
    exit_code: int
    targets: tuple[CheckedTarget, ...]
    suites: tuple[NamedSuite, ...]
    profiles: tuple[str, ...]
    only: tuple[str, ...]
    skip: tuple[str, ...]
    full: bool
    baseline: Baseline | None
    runs: tuple[Run, ...]


def render_transcript(report: CheckReport) -> str:
    """Return the report with its evidence as JSON text, ending in a newline."""
    chosen = report.chosen
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
            "suites": [_suite(one) for one in chosen.suites],
            "profiles": [*chosen.profiles],
            "only": [*chosen.only],
            "skip": [*chosen.skip],
            "full": chosen.full,
        },
        "baseline": {"name": encodable(chosen.baseline.name), "known": encode_baseline(chosen.baseline)}
        if chosen.baseline
        else None,
        "runs": [encode_run(run) for run in report.runs],
    }
    # What the relay chose may hold lone surrogates, which JSON can carry only as escapes.
    text = json.dumps(document, ensure_ascii=True, indent=1, allow_nan=False)
    return text.replace("##", "\\u0023#") + "\n"  # `##[` is a command to a CI that prints it


def _suite(one: JudgedSuite) -> Json:
    return {"name": encodable(one.name), "suite": one.plan.suite, "sha256": digest_of(one.plan)}


def digest_of(plan: Plan) -> str:
    """Return the SHA-256 of all in a suite that a verdict depends on, so not of sentences, sources, explanations."""
    return hashlib.sha256(json.dumps(_content(plan), sort_keys=True).encode()).hexdigest()


_FOR_READERS = frozenset({"says", "source", "explain"})


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
        raise ValueError("no JSON: nested too deeply") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("not a transcript of wnmon check --report transcript=FILE")
    if document.get("version") != FORMAT_VERSION:
        raise ValueError(f"a transcript of another version: this program reads version {FORMAT_VERSION}")
    try:
        return _transcript(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a damaged transcript: {type(error).__name__}: {error}") from None


def _transcript(document: Mapping[str, Any]) -> Transcript:
    selection = document["selection"]
    return Transcript(
        version=str(document["wnmon"]),
        started_at_s=float(document["started_at_s"]),
        ended_at_s=float(document["ended_at_s"]),
        complete=document["complete"] is True,
        strict=document["strict"] is True,
        exit_code=int(document["exit_code"]),
        targets=tuple(
            CheckedTarget(name=str(one["name"]), url=str(one["url"]), model=str(one["model"]))
            for one in document["targets"]
        ),
        suites=tuple(
            NamedSuite(name=str(one["name"]), suite=str(one["suite"]), digest=str(one["sha256"]))
            for one in selection["suites"]
        ),
        profiles=_texts(selection["profiles"]),
        only=_texts(selection["only"]),
        skip=_texts(selection["skip"]),
        full=selection["full"] is True,
        baseline=_baseline(document["baseline"]),
        runs=tuple(decode_run(run) for run in document["runs"]),
    )


def _baseline(said: Mapping[str, Any] | None) -> Baseline | None:
    return None if said is None else decode_baseline(said["known"], str(said["name"]))


def _texts(values: list[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
