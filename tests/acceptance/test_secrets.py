"""A key that the relay repeats in every way it can shows nowhere: one drive through commands and faults, one grep."""

from __future__ import annotations

import asyncio
import base64
import copy
import io
import json
import logging
import os
import pickle
import secrets
import signal
import sqlite3
import subprocess
import sys
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from leaks import LeakDetector
from mirror import MODES, SESSION, mirror
from service_process import (
    PATIENCE_S,
    ServiceProcess,
    environment,
    eventually,
    public_address,
    relay_beside,
    serving,
    wnmon,
)

from wnmon.app.check import Surroundings, one_off_runner
from wnmon.cli import run
from wnmon.cli.destinations import FORMATS
from wnmon.config import load_config
from wnmon.engine.codec import encode_run
from wnmon.engine.run import Run
from wnmon.errors import ConfigError
from wnmon.mock.faults import FAULTS
from wnmon.model.check import Caps
from wnmon.model.target import Probe, Secret
from wnmon.transport import Sensor

Output = tuple[str, str]

# Random, so that no window of one is anyone's word; with the characters that escapes and encodings change.
KEY = f'sk-{secrets.token_hex(9)}"&<{secrets.token_hex(9)}%41+/{secrets.token_hex(9)}\\'
HEADER = f"tenant {secrets.token_hex(16)}/+{secrets.token_hex(8)}"
PASSWORD = f"{secrets.token_hex(12)}%2F{secrets.token_hex(12)}"
PLAIN = f"sk-{secrets.token_hex(20)}"
# Of another target than the one that shows them: its key, a header of it in plain text, what is in its path.
OTHER = f"sk-Other{secrets.token_hex(6)}X{secrets.token_hex(10)}"
AUTH = f"Team-{secrets.token_hex(12)}"
IN_URL = f"sk-{secrets.token_hex(12)}"
# Of channels: the token of a bot, and what stands in the URL of a webhook.
BOT = f"{secrets.randbelow(10**9)}:AA{secrets.token_hex(14)}"
IN_HOOK = secrets.token_hex(18)
TOLD = f"{OTHER} {AUTH} {IN_URL} {OTHER.lower()} {AUTH.upper()} {BOT} {IN_HOOK}"
PLANTED = {
    "WN_PLAIN": PLAIN,
    "WN_API_KEY": KEY,
    "WN_HEADER": HEADER,
    "WN_PASSWORD": PASSWORD,
    "WNMON_API_KEY": KEY,
    "WN_OTHER": OTHER,
    "WN_BOT": BOT,
}
DETECTOR = LeakDetector(
    {
        "the plain key": PLAIN,
        "the key": KEY,
        "the header": HEADER,
        "the password": PASSWORD,
        "another's key": OTHER,
        "another's header": AUTH,
        "what is in a URL": IN_URL,
        "the token of a bot": BOT,
        "what is in the URL of a channel": IN_HOOK,
        "the relay's session": SESSION,
    }
)

# One fault for each place a key can stand in: text, halves, headers, errors, pages, bytes that are no answer. Checks of
# all others, each repeating the key, are searched by tests/matrix; `serve` has a target for every one.
CHECKED = (
    *("429", "bad-json", "cookie", "echo-key", "echo-key-split", "error-in-200", "html-524", "no-done", "not-http"),
    *("redirect", "reset", "stack-trace", "stream-error", "upstream-url"),
)
# Some 30,000 events take a while to judge, so it runs once, with a cap of its own.
ENDLESS = "endless-stream"
# Ways of the mirror that reach what a person reads.
SHOWN = ("json", "400", "text", "phrase", "status-line", "stream-halves")
# Ways that show what another target was sent.
TOLD_BY = (*SHOWN, "html", "429", "coding", "coding-lower", "lower", "upper", "not-http", "headers", "session")
# Targets that repeat a key in pieces.
SPLIT = ("mirror-stream-halves", "mirror-stream-letters", "fault-echo-key-split")


