"""Whatever a transcript holds, `wnmon replay` judges it or says what is wrong where; it never breaks."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import random
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from check_process import KEY, MODEL
from service_process import relay_beside

from wnmon.app.check import Surroundings, one_off_runner
from wnmon.cli import run
from wnmon.config import load_config
from wnmon.engine.run import Run
from wnmon.mock.settings import MockSettings
from wnmon.report.kept import render_kept

SEED = 20_261
MUTATIONS = 250
MUTATIONS_OF_CHECKS = 60
BAD: tuple[Any, ...] = (
    *(None, True, 0, -1, 10**18, 2**63, 10**400, 1e308, -1e308, float("nan"), float("inf")),
    *("", "\ud800", "\x00", "x" * 10_000, "::error::x", [], {}, [[]], {"": None}),
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a transcript of a relay that breaks rules, and streams."""
    folder = tmp_path_factory.mktemp("recorded")
    faults = MockSettings(ttft_s=0, gap_s=0, faults=("no-fingerprint",))
    with relay_beside(faults) as relay, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WNMON_API_KEY", KEY)
        order = ("--base-url", relay.url, "--model", MODEL, "-q", f"--report=transcript={folder / 't.json'}")
        wnmon("check", "builtin:documented", "builtin:stream", *order)
    return json.loads((folder / "t.json").read_text("utf-8"))


PLAIN = """\
targets: {{wn: {{base_url: {url}, models: [m]}}}}
checks:
  alive:
    prompt: hi
    request: {{max_tokens: 5}}
    expect:
      status: 200
      content: {{contains: "{{{{nonce}}}}", not_contains: sorry}}
      json: {{type: object, required: [id, model]}}
      header: {{name: x-request-id, matches: "."}}
      total: {{degraded: 2s}}
      usage: present
      conforms: documented
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what a service keeps of a run: how its check judges stands in it too."""
    path = tmp_path_factory.mktemp("kept") / "wnmon.yaml"
    with relay_beside(MockSettings(ttft_s=0, gap_s=0)) as relay:
        path.write_text(PLAIN.format(url=relay.url), encoding="utf-8")
        (probe,) = load_config(path, {}).probes

        async def made() -> Run:
            async with one_off_runner(1, Surroundings()) as runner:
                return await runner.run(probe)

        return json.loads(render_kept(asyncio.run(made()), "0", str))


def wnmon(*arguments: str) -> tuple[int, str]:
    stdout, stderr = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        run(arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, stderr.getvalue()


def replayed(document: Any, folder: Path) -> tuple[int, str]:
    """Replay a document into every format; return the exit code and what was said."""
    (folder / "t.json").write_text(json.dumps(document), encoding="utf-8")
    formats = ("terminal", "json", "junit", "tap", "markdown", "github", "html", "transcript")
    reports = [f"--report={name}={folder / name}" for name in formats]
    return wnmon("replay", str(folder / "t.json"), *reports)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside a document."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def shape(path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a path without the numbers of its items: one of each kind of place is as good as all."""
    return tuple("*" if isinstance(key, int) else key for key in path)


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("runs", 0, "run", "evidence", "exchanges", 0, "marks", "end_ns"), 10**400, "marks.end_ns: expected"),
        (("runs", 0, "run", "evidence", "exchanges", 0, "marks", "end_ns"), float("nan"), "marks.end_ns: expected"),
        (("runs", 1, "run", "evidence", "exchanges", 0, "chunks", 0, "at_ns"), 10**400, "chunks[0].at_ns: expected"),
        (("runs", 0, "run", "started_at_s"), 1e308, "runs[0]: run.started_at_s: expected"),
        (("ended_at_s",), 1e308, "transcript.ended_at_s: expected"),
        (("runs", 0, "run", "evidence", "exchanges", 0, "request", "step"), "nope", "a request 'nope', which is none"),
        (("selection", "suites", 0, "name"), "\ud800", "selection.suites[0].name: expected"),
        (("complete",), "true", "transcript.complete: expected a boolean"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_its_place(
    path: tuple[Any, ...], value: Any, said: str, recorded: Any, tmp_path: Path
) -> None:
    code, stderr = replayed(put(recorded, path, value), tmp_path)

    assert (code, said in stderr) == (2, True), stderr


def test_no_value_in_any_place_breaks_a_replay(recorded: Any, tmp_path: Path) -> None:
    _break_nothing(recorded, places(recorded), MUTATIONS, tmp_path)


def test_no_value_in_what_a_check_expects_breaks_a_replay(kept: Any, tmp_path: Path) -> None:
    _break_nothing(kept, (path for path in places(kept) if path[0] == "checks"), MUTATIONS_OF_CHECKS, tmp_path)


def _break_nothing(document: Any, within: Iterator[tuple[Any, ...]], times: int, folder: Path) -> None:
    kinds: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for path in within:
        kinds.setdefault(shape(path), []).append(path)
    drawn = random.Random(SEED)
    for _ in range(times):
        path, value = drawn.choice(kinds[drawn.choice(sorted(kinds))]), drawn.choice(BAD)
        code, stderr = replayed(put(document, path, value), folder)

        assert code in {0, 1, 2, 3, 130}, (path, str(value)[:40], stderr[-2000:])
