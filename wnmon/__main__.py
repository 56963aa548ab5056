"""`python -m wnmon` and the `wnmon` script."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from wnmon.cli import run

    run()


if __name__ == "__main__":
    main()
