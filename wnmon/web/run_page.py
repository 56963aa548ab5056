"""The page of a run of which no transcript is kept: what is known of it all the same."""

from __future__ import annotations

from wnmon.engine.ports import KeptRun
from wnmon.model.duration import show_duration
from wnmon.model.said import say
from wnmon.model.text import visible
from wnmon.web.frame import NO_COLOR, Frame
from wnmon.web.moments import exact, word
from wnmon.web.page import COLORS


class RunPage:
    """The template, read once."""

    def __init__(self) -> None:
        self._frame = Frame("run.html")

    def render(self, run: KeptRun, *, now_s: float, lang: str, version: str, still: bool = False) -> str:
        """Return the HTML of a run in `lang`. `now_s` is epoch seconds."""
        return self._frame.render(
            lang=lang,
            still=still,
            run=run,
            outcome=run.outcome,
            outcome_word=word(run.outcome, lang),
            reason=say(f"reason_{run.reason}", lang),
            facts=_facts(run),
            color=COLORS.get(run.outcome, NO_COLOR),
            refresh_s=None,
            now=exact(now_s),
            version=version,
        )


def _facts(run: KeptRun) -> list[tuple[str, str]]:
    """Return (word, value) of all that is known; the model is in the relay's words."""
    known = (
        ("began", exact(run.began_s)),
        ("status", None if run.status is None else str(run.status)),
        ("ttft", None if run.ttft_s is None else show_duration(run.ttft_s)),
        ("total", None if run.total_s is None else show_duration(run.total_s)),
        ("requests", str(run.requests)),
        ("tokens", str(run.input_tokens + run.output_tokens)),
        ("answered_as", None if run.answered_as is None else visible(run.answered_as)),
    )
    return [(name, value) for name, value in known if value is not None]
