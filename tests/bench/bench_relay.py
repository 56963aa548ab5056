"""The relay of the bench: the metronome of wnmon, on uvloop where there is one, that keeps what it did of each stream.

    python tests/bench/bench_relay.py TEMPO FILE

FILE gets one row per stream when stdin ends: the model that was asked for, then the four instants of its first token.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

from wnmon.app.tuning import come_first
from wnmon.mock.metronome import Tempo, until_stdin_ends

_MODEL = re.compile(rb'"model": ?"([^"]*)"')


def main() -> None:
    """Serve until stdin ends, then write what was heard. What waits for it would pass for an error of the sensor."""
    come_first()
    heard: list[tuple[str | int, ...]] = []

    def note(body: bytes, *instants: int) -> None:
        found = _MODEL.search(body)
        heard.append((found[1].decode() if found else "", *instants))

    playing = until_stdin_ends(Tempo(**json.loads(sys.argv[1])), note)
    if importlib.util.find_spec("uvloop"):
        importlib.import_module("uvloop").run(playing)
    else:
        asyncio.run(playing)
    Path(sys.argv[2]).write_text(json.dumps(heard), encoding="utf-8")


if __name__ == "__main__":
    main()
