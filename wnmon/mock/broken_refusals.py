"""Faults of what a relay refuses and how: wrong requests answered, keys not checked, errors told badly. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from wnmon.mock.broken_answers import DASHBOARD_PAGE, raw, setting
from wnmon.mock.chat import Chat, Message, Refusal
from wnmon.mock.fault import Answer, ApiCall, FaultKind, JsonAnswer, MockFault, RawAnswer
from wnmon.mock.http import ResponseHead
from wnmon.mock.pieces import Send
from wnmon.mock.relay import refuse, respond
from wnmon.mock.stream import encode_json
from wnmon.model.check import WRONG_KEY
from wnmon.model.json import Json, JsonObject

Hook = Callable[[ApiCall, Answer], Answer]
Which = Callable[[ApiCall, JsonObject], bool]

_QUESTION = (Message(role="user", text="Reply with the single word: pong"),)
_OLD_S = 86_400


def _error(answer: Answer) -> JsonObject:
    """Return the error of a refusal, {} for any other answer."""
    error = answer.value.get("error") if isinstance(answer, JsonAnswer) else None
    return error if isinstance(error, dict) else {}


def _about(param: str, code: str | None = None) -> Which:
    """Tell refusals that name a parameter, and a code where it matters."""
    return lambda _, error: error.get("param") == param and code in {None, error.get("code")}


def _saying(words: str) -> Which:
    """Tell refusals by words of their message."""
    return lambda _, error: words in str(error.get("message"))


def _without_key(call: ApiCall, _: JsonObject) -> bool:
    return "authorization" not in call.head.headers and not call.head.query


def _with_wrong_key(call: ApiCall, _: JsonObject) -> bool:
    return call.key == WRONG_KEY


def _with_key_in_query(call: ApiCall, _: JsonObject) -> bool:
    return "api_key=" in call.head.query


def _with_empty_key(call: ApiCall, _: JsonObject) -> bool:
    return "authorization" in call.head.headers and not call.key


def _answering(which: Which) -> Hook:
    """Answer some requests as if nothing were wrong with them."""
    return _instead(which, lambda call, _: _pong(call))


def _instead(which: Which, hook: Hook) -> Hook:
    """Put another answer in place of some refusals."""

    def refused(call: ApiCall, answer: Answer) -> Answer:
        error = _error(answer)
        return hook(call, answer) if error and which(call, error) else answer

    return refused


def _any(_call: ApiCall, _error: JsonObject) -> bool:
    return True


def _pong(call: ApiCall) -> Answer:
    chat = Chat(model=call.settings.models[0], messages=_QUESTION)
    return respond(replace(call, chat=chat), ())


def _crashing(_call: ApiCall, _answer: Answer) -> Answer:
    return refuse(Refusal(status=500, message="internal error", type="server_error", code="internal_error"))


def _with_status(status: int) -> Hook:
    def refused(_: ApiCall, answer: Answer) -> Answer:
        return replace(answer, status=status, headers=()) if isinstance(answer, JsonAnswer) else answer

    return refused


def _stream_as_json(_call: ApiCall, _answer: Answer) -> Answer:
    """Send events under the label of JSON."""
    frames = b'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n'
    media = (("Content-Type", "application/json"),)
    return RawAnswer(status=200, headers=media, pieces=iter((Send(frames),)), length=len(frames))


def _bare_401(_: ApiCall, head: ResponseHead) -> ResponseHead:
    return replace(head, headers=tuple(line for line in head.headers if line[0].lower() != "www-authenticate"))


def _errors_as_text(_: ApiCall, head: ResponseHead) -> ResponseHead:
    """Label every refusal as plain text."""
    if not 400 <= head.status < 500:
        return head
    lines = ((name, "text/plain" if name.lower() == "content-type" else value) for name, value in head.headers)
    return replace(head, headers=tuple(lines))


def _only_upper_case(call: ApiCall, answer: Answer) -> Answer:
    """Compare the scheme byte by byte."""
    if call.head.headers.get("authorization", "").startswith("Bearer "):
        return answer
    challenge = (("WWW-Authenticate", "Bearer"),)
    message = "expected the header Authorization: Bearer KEY"
    return refuse(
        Refusal(status=401, message=message, type="authentication_error", code="invalid_api_key", headers=challenge)
    )


def _strict_members(call: ApiCall, answer: Answer) -> Answer:
    """Refuse a member the description does not name."""
    if b'"x_wnmon"' not in call.body:
        return answer
    return refuse(Refusal(status=400, message="unrecognized request argument: x_wnmon", param="x_wnmon"))


def _saying_also(text: str) -> Callable[[ApiCall, JsonObject], JsonObject]:
    """Add words to the message of every refusal."""

    def error(_: ApiCall, value: JsonObject) -> JsonObject:
        members = value["error"]
        assert isinstance(members, dict)
        return {**value, "error": {**members, "message": f"{members['message']}: {text}"}}

    return error


def _member(name: str, member: Json) -> Callable[[ApiCall, JsonObject], JsonObject]:
    """Put another value into the error object."""

    def error(_: ApiCall, value: JsonObject) -> JsonObject:
        members = value["error"]
        assert isinstance(members, dict)
        return {**value, "error": {**members, name: member}}

    return error


def _without_member(name: str) -> Callable[[ApiCall, JsonObject], JsonObject]:
    def error(_: ApiCall, value: JsonObject) -> JsonObject:
        members = value["error"]
        assert isinstance(members, dict)
        return {**value, "error": {key: member for key, member in members.items() if key != name}}

    return error


def _flat(_: ApiCall, value: JsonObject) -> JsonObject:
    """Tell the error as FastAPI does by default."""
    members = value["error"]
    assert isinstance(members, dict)
    return {"detail": members["message"]}


def _problem(**changes: Json) -> Hook:
    """Tell refusals as problem details (RFC 9457) that hold the OpenAI envelope as an extension member."""

    def refused(_: ApiCall, answer: Answer) -> Answer:
        assert isinstance(answer, JsonAnswer)
        details: JsonObject = {"type": "about:blank", "title": "refused", "status": answer.status}
        data = encode_json({**details, **changes, **answer.value})
        lines = (("Content-Type", "application/problem+json"), *answer.headers)
        return RawAnswer(status=answer.status, headers=lines, pieces=iter((Send(data),)), length=len(data))

    return _instead(_any, refused)


def _created(change: Callable[[ApiCall], Json]) -> Callable[[ApiCall, JsonObject], JsonObject]:
    return lambda call, value: {**value, "created": change(call)}


def _wizard_speaks(_: ApiCall, value: JsonObject) -> JsonObject:
    """Answer in the role of another vendor."""
    text = json.dumps(value, ensure_ascii=False).replace('"role": "assistant"', '"role": "model"')
    spoken: JsonObject = json.loads(text)
    return spoken


def _lenient(what: str, which: Which, *kills: str) -> MockFault:
    return MockFault(says=f"answers {what} as if nothing were wrong", kills=frozenset(kills), refused=_answering(which))


_TRACE = 'Traceback (most recent call last):\n  File "/app/relay.py", line 71, in handle\nKeyError: model'
_UPSTREAM = 'Post "https://api.upstream.example/v1/chat/completions": context deadline exceeded'

FAULTS: dict[str, MockFault] = {
    "lenient-no-model": _lenient("a request without model", _about("model", "missing_required_parameter"), "REQ-001"),
    "lenient-no-messages": _lenient(
        "a request without messages", _about("messages", "missing_required_parameter"), "REQ-002", "STR-017"
    ),
    "lenient-empty-messages": _lenient("an empty list of messages", _about("messages", "empty_array"), "REQ-003"),
    "lenient-no-role": _lenient(
        "a message without role", _about("messages[0].role", "missing_required_parameter"), "REQ-004"
    ),
    "lenient-no-content": _lenient(
        "a message without content", _about("messages[0].content", "missing_required_parameter"), "REQ-005"
    ),
    "lenient-unknown-role": _lenient("an unknown role", _saying("invalid value for 'messages[0].role'"), "REQ-006"),
    "lenient-messages-object": _lenient("messages given as an object", _about("messages", "invalid_type"), "REQ-007"),
    "lenient-model-number": _lenient("a model given as a number", _about("model", "invalid_type"), "REQ-008"),
    "lenient-json": _lenient("JSON that ends too early", _saying("is not valid JSON"), "REQ-009"),
    "lenient-empty-body": _lenient("an empty body", _saying("body is empty"), "REQ-010"),
    "lenient-media-type": _lenient("a body declared as text/plain", _saying("expected Content-Type"), "REQ-011"),
    "lenient-temperature": _lenient("a temperature of 3", _about("temperature"), "REQ-012"),
    "lenient-top-p": _lenient("a top_p of 2", _about("top_p"), "REQ-013"),
    "lenient-penalties": _lenient("penalties of 3", _about("frequency_penalty"), "REQ-020"),
    "lenient-max-tokens": _lenient("a max_tokens of -1 or 0", _about("max_tokens", "invalid_value"), "REQ-014"),
    "lenient-max-tokens-text": _lenient("a max_tokens given as text", _about("max_tokens", "invalid_type"), "REQ-014"),
    "lenient-n": _lenient("an n of 0", _about("n"), "REQ-015"),
    "lenient-stop": _lenient("five stop sequences", _about("stop"), "REQ-016"),
    "default-model": _lenient("an unknown model by another", _about("model", "model_not_found"), "REQ-018"),
    "unavailable-model-503": MockFault(
        says="503 for an unknown model",
        kills=frozenset({"REQ-021"}),
        refused=_instead(_about("model", "model_not_found"), _with_status(503)),
    ),
    "500-no-messages": MockFault(
        says="500 for a request without messages",
        kills=frozenset({"REQ-002", "STR-017"}),
        refused=_instead(_about("messages", "missing_required_parameter"), _crashing),
    ),
    "500-stream-text": MockFault(
        says='500 for stream "true"', kills=frozenset({"REQ-019"}), refused=_instead(_about("stream"), _crashing)
    ),
    "mislabelled-stream-text": MockFault(
        says='a stream labelled as JSON for stream "true"',
        kills=frozenset({"REQ-019"}),
        refused=_instead(_about("stream"), _stream_as_json),
    ),
    "html-404-no-model": MockFault(
        says="404 with an HTML page for a request without model",
        kills=frozenset({"ERR-001", "ERR-002"}),
        refused=_instead(
            _about("model", "missing_required_parameter"), raw(404, DASHBOARD_PAGE, media="text/html; charset=utf-8")
        ),
    ),
    "strict-members": MockFault(
        says="400 for a member nobody knows", kills=frozenset({"REQ-017"}), answer=_strict_members
    ),
    "open-door": _lenient("requests without a key", _without_key, "AUTH-001"),
    "403-no-key": MockFault(
        says="403 where no key was sent",
        kills=frozenset({"AUTH-006"}),
        refused=_instead(_without_key, _with_status(403)),
    ),
    "any-key": _lenient("requests with a wrong key", _with_wrong_key, "AUTH-002"),
    "403-wrong-key": MockFault(
        says="403 for a wrong key", kills=frozenset({"AUTH-007"}), refused=_instead(_with_wrong_key, _with_status(403))
    ),
    "bare-401": MockFault(says="401 without WWW-Authenticate", kills=frozenset({"AUTH-003"}), head=_bare_401),
    "upper-case-bearer": MockFault(
        says="401 for the scheme in lower case", kills=frozenset({"AUTH-004"}), answer=_only_upper_case
    ),
    "key-in-query": _lenient("requests with any key in the query", _with_key_in_query, "AUTH-005"),
    "empty-key": _lenient("requests with an empty key", _with_empty_key, "AUTH-005"),
    "errors-as-text": MockFault(
        says="JSON errors declared as text/plain", kills=frozenset({"ERR-001", "STR-017"}), head=_errors_as_text
    ),
    "flat-error": MockFault(
        says="errors as {detail}, without the envelope", kills=frozenset({"ERR-002", "LIM-004"}), error=_flat
    ),
    "empty-message": MockFault(
        says="errors with an empty message", kills=frozenset({"ERR-002"}), error=_member("message", " ")
    ),
    "number-code": MockFault(
        says="errors whose code is a number", kills=frozenset({"ERR-003"}), error=_member("code", 400)
    ),
    "no-param": MockFault(says="errors without param", kills=frozenset({"ERR-003"}), error=_without_member("param")),
    "stack-trace": MockFault(
        says="errors with a stack trace", kills=frozenset({"ERR-004"}), error=_saying_also(_TRACE)
    ),
    "upstream-url": MockFault(
        says="errors with the address of the upstream", kills=frozenset({"ERR-004"}), error=_saying_also(_UPSTREAM)
    ),
    "inner-address": MockFault(
        says="errors with an IP address",
        kills=frozenset({"ERR-004"}),
        error=_saying_also("dial tcp 192.0.2.17:443: i/o timeout"),
    ),
    "problem-status": MockFault(
        says="problem details with another status than the response's",
        kills=frozenset({"ERR-005"}),
        refused=_problem(status=422),
    ),
    "problem-types": MockFault(
        says="problem details with a number as title", kills=frozenset({"ERR-005"}), refused=_problem(title=7)
    ),
    "problem-json": MockFault(
        says="errors as problem details that hold the envelope too", kind=FaultKind.PERSONA, refused=_problem()
    ),
    "wrong-object": MockFault(
        says="object is text_completion",
        kills=frozenset({"DOC-015"}),
        completion=setting("object", "text_completion"),
    ),
    "wrong-role": MockFault(
        says="messages come in the role model", kills=frozenset({"DOC-015"}), completion=_wizard_speaks
    ),
    "created-ms": MockFault(
        says="created in milliseconds",
        kills=frozenset({"DOC-016"}),
        completion=_created(lambda call: int(call.wall_s * 1000)),
    ),
    "created-old": MockFault(
        says="created a day ago",
        kills=frozenset({"DOC-016"}),
        completion=_created(lambda call: int(call.wall_s) - _OLD_S),
    ),
}
