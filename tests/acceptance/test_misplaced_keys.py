"""A key typed where something else belongs, and a file of others named where one of wnmon belongs: nothing shows it."""

from __future__ import annotations

import io
import json
import secrets
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from leaks import LeakDetector

from wnmon.cli import run

KEYS = {
    "sk": f"sk-{secrets.token_hex(20)}",
    "sk in capitals": f"SK-{secrets.token_hex(20).upper()}",
    "with signs": f'sk-{secrets.token_hex(9)}"&<{secrets.token_hex(9)}%41+/{secrets.token_hex(9)}',
    "hex": secrets.token_hex(16),
    "of a relay": f"relay_{secrets.token_hex(16)}",
    "letters and digits": "Zk3vQ9xT2mLpR7wB5nJd8sHf4gYc6aXe",
}
CONFIG = "targets: {{wn: {{base_url: https://relay.example, models: [m]{}}}}}\n{}"

# What a person typed, KEY standing for the key and CONFIG for the path of a good configuration.
COMMANDS = [
    "KEY",
    "check KEY",
    "check --KEY",
    "check -KEY",
    "check --base-url KEY --model m",
    "check --base-url https://KEY --model",
    "check --base-url https://KEY/v1 --model m",
    "check --base-url https://user:KEY@relay.example --model m",
    "check --base-url http://127.0.0.1:9/?key=KEY --model m --dry-run",
    "check --base-url https://a.example/KEYhttps://b.example/KEY --model m",
    "check --base-url http://127.0.0.1:KEY --model m",
    "check --base-url http://127.0.0.1:9 --model m --api-key-env KEY",
    "check --base-url http://127.0.0.1:9 --model m --auth-header KEY",
    "check --base-url http://127.0.0.1:9 --model m --header KEY",
    "check --base-url http://127.0.0.1:9 --model m --proxy KEY",
    "check --base-url http://127.0.0.1:9 --model m --ca-file KEY",
    "models --base-url https://KEY/v1",
    "models --base-url http://127.0.0.1:9 --header KEY",
    "balance --base-url https://KEY/v1",
    "balance --base-url http://127.0.0.1:9 --api-key-env KEY",
    "check --base-url http://127.0.0.1:9 --model m --only KEY",
    "check --base-url http://127.0.0.1:9 --model m --skip * --only KEY",
    "check --base-url http://127.0.0.1:9 --model m --profile KEY",
    "check --base-url http://127.0.0.1:9 --model m --feature KEY",
    "check --base-url http://127.0.0.1:9 --model m --waive KEY",
    "check --base-url http://127.0.0.1:9 --model m --waive KEY=x@2027-01-31",
    "check --base-url http://127.0.0.1:9 --model m --waive DOC-009=KEY@2027-01-31",
    "check --base-url http://127.0.0.1:9 --model m --waive DOC-009=x@KEY",
    "check --base-url http://127.0.0.1:9 --model m --budget-tokens KEY",
    "check --base-url http://127.0.0.1:9 --model m --wait KEY",
    "check --base-url http://127.0.0.1:9 --model m --patience KEY",
    "check --base-url http://127.0.0.1:9 --model m --lang KEY",
    "check --base-url http://127.0.0.1:9 --model m --report KEY",
    "check --base-url http://127.0.0.1:9 --model m --report json=/dev/null/KEY --report KEY=x",
    "check --base-url http://127.0.0.1:9 --model m --baseline KEY",
    "check --base-url http://127.0.0.1:9 --model m builtin:KEY",
    "check -c KEY",
    "check -c CONFIG --target KEY",
    "check -c CONFIG --model KEY",
    "check -c CONFIG --model m,KEY",
    "check -c CONFIG --api-key-env KEY",
    "serve KEY",
    "serve CONFIG --listen KEY",
    "serve CONFIG --listen KEY:9877",
    "serve CONFIG --listen KEY:9877 --allowed-host KEY",
    "serve CONFIG --listen KEY:9877 --allowed-host https://KEY",
    "serve CONFIG --listen KEY:9877 --public-listen KEY:9878",
    "serve CONFIG --listen 127.0.0.1:KEY --public-listen 127.0.0.1:KEY",
    "serve CONFIG --web-config KEY",
    "healthcheck --url https://127.0.0.1:9/ --ca-file KEY",
    "serve CONFIG --listen 127.0.0.1:KEY",
    "serve CONFIG --poll KEY",
    "serve CONFIG KEY",
    "validate KEY",
    "validate CONFIG --assume KEY",
    "validate CONFIG --probe --yes KEY",
    "init --base-url KEY",
    "init --base-url https://relay.example/KEY/v1 --model m",
    "init --base-url https://relay.example/v1?key=KEY --model m",
    "init --base-url http://127.0.0.1:9 --model KEY",
    "init --base-url http://127.0.0.1:9 --model m --key-variable KEY",
    "init --base-url http://127.0.0.1:9 --model m --key-file KEY",
    "init --base-url http://127.0.0.1:9 --model m --tokens-per-day KEY",
    "init --base-url http://127.0.0.1:9 --model m --every KEY",
    "explain KEY",
    "explain DOC-009 KEY",
    "replay KEY",
    "replay KEY builtin:KEY",
    "diff KEY KEY",
    "init --from-curl KEY",
    "init /dev/null/KEY",
    "export KEY",
    "export dashboards /dev/null/KEY",
    "mock --port KEY",
    "mock --fault KEY",
    "mock --ttft KEY",
    "mock --tls-cert KEY",
    "healthcheck --url KEY",
    "healthcheck --url http://127.0.0.1:9/KEY",
]

