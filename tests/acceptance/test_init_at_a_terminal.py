"""`wnmon init` at a terminal: a conversation by prompts, who may end it and how, and where the file goes."""

from __future__ import annotations

import os
import pty
import secrets
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from service_process import PATIENCE_S, environment, eventually, relay_beside

from wnmon.mock.server import MockRelay
from wnmon.mock.settings import MockSettings

KEY = f"sk-{secrets.token_hex(20)}"
ENV = {"WN_API_KEY": KEY, "LANG": "C.UTF-8"}

# The first terminal that the leader of a session opens is the one whose Ctrl-C it gets.
_AT_ITS_TERMINAL = "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR)); os.execv(sys.argv[1], sys.argv[1:])"


@pytest.fixture(scope="module")
def good() -> Iterator[MockRelay]:
    with relay_beside(MockSettings(strict=True, key=KEY, models=("gpt-4o", "gpt-4o-mini"), ttft_s=0)) as relay:
        yield relay


@dataclass
class Conversation:
    """What a terminal has shown of a command so far, and the process that shows it."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""

    def read(self) -> bool:
        """Take what is shown next; tell whether there is any more."""
        assert select.select([self.master], [], [], PATIENCE_S)[0], f"no question was asked: {self.shown}"
        try:
            data = os.read(self.master, 4096)
        except OSError:  # Linux says so once nobody holds the other end
            return False
        self.shown += data.decode()
        return bool(data)

    def answer(self, *answers: str) -> None:
        """Type each answer once a question stands there that was not answered yet."""
        for answer in answers:
            self.wait(len(self.shown))
            os.write(self.master, answer.encode())

    def wait(self, seen: int) -> None:
        """Read until a question stands at the end of what was not seen yet."""
        eventually(lambda: self.read() and self.shown[seen:].endswith((": ", "：")), "a question")

    def end(self) -> tuple[int, str]:
        """Return exit code and all that was shown."""
        while self.read():
            pass
        os.close(self.master)
        return self.process.wait(PATIENCE_S), self.shown


def begun(folder: Path, *arguments: str, env: dict[str, str] = ENV, to: Path | None = None) -> Conversation:
    """Begin `wnmon init` at a terminal of its own, its stdout in a file where one is given."""
    master, slave = pty.openpty()
    stdout = os.open(to, os.O_WRONLY | os.O_CREAT) if to is not None else slave
    command = [sys.executable, "-c", _AT_ITS_TERMINAL, sys.executable, "-m", "wnmon", "init", *arguments]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(env),
        stdin=slave,
        stdout=stdout,
        stderr=slave,
        start_new_session=True,
    )
    for end in {slave, stdout}:
        os.close(end)
    return Conversation(process, master)


def test_a_conversation_ends_in_a_file_that_is_right(good: MockRelay, tmp_path: Path) -> None:
    talk = begun(tmp_path)
    talk.answer(f"{good.url}\n", f"{KEY}\n", "\n", "2\n", "\n")
    code, shown = talk.end()

    command = [sys.executable, "-m", "wnmon", "validate", "--probe", "--yes"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(ENV), capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert (code, done.returncode) == (0, 0), shown + done.stderr.decode()
    assert KEY not in (tmp_path / "wnmon.yaml").read_text("utf-8")


def test_a_key_that_is_typed_is_shown_once_by_the_terminal_and_not_by_wnmon(good: MockRelay, tmp_path: Path) -> None:
    talk = begun(tmp_path)
    talk.answer(f"{good.url}\n", f"{KEY}\n", "\n", "\n", "\n")

    assert talk.end()[1].count(KEY) == 1


@pytest.mark.parametrize("last", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
def test_whoever_ends_it_leaves_no_file(last: str, good: MockRelay, tmp_path: Path) -> None:
    talk = begun(tmp_path)
    talk.answer(f"{good.url}\n", "\n", "\n", last)
    code, shown = talk.end()

    assert (code, list(tmp_path.iterdir()), "nothing was written" in shown) == (130, [], True)


def test_a_signal_leaves_no_file(good: MockRelay, tmp_path: Path) -> None:
    talk = begun(tmp_path)
    talk.answer(f"{good.url}\n", "\n")
    talk.wait(len(talk.shown))
    talk.process.send_signal(signal.SIGTERM)

    assert (talk.end()[0], list(tmp_path.iterdir())) == (130, [])


def test_stdout_in_a_file_holds_nothing_but_the_configuration(good: MockRelay, tmp_path: Path) -> None:
    path = tmp_path / "out.yaml"
    talk = begun(tmp_path, to=path)
    talk.answer(f"{good.url}\n", "\n", "\n", "\n")
    talk.end()

    assert path.read_text("utf-8").startswith("# wnmon.yaml: ")


def test_the_comments_are_in_the_language_of_the_terminal(good: MockRelay, tmp_path: Path) -> None:
    talk = begun(tmp_path, env={**ENV, "LANG": "zh_CN.UTF-8", "PYTHONUTF8": "1"})
    talk.answer(f"{good.url}\n", "\n", "\n", "\n")
    talk.end()

    assert (tmp_path / "wnmon.yaml").read_text("utf-8").startswith("# wnmon.yaml：")


def test_a_file_that_is_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "wnmon.yaml").write_text("mine", encoding="utf-8")
    code, shown = begun(tmp_path).end()

    assert (code, "already exists" in shown, "Base URL" in shown) == (2, True, False)


def test_yes_asks_nothing(good: MockRelay, tmp_path: Path) -> None:
    code, shown = begun(tmp_path, "--yes", "--base-url", good.url).end()

    assert (code, "[" in shown) == (0, False), shown
