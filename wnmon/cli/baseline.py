"""`--baseline FILE` and `--write-baseline FILE`: the files behind them."""

from __future__ import annotations

from pathlib import Path

from wnmon.cli.files import read_text, write_text, wrong_file
from wnmon.cli.terminal import tell
from wnmon.model.said import Said
from wnmon.report.baseline.file import read_baseline, render_baseline, why_no_baseline
from wnmon.report.baseline.known import Baseline
from wnmon.report.summary import CheckReport


def load_baseline(path: Path | None) -> Baseline | None:
    """Return the baseline in a file, None where no file is named. Raises UsageError."""
    if path is None:
        return None
    try:
        return read_baseline(read_text(path), path.name)
    except ValueError as wrong:
        raise wrong_file(path, wrong, hint=Said("cli_write_one")) from None


def write_baseline(path: Path, report: CheckReport) -> None:
    """Write what is broken now, unless the report says too little; then say why not."""
    why_not = why_no_baseline(report.runs, complete=report.complete)
    if why_not is not None:
        tell(Said("cli_no_baseline", why=why_not))
        return
    write_text(path, render_baseline(report.runs, version=report.version, at_s=report.ended_at_s))
    tell(Said("cli_wrote_baseline", path=str(path)))