def config(relay: str, reflecting: str) -> dict[str, Any]:
    """Return a configuration with a target for every fault of the relay and for every way the mirror has."""
    proxy = reflecting.replace("//", "//user:${WN_PASSWORD}@")
    targets = {
        **{f"fault-{name}": _target(relay, f"echo-key,{name}") for name in FAULTS},
        **{f"mirror-{name}": _target(f"{reflecting}/{name}/v1") for name in MODES},
        **{f"header-{name}": _target(f"{reflecting}/{name}+x-relay-pass/v1") for name in SHOWN},
        **{
            f"proxy-{name}": _target(f"http://relay.invalid/{name}+proxy-authorization/v1") | {"proxy": proxy}
            for name in SHOWN
        },
        **{f"told-{name}": _target(f"{reflecting}/told-{name}/v1") for name in TOLD_BY},
        "elsewhere": {
            "base_url": f"http://127.0.0.1:9/{IN_URL}/v1",
            "api_key": "${WN_OTHER}",
            "models": ["m"],
            "headers": {"X-Relay-Auth": AUTH},
        },
        "closed": _target("http://127.0.0.1:9"),
    }
    # So rarely that the service keeps up on the busiest machine: what it says is looked for here, not how fast.
    every = {
        "every": "20s",
        "timeout": {"connect": "1s", "headers": "2s", "first_token": "2s", "stall": "2s", "total": "3s"},
    }
    alive = {
        **every,
        "targets": sorted(targets.keys() - {f"fault-{ENDLESS}"}),
        "prompt": "Reply with only: {{nonce}}",
        "request": {"stream": True},
        "expect": {"status": 200, "stream": "complete", "model": "same", "content": {"contains": "{{nonce}}"}},
    }
    contract = {**every, "suite": "builtin:documented", "targets": ["mirror-json", "mirror-stream-halves"]}
    # An echo is only whole where the run is.
    patient = dict.fromkeys(("connect", "headers", "first_token", "stall", "total"), "10s")
    says = {
        "every": "10s",
        "timeout": patient,
        "prompt": "hi",
        "request": {"stream": True},
        "expect": {"content": {"equals": "hi"}},
        "targets": list(SPLIT),
    }
    checks = {"alive": alive, "contract": contract, "says": says}
    duty = {"kind": "telegram", "url": "http://127.0.0.1:9", "token": "${WN_BOT}", "chat": "1"}
    team = {"kind": "wecom", "url": f"http://127.0.0.1:9/cgi-bin/webhook/send?key={IN_HOOK}"}
    return {"concurrency": 32, "targets": targets, "checks": checks, "notify": {"duty": duty, "team": team}}


def _target(url: str, fault: str | None = None) -> dict[str, Any]:
    headers = {"X-Relay-Pass": "${WN_HEADER}"} | ({"X-Wnmon-Fault": fault} if fault else {})
    return {"base_url": url, "api_key": "${WN_API_KEY}", "models": ["m"], "headers": headers}


TARGET = "targets: {{wn: {{base_url: https://relay.example, models: [m], api_key: {}}}}}\n"
BROKEN = {
    "no end": TARGET.format('"${WN_API_KEY"'),
    "a list": TARGET.format('["${WN_API_KEY}"]'),
    "glued": TARGET.format('"Bearer ${WN_API_KEY}"'),
    "line break": TARGET.format('"${WN_API_KEY}\\n"'),
    "literal list": TARGET.format(f"['{KEY}']"),
    "literal mapping": TARGET.format(f"{{'{KEY}': 1}}"),
    "literal without end": TARGET.format(f"'{KEY}"),
    "literal with a colon": f"targets:\n  wn:\n    api_key: {KEY}: {KEY}\n",
    "user in the URL": 'targets: {wn: {base_url: "https://u:${WN_API_KEY}@relay.example", models: [m]}}',
    "path of the URL": TARGET.replace("relay.example", "relay.example/${{WN_PLAIN}}").format("${WN_PLAIN}"),
    "port of the URL": 'targets: {wn: {base_url: "https://relay.example:${WN_API_KEY}/", models: [m]}}',
    "URL": 'targets: {wn: {base_url: "${WN_API_KEY}", models: [m]}}',
    "header": 'targets: {wn: {base_url: "https://relay.example", models: [m], headers: {X-A: "${WN_HEADER}\\n"}}}',
    "header list": 'targets: {wn: {base_url: "https://relay.example", models: [m], headers: {X-A: ["${WN_HEADER}"]}}}',
    "proxy": 'targets: {wn: {base_url: "https://relay.example", models: [m], proxy: "socks5://u:${WN_PASSWORD}@h/p?q"}}',
    "proxy path": 'targets: {wn: {base_url: "https://relay.example", models: [m], proxy: "http://u:${WN_PASSWORD}@h/p"}}',
    "user of a channel": TARGET.format("x") + 'notify: {a: {kind: wecom, url: "https://u:${WN_PASSWORD}@h.example"}}',
    "token of a channel": TARGET.format("x") + 'notify: {a: {kind: bark, token: "${WN_API_KEY}\\n"}}',
    "secret of a channel": TARGET.format("x")
    + f'notify: {{a: {{kind: webhook, url: "{PLAIN}", secret: "whsec_{KEY!r}"}}}}',
    "key of a channel": TARGET.format("x") + f"notify: {{a: {{kind: bark, tokn: '{PLAIN}'}}}}",
    "name of a channel": TARGET.format("x") + f"notify: {{'{PLAIN}': {{kind: bark, token: '{PLAIN}'}}}}",
    "body": f'{TARGET.format("${WN_API_KEY}")}checks: {{a: {{prompt: "${{WN_API_KEY}}", request: {{n: []}}}}}}',
}


