"""What speaks of a credential where nobody has declared one: the name of a header, or the shape of a word.

    a name                         speaks of a credential
    Set-Cookie, X-Relay-Auth       yes: some of it is one of `_TELLING`
    X-RateLimit-Limit-Tokens       no: it counts
    WWW-Authenticate, X-Author     no: it asks for one, or is about something else

    a word                         looks like a key
    sk-... and 8 more              yes: its issuer's keys begin so; with other issuers' beginnings 16 more
    16 hex digits, a UUID          yes
    Zk3vQ9xT2mLp                   yes: 12 or more that change between a, A and 1 at every second or third character
    gpt-4o-mini-2024-07-18         no: its parts are words and numbers
    any 40 letters and digits      yes

A key made of words, or a short one of small letters alone, cannot be told from a name.
"""

from __future__ import annotations

import re
from itertools import groupby

_TELLING = re.compile(
    r"auth(?!or(?!i[sz])|enticate$)|key(?!word|board)|token|cookie|secret|credential|session|signature"
    r"|passw|(?:\A|[_-])pass(?:\Z|[_-])|passphrase|pwd|jwt|bearer",
    re.ASCII | re.IGNORECASE,
)
_COUNTING = re.compile(r"rate-?limit|tokens?-(?:used|limit|remaining|reset|count)$|tokens$", re.ASCII | re.IGNORECASE)

_ISSUED = re.compile(
    r"[sp]k[_-][!-~]{8}|(?:gsk_|xai-|pplx-|nvapi-|hf_|r8_|ghp_|github_pat_|glpat-|xox[abp]-|tvly-|AIza|AKIA|eyJ)[!-~]{16}",
    re.ASCII | re.IGNORECASE,
)
_HEX = re.compile(r"[0-9a-f]+", re.ASCII | re.IGNORECASE)

_WORD = re.compile(r"[^\s/]+")
_TOKEN = re.compile(r"[A-Za-z0-9_~+-]{8,}", re.ASCII)
_APART = re.compile(r"[^A-Za-z0-9]+", re.ASCII)
# What ends a word but is no part of what it names: an ending of a file, a place in it, quotes, stops.
_TAIL = re.compile(r"(?:\.[a-z]{2,6})?(?::[0-9]{1,6})*[^A-Za-z0-9]*\Z", re.ASCII)


def is_telling(name: str) -> bool:
    """Tell whether a header's name says that its value is a credential."""
    return _TELLING.search(name) is not None and _COUNTING.search(name) is None


def is_issued(word: str) -> bool:
    """Tell whether a word begins as the keys of an issuer do: no name of a model, a host or a variable does."""
    return _ISSUED.match(word) is not None


def looks_like_key(word: str) -> bool:
    """Tell whether a word has the shape of a key rather than of a name."""
    if is_issued(word):
        return True
    parts = _APART.split(word)
    together = "".join(parts)
    return (
        any(_is_drawn(part) for part in parts)
        or (len(together) >= 32 and _HEX.fullmatch(together) is not None)
        or (len(together) >= 16 and len(set(map(_class, together))) == 3 and len(together) <= 2 * _runs(together))
    )


def _is_drawn(part: str) -> bool:
    """Tell whether letters and digits look drawn: of words and numbers most neighbours are alike."""
    size, runs = len(part), _runs(part)
    in_one_case = part in {part.lower(), part.upper()} and not part.isalpha()
    return (
        size >= 40
        or (size >= 16 and _HEX.fullmatch(part) is not None)
        or (size >= 12 and 2 * size <= 5 * runs)
        or (size >= 20 and in_one_case and 2 * size <= 7 * runs)
    )


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
    key = next((token for token in _TOKEN.finditer(word) if looks_like_key(token[0].lstrip("-"))), None)
    if key is None:
        return word
    start = key.start() + len(key[0]) - len(key[0].lstrip("-"))
    tail = _TAIL.search(word, key.end())
    end = tail.start() if tail else len(word)
    return f"{word[:start]}[redacted:{end - start}-characters]{word[end:]}"
