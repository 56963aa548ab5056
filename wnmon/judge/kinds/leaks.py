r"""`leaks: none`: the body shows no key, no address of an upstream, no stack trace, no IP address.

Keys of the target have become markers before anything is judged, so a marker is what shows that one was there. Links
to documentation are no leak: an address counts as an upstream's when its path is an API's, or its host is internal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from ipaddress import ip_address
from itertools import islice
from urllib.parse import urlsplit

from wnmon.judge.kind import Kind
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.check import WRONG_KEY
from wnmon.model.json import Json
from wnmon.model.result import Finding
from wnmon.model.said import Said
from wnmon.model.text import one_line

_LOOK_CHARS = 262_144

_KEY = re.compile(rf"\[redacted:[A-Za-z0-9_.:-]{{1,64}}\]|{re.escape(WRONG_KEY)}")
_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r'|File "[^"\n]{1,200}", line [0-9]'
    r"|goroutine [0-9]{1,10} \["
    r"|panicked at "
    r"|runtime error: "  # Go
    r"|[A-Za-z0-9_]\.(?:go|py|js|ts|mjs|php|rb|rs|java|kt|cs):[0-9]"
    r"|\bat [A-Za-z0-9_$.<>]{1,100}\([^()\n]{1,200}:[0-9]{1,6}\)"  # Java, JavaScript
)
_URL = re.compile(r"https?://([^\s/?#\"'<>\\]{1,255})([^\s?#\"'<>\\]{0,300})", re.IGNORECASE)
_API_PATH = re.compile(
    r"/v[0-9][a-z0-9]{0,8}/(?:chat/completions|completions|messages|responses|embeddings)\b"
    r"|/openai/deployments/|:(?:streamG|g)enerateContent\b"
)
# A slash or a letter before it makes it a version, as in `Chrome/120.0.0.0`; two slashes begin a host.
_IPV4 = re.compile(r"(?:(?<=//)|(?<![\w./-]))((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?::([0-9]{1,5}))?(?![\w-]|\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])([0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:])")


prepare = partial(only, "none")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain once about each kind of leak, in the first 262,144 characters."""
    text = _text(subject)
    own = urlsplit(subject.exchange.request.url).netloc.lower()  # the relay may show it: the caller knows it
    leaks = {
        Said("a_key"): (match.group() for match in _KEY.finditer(text)),
        Said("a_stack_trace"): (match.group() for match in _TRACE.finditer(text)),
        Said("an_upstream_address"): _upstreams(text, own),
        Said("an_ip_address"): _addresses(text, own),
    }
    for what, found in leaks.items():
        for shown in islice(found, 1):
            message, actual = Said("body_shows", said=what), one_line(shown, 80)
            yield complaint(subject, message, Said("nothing_of_the_kind"), actual, "body")


def _text(subject: Subject) -> str:
    """Return every string of a JSON body without its escapes, one to a line; any other body as it is."""
    document = subject.reply.document
    if document is not None and document.problem is None:
        return "\n".join(_strings(document.value))[:_LOOK_CHARS]
    return subject.exchange.body[:_LOOK_CHARS].decode(errors="replace")


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)


def _upstreams(text: str, own: str) -> Iterator[str]:
    for match in _URL.finditer(text):
        authority = match.group(1).rpartition("@")[2].lower().rstrip(".,;:)]")
        if authority != own and (_internal(authority) or _API_PATH.search(match.group(2))):
            yield match.group()


def _internal(authority: str) -> bool:
    """Tell whether a host is one only a neighbour can reach: with a port, or without a dot."""
    host, _, port = authority.rpartition(":")
    return "." not in authority or (bool(host) and port.isdigit() and port not in {"80", "443"})


def _addresses(text: str, own: str) -> Iterator[str]:
    for match in _IPV4.finditer(text):
        port = match.group(2)
        shown = match.group(1) if port is None else f"{match.group(1)}:{port}"
        if _is_address(match.group(1)) and shown not in {own, own.partition(":")[0]}:
            yield shown
    for match in _IPV6.finditer(text):
        if any(character.isdigit() for character in match.group(1)) and _is_address(match.group(1)):
            yield match.group(1)


def _is_address(text: str) -> bool:
    try:
        return not ip_address(text).is_unspecified
    except ValueError:
        return False


KIND = Kind(prepare, assess)