CURL = "curl https://relay.example/{} -H 'Authorization: Bearer {}' -H 'X-Api-Key: {}' {} -d '{}'"
ASKED = '{"model": "m", "messages": []}'
CURLS = [
    CURL.format("v1", KEY, HEADER, "", ASKED),
    CURL.format("v1", KEY, HEADER, f"-H 'X-Team: {KEY}' -b session={HEADER}", ASKED),
    CURL.format(f"{PLAIN}", PLAIN, HEADER, "", ASKED),
    CURL.format(f"v1?key={PLAIN}", PLAIN, HEADER, "", ASKED),
    CURL.format("v1", PLAIN, HEADER, "", ASKED.replace("[]", f'["{PLAIN}"]')),
    CURL.format("v1", PLAIN, HEADER, f"-u user:{PASSWORD}", ASKED),
    CURL.format("v1", PLAIN, HEADER, f"--proxy http://user:{PASSWORD}@proxy", ASKED),
    CURL.format("v1", PLAIN, HEADER, f"--header='{PASSWORD}'", ASKED),
    CURL.format("v1", PLAIN, HEADER, f"-Z{PASSWORD}", ASKED),
    CURL.format("v1", PLAIN, HEADER, "", PLAIN),
    CURL.format(f"v1 https://{PLAIN}@relay.example", PLAIN, HEADER, "", ASKED),
]


class Terminal:
    """Runs sub-commands in this process, at the very boundary that turns errors into exit codes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outputs: list[Output] = []

    def run(self, *arguments: str) -> int:
        """Keep what a sub-command printed; return its exit code."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
            run(arguments)
        name = " ".join(arguments)
        context = "".join(traceback.format_exception(ended.value))
        self.outputs += [
            (f"{name}: stdout", stdout.getvalue()),
            (f"{name}: stderr", stderr.getvalue()),
            (name, context),
        ]
        return ended.value.code if isinstance(ended.value.code, int) else -1

    def check(self, *arguments: str) -> int:
        """Run a check with every report there is."""
        files = {name: self.folder / f"report.{name}" for name in FORMATS}
        code = self.run("check", *arguments, *(f"--report={name}={file}" for name, file in files.items()))
        self.outputs += [
            (f"{' '.join(arguments)}: {file.name}", file.read_text("utf-8")) for file in files.values() if file.exists()
        ]
        if files["transcript"].exists():
            self.replay(files["transcript"])
        return code

    def replay(self, transcript: Path) -> None:
        """Judge a check again, and keep the answers it recorded as they would be read."""
        self.outputs += [("a recorded body", body) for body in _bodies(transcript.read_text("utf-8"))]
        self.run("replay", str(transcript), f"--report=json={self.folder / 'again.json'}")


@pytest.fixture(scope="module")
def planted() -> Iterator[None]:
    """Plant the secrets in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PLANTED.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def configured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The path of the configuration, with relay and mirror running."""
    with relay_beside() as relay, mirror(TOLD) as reflecting:
        path = tmp_path_factory.mktemp("secrets") / "wnmon.yaml"
        path.write_text(json.dumps(config(relay.url, reflecting)), encoding="utf-8")
        yield path


