"""A pasted curl command becomes a configuration, without its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from wnmon.cli import validate
from wnmon.cli.curl_line import CurlCommand, read_curl
from wnmon.cli.from_curl import config_from_curl
from wnmon.cli.init import command
from wnmon.config import Config, load_config
from wnmon.errors import UsageError

KEY = "sk-abcdef0123456789"
URL = "https://relay.example/v1/chat/completions"
BODY = '{"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}'

# The command of the API page, as its reader copies it, with lines of the page around it.
PAGE = f"""\
请求示例
curl --location --request POST '{URL}' \\
--header 'Authorization: Bearer YOUR KEY' \\
--header 'Content-Type: application/json' \\
--data-raw '{{
  "model": "claude-3-5-sonnet-20241022",
  "messages": [
    {{"role": "system", "content": "Latex inline: $x^2$\\nLatex block: $$e=mc^2$$"}},
    {{"role": "user", "content": [{{"type": "text", "text": "你好"}}]}}
  ],
  "max_tokens": 1024,
  "stream": true
}}'

返回响应
it's {{"id": "string"}}
"""


def curl(*more: str, body: str = BODY, url: str = URL) -> str:
    return " ".join(["curl", f"'{url}'", f"-H 'Authorization: Bearer {KEY}'", *more, f"-d '{body}'"])


def loaded(text: str, folder: Path, **env: str) -> Config:
    path = folder / "wnmon.yaml"
    path.write_text(config_from_curl(read_curl(text)), encoding="utf-8")
    return load_config(path, {"WN_API_KEY": KEY} | env)


def sent(config: Config) -> dict[str, Any]:
    (check,) = [check for check in config.checks if check.name == "from-curl"]
    return dict(check.plan.steps[0].body)


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as refused:
        config_from_curl(read_curl(text))
    return f"{refused.value.message} {refused.value.hint or ''}"


def test_the_command_of_the_api_page_becomes_a_check(tmp_path: Path) -> None:
    config = loaded(PAGE, tmp_path)

    assert [target.url for target in config.targets] == [URL]
    assert [target.models for target in config.targets] == [("claude-3-5-sonnet-20241022",)]


def test_the_check_sends_what_the_command_sent(tmp_path: Path) -> None:
    wanted = json.loads(PAGE[PAGE.index("{") : PAGE.index("}'") + 1])

    assert sent(loaded(PAGE, tmp_path)) == wanted | {"model": "{{model}}"}


def test_a_streamed_request_shall_complete(tmp_path: Path) -> None:
    assert "stream: complete" in config_from_curl(read_curl(PAGE))


def test_the_key_is_read_from_the_environment(tmp_path: Path) -> None:
    text = config_from_curl(read_curl(curl()))

    assert (KEY in text, "api_key: ${WN_API_KEY}" in text) == (False, True)


@pytest.mark.parametrize("header", ["authorization: bearer {}", "Authorization:Bearer {}", "AUTHORIZATION: {}"])
def test_the_key_is_found_however_it_is_written(header: str) -> None:
    found = read_curl(f"curl {URL} -H '{header.format(KEY)}' -d '{BODY}'")

    assert (found.key, found.headers) == (KEY, ())


def test_a_command_without_a_key_needs_none(tmp_path: Path) -> None:
    assert loaded(f"curl {URL} -d '{BODY}'", tmp_path).targets[0].api_key is None


def test_headers_of_its_own_are_kept(tmp_path: Path) -> None:
    (target,) = loaded(curl("-H 'X-Team: a'", "-A browser"), tmp_path).targets

    assert target.headers == (("X-Team", "a"), ("User-Agent", "browser"))


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "content-length", "Host", "Accept-Encoding"])
def test_headers_that_wnmon_writes_are_left_out(name: str, tmp_path: Path) -> None:
    assert loaded(curl(f"-H '{name}: x'"), tmp_path).targets[0].headers == ()


def test_a_key_in_the_path_of_the_url_becomes_a_variable(tmp_path: Path) -> None:
    text = curl(url="https://relay.example/sk-in-the-path-1/v1/chat/completions")

    assert "sk-in-the-path-1" not in config_from_curl(read_curl(text))
    assert "#   export WN_URL_KEY=..." in config_from_curl(read_curl(text))
    (target,) = loaded(text, tmp_path, WN_URL_KEY="sk-in-the-path-1").targets
    assert target.url == "https://relay.example/sk-in-the-path-1/v1/chat/completions"


@pytest.mark.parametrize(
    "parameter", ["key=AIzaSy0123456789abcdefghijklmnopqrstuv", "code=hunter2", "api-version=1&access_token=short-one"]
)
def test_a_key_in_the_query_of_the_url_becomes_a_variable(parameter: str, tmp_path: Path) -> None:
    key = parameter.rpartition("=")[2]
    text = f"curl '{URL}?{parameter}' -d '{BODY}'"

    assert key not in config_from_curl(read_curl(text))
    assert loaded(text, tmp_path, WN_URL_KEY=key).targets[0].url == f"{URL}?{parameter}"


@pytest.mark.parametrize("key", ["x", "EMPTY", "relay", "1234"])
def test_a_short_key_is_not_found_in_the_url_where_it_is_no_word(key: str, tmp_path: Path) -> None:
    url = "http://xrelay1.example:12345/v1/chat/completions"

    assert loaded(f"curl {url} -H 'Authorization: Bearer {key}' -d '{BODY}'", tmp_path).targets[0].url == url


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer "])
def test_an_empty_authorization_is_no_key(value: str) -> None:
    assert read_curl(f"curl {URL} -H 'Authorization: {value}' -d '{BODY}'").key is None


@pytest.mark.parametrize("more", ["", "-H 'X-Api-Key: 0123456789'", f"-H 'X-Team: {KEY}'", "-b a=1234567890123"])
def test_the_file_passes_validate_as_written(more: str, tmp_path: Path) -> None:
    made = tmp_path / "wnmon.yaml"
    made.write_text(config_from_curl(read_curl(curl(more))), encoding="utf-8")
    done = CliRunner().invoke(validate.command, [str(made)])

    assert (done.exit_code, f"{made}: OK" in done.output) == (0, True)


@pytest.mark.parametrize(
    "header", ["X-Api-Key: tell-nobody-of-it", "Cookie: a=tell-nobody-of-it", f"X-Team: {KEY}", "X-A: sk-0123456789"]
)
def test_a_header_that_may_hold_a_secret_is_read_from_the_environment(header: str) -> None:
    text = config_from_curl(read_curl(curl(f"-H '{header}'")))

    assert not any(secret in text for secret in ("tell-nobody-of-it", KEY))
    assert "${WN_" + header.partition(":")[0].upper().replace("-", "_") in text


def test_every_variable_to_set_is_named_at_the_top() -> None:
    text = config_from_curl(read_curl(curl("-b a=1234567890123")))

    assert "#   export WN_API_KEY=...\n#   export WN_COOKIE=...\n" in text


def test_a_literal_variable_in_a_header_stays_itself(tmp_path: Path) -> None:
    assert loaded(curl("-H 'X-Team: ${HOME}'"), tmp_path).targets[0].headers == (("X-Team", "${HOME}"),)


@pytest.mark.parametrize(
    "text",
    [
        f"curl -X POST {URL} -d '{BODY}'",
        f"curl -XPOST {URL} --data '{BODY}'",
        f"curl -sSiN --compressed --max-time 5 {URL} --data-binary '{BODY}' | jq .",
        f"$ curl {URL} \\\r\n  --json '{BODY}'",
        f"  curl --url {URL} -d '{BODY}' && echo done",
        f"curl {URL} -d '{BODY}'; echo done",
        f"curl {URL} -d '{BODY}'|jq .",
        f"curl {URL} -d $'{BODY}'",
        "curl " + URL + ' -d "' + BODY.replace('"', '\\"') + '"',
        f"curl.exe {URL} -d '{BODY}' -o out.json\nrm out.json",
        f"see\n\n  curl {URL} -d '{BODY}'\n\nthat's it",
    ],
)
def test_a_command_is_understood_however_it_is_written(text: str) -> None:
    found = read_curl(text)

    assert (found.url, found.body) == (URL, json.loads(BODY))


def test_escapes_of_a_dollar_quotation_are_read() -> None:
    body = r"""$'{"model": "m", "messages": [], "a": "it\'s \u4f60\x21\\n"}'"""

    assert read_curl(f"curl {URL} -d {body}").body["a"] == "it's 你!\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no curl command"),
        ("wget https://relay.example", "no curl command"),
        (f"curl {URL} -d '{BODY}", "does not end"),
        (f"curl {URL}", "sends no body"),
        (f"curl -d '{BODY}'", "expected one URL in the curl command, not 0"),
        (f"curl {URL} https://other.example -d '{BODY}'", "not 2"),
        (f"curl $BASE/chat/completions -d '{BODY}'", "write the URL itself in place of the variable"),
        (f"curl https://relay.example/v1/responses -d '{BODY}'", "other than a chat completion"),
        (f"curl https://relay.example/v1/messages -d '{BODY}'", "ends with /chat/completions"),
        (f"curl -X GET {URL} -d '{BODY}'", "expected a POST"),
        (f"curl {URL} -d @body.json", "in a file of its own"),
        (f"curl {URL} -d 'model=m'", "is no JSON: line 1, column 1"),
        (f"curl {URL} -d '[1]'", "no JSON object"),
        (f"curl {URL} -d '" + '{"model": NaN}' + "'", "is no JSON"),
        (f"curl {URL} -d '" + "[" * 100_000 + "'", "is no JSON"),
        (f"curl {URL} -d '{{}}'", "names no model"),
        (f"curl {URL} -d", "its value is missing"),
        (f"curl {URL} -u me:{KEY} -d '{BODY}'", "user and password are not understood"),
        (f"curl {URL} -x http://proxy -d '{BODY}'", "`proxy`"),
        (f"curl {URL} -F a=b", "form"),
        (f"curl {URL} --frobnicate -d '{BODY}'", "--frobnicate is not understood"),
        (f"curl {URL} --header=X-Key:{KEY} -d '{BODY}'", "an option of the curl command is not understood"),
        (f"curl {URL} -Z{KEY} -d '{BODY}'", "curl's -Z is not understood"),
        (f"curl {URL} -H 'Authorization: Basic bWU6eW91' -d '{BODY}'", "Basic"),
        (curl(url="http://prod-cn.your-api-server.comhttps://relay.example/v1"), 'keep "https://relay.example/v1"'),
        (curl(url="relay.example"), "starts with https://"),
        (curl(url=f"https://relay.example/{KEY}"), "URL of the curl command holds the key"),
        (curl(url=f"https://relay.example/v1?key={KEY}"), "URL of the curl command holds the key"),
        (curl(body='{"model": "m", "user": "' + KEY + '"}'), "body of the curl command holds the key"),
        (curl(body='{"model": "m", "messages": [], "n": 1e400}'), "is no JSON"),
        (
            curl(body='{"model": "m", "messages": [], "n": ' + "1" * 70 + "}"),
            "cannot be written as a check: expected a",
        ),
    ],
)
def test_what_cannot_become_a_check_is_refused_in_words(text: str, said: str) -> None:
    words = refusal(text)

    assert said in words
    assert KEY not in words


def test_a_body_beyond_the_api_page_is_sent_all_the_same(tmp_path: Path) -> None:
    text = curl(body='{"model": "m", "messages": "not a list"}')

    assert "lint: off" in config_from_curl(read_curl(text))
    assert sent(loaded(text, tmp_path))["messages"] == "not a list"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None)
@given(messages=st.lists(VALUES, max_size=3), more=st.dictionaries(TEXTS, VALUES, max_size=3))
def test_any_body_arrives_as_it_was(
    messages: list[Any], more: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    body = more | {"model": "m", "messages": messages}
    text = config_from_curl(CurlCommand(url=URL, headers=(), body=body, key=None))
    path = tmp_path_factory.getbasetemp() / "from-curl.yaml"
    path.write_text(text, encoding="utf-8")

    assert sent(load_config(path, {})) == body | {"model": "{{model}}"}


def test_a_file_is_made_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(PAGE, encoding="utf-8")
    made = tmp_path / "wnmon.yaml"
    done = CliRunner().invoke(command, [str(made), "--from-curl", str(tmp_path / "page.txt")])

    assert (done.exit_code, "set WN_API_KEY, then run" in done.output) == (0, True)
    assert load_config(made, {"WN_API_KEY": KEY}).targets


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (curl("-H 'X-Api-Key: 0123456789'"), "; set WN_API_KEY and WN_X_API_KEY, then run "),
        (f"curl {URL} -d '{BODY}'", "; run "),
    ],
    ids=["two", "none"],
)
def test_every_variable_to_set_is_named(words: str, said: str, tmp_path: Path) -> None:
    made = tmp_path / "wnmon.yaml"
    done = CliRunner().invoke(command, [str(made), "--from-curl", "-"], input=words)

    assert done.output == f'wrote {made}{said}"wnmon validate --probe {made}"\n'


def test_standard_input_is_read_at_a_dash() -> None:
    assert CliRunner().invoke(command, ["--from-curl", "-"], input=PAGE).output.startswith("# wnmon.yaml, made from")


def test_an_endless_paste_is_refused() -> None:
    done = CliRunner().invoke(command, ["--from-curl", "-"], input="x" * (1024 * 1024 + 1))

    assert "at most 1024 KiB" in str(done.exception)


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--from-curl", str(tmp_path / "none.txt")])

    assert "cannot read" in str(done.exception)
