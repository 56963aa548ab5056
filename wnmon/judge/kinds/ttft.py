"""`ttft: {degraded: 2s, failed: 10s}`: to the first token of any channel."""

from __future__ import annotations

from wnmon.judge.latency import between, timed
from wnmon.model.result import Mark

KIND = timed("ttft", between(Mark.SENT, Mark.FIRST_TOKEN))
