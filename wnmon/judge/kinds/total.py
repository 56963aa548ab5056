"""`total: 30s`: to the end of the answer."""

from __future__ import annotations

from wnmon.judge.latency import between, timed
from wnmon.model.result import Mark

KIND = timed("total", between(Mark.SENT, Mark.END))
