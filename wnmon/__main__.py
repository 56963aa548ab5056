"""`python -m wnmon` and the `wnmon` script."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line. A SIGTERM ends it as Ctrl-C does, also while it is still being loaded."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from wnmon.cli import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
