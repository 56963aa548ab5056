"""A curl command of any shell says the same."""

from __future__ import annotations

import json

import pytest

from wnmon.cli.curl_line import CurlCommand, read_curl
from wnmon.cli.from_curl import config_from_curl
from wnmon.errors import UsageError
from wnmon.model.json import JsonObject

URL = "https://relay.example/v1/chat/completions"
KEY = "sk-abcdefghijkl1234"
BODY: JsonObject = {"model": "gpt-4o", "messages": [{"role": "user", "content": 'say "hi" & it\'s ^ok\n'}]}
JSON = json.dumps(BODY)


def msvc(text: str) -> str:
    """Return a word quoted as Windows programs read it: backslashes before a quote are doubled."""
    out, slashes = ['"'], 0
    for char in text:
        out += ["\\" * (slashes + 1) + char] if char == '"' else [char]
        slashes = slashes + 1 if char == "\\" else 0
    return "".join([*out, '"'])


def careted(text: str) -> str:
    """Return a word as Chrome copies it for cmd.exe: a caret before each sign."""
    return "".join(char if char.isalnum() or char in " :/.," else f"^{char}" for char in msvc(text))


def powershell(text: str) -> str:
    return "'" + text.replace("'", "''").replace('"', '\\"') + "'"


HEADER = f"Authorization: Bearer {KEY}"
POSIX_JSON = "'" + JSON.replace("'", "'\\''") + "'"
SHELLS = {
    "cmd, plain": f'curl {URL} ^\r\n  -H "{HEADER}" ^\r\n  -d {msvc(JSON)}',
    "cmd, a blank after the caret": f'curl {URL} ^ \n  -H "{HEADER}" ^\n  -d {msvc(JSON)}',
    "cmd, as Chrome copies it": f'curl ^"{URL}^" ^\r\n  -H ^"{HEADER}^" ^\r\n  --data-raw {careted(JSON)}',
    "cmd, single quotes": f"curl {URL} ^\r\n  -H '{HEADER}' ^\r\n  -d {POSIX_JSON}",
    "cmd, with its prompt": f'C:\\Users\\me>curl {URL} ^\n -H "{HEADER}" ^\n -d {msvc(JSON)}',
    "PowerShell": f'curl.exe {URL} `\r\n  -H "{HEADER}" `\r\n  -d {powershell(JSON)}',
    "PowerShell, with its prompt": f"PS C:\\> curl.exe {URL} ` \n -H '{HEADER}' `\n -d {powershell(JSON)}",
    "a blank after the backslash": f"curl {URL} \\ \n -H '{HEADER}' \\\t\n -d {POSIX_JSON}",
    "curly quotes": f"curl {URL} -H “{HEADER}” -d {POSIX_JSON}",
    "dashes of a word processor": f"curl {URL} –H '{HEADER}' —data {POSIX_JSON}",
    "full width dash": f"curl {URL} -H '{HEADER}' －d {POSIX_JSON}",
    "full width quotes": f"curl ＂{URL}＂ -H ＂{HEADER}＂ -d {POSIX_JSON}",
    "no-break spaces": f"curl\u00a0{URL}\u00a0-H\u00a0'{HEADER}'\u3000-d\u00a0{POSIX_JSON}",
    "heredoc": f"curl {URL} -H '{HEADER}' -d @- <<EOF\n{JSON}\nEOF\necho done",
    "quoted heredoc, options after it": f"curl {URL} --data-binary @- <<-'END' -H '{HEADER}'\n{JSON}\nEND",
    "here string": f"curl {URL} -H '{HEADER}' -d @- <<< {POSIX_JSON}",
    "oauth2-bearer": f"curl {URL} --oauth2-bearer {KEY} -d {POSIX_JSON}",
    "two commands": f"curl {URL} -H '{HEADER}' -d {POSIX_JSON}\ncurl https://other.example -d x",
    "a prompt, CRLF": f"% curl {URL} \\\r\n  -H '{HEADER}' \\\r\n  -d {POSIX_JSON}\r\n",
    "harmless options": f"curl -sS -k -N --no-progress-meter --http2 -D - {URL} -H '{HEADER}' -d {POSIX_JSON} # done",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_is_understood_in_any_shell(shell: str) -> None:
    assert read_curl(SHELLS[shell]) == CurlCommand(url=URL, headers=(), body=BODY, key=KEY)


@pytest.mark.parametrize("quotes", ["‘’", "“”"])
def test_a_body_with_curly_quotes_all_over_is_understood(quotes: str) -> None:
    text = f"curl {URL} -d {quotes[0]}{{“model”: “m”, “messages”: []}}{quotes[1]}"

    assert read_curl(text).body == {"model": "m", "messages": []}


@pytest.mark.parametrize("content", ["“hi”", "a^b", '^"', "`", "a\u00a0b", "<<EOF", "@-", "’"])
def test_what_a_straight_quotation_holds_stays_as_it_is(content: str) -> None:
    body = json.dumps({"model": "m", "content": content}, ensure_ascii=False)

    assert read_curl(f"curl {URL} -d '{body}'").body["content"] == content


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("Invoke-WebRequest -Uri https://relay.example", "no curl command", "as cURL (bash)"),
        (f"curl {URL} --frob2-nicate -d '{JSON[:0]}'", "curl's --frob2-nicate is not understood", "leave it out"),
        (f"curl {URL} -d @- <<EOF\n{JSON}", "in a file of its own", "paste its content"),
        (f"curl {URL} -d '{{“model”: “m”}}'", "is no JSON: line 1, column 2", "straight quotation marks"),
        (f"curl {URL} --data-binary @body.json", "in a file of its own", "paste its content"),
    ],
)
def test_what_cannot_be_understood_is_named(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_curl(text)

    assert message in str(refused.value.message)
    assert hint in str(refused.value.hint)


def test_the_deployment_of_azure_is_the_model() -> None:
    url = "https://res.openai.azure.com/openai/deployments/gpt-4o/chat/completions"
    text = config_from_curl(read_curl(f"""curl {url} -H 'api-key: {"0123456789abcdef" * 2}' -d '{{"messages":[]}}'"""))

    assert 'models: ["gpt-4o"]' in text
    assert 'api-key: "${WN_API_KEY}"' in text
