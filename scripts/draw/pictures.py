"""`make pictures`: draw docs/pictures from a run of five minutes. Needs Prometheus, Chromium, Node and npm.

What is drawn are the generated boards with the answers of that run's Prometheus, wnmon's page, a report of
`wnmon check`, what it says at a terminal, and all of that in one picture for the README.
"""

from __future__ import annotations

import argparse
import io
import os
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal

from boards import drawn, written
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from scene import KEY, ROOT, Chain, watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HERE = Path(__file__).parent
BUILD = ROOT / "build" / "draw"
OUT = ROOT / "docs" / "pictures"
BUNDLE = BUILD / "board.js"

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One board to draw: the variables chosen, and how much of its height is wanted."""

    name: str
    path: str
    theme: Scheme = "light"
    chosen: tuple[tuple[str, str], ...] = ()
    height: int = 1700
    width: int = 1200


BOARDS = (
    Drawn(name="overview", path="wnmon-overview.json", width=1480),
    Drawn(name="overview.zh", path="zh/wnmon-overview.json", theme="dark", width=1480),
    Drawn(name="target", path="wnmon-target.json", chosen=(("target", "flaky"),)),
    Drawn(name="slo", path="wnmon-slo.json", chosen=(("slo", "available"),), width=1400),
    Drawn(name="conformance", path="wnmon-conformance.json"),
    Drawn(name="cost", path="wnmon-cost.json"),
)

# The colours of a terminal with a dark background.
TERMINAL = TerminalTheme(
    (24, 27, 31),
    (222, 226, 230),
    [
        (60, 64, 70),
        (242, 94, 94),
        (88, 190, 110),
        (226, 180, 60),
        (96, 160, 250),
        (190, 130, 240),
        (80, 190, 200),
        (222, 226, 230),
    ],
)


def main() -> int:
    """Install, run, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=320.0, help="how long the relays are watched")
    seconds = parser.parse_args().seconds
    signal.signal(signal.SIGTERM, _interrupt)
    installed()
    with tempfile.TemporaryDirectory(prefix="wnmon-draw-") as name, watched(Path(name), seconds) as chain:
        take(chain, time.time(), Path(name))
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that what was started is ended."""
    raise KeyboardInterrupt


def installed() -> None:
    """Install Grafana's components below build/, without a lock file, and bundle them with our script."""
    BUILD.mkdir(parents=True, exist_ok=True)
    for path in (*HERE.glob("*.js*"),):
        shutil.copy(path, BUILD)
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    _run("npm", "install", "--legacy-peer-deps", "--no-package-lock", "--ignore-scripts", *quiet)
    loaders = [f"--loader:.{kind}=dataurl" for kind in ("ttf", "woff", "woff2", "svg", "png")]
    defined = ('--define:process.env.NODE_ENV="production"', "--define:global=window")
    _run(
        *("node_modules/.bin/esbuild", "board.jsx", "--bundle", "--minify", "--format=iife"),
        *("--outfile=board.js", "--log-level=error", *defined, *loaders),
    )


def _run(*command: str) -> None:
    subprocess.run(command, cwd=BUILD, check=True)


def take(chain: Chain, at_s: float, folder: Path) -> None:
    """Take all pictures of what was watched until then."""
    OUT.mkdir(exist_ok=True)
    with chromium(folder) as browser:
        for board in BOARDS:
            page = folder / f"{board.name}.html"
            data = drawn(chain.prometheus, at_s, board.path, board.theme, board.width, dict(board.chosen))
            page.write_text(written(data, BUNDLE), encoding="utf-8")
            shot(browser, page.as_uri(), OUT / f"{board.name}.png", board.width, board.height, wait="#board")
        checked(chain.breaking, "en", folder, columns=92)
        shot(browser, (folder / "report.en.html").as_uri(), OUT / "report.png", 1000, 1000)
        shot(browser, (folder / "terminal.en.html").as_uri(), OUT / "terminal.png", 760, 900, wait="pre")
        for lang, suffix, scheme in LANGUAGES:
            service = f"{chain.service}/?lang={lang}"
            shot(browser, service, OUT / f"page{suffix}.png", 1000, 900, scheme)
            target = f"{chain.service}/targets/flaky?lang={lang}"
            shot(browser, target, OUT / f"page-target{suffix}.png", 1120, 1000, scheme)
            together(browser, chain, at_s, lang, suffix, folder)
    _run("node", "shrink.js", *(str(path) for path in sorted(OUT.glob("*.png"))))


LANGUAGES: tuple[tuple[str, str, Scheme], ...] = (("en", "", "light"), ("zh", ".zh", "dark"))


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Debian's Chromium with a home of its own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        env: dict[str, str | float | bool] = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"], env=env)
        yield running
        running.close()


