"""`first_visible: {degraded: 2s, failed: 10s}`: to the first text a reader sees."""

from __future__ import annotations

from wnmon.judge.latency import between, timed
from wnmon.model.result import Mark

KIND = timed("first_visible", between(Mark.SENT, Mark.FIRST_VISIBLE))