@pytest.fixture(scope="module")
def logged() -> Iterator[io.StringIO]:
    """What the root logger takes down at DEBUG, asyncio's and httpcore's words included."""
    written = io.StringIO()
    writer, root = logging.StreamHandler(written), logging.getLogger()
    level = root.level
    root.addHandler(writer)
    root.setLevel(logging.DEBUG)
    yield written
    root.setLevel(level)
    root.removeHandler(writer)


@pytest.fixture(scope="module")
def checked(planted: None, configured: Path, logged: io.StringIO) -> list[Output]:
    """The outputs of `wnmon check` under faults of every sort."""
    terminal = Terminal(configured.parent)
    suites = ("builtin:documented", "builtin:stream")
    for fault in CHECKED:
        terminal.check(*suites, "-c", str(configured), "--target", f"fault-{fault}", "--lang", "en", "--patience", "0")
    others = [f"mirror-{name}" for name in MODES] + [f"told-{name}" for name in TOLD_BY]
    others += [f"{way}-{name}" for name in SHOWN for way in ("header", "proxy")]
    for number, name in enumerate(others):
        terminal.check(
            *suites, "-c", str(configured), "--target", name, "--lang", ("en", "zh")[number % 2], "--patience", "0"
        )
    urls = {target.name: target.url for target in load_config(configured, os.environ).targets}
    url, reflecting = next(iter(urls.values())), urls["mirror-json"].partition("/json/")[0]
    terminal.check("--base-url", url, "--model", "m")
    in_url = ("--base-url", f"{reflecting}/json/{IN_URL}/v1", "--model", "m")
    terminal.check(*in_url)
    terminal.run("check", *in_url, "--dry-run")
    terminal.run("check", "-c", str(configured), "--target", "elsewhere", "--dry-run")
    terminal.check("--base-url", "http://127.0.0.1:9", "--model", "m", "--strict", "--fail-fast")
    terminal.run("check", "--base-url", url, "--model", "m", "--dry-run")
    terminal.run("check", "-c", str(configured), "--target", "proxy-json", "--dry-run")
    terminal.run("check", "-c", str(configured), "--target", "closed", "--report", "json")
    reports = [str(configured.parent / name) for name in ("known.json", "report.json", "again.json")]
    terminal.check("-c", str(configured), "--target", "mirror-json", "--write-baseline", reports[0])
    terminal.check("-c", str(configured), "--target", "mirror-json", "--baseline", reports[0])
    terminal.run("diff", *reports[1:])
    terminal.run("diff", *reports[:2])
    terminal.outputs.append(("the baseline", Path(reports[0]).read_text("utf-8")))
    terminal.run("check", "-c", str(configured), "--target", "mirror-json", "--report", "json=/dev/null/r.json")
    return [*terminal.outputs, ("the log at DEBUG", logged.getvalue())]


@pytest.fixture(scope="module")
def printed(planted: None, configured: Path) -> list[Output]:
    """The outputs of the sub-commands that send nothing, over good and bad configurations."""
    terminal = Terminal(configured.parent)
    for name, text in BROKEN.items():
        path = configured.parent / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        codes = {
            terminal.run(*order)
            for order in (("validate", str(path)), ("serve", str(path)), ("check", "-c", str(path)))
        }
        assert codes == {2}, name
    terminal.run("validate", str(configured))
    terminal.run("schema")
    terminal.run("init")
    terminal.run("init", str(configured.parent / "first.yaml"))
    for number, text in enumerate(CURLS):
        path = configured.parent / f"curl-{number}.sh"
        path.write_text(text, encoding="utf-8")
        terminal.run("init", "--from-curl", str(path))
        path.unlink()
    terminal.run("explain", "DOC-009")
    terminal.run("check", "--list", "--json")
    terminal.run("export", "dashboards", str(configured.parent / "boards"))
    terminal.run("healthcheck", "--url", "http://127.0.0.1:9/")
    terminal.run("mock", "--list")
    terminal.run("mock", "--key", KEY, "--strict", "--fault", "nothing-of-the-kind")
    terminal.run("mock", "--key", KEY, "--port", "70000")
    files = [
        file
        for file in configured.parent.rglob("*")
        if file.is_file() and file.name.removesuffix(".yaml") not in {*BROKEN, "wnmon"}
    ]
    return [*terminal.outputs, *((str(file), file.read_text("utf-8")) for file in files)]