YAMLS = {
    "a URL": CONFIG.replace("https://relay.example", "KEY").format("", ""),
    "two URLs": CONFIG.replace("https://relay.example", "https://a.example/KEYhttps://b.example/KEY").format("", ""),
    "a variable": CONFIG.format(", api_key: '${{KEY}}'", "").replace("{{", "{").replace("}}", "}"),
    "a model": CONFIG.replace("[m]", "['KEY']").format("", ""),
    "models": CONFIG.replace("[m]", "'KEY'").format("", ""),
    "a price": CONFIG.format(", prices: {currency: USD, models: {'KEY': {input: 1, output: 2}}}", ""),
    "an alias": CONFIG.format(", aliases: {'KEY': [m]}", ""),
    "a concurrency": CONFIG.format(", concurrency: 'KEY'", ""),
    "a pace": CONFIG.format(", requests_per_minute: 'KEY', tokens_per_minute: ['KEY']", ""),
    "a key of a target": CONFIG.format(", 'KEY': 1", ""),
    "a name of a target": "targets: {'KEY': {models: [m]}}\n",
    "a header": CONFIG.format(", headers: {'KEY ': x}", ""),
    "a file of authorities": CONFIG.format(", ca_file: 'KEY'", ""),
    "a feature": CONFIG.format(", features: 'KEY'", ""),
    "a waiver": CONFIG.format(", waive: [{rule: 'KEY', reason: r, until: 'KEY'}]", ""),
    "a rule waived": CONFIG.format(", waive: [{rule: 'KEY', reason: r, until: 2099-01-01}]", ""),
    "what a label says": CONFIG.format(", labels: {team: 'KEY'}", ""),
    "a label": CONFIG.format(", labels: {'KEY': x}", ""),
    "an interval": CONFIG.format("", "checks: {a: {every: 'KEY', prompt: hi}}"),
    "a suite": CONFIG.format("", "checks: {a: {every: 15m, suite: 'KEY'}}"),
    "a suite that comes along": CONFIG.format("", "checks: {a: {every: 15m, suite: 'builtin:KEY'}}"),
    "a target of a check": CONFIG.format("", "checks: {a: {every: 15m, prompt: hi, targets: ['KEY']}}"),
    "a model of a check": CONFIG.format("", "checks: {a: {every: 15m, prompt: hi, models: ['KEY']}}"),
    "an assertion": CONFIG.format("", "checks: {a: {every: 15m, prompt: hi, expect: {'KEY': 1}}}"),
    "a status": CONFIG.format("", "checks: {a: {every: 15m, prompt: hi, expect: {status: 'KEY'}}}"),
    "a pattern": CONFIG.format("", "checks: {a: {every: 15m, prompt: hi, expect: {content: {matches: '(KEY'}}}}"),
    "a file to include": CONFIG.format("", "include: ['KEY']"),
    "files to include": CONFIG.format("", "include: ['KEY*']"),
    "a key of the file": CONFIG.format("", "'KEY': 1"),
    "a key twice": CONFIG.format("", "checks: {'KEY': {}, 'KEY': {}}"),
    "a tag": CONFIG.format("", "checks: !KEY {}"),
    "an alias of YAML": CONFIG.format("", "checks: *KEY"),
    "in front": "KEY\n",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that loads."""
    path = tmp_path_factory.mktemp("good") / "wnmon.yaml"
    path.write_text(CONFIG.format("", ""), encoding="utf-8")
    return path


def told(*arguments: str) -> tuple[int, str]:
    """Return the exit code of a command and all it printed."""
    output = io.StringIO()
    with redirect_stdout(output), redirect_stderr(output), pytest.raises(SystemExit) as ended:
        run(arguments)
    return int(ended.value.code or 0), output.getvalue()


def leaks(key: str, output: str) -> list[str]:
    """Return where an output shows the key."""
    return LeakDetector({"the key": key}).leaks("the command", output)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_on_the_command_line_where_something_else_belongs_is_masked(
    key: str, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WNMON_API_KEY", "not-the-key-0123456789")
    shown = {}
    for line in COMMANDS:
        code, output = told(*(word.replace("CONFIG", str(good)).replace("KEY", key) for word in line.split()))
        wanted = {0} if "--dry-run" in line else {1, 2}
        shown[line] = [*leaks(key, output), *([] if code in wanted else [f"exit {code}"])]

    assert {line: said for line, said in shown.items() if said} == {}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_in_a_configuration_where_something_else_belongs_is_masked(key: str, tmp_path: Path) -> None:
    key = key.replace("'", "")
    shown = {}
    for name, text in YAMLS.items():
        path = tmp_path / "wnmon.yaml"
        path.write_text(text.replace("KEY", key), encoding="utf-8")
        shown[name] = leaks(key, told("validate", str(path))[1])

    assert {name: said for name, said in shown.items() if said} == {}


WEB_YAMLS = {
    "a key": "KEY: 1",
    "a user": "basic_auth_users: {KEY: 1}",
    "a hash": "basic_auth_users: {alice: KEY}",
    "a list of users": "basic_auth_users: [KEY]",
    "a file": "tls_server_config: {cert_file: KEY, key_file: KEY}",
    "a key in the YAML": "tls_server_config: {cert_file: x, key_file: x, key: KEY}",
    "a policy": "tls_server_config: {cert_file: x, key_file: x, client_auth_type: KEY}",
    "a name of clients": "tls_server_config: {cert_file: x, key_file: x, client_allowed_sans: [KEY, KEY]}",
    "a header": "http_server_config: {headers: {KEY: KEY, X-Frame-Options: KEY}}",
    "an interval": "rate_limit: {interval: KEY, burst: KEY}",
    "a scope": "wnmon: {scopes: {KEY: KEY}}",
    "a token": "wnmon: {tokens: {KEY: KEY}}",
    "a hash of a token": "wnmon: {tokens: {p: {sha256: KEY, scope: KEY}}}",
    "no end": "basic_auth_users: {alice: KEY",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_in_a_web_configuration_where_something_else_belongs_is_masked(
    key: str, good: Path, tmp_path: Path
) -> None:
    key = key.replace("'", "")
    shown = {}
    for name, text in WEB_YAMLS.items():
        path = tmp_path / "web.yml"
        path.write_text(text.replace("KEY", f"'{key}'"), encoding="utf-8")
        code, output = told("serve", str(good), "--web-config", str(path))
        shown[name] = [*leaks(key, output), *([] if code == 2 else [f"exit {code}"])]

    assert {name: said for name, said in shown.items() if said} == {}


NAMES = {
    "a model": YAMLS["a model"],
    "what a label says": YAMLS["what a label says"],
    "a target": "targets: {'KEY': {base_url: https://relay.example, models: [m]}}\n",
    "a check": CONFIG.format("", "checks: {'KEY': {every: 15m, prompt: hi}}"),
}


@pytest.mark.parametrize("text", NAMES.values(), ids=NAMES)
def test_what_begins_as_keys_do_is_refused_as_a_name(text: str, tmp_path: Path) -> None:
    path = tmp_path / "wnmon.yaml"
    path.write_text(text.replace("KEY", KEYS["sk"]), encoding="utf-8")

    code, output = told("validate", str(path))

    assert (code, "expected a name, not what looks like a key" in output) == (2, True), output


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("check --base-url http://127.0.0.1:9 --model KEY", "--model: expected a name, not what looks like a key"),
        ("check --base-url http://127.0.0.1:9 --model m --api-key-env KEY", "name the variable of the environment"),
        ("serve CONFIG --listen KEY", "--listen': expected host:port such as 127.0.0.1:9877, not '[redacted:43-char"),
        ("check -c CONFIG --model KEY", "has no model '[redacted:43-characters]'; it has m"),
        ("explain KEY", "[redacted:43-characters]"),
        ("check -c KEY", "[redacted:43-characters]:1:1: no such file"),
    ],
)
def test_what_was_wrong_is_still_told(line: str, says: str, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WNMON_API_KEY", "not-the-key-0123456789")
    words = [word.replace("CONFIG", str(good)).replace("KEY", KEYS["sk"]) for word in line.split()]

    code, output = told(*words)

    assert (code, says in output) == (2, True), output


# Files that others wrote.

SECRET = secrets.token_hex(12)
FILES = {
    "passwd": f"swordfish:x:0:0:{SECRET}:/home:/bin/sh\n",
    "environment": f"DB_USER=swordfish\nDB_PASSWORD={SECRET}\n",
    "mapping": f"database:\n  password: {SECRET}\n{SECRET}: 1\n",
    "private": f"-----BEGIN KEY-----\n{SECRET}\n-----END KEY-----\n",
    "broken": f"password: {SECRET}: {SECRET}\n",
    "json": json.dumps({"format": SECRET, "version": SECRET, SECRET: [SECRET]}),
    "list": f"- {SECRET}\n- password: {SECRET}\n",
}
READERS = [
    "validate FILE",
    "serve FILE",
    "check -c FILE",
    "check FILE --base-url http://127.0.0.1:9 --model m --dry-run",
    "check --base-url http://127.0.0.1:9 --model m --dry-run --baseline FILE",
    "explain DOC-009 FILE",
    "replay FILE",
    "diff FILE FILE",
    "init --from-curl FILE",
    "validate INCLUDING",
    "check -c INCLUDING",
]


@pytest.mark.parametrize("line", READERS)
@pytest.mark.parametrize("name", FILES)
def test_of_a_file_that_others_wrote_nothing_is_printed(name: str, line: str, tmp_path: Path) -> None:
    file, including = tmp_path / name, tmp_path / "wnmon.yaml"
    file.write_text(FILES[name], encoding="utf-8")
    including.write_text(f"include: [{file}]\n{CONFIG.format('', '')}", encoding="utf-8")

    words = (word.replace("FILE", str(file)).replace("INCLUDING", str(including)) for word in line.split())
    code, output = told(*words)

    assert (code, leaks(SECRET, output)) == (2, [])
    assert [word for word in ("swordfish", "DB_", "database") if word in output] == []
