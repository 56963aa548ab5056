"""The secrets of all targets, known to one redactor; those of configurations before stay known."""

from __future__ import annotations

from hashlib import sha256

from engine_samples import KEY

from wnmon.engine.known_secrets import MAX_FORMER, KnownSecrets
from wnmon.model.target import Secret

OTHERS = "sk-of-another-target-0123456789"


def keys(count: int, start: int = 0) -> list[Secret]:
    """Return keys that have nothing in common."""
    return [Secret(sha256(bytes([k % 256, k // 256])).hexdigest()[:24], "api_key") for k in range(start, start + count)]


def test_every_secret_told_is_redacted() -> None:
    assert "sk-of" not in KnownSecrets().learn([Secret(KEY, "a"), Secret(OTHERS, "b")]).text(f"{KEY} {OTHERS}")


def test_a_secret_told_before_stays_redacted() -> None:
    known = KnownSecrets()
    known.learn([Secret(KEY, "a")])

    assert known.learn([Secret(OTHERS, "b")]).text(KEY) == "[redacted:a]"


def test_what_is_known_costs_no_new_redactor() -> None:
    known = KnownSecrets()
    first = known.learn([Secret(KEY, "a"), Secret(OTHERS, "b")])

    assert known.learn([Secret(OTHERS, "b")]) is first


def test_the_oldest_of_too_many_former_secrets_is_forgotten() -> None:
    known, (oldest, *old) = KnownSecrets(), keys(1 + MAX_FORMER)
    known.learn([oldest])
    known.learn(old)
    redactor = known.learn(new := keys(2, 1 + MAX_FORMER))

    shown = [one for one in (*new, *old, oldest) if redactor.text(one.reveal()) == one.reveal()]
    assert shown == [oldest]
