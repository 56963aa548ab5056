"""The curl line sends the very bytes again and holds no key."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import URL, request

from wnmon.model.check import Auth
from wnmon.report.curl import curl_command

# Stands in for curl: writes its arguments and what it reads from a pipe as JSON.
FAKE_CURL = """#!/bin/sh
exec python3 -c '
import json, sys
data = sys.stdin.buffer.read().hex() if sys.argv[-1] == "@-" else ""
print(json.dumps([[a.encode("utf-8", "surrogateescape").hex() for a in sys.argv[1:]], data]))' "$@"
"""


def run_by_shell(command: str, folder: Path) -> tuple[list[str], bytes]:
    """Return the arguments curl would get, and the body it would send."""
    fake = folder / "curl"
    fake.write_text(FAKE_CURL)
    fake.chmod(0o755)
    environ = {
        "PATH": f"{folder}:{Path(shutil.which('python3') or '').parent}:/usr/bin:/bin",
        "WNMON_API_KEY": "the key",
    }
    done = subprocess.run(["/bin/sh", "-c", command], env=environ, capture_output=True, check=True, timeout=20)
    words, piped = json.loads(done.stdout)
    arguments = [bytes.fromhex(word).decode() for word in words]
    return arguments, bytes.fromhex(piped) or arguments[-1].encode()


BODIES = [
    b'{"a": "plain"}',
    '{"a": "it\'s \\"你好\\" $HOME `id` !"}'.encode(),
    b"@/etc/passwd",
    b"two\nlines\n",
    b"\x1b[31m\x00\xff%d\\n'",
    b"-d other",
    "bell \x07 and \u2028".encode(),
]


@pytest.mark.parametrize("body", BODIES)
def test_the_shell_hands_curl_the_very_body(body: bytes, tmp_path: Path) -> None:
    command = curl_command(request(body=body))
    assert command is not None
    assert run_by_shell(command, tmp_path)[1] == body


@pytest.mark.parametrize("body", BODIES)
def test_the_command_shows_no_control_character(body: bytes) -> None:
    command = curl_command(request(body=body))
    assert command is not None
    assert command.replace("\n", "").isprintable()


def test_the_key_comes_from_the_environment(tmp_path: Path) -> None:
    command = curl_command(request())
    assert command is not None
    assert "Authorization: Bearer the key" in run_by_shell(command, tmp_path)[0]


@pytest.mark.parametrize("name", ["X-`id`", "$(id)", 'X"; id; "', "$HOME", "!!", "it's", "a\nb", "x-key"])
def test_the_name_of_the_header_for_the_key_is_text_to_the_shell(name: str, tmp_path: Path) -> None:
    command = curl_command(replace(request(), auth_header=name))
    assert command is not None
    assert f"{name}: the key" in run_by_shell(command, tmp_path)[0]


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        (Auth.NORMAL, ['-H "Authorization: Bearer $WNMON_API_KEY"']),
        (Auth.LOWERCASE, ['-H "Authorization: bearer $WNMON_API_KEY"']),
        (Auth.WRONG, ["-H 'Authorization: Bearer sk-wnmon-deliberately-wrong-key'"]),
        (Auth.NONE, []),
    ],
)
def test_authorization_is_as_the_step_asked(auth: Auth, expected: list[str]) -> None:
    lines = (curl_command(request(auth=auth)) or "").split(" \\\n  ")
    assert [line for line in lines if "uthorization" in line] == expected


def test_a_url_with_shell_characters_is_one_word(tmp_path: Path) -> None:
    url = f"{URL}?a=1&b=$(id);'\x1b"
    command = curl_command(request(url=url))
    assert command is not None
    assert url in run_by_shell(command, tmp_path)[0]


def test_headers_curl_makes_itself_are_left_out() -> None:
    assert "Content-Length" not in (curl_command(request()) or "")


def test_an_empty_body_needs_no_data_option() -> None:
    assert "--data" not in (curl_command(request(body=b"", method="GET")) or "")


def test_a_body_over_the_cap_gives_no_command() -> None:
    assert curl_command(request(body=b"x" * 16_385)) is None


@pytest.mark.parametrize(
    ("auth", "lines"),
    [
        (Auth.NORMAL, ['-H "api-key: $WNMON_API_KEY"']),
        (Auth.WRONG, ["-H 'api-key: sk-wnmon-deliberately-wrong-key'"]),
        (Auth.NONE, []),
    ],
)
def test_the_key_goes_where_the_target_says(auth: Auth, lines: list[str]) -> None:
    command = curl_command(request(auth=auth, auth_header="api-key")) or ""

    assert [line for line in command.split(" \\\n  ") if "api-key" in line or "Authorization" in line] == lines
