"""A pasted curl command -> what it would send. Nothing is run, no file it names is read, no key it holds is quoted."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from wnmon.cli.curl_shells import as_posix
from wnmon.errors import UsageError
from wnmon.model.credentials import masked
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import Said

# After the prompt of a shell, if any: `$`, `%`, `PS C:\>`, `C:\Users\me>`.
_START = re.compile(
    r"^[^\S\n]*(?:(?:[$%#>❯➜]|PS [^\n>]{0,200}>|[A-Z]:\\[^\n>]{0,200}>)[^\S\n]*)?(curl(?:\.exe)?)(?=[^\S\n]|[\\^`])",
    re.MULTILINE,
)
_INVOKED = re.compile(r"\bInvoke-(?:WebRequest|RestMethod)\b", re.IGNORECASE)
# What a shell reads as one piece: an ANSI-C quotation, a quotation, an escape, any other character but the line's end.
_PIECE = re.compile(r"""\$'(?:\\.|[^'\\])*'|'[^']*'|"(?:\\.|[^"\\])*"|\\[ \t]*\r?\n|\\.|[^\n'"\\]""", re.DOTALL)
# What ends a command, be there a blank before or not.
_ENDS = frozenset(";|")
_OPTION = re.compile(r"--[a-z][a-z0-9.-]{1,30}|-[A-Za-z]")
_ANSI_C = re.compile(r"\\(?:u([0-9a-fA-F]{1,4})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_ANSI_C_WORDS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "e": "\x1b", "E": "\x1b"}

_CURLY = frozenset("“”„‟‘’‚‛«»＂＇")

_DATA = frozenset({"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"})
_VALUES = _DATA | {"-X", "--request", "-H", "--header", "--url", "-A", "--user-agent", "-b", "--cookie"}
_VALUES = _VALUES | {"--oauth2-bearer"}
_UNHEEDED_VALUES = frozenset(
    {"-o", "--output", "-w", "--write-out", "-m", "--max-time", "--connect-timeout", "--retry", "--retry-delay"}
    | {"--retry-max-time", "-D", "--dump-header", "-e", "--referer", "--limit-rate", "--keepalive-time", "--noproxy"}
    | {"--trace", "--trace-ascii", "--stderr", "--speed-time", "--speed-limit", "-y", "-Y", "--tls-max"}
)
_UNHEEDED = frozenset(
    {"-L", "--location", "-s", "--silent", "-S", "--show-error", "-i", "--include", "-N", "--no-buffer", "-v"}
    | {"--verbose", "--compressed", "-f", "--fail", "--fail-with-body", "--http1.1", "--http2", "-g", "--globoff"}
    | {
        "-#",
        "--progress-bar",
        "-k",
        "--insecure",
        "-4",
        "--ipv4",
        "-6",
        "--ipv6",
        "--http1.0",
        "--http2-prior-knowledge",
    }
    | {"--http3", "--no-progress-meter", "--retry-all-errors", "--retry-connrefused", "--tlsv1.2", "--tlsv1.3", "-1"}
    | {"--no-keepalive", "--tcp-nodelay", "--location-trusted", "--trace-time", "-q", "--disable", "--ssl-no-revoke"}
)
_REFUSED = {
    **dict.fromkeys(("-u", "--user"), "curl_user"),
    **dict.fromkeys(("-x", "--proxy"), "curl_proxy"),
    "--cacert": "curl_ca",
    **dict.fromkeys(("-F", "--form"), "curl_form"),
    **dict.fromkeys(("-G", "--get"), "curl_get"),
    "-T": "curl_upload",
    "--data-urlencode": "curl_form_data",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CurlCommand:
    """What a curl command says. `key` is what it sent as a bearer key, for leaving it out: never show it."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: JsonObject
    key: str | None


def read_curl(text: str) -> CurlCommand:
    """Return the first curl command in a text, which may hold more, such as a page. Raises UsageError."""
    options = list(_options(_words(text)))
    urls = [value for name, value in options if name == "--url"]
    if len(urls) != 1:
        raise UsageError(Said("curl_one_url", n=len(urls)), hint=Said("curl_quote_url"))
    method = next((value for name, value in options if name in {"-X", "--request"}), "POST")
    if method.upper() != "POST":
        raise UsageError(Said("curl_post"))
    data = [value for name, value in options if name in _DATA]
    headers, key = _headers(options)
    return CurlCommand(url=urls[0], headers=headers, body=_body(data), key=key)


