"""Passwords against their bcrypt hashes: the one place that knows the library, which comes with the extra `auth`."""

from __future__ import annotations

MOST_BYTES = 72
"""bcrypt looks at no more of a password. htpasswd and Go cut it there without a word, and some hash was made so."""


def is_password(password: bytes, hashed: str) -> bool:
    """Tell whether this is the password that was hashed. Takes 50 ms and more: never call it on an event loop."""
    from bcrypt import checkpw  # only where somebody logs in by a password

    if b"\0" in password:  # bcrypt repeats a key and the zero at its end: "abc", zero, "abc" would be the same as "abc"
        return False
    return checkpw(password[:MOST_BYTES], hashed.encode("ascii"))
