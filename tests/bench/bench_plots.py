"""Two plots as SVG: readable on light and dark, without a font or a script."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

WIDE, HIGH = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 46, 48
COLORS = ("#d9480f", "#1c7ed6", "#2b8a3e", "#862e9c", "#868e96")
DARK = ("#ff922b", "#74c0fc", "#8ce99a", "#e599f7", "#adb5bd")
_STYLE = """\
text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#343a40}
.title{font-weight:600;font-size:15px}.soft{fill:#6c757d}.grid{stroke:#dee2e6}.goal{stroke:#495057;stroke-dasharray:5 4}
.paper{fill:#fff}
"""
_DARK = """\
text{fill:#e9ecef}.soft{fill:#adb5bd}.grid{stroke:#495057}.goal{stroke:#ced4da}.paper{fill:#16191d}
"""

Scale = Callable[[float], float]


def errors_plot(series: Mapping[str, Mapping[int, float | None]], goal_ms: float) -> str:
    """Return the error of first tokens (p99, ms) against streams at once, both on scales of powers."""
    points = {
        name: [(x, y) for x, y in sorted(some.items()) if y is not None and y > 0] for name, some in series.items()
    }
    xs = sorted({x for some in points.values() for x, _ in some}) or [1]
    ys = [y for some in points.values() for _, y in some] or [goal_ms]
    low, high = _decades(min([*ys, goal_ms]), max([*ys, goal_ms]))
    across = _log(xs[0] / 1.15, max(xs[-1], xs[0] + 1) * 1.15, LEFT, WIDE - RIGHT)
    up = _log(low, high, HIGH - BOTTOM, TOP)
    marks = [*_levels(low, high, up), *(_text(across(x), HIGH - BOTTOM + 18, f"{x}", "middle") for x in xs)]
    goal = f'<line class="goal" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{up(goal_ms):.1f}" y2="{up(goal_ms):.1f}"/>'
    lines = [part for place, some in enumerate(points.values()) for part in _line(some, place, across, up)]
    ends = _apart([up(some[-1][1]) if some else 0 for some in points.values()])
    names = [
        f'<text class="s{place % len(COLORS)}" x="{WIDE - RIGHT + 10}" y="{y + 4:.1f}">{escape(name)}</text>'
        for place, (name, y) in enumerate(zip(points, ends, strict=True))
        if points[name]
    ]
    foot = _text((LEFT + WIDE - RIGHT) / 2, HIGH - 10, "streams at once", "middle", "soft")
    return _page("First token stamped off by, p99 in ms", [*marks, goal, *lines, *names, foot], HIGH)


def bars_plot(groups: Mapping[str, Mapping[str, float]]) -> str:
    """Return bars of CPU (ms), a group for each kind of probe, each on a scale of its own."""
    parts, y = [], TOP + 8.0
    for title, bars in groups.items():
        parts.append(_text(16, y + 12, title, css="soft"))
        y += 22
        most = max(bars.values(), default=1.0) or 1.0
        for place, (name, took_ms) in enumerate(bars.items()):
            wide = max(1.0, (WIDE - LEFT - RIGHT - 100) * took_ms / most)
            parts.append(_text(150, y + 15, name, "end"))
            css = "b0" if name.startswith("wnmon") else "b4"
            parts.append(f'<rect class="{css}" x="160" y="{y + 2:.1f}" width="{wide:.1f}" height="17" rx="2"/>')
            parts.append(_text(168 + wide, y + 15, f"{took_ms:.2f} ms"))
            y += 25 if place + 1 < len(bars) else 37
    return _page("Processor time per probe, whole pipeline, beside the peers", parts, round(y) + 8)


def _page(title: str, parts: Sequence[str], high: int) -> str:
    light = "".join(f".s{n}{{fill:{c}}}.l{n}{{stroke:{c}}}.b{n}{{fill:{c}}}" for n, c in enumerate(COLORS))
    dark = "".join(f".s{n}{{fill:{c}}}.l{n}{{stroke:{c}}}.b{n}{{fill:{c}}}" for n, c in enumerate(DARK))
    style = f"<style>{_STYLE}{light}@media (prefers-color-scheme:dark){{{_DARK}{dark}}}</style>"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {high}" role="img" aria-label="{escape(title)}">'
    )
    paper = f'<rect class="paper" width="{WIDE}" height="{high}" rx="8"/>'
    return "\n".join([head, style, paper, _text(16, 26, title, css="title"), *parts, "</svg>", ""])


def _line(points: Sequence[tuple[int, float]], place: int, across: Scale, up: Scale) -> Iterator[str]:
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
    css = place % len(COLORS)
    if points:
        yield f'<polyline class="l{css}" fill="none" stroke-width="2.2" points="{path}"/>'
    for x, y in points:
        yield f'<circle class="b{css}" cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.4"/>'


def _levels(low: float, high: float, up: Scale) -> Iterator[str]:
    level = low
    while level <= high * 1.001:
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{up(level):.1f}" y2="{up(level):.1f}"/>'
        yield _text(LEFT - 8, up(level) + 4, f"{level:g}", "end", "soft")
        level *= 10


def _decades(least: float, most: float) -> tuple[float, float]:
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _log(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: start + (end - start) * math.log(value / low) / math.log(high / low)


def _apart(places: Sequence[float], by: float = 17) -> list[float]:
    """Return the places pushed apart where they would lie upon each other."""
    ranked = sorted(range(len(places)), key=places.__getitem__)
    moved, last = list(places), -math.inf
    for number in ranked:
        last = moved[number] = max(places[number], last + by)
    return moved


def _text(x: float, y: float, text: str, anchor: str = "start", css: str = "") -> str:
    kind = f' class="{css}"' if css else ""
    return f'<text{kind} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