def _public(service: ServiceProcess) -> list[Output]:
    """Return what the public view says, and what it answers to who asks it for more."""
    view = ServiceProcess(service.process, service.folder, public_address(service))
    routes = ("/", "/?lang=zh", "/?lang=en", "/api/v1/status", "/metrics", "/api/v1/probes", "/nope")
    answers = [(f"public {path}", view.get(path)) for path in routes]
    return [(name, f"{answer.text}{answer.headers}") for name, answer in answers]


def _all_told(service: ServiceProcess) -> str | None:
    """Return the probes once each has run and each echo in pieces is there: a run may be cut off before it."""
    text = service.get("/api/v1/probes").text
    rows = {row["id"]: row for row in json.loads(text)["probes"]}
    echoes = [rows[f"{name}/says/m"]["message"] for name in SPLIT]
    return text if all(row["runs"] for row in rows.values()) and all("[redacted" in said for said in echoes) else None


def _without_elsewhere(configured: Path) -> str:
    """Return the configuration without the target whose secrets others show: they are of the one before now."""
    said = json.loads(configured.read_text("utf-8"))
    del said["targets"]["elsewhere"]
    said["checks"]["alive"]["targets"].remove("elsewhere")
    return json.dumps(said)


def _runs_of(service: ServiceProcess, probe: str) -> int:
    rows = json.loads(service.get("/api/v1/probes").text)["probes"]
    return next(int(row["runs"]) for row in rows if row["id"] == probe)


@pytest.fixture(scope="module")
def served(planted: None, configured: Path) -> list[Output]:
    """All a service says of every fault, on its routes and its terminal, over good and bad reloads, to its end."""
    folder = configured.parent / "service"
    env = {**PLANTED, "PYTHONASYNCIODEBUG": "1", "LANG": "zh_CN.UTF-8"}
    routes = ("/", "/?lang=zh", "/?lang=en", "/-/ready", "/metrics")
    options = ("--enable-reload", "--poll", "0s", "--public-listen", "127.0.0.1:0")
    with serving(folder, configured.read_text("utf-8"), *options, env=env) as service:
        told = eventually(lambda: _all_told(service), "a run of every probe, and every echo", patience_s=400)
        outputs = [("/api/v1/probes", told), *((path, service.get(path).text) for path in routes)]
        outputs += _public(service)
        outputs.append(("OpenMetrics", service.get("/metrics", Accept="application/openmetrics-text").text))
        (folder / "wnmon.yaml").write_text(_without_elsewhere(configured), encoding="utf-8")
        assert service.get("/-/reload", method="POST").status == 200
        runs = _runs_of(service, "told-400/alive/m")
        eventually(lambda: _runs_of(service, "told-400/alive/m") > runs + 1, "a run after the reload", 200)
        outputs += [(f"{path} after a reload", service.get(path).text) for path in ("/api/v1/probes", *routes)]
        for name, text in BROKEN.items():
            (folder / "wnmon.yaml").write_text(text, encoding="utf-8")
            answer = service.get("/-/reload", method="POST")
            assert answer.status == 400, name
            outputs.append((f"reload of {name}", f"{answer.text}{answer.headers}"))
        outputs += _runs_shown(service, folder)
        outputs += _kept(folder)  # while it writes, so the write-ahead log too
        assert service.end()[0] == 0
        outputs += [*_kept(folder), *_transcripts(folder / "data" / "wnmon.db")]
        return [*outputs, ("serve: stdout", service.stdout), ("serve: stderr", service.stderr)]


def _runs_shown(service: ServiceProcess, folder: Path) -> list[Output]:
    """Return the page of the last run that failed of each target, and what of it can be sent to somebody."""
    sql = "SELECT target, run, max(ended_ms) FROM transcript JOIN probe ON id = probe GROUP BY target"
    shown = []
    with closing(sqlite3.connect(folder / "data" / "wnmon.db")) as db:
        for number, (target, run, _) in enumerate(db.execute(sql).fetchall()):
            route = f"/runs/{run}{('', '?lang=zh', '/report.html', '/transcript.json')[number % 4]}"
            answer = service.get(route)
            assert answer.status == 200, (target, route)
            shown.append((f"run of {target}", f"{answer.text}{answer.headers}"))
    return shown


