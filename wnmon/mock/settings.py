"""How a reference relay is set up."""

from __future__ import annotations

from dataclasses import dataclass

_UNEVEN = (0.0, 0.12, -0.21, 0.05, 0.27, -0.09, -0.28, 0.16, 0.22, -0.15, 0.03, -0.24, 0.19, 0.29, -0.05, -0.18)
"""By how much of a gap each token is off its place: no model speaks by a clock, and a right relay passes that on."""

DEFAULT_MODELS = ("claude-3-5-sonnet-20241022", "gpt-4o-mini")


@dataclass(frozen=True, slots=True, kw_only=True)
class MockSettings:
    """Everything has a default; port 0 takes a free one.

    Not strict: any non-empty key and any model. Strict: only `key` and only `models`. `ttft_s` and `gap_s` script the
    first token and the time between tokens, in seconds after the request was read; `tokens` forces the length of
    answers. A stream is never silent for more than `keep_alive_s`. `faults` are names of the catalogue. Sizes in bytes;
    `idle_s` is how long a kept connection may be quiet.
    """

    host: str = "127.0.0.1"
    port: int = 0
    strict: bool = False
    key: str | None = None
    models: tuple[str, ...] = DEFAULT_MODELS
    # Not zero by default: a right stream is spread over time, and a burst is what a buffering proxy looks like.
    ttft_s: float = 0.02
    gap_s: float = 0.005
    # As often as the standard advises (WHATWG HTML §9.2.7).
    keep_alive_s: float = 15.0
    tokens: int | None = None
    stamps: bool = False
    faults: tuple[str, ...] = ()
    tls_cert: str | None = None
    tls_key: str | None = None
    context_tokens: int = 131_072
    max_head_bytes: int = 64 * 1024
    max_body_bytes: int = 4 * 1024 * 1024
    idle_s: float = 75.0

    def token_s(self, index: int) -> float:
        """Return the instant of a token in seconds after the request was read; gaps are `gap_s` on the average."""
        return self.ttft_s + (index + _UNEVEN[index % len(_UNEVEN)]) * self.gap_s
