"""`parameters` of a target: how each of its models wants to be asked."""

from __future__ import annotations

from wnmon.config.node import Cursor, quote
from wnmon.errors import did_you_mean
from wnmon.model.parameters import AS_WRITTEN, Parameters
from wnmon.model.said import Said


def read_parameters(place: Cursor | None, models: tuple[str, ...]) -> dict[str, Parameters]:
    """Return the parameters of each model that has some: those of all its target's models, and its own over them."""
    if place is None:
        return {}
    shared = _parameters(place)
    own = {}
    for model, value in place.members("models"):
        if model not in models:
            value.report(Said("unknown_model"), did_you_mean(model, models), key=True)
        own[model] = shared.with_more(_parameters(value))
    return {model: one for model in models if (one := own.get(model, shared)) != AS_WRITTEN}


def _parameters(place: Cursor) -> Parameters:
    rename, drop = {old: new.text for old, new in place.members("rename")}, frozenset(place.texts_of("drop"))
    add = {name: value.node.plain() for name, value in place.members("add")}
    _report_contradictions(place)
    return Parameters(
        rename=rename,
        drop=drop,
        add=add,
        stream_only=place.has("stream"),
        output_tokens=place.whole_of("output_tokens"),
    )


def _report_contradictions(place: Cursor) -> None:
    """Report what is named twice: renamed or added, and yet dropped; two parameters that would have one name."""
    kept = {name for key in ("rename", "add") for name, _ in place.members(key)}
    for element in place.elements("drop"):
        if element.text in kept:
            element.report(Said("dropped_and_kept", name=quote(element.text)), Said("keep_one"))
    taken: set[str] = set()
    for old, new in place.members("rename"):
        if new.text in taken or new.text == old:
            new.report(Said("name_taken", name=quote(new.text)), Said("rename_apart"))
        taken.add(new.text)