def shot(
    browser: Browser,
    address: str,
    out: Path,
    width: int,
    height: int,
    scheme: Scheme = "light",
    *,
    wait: str = "body",
    scale: float = 1,
) -> None:
    """Take the upper part of a page."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=scale)
    page.goto(address)
    element = page.locator(wait).first
    element.wait_for()
    # Fonts, and the graphs, which are drawn after the first layout.
    page.wait_for_timeout(1500)
    box = element.bounding_box()
    assert box is not None
    tall = min(height, max(box["height"] + box["y"], 1))
    page.screenshot(path=out, clip={"x": 0, "y": 0, "width": width, "height": tall})
    page.close()


def checked(relay: str, lang: str, folder: Path, *, columns: int) -> None:
    """Judge the relay as a user would, at a terminal: what is said there and the report are pages in the folder."""
    arguments = ["check", "--base-url", relay, "--model", "gpt-4o", "builtin:stream"]
    more = ["--lang", lang, "--report", f"html={folder / f'report.{lang}.html'}"]
    said = at_terminal([sys.executable, "-m", "wnmon", *arguments, *more], columns)
    console = Console(file=io.StringIO(), width=columns, record=True, force_terminal=True, highlight=False)
    console.print(Text.from_ansi(f"$ wnmon {' '.join(arguments)}\n{said}"))
    code = f"<pre style='{PRE}'>{{code}}</pre>"
    page = console.export_html(theme=TERMINAL, inline_styles=True, code_format=code)
    (folder / f"terminal.{lang}.html").write_text(f"<meta charset='utf-8'><body style='margin:0'>{page}", "utf-8")


PRE = (
    "margin:0;padding:12px 14px;background:#181b1f;color:#dee2e6;line-height:1.35;overflow:hidden;"
    'font-size:12.5px;font-family:"DejaVu Sans Mono","Noto Sans Mono CJK SC",monospace'
)


def at_terminal(command: list[str], columns: int) -> str:
    """Run a command whose output is a terminal, and return that."""
    ours, theirs = pty.openpty()
    env = os.environ | {"WNMON_API_KEY": KEY, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=env):
        os.close(theirs)
        read = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # so a Linux terminal says that nobody writes any more
                break
            read += piece
    os.close(ours)
    return read.decode().replace("\r\n", "\n")


def together(browser: Browser, chain: Chain, at_s: float, lang: str, suffix: str, folder: Path) -> None:
    """Draw the picture of the README: terminal, report, page and board. It is read at 830 to 1010 pixels."""
    chinese = lang == "zh"
    checked(chain.breaking, lang, folder, columns=60)
    board = folder / "part.html"
    path = "zh/wnmon-overview.json" if chinese else "wnmon-overview.json"
    board.write_text(written(drawn(chain.prometheus, at_s, path, "light", 1080, {}), BUNDLE), encoding="utf-8")
    drawn_by = "drawn by wnmon's script with Grafana's components, not a screenshot of Grafana"
    captions = ("wnmon check", "its HTML report", "wnmon serve: its page", f"its board for Grafana ({drawn_by})")
    if chinese:
        drawn_by = "由 wnmon 的脚本用 Grafana 组件绘制，不是 Grafana 截图"
        captions = ("wnmon check", "HTML 报告", "wnmon serve：页面", f"Grafana 面板（{drawn_by}）")
    parts = (
        ((folder / f"terminal.{lang}.html").as_uri(), 480, 460, "pre"),
        ((folder / f"report.{lang}.html").as_uri(), 480, 460, "body"),
        (f"{chain.service}/?lang={lang}", 980, 330, "body"),
        (board.as_uri(), 1080, 632, "#board"),
    )
    figures = []
    for number, (caption, (address, width, height, wait)) in enumerate(zip(captions, parts, strict=True)):
        part = folder / f"part{number}.png"
        shot(browser, address, part, width, height, wait=wait, scale=1.25)
        shown = min(width, 980)
        image = f"<img src='{part.as_uri()}' width='{shown}'>"
        figures.append(
            f"<figure style='width:{shown}px'><figcaption>{escape(caption)}</figcaption>"
            f"<div style='height:{height * shown // width}px'>{image}</div></figure>"
        )
    page = folder / "together.html"
    page.write_text(f"<meta charset='utf-8'><style>{TOGETHER}</style><main>{''.join(figures)}</main>", "utf-8")
    shot(browser, page.as_uri(), OUT / f"readme{suffix}.png", 1020, 1900, wait="main", scale=1.25)


TOGETHER = """
body { margin: 0; background: #eef1f4; font: 500 14px "DejaVu Sans", "Noto Sans CJK SC", sans-serif; color: #3b424a }
main { display: flex; flex-wrap: wrap; gap: 14px 20px; padding: 14px 20px 18px; width: 980px }
figure { margin: 0 } figcaption { padding-bottom: 5px }
figure div { border: 1px solid #c8cfd6; border-radius: 6px; overflow: hidden; box-sizing: border-box }
figure:first-child div { background: #181b1f }
"""


if __name__ == "__main__":
    sys.exit(main())
