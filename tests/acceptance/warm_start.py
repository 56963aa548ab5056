"""Commands that start warm: as forks of a process that has all of wnmon loaded, which saves each half a second of CPU.

Each is a process of its own all the same, with its own environment, folder, stdin, stdout, stderr and signals, and ends
as Python ends. What a start itself does, takes or loads is for those that begin cold (`sys.executable, "-m", "wnmon"`).

    test ── command, descriptors ──► server ── fork ──► guardian ── fork ──► wnmon
    test ◄── pid, then how it ended ───────────────────────┘
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, NoReturn

_MOST_BYTES = 1 << 17
_NUMBER = struct.Struct("i")
_NEVER_LOADED = ("wnmon.__main__", "wnmon.pytest_plugin")
_LOCK = threading.Lock()


class WarmProcess:
    """A command under way, with what of `subprocess.Popen` a test asks."""

    def __init__(
        self, arguments: list[str], env: Mapping[str, str], cwd: Path, stdout: IO[bytes], stderr: IO[bytes]
    ) -> None:
        order = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(cwd)}).encode()
        self._told, telling = os.pipe()
        with Path(os.devnull).open("rb") as stdin:
            descriptors = [stdin.fileno(), stdout.fileno(), stderr.fileno(), telling]
            with _LOCK:
                socket.send_fds(_server(), [order], descriptors)
        os.close(telling)
        self.returncode: int | None = None
        self.pid = self._number()

    def poll(self) -> int | None:
        """Return how it ended, None while it has not."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended, once it has. Raises TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(["wnmon"], timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], timeout)[0]:
            self.returncode = os.waitstatus_to_exitcode(self._number())
            os.close(self._told)
        return self.returncode

    def _number(self) -> int:
        read = os.read(self._told, _NUMBER.size)
        assert len(read) == _NUMBER.size, "the process that starts commands has ended"
        return int(_NUMBER.unpack(read)[0])


def needs_a_start(env: Mapping[str, str]) -> bool:
    """Tell whether the system or Python itself heeds a variable of these while a program starts."""
    heeded = (name for name in env if name.startswith(("PYTHON", "LD_", "MALLOC_")) or name == "LC_ALL")
    return any(env[name] != os.environ.get(name, "") for name in heeded if name != "PYTHONIOENCODING")


def run_warm(
    *arguments: str, env: Mapping[str, str], cwd: Path | None, timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a sub-command to its end; cold, where Python itself heeds the environment. Raises TimeoutExpired."""
    if needs_a_start(env):
        return _run_cold(arguments, env, cwd, timeout_s)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = WarmProcess(list(arguments), env, cwd or Path.cwd(), stdout, stderr)
        try:
            code = process.wait(timeout_s)
        finally:
            process.kill()
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess(["wnmon", *arguments], code, stdout.read(), stderr.read())


def _run_cold(
    arguments: tuple[str, ...], env: Mapping[str, str], cwd: Path | None, timeout_s: float
) -> subprocess.CompletedProcess[bytes]:
    order, nothing = [sys.executable, "-m", "wnmon", *arguments], subprocess.DEVNULL
    return subprocess.run(order, stdin=nothing, capture_output=True, env=env, cwd=cwd, timeout=timeout_s, check=False)


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    dropped = ("LC_ALL", "LC_CTYPE", "LC_MESSAGES", "LANG", "LANGUAGE")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    order = [sys.executable, __file__, str(theirs.fileno())]
    process = subprocess.Popen(order, pass_fds=[theirs.fileno()], env=env, cwd=Path(__file__).parents[2])
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def main(orders: socket.socket) -> None:
    """Load wnmon, then fork for each order until nobody can give one any more."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    for module in pkgutil.walk_packages(importlib.import_module("wnmon").__path__, "wnmon."):
        if not module.name.startswith(_NEVER_LOADED):
            importlib.import_module(module.name)
    assert threading.active_count() == 1, "what has threads must not fork"
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guardians are nobody's concern
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, _MOST_BYTES, 4)
        if not order:
            return
        if os.fork() == 0:
            orders.close()
            _guard(json.loads(order), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _guard(order: Mapping[str, Any], descriptors: list[int]) -> NoReturn:
    """Start a command, tell its pid, and once it has ended how."""
    *standard, telling = descriptors
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pid = os.fork()
    if pid == 0:
        os.close(telling)
        _become(order, standard)
    for descriptor in standard:
        os.close(descriptor)
    os.write(telling, _NUMBER.pack(pid))
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        os.write(telling, _NUMBER.pack(status))
    os._exit(0)


def _become(order: Mapping[str, Any], standard: list[int]) -> NoReturn:
    """Be the command: with what it was given, and in all else as a new process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(standard):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # What Python itself sets where no locale is named (PEP 538).
    coerced = {"LC_CTYPE": os.environ["LC_CTYPE"]} if "LC_CTYPE" in os.environ else {}
    os.environ.clear()
    os.environ.update({**coerced, **order["env"]})
    os.chdir(order["cwd"])
    sys.argv = [str(Path(__file__).parents[2] / "wnmon" / "__main__.py"), *order["arguments"]]
    _open_standard()
    code = _ended()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_standard() -> None:
    like = sys.stdout
    assert isinstance(like, io.TextIOWrapper)
    coding, _, errors = os.environ.get("PYTHONIOENCODING", f"{like.encoding}:{like.errors}").partition(":")
    read, write, complain = (
        io.FileIO(0, closefd=False),
        io.FileIO(1, "w", closefd=False),
        io.FileIO(2, "w", closefd=False),
    )
    sys.stdin = io.TextIOWrapper(io.BufferedReader(read), encoding=coding, errors=errors or "strict")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(write), encoding=coding, errors=errors or "strict")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(complain), encoding=coding, errors="backslashreplace", line_buffering=True
    )


def _ended() -> int:
    """Run the command, and return what Python would exit with."""
    code = 0
    try:
        importlib.import_module("wnmon.__main__").main()
    except SystemExit as ended:
        code = _exit_code(ended.code)
    except BaseException:  # noqa: BLE001 - Python's own last word
        traceback.print_exc()
        code = 1
    with suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    return code


def _exit_code(code: object) -> int:
    if code is None or isinstance(code, int):
        return (code or 0) & 0xFF
    print(code, file=sys.stderr)
    return 1


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
