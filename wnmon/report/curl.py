"""The exact request again, as one shell command anyone can run. It holds no key."""

from __future__ import annotations

import re
import shlex

from wnmon.model.check import WRONG_KEY, Auth
from wnmon.model.exchange import Request
from wnmon.report.text import commands

KEY_VARIABLE = "WNMON_API_KEY"
KEY_VARIABLES = (KEY_VARIABLE, "OPENAI_API_KEY")
"""Where the key of a relay named on the command line is looked for, in this order."""

MAX_BODY_BYTES = 16 * 1024

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)

# curl works these out by itself; a copied Content-Length would lie once somebody edits the body.
_OWN_HEADERS = frozenset({"host", "content-length", "connection", "accept-encoding", "authorization"})


def key_header(request: Request) -> tuple[str, str] | None:
    """Return the header that held a key, the variable in place of the target's own; None where there was none."""
    name = request.auth_header or "Authorization"
    scheme = "" if request.auth_header else "Bearer "
    match request.auth:
        case Auth.NORMAL:
            return name, f"{scheme}${KEY_VARIABLE}"
        case Auth.LOWERCASE:
            return name, f"{scheme.lower()}${KEY_VARIABLE}"
        case Auth.WRONG:
            return name, f"{scheme}{WRONG_KEY}"
        case _:
            return None


def curl_command(request: Request) -> str | None:
    """Return a POSIX shell command that sends `request` again, or None when its body is too long to paste.

    The key is read from the environment by the shell. `-N` shows a stream as it comes, `-i` the response head.
    """
    if len(request.body) > MAX_BODY_BYTES:
        return None
    headers = [f"-H {_word(f'{name}: {value}')}" for name, value in request.headers if name.lower() not in _OWN_HEADERS]
    if (key := key_header(request)) is not None:
        headers.append(f"-H {_key_word(*key)}")
    pipe, data = _body(request.body)
    return " \\\n  ".join([f"{pipe}curl -sSiN -X {_word(request.method)} {_word(request.url)}", *headers, *data])


def _key_word(name: str, value: str) -> str:
    """Return one shell word for the header of a key, in which the shell fills in the variable and does nothing else.

    A name may be any token of HTTP, and that of a record anything: in double quotes a shell would run some of it.
    """
    scheme, dollar, variable = value.partition(f"${KEY_VARIABLE}")
    if not dollar:
        return _word(f"{name}: {value}")
    if _PLAIN_NAME.fullmatch(name):
        return f'"{name}: {value}"'
    return f'{_word(f"{name}: {scheme}")}"{dollar}{variable}"'


def _body(body: bytes) -> tuple[str, list[str]]:
    """Return what goes before curl and its data option: bytes no argument can carry go through a pipe."""
    if not body:
        return "", []
    text = body.decode("utf-8", "surrogateescape")  # which leaves what is no UTF-8 unprintable
    if _is_typable(text):
        return "", [f"--data-raw {shlex.quote(text)}"]
    return f"printf '{_octal(body)}' | ", ["--data-binary @-"]


def _word(text: str) -> str:
    """Return one shell word for `text` that shows no control character to the terminal it is printed on."""
    return shlex.quote(text) if _is_typable(text) else f"\"$(printf '{_octal(text.encode('utf-8', 'replace'))}')\""


def _is_typable(text: str) -> bool:
    return text.replace("\n", "").isprintable() and not commands(text)


def _octal(data: bytes) -> str:
    """Return a printf format for `data`: printable ASCII as it is, the rest as octal, the escape POSIX promises.

    So is `#`: two of them begin a command to a CI that prints this.
    """
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "'\\%#" else f"\\{byte:03o}" for byte in data)
