"""`first_visible: {degraded: 2s, failed: 10s}`: to the first text a reader sees."""

from __future__ import annotations

from wnmon.judge.latency import timed

KIND = timed("first_visible", lambda subject: subject.timing.first_visible_s)
