"""What speaks of a credential where nobody has declared one: the name of a header, or the shape of a word.

    a name                         speaks of a credential
    Set-Cookie, X-Relay-Auth       yes: some of it is one of `_TELLING`
    X-RateLimit-Limit-Tokens       no: it counts
    WWW-Authenticate, X-Author     no: it asks for one, or is about something else

    a word                         looks like a key
    sk-... or pk-... and 8 more    yes: keys are handed out so
    16 hex digits, a UUID          yes
    Zk3vQ9xT2mLp                   yes: 12 or more that change between a, A and 1 at every second or third character
    gpt-4o-mini-2024-07-18         no: its parts are words and numbers
    any 40 letters and digits      yes

A key made of words, or a short one of small letters alone, cannot be told from a name.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from itertools import groupby

_TELLING = re.compile(
    r"auth(?!or(?!i[sz])|enticate$)|key(?!word|board)|token|cookie|secret|credential|session|signature"
    r"|passw|passphrase|pwd|jwt|bearer|csrf|xsrf|(?:\A|[_-])(?:pass|sid|sign|otp)(?:\Z|[_-])",
    re.ASCII | re.IGNORECASE,
)
_COUNTING = re.compile(r"rate-?limit|tokens?-(?:used|limit|remaining|reset|count)$|tokens$", re.ASCII | re.IGNORECASE)

_BASIC = re.compile(r"basic +([A-Za-z0-9+/_-]+)=* *", re.ASCII | re.IGNORECASE)

_ISSUED = re.compile(r"[sp]k-(?=[!-~]{8})", re.ASCII | re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+", re.ASCII)
# As long as a key of 128 bits in hex is.
_KEY_CHARS = 32
# Longer than what an orchestrator draws for the name of a container, which is a host's too.
_HOST_KEY_CHARS = 16

_WORD = re.compile(r"\S+")
_TOKEN = re.compile(r"[A-Za-z0-9_~+-]{8,}", re.ASCII)
_APART = re.compile(r"[^A-Za-z0-9]+", re.ASCII)
# What ends a word but is no part of what it names: quotes and stops, and before them an ending and a place of a file.
_STOPS = re.compile(r"[^A-Za-z0-9]*+", re.ASCII)
_PLACE = re.compile(r"(?:\.[a-z]{2,6})?(?::[0-9]{1,6}){0,2}\Z", re.ASCII)
_LONGEST_PLACE = 21


def is_telling(name: str) -> bool:
    """Tell whether a header's name says that its value is a credential."""
    return _TELLING.search(name) is not None and _COUNTING.search(name) is None


def basic_login(value: str) -> tuple[str, str] | None:
    """Return user and password of a header's value that is `Basic` and these in base64 (RFC 7617 §2), else None.

    The password is "" where there is none. What is no text in base64 is a token like any other.
    """
    found = _BASIC.fullmatch(value)
    if found is None:
        return None
    token = found[1].replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    user, _, password = text.partition(":")
    return (user, password) if text.isprintable() else None


def is_issued(word: str) -> bool:
    """Tell whether a word can be nothing but a key: it begins as keys are handed out, and goes on as if drawn."""
    begun = _ISSUED.match(word)
    return begun is not None and looks_like_key(word[begun.end() :])


def is_no_name(word: str) -> bool:
    """Tell whether a word is a key and no name of a model, a target or a check: as long as a key, all of it drawn.

    A UUID with its dashes may be the name of a deployment; so may whatever has a word beside what was drawn.
    """
    return is_issued(word) or (
        len(word) >= _KEY_CHARS and _TOKEN.fullmatch(word) is not None and _is_drawn_throughout(word)
    )


def is_key_for_host(host: str) -> bool:
    """Tell whether a key stands where a host belongs. A part of a name with dots may be drawn: providers do so."""
    names = host.split(".")
    return any(map(is_issued, names)) or (len(names) == 1 and len(host) >= _HOST_KEY_CHARS and looks_like_key(host))


def looks_like_key(word: str) -> bool:
    """Tell whether a word has the shape of a key rather than of a name."""
    if _ISSUED.match(word):
        return True
    parts = _APART.split(word)
    together = "".join(parts)
    return (
        any(_is_drawn(part) for part in parts)
        or (len(together) >= 32 and _HEX.fullmatch(together) is not None)
        or (len(together) >= 16 and len(set(map(_class, together))) == 3 and len(together) <= 2 * _runs(together))
    )


def _is_drawn_throughout(word: str) -> bool:
    """Tell whether a word looks drawn from its first sign to its last."""
    together = _APART.sub("", word)
    if together == word:
        # Words written together change too, but their numbers stand in one place, at the end mostly.
        return _HEX.fullmatch(word) is not None or (_changes_as_drawn(word) and len(_NUMBER.findall(word)) > 1)
    return len(set(map(_class, together))) == 3 and len(together) <= 2 * _runs(together)


def _is_drawn(part: str) -> bool:
    """Tell whether letters and digits look drawn, or are too many to be a word."""
    return len(part) >= 40 or (len(part) >= 16 and _HEX.fullmatch(part) is not None) or _changes_as_drawn(part)


def _changes_as_drawn(part: str) -> bool:
    """Tell whether letters and digits change as if drawn: of words and numbers most neighbours are alike."""
    size, runs = len(part), _runs(part)
    in_one_case = part in {part.lower(), part.upper()} and not part.isalpha()
    return (size >= 12 and 2 * size <= 5 * runs) or (size >= 20 and in_one_case and 2 * size <= 7 * runs)


def _runs(text: str) -> int:
    """Count the stretches of small letters, of capitals and of digits."""
    return sum(1 for _ in groupby(text, _class))


def _class(char: str) -> str:
    return "1" if char.isdigit() else "A" if char.isupper() else "a"


def masked(text: str) -> str:
    """Return a text with each word that looks like a key as `[redacted:51-characters]`, so much of it being one."""
    return _WORD.sub(_masked_word, text)


def _masked_word(found: re.Match[str]) -> str:
    word = found[0]
    parts = word.split("/")
    shown = [_masked_part(part, looks_like_key) for part in parts]
    if shown == parts or "://" in word or word.lstrip("'\"([{")[:1] in {"/", "."}:
        return "/".join(shown)
    # Neither a URL nor a path: a key in base64 has a slash now and then, so the parts beside may be of it.
    return "/".join(
        _masked_part(part, _is_mixed) if part == left else left for part, left in zip(parts, shown, strict=True)
    )


def _is_mixed(token: str) -> bool:
    return len(set(map(_class, token))) > 1


def _masked_part(part: str, is_key: Callable[[str], bool]) -> str:
    """Mask from the first token that is a key to the end, but for what ends it."""
    key = next((token for token in _TOKEN.finditer(part) if is_key(token[0].lstrip("-"))), None)
    if key is None:
        return part
    start = key.start() + len(key[0]) - len(key[0].lstrip("-"))
    stops = _STOPS.match(part[::-1])
    word = part[: len(part) - stops.end()] if stops else part
    place = _PLACE.search(word, max(key.end(), len(word) - _LONGEST_PLACE))
    end = place.start() if place else len(word)
    return f"{part[:start]}[redacted:{end - start}-characters]{part[end:]}"
