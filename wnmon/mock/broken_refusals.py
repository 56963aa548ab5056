"""Faults of what a relay refuses and how: wrong requests answered, keys not checked, errors told badly. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from wnmon.mock.changes import (
    DASHBOARD_PAGE,
    HTML,
    changing,
    each_choice,
    raw,
    refusing,
    relabelled,
    setting,
    within,
    without,
    without_header,
)
from wnmon.mock.chat import Chat, Message, Refusal
from wnmon.mock.fault import Answer, ApiCall, FaultKind, Hook, JsonAnswer, MockFault, whole
from wnmon.mock.relay import respond
from wnmon.mock.stream import encode_json
from wnmon.model.check import WRONG_KEY
from wnmon.model.json import Json, JsonObject

Which = Callable[[ApiCall, JsonObject], bool]

_QUESTION = (Message(role="user", text="Reply with the single word: pong"),)
_OLD_S = 86_400
_TRACE = 'Traceback (most recent call last):\n  File "/app/relay.py", line 71, in handle\nKeyError: model'
_UPSTREAM = 'Post "https://api.upstream.example/v1/chat/completions": context deadline exceeded'


# --- which refusals: a question to the call and to the error object


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


# --- what comes instead


def _instead(which: Which, hook: Hook[Answer]) -> Hook[Answer]:
    """Put another answer in place of some refusals."""

    def refused(call: ApiCall, answer: Answer) -> Answer:
        error = answer.value.get("error") if isinstance(answer, JsonAnswer) else None
        return hook(call, answer) if isinstance(error, dict) and which(call, error) else answer

    return refused


def _lenient(what: str, which: Which, *kills: str) -> MockFault:
    """Return a fault that answers some requests as if nothing were wrong with them."""

    def pong(call: ApiCall, _: Answer) -> Answer:
        chat = Chat(model=call.settings.models[0], messages=_QUESTION)
        return respond(replace(call, chat=chat), ())

    return MockFault(says=f"answers {what} as if nothing were wrong", kills={*kills}, refused=_instead(which, pong))


def _with_status(status: int) -> Hook[Answer]:
    return lambda _, answer: replace(answer, status=status, headers=()) if isinstance(answer, JsonAnswer) else answer


_crashing = refusing(Refusal(status=500, message="internal error", type="server_error", code="internal_error"))
# Events under the label of JSON.
_stream_as_json = raw(
    200,
    'data: {"object":"chat.completion.chunk","choices":[]}\n\ndata: [DONE]\n\n',
    ("Content-Type", "application/json"),
)


def _problem(**changes: Json) -> Hook[Answer]:
    """Tell refusals as problem details (RFC 9457) that hold the OpenAI envelope as an extension member."""

    def refused(_: ApiCall, answer: Answer) -> Answer:
        assert isinstance(answer, JsonAnswer)
        details: JsonObject = {"type": "about:blank", "title": "refused", "status": answer.status}
        lines = (("Content-Type", "application/problem+json"), *answer.headers)
        return whole(answer.status, lines, encode_json({**details, **changes, **answer.value}))

    return _instead(lambda _call, _error: True, refused)


def _saying_also(text: str) -> Hook[JsonObject]:
    """Add words to the message of every refusal."""
    return within("error", changing("message", lambda _, message: f"{message}: {text}"))


def _flat(_: ApiCall, value: JsonObject) -> JsonObject:
    """Tell the error as FastAPI does by default."""
    members = value["error"]
    assert isinstance(members, dict)
    return {"detail": members["message"]}


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
        kills={"REQ-021"},
        refused=_instead(_about("model", "model_not_found"), _with_status(503)),
    ),
    "500-no-messages": MockFault(
        says="500 for a request without messages",
        kills={"REQ-002", "STR-017"},
        refused=_instead(_about("messages", "missing_required_parameter"), _crashing),
    ),
    "500-stream-text": MockFault(
        says='500 for stream "true"', kills={"REQ-019"}, refused=_instead(_about("stream"), _crashing)
    ),
    "mislabelled-stream-text": MockFault(
        says='a stream labelled as JSON for stream "true"',
        kills={"REQ-019"},
        refused=_instead(_about("stream"), _stream_as_json),
    ),
    "html-404-no-model": MockFault(
        says="404 with an HTML page for a request without model",
        kills={"ERR-001", "ERR-002"},
        refused=_instead(_about("model", "missing_required_parameter"), raw(404, DASHBOARD_PAGE, HTML)),
    ),
    "refuses-penalties": MockFault(
        says="400 for frequency_penalty, as a parameter the model does not support",
        kills={"DOC-019"},
        answer=refusing(
            Refusal(
                status=400,
                message="frequency_penalty is not supported by this model",
                param="frequency_penalty",
                code="unsupported_parameter",
            ),
            when=lambda call: call.chat is not None and b'"frequency_penalty"' in call.body,
        ),
    ),
    "strict-members": MockFault(
        says="400 for a member nobody knows",
        kills={"REQ-017"},
        answer=refusing(
            Refusal(status=400, message="unrecognized request argument: x_wnmon", param="x_wnmon"),
            when=lambda call: b'"x_wnmon"' in call.body,
        ),
    ),
    "open-door": _lenient("requests without a key", _without_key, "AUTH-001"),
    "403-no-key": MockFault(
        says="403 where no key was sent", kills={"AUTH-006"}, refused=_instead(_without_key, _with_status(403))
    ),
    "any-key": _lenient("requests with a wrong key", _with_wrong_key, "AUTH-002"),
    "403-wrong-key": MockFault(
        says="403 for a wrong key", kills={"AUTH-007"}, refused=_instead(_with_wrong_key, _with_status(403))
    ),
    "bare-401": MockFault(
        says="401 without WWW-Authenticate", kills={"AUTH-003"}, head=without_header("www-authenticate")
    ),
    "upper-case-bearer": MockFault(
        says="401 for the scheme in lower case",
        kills={"AUTH-004"},
        answer=refusing(
            Refusal(
                status=401,
                message="expected the header Authorization: Bearer KEY",
                type="authentication_error",
                code="invalid_api_key",
                headers=(("WWW-Authenticate", "Bearer"),),
            ),
            when=lambda call: not call.head.headers.get("authorization", "").startswith("Bearer "),
        ),
    ),
    "key-in-query": _lenient(
        "requests with any key in the query", lambda call, _: "api_key=" in call.head.query, "AUTH-005"
    ),
    "empty-key": _lenient(
        "requests with an empty key", lambda call, _: "authorization" in call.head.headers and not call.key, "AUTH-005"
    ),
    "errors-as-text": MockFault(
        says="JSON errors declared as text/plain",
        kills={"ERR-001", "STR-017"},
        head=lambda _, head: relabelled(head, "text/plain") if 400 <= head.status < 500 else head,
    ),
    "flat-error": MockFault(says="errors as {detail}, without the envelope", kills={"ERR-002", "LIM-004"}, error=_flat),
    "empty-message": MockFault(
        says="errors with an empty message", kills={"ERR-002"}, error=within("error", setting("message", " "))
    ),
    "number-code": MockFault(
        says="errors whose code is a number", kills={"ERR-003"}, error=within("error", setting("code", 400))
    ),
    "no-param": MockFault(says="errors without param", kills={"ERR-003"}, error=within("error", without("param"))),
    "stack-trace": MockFault(says="errors with a stack trace", kills={"ERR-004"}, error=_saying_also(_TRACE)),
    "upstream-url": MockFault(
        says="errors with the address of the upstream", kills={"ERR-004"}, error=_saying_also(_UPSTREAM)
    ),
    "inner-address": MockFault(
        says="errors with an IP address", kills={"ERR-004"}, error=_saying_also("dial tcp 192.0.2.17:443: i/o timeout")
    ),
    "problem-status": MockFault(
        says="problem details with another status than the response's", kills={"ERR-005"}, refused=_problem(status=422)
    ),
    "problem-types": MockFault(
        says="problem details with a number as title", kills={"ERR-005"}, refused=_problem(title=7)
    ),
    "problem-json": MockFault(
        says="errors as problem details that hold the envelope too", kind=FaultKind.PERSONA, refused=_problem()
    ),
    "wrong-object": MockFault(
        says="object is text_completion", kills={"DOC-015"}, completion=setting("object", "text_completion")
    ),
    "wrong-role": MockFault(
        says="messages come in the role model",
        kills={"DOC-015"},
        completion=each_choice(within("message", setting("role", "model"))),
    ),
    "created-ms": MockFault(
        says="created in milliseconds",
        kills={"DOC-016"},
        completion=changing("created", lambda call, _: int(call.wall_s * 1000)),
    ),
    "created-old": MockFault(
        says="created a day ago",
        kills={"DOC-016"},
        completion=changing("created", lambda call, _: int(call.wall_s) - _OLD_S),
    ),
}
