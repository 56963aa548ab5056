"""Have the parsers of Prometheus 3, built from its Go modules, read every query of the boards and every rule."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from dashboards.generate import asked
from dashboards.queries import filled_in

ROOT = Path(__file__).parents[1]


def main() -> int:
    """Run it; exit as it does."""
    queries = {
        f"query {number}, {row.board} {row.panel} {row.ref}": filled_in(row.query.expr)
        for number, row in enumerate(asked(), start=1)
    }
    folder = ROOT / "dashboards" / "prometheus"
    rules = [path for path in sorted(folder.glob("*.yml")) if path.name != "prometheus.yml"]
    order = ["go", "run", ".", *map(str, rules)]
    done = subprocess.run(order, cwd=ROOT / "scripts" / "promql3", input=json.dumps(queries), text=True, check=False)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
