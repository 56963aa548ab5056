"""`--baseline FILE` and `--write-baseline FILE`: the files behind them."""

from __future__ import annotations

from pathlib import Path

from wnmon.cli.files import read_text, write_text
from wnmon.cli.terminal import note
from wnmon.cli.words import said
from wnmon.errors import UsageError
from wnmon.report.baseline.file import read_baseline, render_baseline, why_no_baseline
from wnmon.report.baseline.known import Baseline
from wnmon.report.phrases import phrase
from wnmon.report.summary import CheckReport


def load(path: Path | None) -> Baseline | None:
    """Return the baseline in a file, None where no file is named. Raises UsageError."""
    if path is None:
        return None
    try:
        return read_baseline(read_text(path), path.name)
    except ValueError as wrong:
        raise UsageError(f"{path}: {wrong}", hint="write one with wnmon check --write-baseline FILE") from None


def write(path: Path, report: CheckReport, lang: str) -> None:
    """Write what is broken now, unless the report says too little; then say why not."""
    why_not = why_no_baseline(report)
    if why_not is not None:
        note(f"wnmon: {said('no_baseline', lang, why=phrase(why_not, lang))}")
        return
    write_text(path, render_baseline(report))
    note(f"wnmon: {said('wrote_baseline', lang, path=path)}")
