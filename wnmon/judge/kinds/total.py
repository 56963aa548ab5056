"""`total: 30s`: to the end of the answer."""

from __future__ import annotations

from wnmon.judge.latency import timed

KIND = timed("total", lambda subject: subject.timing.total_s)