def _words(text: str) -> list[str]:
    """Return the words of the command as a shell would: to the end of its line, continued by backslashes."""
    start = _START.search(text)
    if start is None:
        is_powershell = _INVOKED.search(text) is not None
        raise UsageError(Said("curl_none"), hint=Said("curl_copy" if is_powershell else "curl_begin"))
    text = as_posix(text[start.start(1) :])
    pieces, at = [], len(start[1])
    while (piece := _PIECE.match(text, at)) is not None and piece[0] not in _ENDS:
        pieces.append(_plain(piece[0]))
        at = piece.end()
    if text[at : at + 1] in {"'", '"', "\\"}:
        raise UsageError(Said("curl_open"), hint=Said("curl_all"))
    return shlex.split("".join(pieces))


def _plain(piece: str) -> str:
    if piece.startswith("$'"):
        return shlex.quote(_ANSI_C.sub(_unescaped, piece[2:-1]))
    return " " if piece.startswith("\\") and piece.endswith("\n") else piece


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    return chr(int(digits, 16)) if digits else _ANSI_C_WORDS.get(found[3], found[3])


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the options that matter with their values; a bare word is a `--url`."""
    waiting = words[::-1]
    while waiting:
        word = waiting.pop()
        if word in {"&&", "&"} or word.startswith(("#", "<", ">", "1>", "2>")):
            return
        if not word.startswith("-") or word == "-":
            yield "--url", word
            continue
        name, glued = (word, "") if word.startswith("--") else (word[:2], word[2:])  # -XPOST, -sS
        if name in _REFUSED:
            raise UsageError(Said("curl_option", name=name, text=Said(_REFUSED[name])))
        if name in _VALUES or name in _UNHEEDED_VALUES:
            if not glued and not waiting:
                raise UsageError(Said("curl_option", name=name, text=Said("curl_no_value")), hint=Said("curl_all"))
            value = glued or waiting.pop()
            if name in _VALUES:
                yield name, value
        elif name in _UNHEEDED:
            waiting += [f"-{glued}"] if glued else []
        else:
            # What is glued to an option, or mistaken for one, may be a key: then it is not quoted.
            is_named = _OPTION.fullmatch(name) and masked(name) == name
            known = Said("curl_unknown", name=name) if is_named else Said("curl_unknown_option")
            raise UsageError(known, hint=Said("curl_leave_out"))


def _headers(options: list[tuple[str, str]]) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Return the headers but Authorization, and the key that one held."""
    named = {"-A": "User-Agent", "--user-agent": "User-Agent", "-b": "Cookie", "--cookie": "Cookie"}
    lines = [value for name, value in options if name in {"-H", "--header"}]
    pairs = [(name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon]
    pairs += [(named[name], value) for name, value in options if name in named]
    pairs += [("Authorization", f"Bearer {value}") for name, value in options if name == "--oauth2-bearer"]
    key = None
    for name, value in pairs:
        if name.lower() == "authorization":
            scheme, _, rest = value.partition(" ")
            if scheme.lower() == "basic":
                raise UsageError(Said("curl_basic"))
            key = (rest.strip() if scheme.lower() == "bearer" else value) or None
    return tuple(pair for pair in pairs if pair[0].lower() != "authorization"), key


def _body(data: list[str]) -> JsonObject:
    if not data:
        raise UsageError(Said("curl_no_body"), hint=Said("curl_data"))
    if any(one.startswith("@") for one in data):
        raise UsageError(Said("curl_body_file"), hint=Said("curl_paste_file"))
    try:
        body: Json = json.loads(_joined(data), parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        hint = Said("curl_straight") if error.doc[error.pos : error.pos + 1] in _CURLY else None
        raise UsageError(Said("curl_no_json_at", line=error.lineno, column=error.colno), hint=hint) from None
    except (ValueError, RecursionError):
        raise UsageError(Said("curl_no_json")) from None
    if not isinstance(body, dict):
        raise UsageError(Said("curl_no_object"))
    return body


def _joined(data: list[str]) -> str:
    """Return the body. Windows' programs take \\" for a quote, and so it is pasted also where it stands for itself."""
    text = "&".join(data)
    return text.replace('\\"', '"') if text.lstrip("{[ \r\n\t").startswith('\\"') else text


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _no_number(digits)


def _no_number(word: str) -> float:
    raise ValueError(word)
