"""What a page tells its reader to type, and a shell that types it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240.0
"""How long a page may take on a busy machine before a test gives up; nothing is measured by it."""

# Of what goes on until it is stopped: started, stopped once it has told its address, and its exit code told.
_LASTS = """
lasts() {
  : >lasting.txt  # of the one before, which told an address too
  "$@" >lasting.txt 2>&1 &
  while kill -0 $! && ! grep -q http:// lasting.txt; do sleep 0.1; done
  kill $!; wait $!; local code=$?
  cat lasting.txt
  return $code
}
"""


@dataclass(frozen=True, slots=True)
class Command:
    """`line` as it stands on the page, its comment included; `shown`: the lines the page says it prints."""

    line: str
    shown: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """Return the exit code that the comment states, such as `# exits 1: …`; 0 where it states none."""
        stated = re.search(r"# exits (\d+)", self.line)
        return int(stated[1]) if stated else 0


def commands_in(text: str) -> list[Command]:
    """Return the commands of every fenced block for a shell; a block that is shown within another is none."""
    found: list[Command] = []
    for lines, how in [(block.replace("\\\n", "").splitlines(), SHELLS.get(kind)) for kind, block in fenced(text)]:
        found += how(lines) if how else []
    return found


def fenced(text: str) -> list[tuple[str, str]]:
    """Return kind and text of the fenced blocks that are in no other, in the order of the page."""
    blocks = re.findall(r"^( *)(`{3,})(\S*)\n(.*?)^\1\2$", text, re.DOTALL | re.MULTILINE)
    return [(kind, dedent(block)) for _, _, kind, block in blocks]


def _all(lines: list[str]) -> list[Command]:
    return [Command(line) for line in lines if line.strip()]


def _at_a_prompt(lines: list[str]) -> list[Command]:
    starts = [i for i, line in enumerate(lines) if line.startswith("$ ")]
    ends = [*starts[1:], len(lines)]
    return [Command(lines[i][2:], tuple(lines[i + 1 : end])) for i, end in zip(starts, ends, strict=True)]


SHELLS = {"sh": _all, "bash": _all, "shell": _all, "console": _at_a_prompt}
"""Kinds of blocks that are typed, and how their lines are read."""


def of_page(page: str) -> list[Command]:
    """Return the commands of a page, named by its path in the repository."""
    return commands_in((ROOT / page).read_text(encoding="utf-8"))


def typed(lines: Sequence[str], folder: Path, env: Mapping[str, str]) -> list[tuple[int, str]]:
    """Type each into one shell; return exit codes and what was printed. `lasts COMMAND` starts and stops a server."""
    told = [f"echo '@@ {line_no}'\n{line}\nprintf '\\n@@ exit %d\\n' $?" for line_no, line in enumerate(lines)]
    script = "\n".join([_LASTS, *told, "kill $(jobs -p) 2>/dev/null", "wait"])
    shell = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = shell.communicate(timeout=PATIENCE_S)
    finally:
        if shell.poll() is None:
            os.killpg(shell.pid, signal.SIGKILL)
    ended = re.findall(r"^@@ \d+\n(.*?)^@@ exit (\d+)$", output, re.DOTALL | re.MULTILINE)
    assert len(ended) == len(lines), output
    return [(int(code), text) for text, code in ended]


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
