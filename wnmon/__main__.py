"""`python -m wnmon` and the `wnmon` script."""

from __future__ import annotations

import signal
import sys

_AWAITED = {
    "serve": {signal.SIGTERM, signal.SIGINT, signal.SIGHUP},
    "mock": {signal.SIGTERM, signal.SIGINT},
}
"""Signals that wait, by command, until it takes them (`cli.stopping.taking`): the end and the reload of a service."""


def main() -> None:
    """Run the command line. A SIGTERM ends it as Ctrl-C does, also while it is still being loaded."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED.get("".join(sys.argv[1:2]), ()))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from wnmon.cli import run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
