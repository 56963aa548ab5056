"""`ttft: {degraded: 2s, failed: 10s}`: to the first token of any channel."""

from __future__ import annotations

from wnmon.judge.latency import timed

KIND = timed("ttft", lambda subject: subject.timing.ttft_s)
