"""A request of the YAML -> Step: the body that will be sent, held against the documented request schema."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TypedDict

from wnmon.config.headers import step_headers
from wnmon.config.node import Cursor, Node
from wnmon.config.schema import fits_request
from wnmon.errors import did_you_mean
from wnmon.model.check import Auth, Risk, Step
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import Said

_LINT_OFF = Said("lint_off")


def read_step(name: str, place: Cursor) -> Step:
    """Return the request at `place`, whose members have been validated; `expect` is left empty."""
    raw = place.get("body")
    body = _body(place) if raw is None else _raw_body(raw, place)
    auth, risk, lint = (place.get(key) for key in ("auth", "risk", "lint"))
    if asks_something(place) and (lint is None or lint.text == "on"):
        _lint(body, place, raw)
    return Step(
        name=name,
        body=_plain(body),
        raw_body=None if raw is None else raw.text,
        auth=Auth.NORMAL if auth is None else Auth(auth.text),
        headers=step_headers(place.get("headers")),
        risk=None if risk is None else Risk(risk.text),
        **_odd(place),
    )


class _Odd(TypedDict):
    method: str
    path: str | None
    feature: str | None
    close_after: int | None
    plain_http: bool
    http2: bool
    burst: int
    filler: int


def _odd(place: Cursor) -> _Odd:
    """Return what is unlike a plain request: another method or path, an optional feature, an early end and the like."""
    method, path, feature, close_after = (place.get(key) for key in ("method", "path", "feature", "close_after"))
    burst, filler, http2 = (place.get(key) for key in ("burst", "filler", "http2"))
    return _Odd(
        method="POST" if method is None else method.text,
        path=None if path is None else path.text,
        feature=None if feature is None else feature.text,
        close_after=None if close_after is None else close_after.whole,
        plain_http=place.has("scheme"),
        http2=http2 is not None and http2.node.value is True,
        burst=1 if burst is None else burst.whole,
        filler=0 if filler is None else filler.whole,
    )


def asks_something(place: Cursor) -> bool:
    """Tell whether a request is written at `place`."""
    return any(place.has(key) for key in ("prompt", "request", "body"))


def _body(place: Cursor) -> Cursor:
    """Return the body as nodes, so that a problem in it has its place: `model`, `messages` of the prompt, `request`."""
    own, prompt, here = place.get("request"), place.get("prompt"), place.node
    if not asks_something(place):
        place.report(Said("nothing_to_send"), Said("write_request"))
    members = dict(own.members()) if own is not None else {}
    if prompt is not None and "messages" in members:
        members["messages"].report(Said("messages_twice"), Said("keep_messages"), key=True)
    nodes = {"model": Node("{{model}}", here.line, here.column)}
    if prompt is not None:
        nodes["messages"] = _user_message(prompt.node)
    nodes |= {name: member.node for name, member in members.items()}
    for element in _omitted(place):
        if nodes.pop(element.text, None) is None:
            element.report(Said("no_such_member"), did_you_mean(element.text, nodes))
    at = own.node if own is not None else here
    return Cursor(Node(nodes, at.line, at.column), place.file, (place.trail, "request"), place.problems)


def _omitted(place: Cursor) -> list[Cursor]:
    omit = place.get("omit")
    return list(omit.elements()) if omit is not None else []


def _user_message(prompt: Node) -> Node:
    line, column = prompt.line, prompt.column
    role = Node("user", line, column)
    return Node([Node({"role": role, "content": prompt}, line, column)], line, column)


def _raw_body(raw: Cursor, place: Cursor) -> Cursor | None:
    """Return what a raw body says as JSON, None when it is no JSON object."""
    for key in ("prompt", "request", "omit"):
        member = place.get(key)
        if member is not None:
            member.report(Said("body_replaces"), Said("leave_out_either", name=key), key=True)
    try:
        value: Json = json.loads(raw.text)
    except (ValueError, RecursionError):
        return None
    return raw._replace(node=_nodes(value, raw.node)) if isinstance(value, dict) else None


def _nodes(value: Json, at: Node) -> Node:
    if isinstance(value, dict):
        return Node({key: _nodes(member, at) for key, member in value.items()}, at.line, at.column)
    if isinstance(value, list):
        return Node([_nodes(element, at) for element in value], at.line, at.column)
    return Node(value, at.line, at.column)


def _plain(body: Cursor | None) -> JsonObject:
    value = body.node.plain() if body is not None else {}
    assert isinstance(value, dict)
    return value


def _lint(body: Cursor | None, place: Cursor, raw: Cursor | None) -> None:
    if body is None:
        (raw or place).expected(Said("body_is_object"), hint=_LINT_OFF)
        return
    problems = place.problems
    before = len(problems)
    if not fits_request(body):
        problems[before:] = [replace(one, hint=one.hint or _LINT_OFF) for one in problems[before:]]
