"""What every test may rely on, however this run of pytest was started."""

from __future__ import annotations

import signal

# A job in the background of a shell ignores Ctrl-C, and so would every program a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
