"""Every command of docs/relays.md, run as its reader would, against the persona that each part names at its end."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from check_process import with_key
from page_commands import commands_in
from service_process import PATIENCE_S, ROOT, beside, relay_beside

from wnmon.mock.settings import MockSettings

PAGE = (ROOT / "docs" / "relays.md").read_text(encoding="utf-8")
PARTS = re.findall(r"^## … (.*?)\n(.*?)\(persona `([^`]+)`\)", PAGE, re.DOTALL | re.MULTILINE)
RELAY, LOCAL, PROXY = r"https?://relay\.example", r"http://localhost:8000", "http://proxy.example:3128"


@dataclass(slots=True)
class Proxy:
    """A forwarding proxy that takes every host for the relay. `asked`: the addresses it was asked for."""

    port: int
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def proxy_to(relay_port: int) -> AsyncIterator[Proxy]:
    """Run a proxy on loopback."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await reader.read(65_536):
            writer.write(block)
            await writer.drain()
        writer.close()

    async def speech(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        method, address, version = line.split()
        proxy.asked.append(address)
        parts = urlsplit(address)
        beyond_reader, beyond = await asyncio.open_connection("127.0.0.1", relay_port)
        beyond.write(f"{method} {parts.path}?{parts.query} {version}\r\n".encode())
        await asyncio.gather(pass_on(reader, beyond), pass_on(beyond_reader, writer), return_exceptions=True)

    server = await asyncio.start_server(speech, "127.0.0.1", 0)
    proxy = Proxy(port=server.sockets[0].getsockname()[1])
    async with server:
        yield proxy


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who tries a part of the page in a folder: `relay` is where the reference relay stands."""

    folder: Path
    relay: str
    proxy: Proxy

    def tries(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command, the relay put where the page names one; through a proxy the page's own name of it stays."""
        said = command.replace(PROXY, f"http://127.0.0.1:{self.proxy.port}")
        if said == command:
            said = re.sub(f"{RELAY}|{LOCAL}", self.relay, said)
        env = with_key() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", "-c", said],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=env,
            timeout=PATIENCE_S,
            check=False,
        )


Tried = tuple[Reader, list[tuple[str, subprocess.CompletedProcess[str]]]]


@pytest.fixture(params=PARTS, ids=[persona for _, _, persona in PARTS])
def tried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tried]:
    """Return each command of a part with what became of it; its configurations are written before."""
    _, text, persona = request.param
    with relay_beside(MockSettings(ttft_s=0, gap_s=0.001, faults=(persona,))) as relay:
        port = urlsplit(relay.url).port
        assert port is not None
        with beside(lambda: proxy_to(port)) as proxy:
            reader = Reader(tmp_path, relay.url, proxy)
            for block in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
                (tmp_path / block[0]).write_text(re.sub(RELAY, relay.url, block[1]), encoding="utf-8")
            yield reader, [(one.line, reader.tries(one.line)) for one in commands_in(text)]


def test_every_command_ends_well(tried: Tried) -> None:
    _, commands = tried

    assert [(line, done.stdout, done.stderr) for line, done in commands if done.returncode != 0] == []


def test_a_proxy_is_asked_where_one_is_named(tried: Tried) -> None:
    reader, commands = tried

    assert bool(reader.proxy.asked) is any(PROXY in line for line, _ in commands)


def test_every_command_of_the_page_is_in_a_part_that_is_tried() -> None:
    assert commands_in(PAGE) == [one for _, text, _ in PARTS for one in commands_in(text)]