def _transcripts(file: Path) -> list[Output]:
    """Return the transcripts in a file, which are compressed, and the answers in them as they would be read."""
    with closing(sqlite3.connect(file)) as db:
        rows = db.execute("SELECT target, content FROM transcript JOIN probe ON id = probe").fetchall()
    texts = [(f"transcript of {target}", zlib.decompress(content).decode()) for target, content in rows]
    assert texts
    return [*texts, *((name, body) for name, text in texts for body in _bodies(text))]


def _bodies(transcript: str) -> Iterator[str]:
    """Yield the answers in a transcript as they would be read."""
    for one in json.loads(transcript)["runs"]:
        for exchange in one["run"]["evidence"]["exchanges"]:
            yield b"".join(base64.b64decode(chunk["data"]) for chunk in exchange["chunks"]).decode(errors="replace")


def _kept(folder: Path) -> list[Output]:
    """Return what a service has written down, and what `wnmon history` makes of it."""
    data = ("--data", str(folder / "data"))
    backup = folder / f"copy-{secrets.token_hex(4)}.db"
    orders: tuple[tuple[str, ...], ...] = ((), ("export",), ("backup", str(backup)))
    said = [("history", "".join(wnmon("history", *order, *data)[1:])) for order in orders]
    files = [*(folder / "data").iterdir(), backup]
    assert backup.stat().st_size > 0
    held = [(file.name, file.read_bytes().decode("latin-1")) for file in files if file.is_file()]
    return [*said, *held]


@pytest.fixture(scope="module")
def interrupted(planted: None, configured: Path) -> list[Output]:
    """What a check says that is interrupted while the relay is silent, and a mock that is told a key."""
    check = ("check", "-c", str(configured), "--target", "fault-stall", "--report=json")
    with _started(*check) as checking, _started("mock", "--strict", "--key", KEY) as mocking:
        try:
            checking.communicate(timeout=3)
        except subprocess.TimeoutExpired:
            checking.send_signal(signal.SIGINT)
        mocking.terminate()
        said = [*checking.communicate(timeout=PATIENCE_S), *mocking.communicate(timeout=PATIENCE_S)]
    assert checking.returncode == 130
    return [("interrupted check and mock", text) for text in said]


def _started(*arguments: str) -> subprocess.Popen[str]:
    order = [sys.executable, "-m", "wnmon", *arguments]
    return subprocess.Popen(order, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(PLANTED), text=True)


def test_no_command_shows_8_bytes_of_a_secret_under_faults_of_every_sort(
    checked: list[Output], printed: list[Output], served: list[Output], interrupted: list[Output]
) -> None:
    assert DETECTOR.all_leaks([*checked, *printed, *served, *interrupted]) == []


class Full(io.StringIO):
    """A terminal that fails, and quotes the key as it does."""

    def write(self, _: str) -> int:
        """Fail."""
        raise RuntimeError(f"no room for {KEY}")


@pytest.fixture
def crashed(planted: None) -> tuple[object, str]:
    """Exit code and stderr of a command whose output fails."""
    stderr = io.StringIO()
    with redirect_stdout(Full()), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        run(("schema",))
    return ended.value.code, stderr.getvalue()


def test_a_crash_does_not_show_what_the_error_quotes(crashed: tuple[object, str]) -> None:
    assert DETECTOR.leaks("stderr", crashed[1]) == []


def test_a_crash_says_where_and_exits_4(crashed: tuple[object, str]) -> None:
    assert (crashed[0], "internal error: RuntimeError at write:" in crashed[1]) == (4, True)


# What makes the test above worth something.


@pytest.mark.parametrize("marker", ["[redacted:api_key]", "[redacted:header:X-Relay-Pass]", "[redacted:proxy"])
@pytest.mark.parametrize("name", sorted({*FORMATS} - {"transcript"}))  # its bodies are base64
def test_the_relay_s_echo_of_each_secret_did_reach_the_reports(checked: list[Output], marker: str, name: str) -> None:
    assert any(marker in text for output, text in checked if output.endswith(f"report.{name}"))


@pytest.mark.parametrize("mode", ["400", "429", "html"])
def test_what_another_target_was_sent_did_reach_the_page(served: list[Output], mode: str) -> None:
    (row,) = [
        row for row in json.loads(dict(served)["/api/v1/probes"])["probes"] if row["id"] == f"told-{mode}/alive/m"
    ]

    assert "[redacted:api_key]" in row["message"]


