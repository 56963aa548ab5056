"""`first_visible: {degraded: 2s, failed: 10s}`: to the first text a reader sees."""

from __future__ import annotations

from wnmon.judge.kind import Kind, On
from wnmon.judge.latency import Limits, assess_time, prepare
from wnmon.judge.subject import Subject
from wnmon.model.result import Finding


def assess(expected: Limits, subject: Subject) -> list[Finding]:
    """Complain when the first text a reader sees came too late, or never."""
    return assess_time("first_visible", subject.timing.first_visible_s, expected, subject)


KIND = Kind(prepare, assess, on=On.TIME)
