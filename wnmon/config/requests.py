"""A request of the YAML -> Step: the body that will be sent, held against the documented request schema."""

from __future__ import annotations

import json
from dataclasses import replace

from wnmon.config.headers import step_headers
from wnmon.config.node import Cursor, Node
from wnmon.config.schema import fits_request
from wnmon.errors import did_you_mean
from wnmon.model.check import Assertion, Auth, Risk, Step
from wnmon.model.json import Json, JsonObject
from wnmon.model.said import Said

ASKING = ("prompt", "request", "body")
"""The keys that make a request of a mapping."""
_LINT_OFF = Said("lint_off")


def read_step(name: str, place: Cursor, expect: tuple[Assertion, ...] = ()) -> Step:
    """Return the request at `place`, whose members have been validated, and what is expected of its answer."""
    raw = place.get("body")
    body = _body(place) if raw is None else _raw_body(raw, place)
    risk = place.text_of("risk")
    if asks_something(place) and place.text_of("lint") in {None, "on"}:
        _lint(body, place, raw)
    plain = body.node.plain() if body is not None else {}
    assert isinstance(plain, dict)
    return Step(
        name=name,
        body=plain,
        expect=expect,
        raw_body=None if raw is None else raw.text,
        auth=Auth(place.text_of("auth") or Auth.NORMAL),
        headers=step_headers(place),
        risk=None if risk is None else Risk(risk),
        method=place.text_of("method") or "POST",
        path=place.text_of("path"),
        feature=place.text_of("feature"),
        close_after=place.whole_of("close_after"),
        plain_http=place.has("scheme"),
        http2=place.is_true("http2"),
        burst=place.whole_of("burst") or 1,
        filler=place.whole_of("filler") or 0,
        if_refused=place.text_of("if_refused"),
        about=_about(place, plain),
    )


def asks_something(place: Cursor) -> bool:
    """Tell whether a request is written at `place`."""
    return any(map(place.has, ASKING))


def _body(place: Cursor) -> Cursor:
    """Return the body as nodes, so that a problem in it has its place: `model`, `messages` of the prompt, `request`."""
    own, prompt, here = place.get("request"), place.get("prompt"), place.node
    if not asks_something(place):
        place.report(Said("nothing_to_send"), Said("write_request"))
    members = dict(place.members("request"))
    if prompt is not None and "messages" in members:
        members["messages"].report(Said("messages_twice"), Said("keep_messages"), key=True)
    nodes = {"model": Node("{{model}}", here.line, here.column)}
    if prompt is not None:
        line, column = prompt.node.line, prompt.node.column
        message = Node({"role": Node("user", line, column), "content": prompt.node}, line, column)
        nodes["messages"] = Node([message], line, column)
    nodes |= {name: member.node for name, member in members.items()}
    for element in place.elements("omit"):
        if nodes.pop(element.text, None) is None:
            element.report(Said("no_such_member"), did_you_mean(element.text, nodes))
    at = own.node if own is not None else here
    return Cursor(Node(nodes, at.line, at.column), place.file, (place.trail, "request"), place.problems)


def _about(place: Cursor, body: JsonObject) -> frozenset[str]:
    """Return the members a request is about; report those it does not have."""
    for element in place.elements("about"):
        if element.text not in body:
            element.report(Said("no_such_member"), did_you_mean(element.text, body))
    return frozenset(place.texts_of("about"))


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


def _lint(body: Cursor | None, place: Cursor, raw: Cursor | None) -> None:
    if body is None:
        (raw or place).expected(Said("body_is_object"), hint=_LINT_OFF)
        return
    problems = place.problems
    before = len(problems)
    if not fits_request(body):
        problems[before:] = [replace(one, hint=one.hint or _LINT_OFF) for one in problems[before:]]