def test_the_relay_s_echo_did_reach_what_is_kept_of_runs(served: list[Output]) -> None:
    shown = [text for name, text in served if name.startswith("transcript of ") and "[redacted:api_key]" in text]
    pages = [text for name, text in served if name.startswith("run of ") and "[redacted:api_key]" in text]

    assert (bool(shown), bool(pages)) == (True, True)


@pytest.mark.parametrize("kept", ["[redacted:base_url]", "[redacted:header]"])
def test_what_is_kept_out_by_its_place_did_reach_the_reports(checked: list[Output], kept: str) -> None:
    assert any(kept in text for _, text in checked)


@pytest.mark.parametrize("target", SPLIT)
def test_an_echo_in_pieces_did_reach_the_page_joined(served: list[Output], target: str) -> None:
    (row,) = [row for row in json.loads(dict(served)["/api/v1/probes"])["probes"] if row["id"] == f"{target}/says/m"]

    assert "[redacted:api_key]" in row["message"]


@pytest.mark.parametrize("coat", [str, str.upper, lambda text: json.dumps(text), lambda text: "\n".join(text)])
def test_the_detector_sees_a_secret(coat: Callable[[str], str]) -> None:
    assert DETECTOR.leaks("an output", f"before {coat(KEY[12:20])} after")


# Values.


@pytest.fixture(scope="module")
def runs(planted: None, configured: Path) -> list[Run]:
    """Runs past what a configuration allows: a key no header can carry, an endless stream; and usual ones."""
    everything = load_config(configured, os.environ)
    loaded = {probe.target.name: probe for probe in everything.probes}
    usual = loaded["mirror-json"]
    unusable = replace(usual.target, name="unusable", api_key=Secret(f"{KEY}\n{KEY}", "api_key"))
    (endless,) = [target for target in everything.targets if target.name == f"fault-{ENDLESS}"]
    capped = replace(usual.check, caps=Caps(decoded_bytes=200_000, wire_bytes=200_000))
    names = ("mirror-json", "mirror-status-line", "mirror-stream-halves", "proxy-json", "closed")
    probes = [loaded[name] for name in names]
    probes += [replace(usual, target=unusable), Probe(check=capped, target=endless, model="m")]

    async def run_all() -> list[Run]:
        async with one_off_runner(8, Surroundings()) as runner:
            return [await runner.run(probe) for probe in probes]

    return asyncio.run(run_all())


def test_no_run_holds_a_secret_in_its_repr_or_its_record(runs: list[Run]) -> None:
    # A plan is the configuration's own, in no record, and holds what cannot be pickled.
    pickled = [(run.target, str(pickle.dumps(replace(run, plan=None)))) for run in runs]
    outputs = [(run.target, text) for run in runs for text in (repr(run), json.dumps(encode_run(run)))]

    assert DETECTOR.all_leaks([*outputs, *pickled]) == []


def test_a_key_no_header_can_carry_is_a_failure_and_not_an_exception(runs: list[Run]) -> None:
    (unusable,) = [run for run in runs if run.target == "unusable"]

    assert unusable.result.reason.value == "client"


SHOWS = [repr, str, "{}".format, "{!r:>9}".format, "{0.__class__} {0!s}".format, lambda value: f"{value!a}"]


@pytest.mark.parametrize("show", SHOWS)
def test_no_way_to_write_a_configuration_shows_a_secret(
    planted: None, configured: Path, show: Callable[[Any], str]
) -> None:
    loaded = load_config(configured, os.environ)
    target = loaded.targets[0]

    values = [loaded, target, loaded.probes[0], *target.secrets(), vars(type(target)), Sensor()]

    assert DETECTOR.all_leaks((type(value).__name__, show(value)) for value in values) == []


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_serialised(copying: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as refused:
        copying(Secret(KEY, "api_key"))

    assert DETECTOR.leaks("the refusal", repr(refused.value)) == []


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_no_complaint_about_a_configuration_quotes_a_secret(planted: None, tmp_path: Path, name: str) -> None:
    path = tmp_path / "wnmon.yaml"
    path.write_text(BROKEN[name], encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        load_config(path, os.environ)

    assert DETECTOR.leaks(name, "".join(traceback.format_exception(caught.value)) + repr(caught.value)) == []
