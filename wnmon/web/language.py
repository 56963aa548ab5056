"""Which language the page is shown in."""

from __future__ import annotations

from wnmon.model.language import LANGUAGES


def choose_language(asked: str | None, accept: str | None, otherwise: str = LANGUAGES[0]) -> str:
    """Return the language of the page: the `lang` asked for, else the best of Accept-Language, else `otherwise`.

    Accept-Language is a list of ranges with weights (RFC 9110 §12.5.4); a malformed weight counts as 0.
    """
    if asked and (known := _known(asked)):
        return known
    ranges = [_weighted(part) for part in (accept or "")[:1000].split(",")]
    ranked = sorted(((weight, -place, name) for place, (name, weight) in enumerate(ranges) if weight > 0), reverse=True)
    return next((known for _, _, name in ranked if (known := _known(name))), otherwise)


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameter = part.partition(";")
    _, _, weight = parameter.partition("=")
    try:
        return name, float(weight) if parameter else 1.0
    except ValueError:
        return name, 0.0


def _known(tag: str) -> str | None:
    primary = tag.strip().lower().replace("_", "-").split("-")[0]
    return primary if primary in LANGUAGES else None
