"""Folds a stream of events into the reply a JSON answer would have given, keeping when each token arrived.

    event                                            what it does
    -----------------------------------------------  ----------------------------------------------------------------
    the first [DONE]                                 ends the fold; frames after it are kept, and add nothing
    data that is no JSON object                      is kept as a frame, and adds nothing
    an object: id, model, created ...                the first value of each that says something stays
    an object: usage                                 the last that counts anything stays
    an object: the delta or message of a choice      its text goes to its channel: a token for each one it wrote to
    an object: the finish_reason of a choice         is noted; the last of those that are first of a choice is the end
    `error` member, event `error`, field `error`     the first error is the reply's; what it stands in counts as above
    a comment, or another field alone                no frame

Sources: OpenAI description, stream; for errors see `envelope`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from wnmon.model.json import Json, JsonObject
from wnmon.model.result import Usage
from wnmon.model.said import Said
from wnmon.wire.document import read_text
from wnmon.wire.envelope import envelope, error_in, refusal_in, text_error
from wnmon.wire.message import (
    MAX_CHOICES,
    MAX_TOOL_CALLS,
    choices_of,
    delta_of,
    string_at,
    texts_of,
    tool_calls_of,
    usage_of,
)
from wnmon.wire.reply import (
    Channel,
    Choice,
    Document,
    ErrorEnvelope,
    Event,
    EventStream,
    Form,
    Frame,
    JsonProblem,
    Reply,
    Token,
    ToolCall,
)

MAX_CONTAINERS = 500_000
"""Brackets opened in all frames together; frames after that are not read, so memory stays a multiple of the body."""

DONE = "[DONE]"
"""The payload that ends a stream (OpenAI description, stream)."""

_HEAD_MEMBERS = ("id", "model", "created", "system_fingerprint", "service_tier")


def fold(stream: EventStream, media_type: str | None) -> Reply:
    """Return the reply of a stream. Never raises. Frames after the first [DONE] are kept but add no text."""
    frames = _frames(stream)
    folded = _Fold()
    done = next((frame.event for frame in frames if frame.done), None)
    for frame in frames:
        if frame.event is done:
            break
        folded.take(frame)
    error = next(_errors(stream, frames), None)
    return Reply(
        form=Form.STREAM,
        media_type=media_type,
        document=folded.document(error),
        choices=folded.finished_choices(),
        usage=folded.usage,
        model=string_at(folded.head, "model") or None,
        error=error,
        stream=stream,
        frames=frames,
        tokens=tuple(folded.tokens),
        done_ns=None if done is None else done.at_ns,
        finish_ns=folded.finish_ns,
        usage_ns=folded.usage_ns,
    )


def _frames(stream: EventStream) -> tuple[Frame, ...]:
    frames: list[Frame] = []
    containers, may_be_many = 0, sum(len(event.data) for event in stream.events) > MAX_CONTAINERS
    for event in stream.events:
        if event.has_data:
            if may_be_many:
                containers += event.data.count("[") + event.data.count("{")
            frames.append(_frame(event, too_many=containers > MAX_CONTAINERS))
    return tuple(frames)


def _frame(event: Event, *, too_many: bool) -> Frame:
    """Read a payload. Blanks around [DONE] still end the stream: openai-python stops at whatever begins with it."""
    if event.data.strip(" \t\r\n") == DONE:
        return Frame(event=event, done=True)
    if too_many:
        message = Said("json_over_limit", n=f"{MAX_CONTAINERS:,}")
        problem = JsonProblem(kind="too_many_values", offset=0, message=message)
        return Frame(event=event, document=Document(problem=problem))
    return Frame(event=event, document=read_text(event.data))


def _value(frame: Frame) -> Json:
    return frame.document.value if frame.document is not None else None


def _errors(stream: EventStream, frames: tuple[Frame, ...]) -> Iterator[ErrorEnvelope]:
    """Yield errors in the order of the events: `error` members, events named error, unknown fields named error."""
    values = {frame.event.index: _value(frame) for frame in frames}
    for event in stream.events:
        value = values.get(event.index)
        found = refusal_in(value, event.place) if event.name == "error" else error_in(value, event.place)
        if found is None and event.name == "error":
            without = ErrorEnvelope(message=Said("error_event_without_data"), place=event.place)
            found = text_error(event.data, event.place) or without
        if found is not None:
            yield found
        yield from _field_errors(event)


def _field_errors(event: Event) -> Iterator[ErrorEnvelope]:
    """Yield errors in fields the standard ignores: llama.cpp's server wrote `error: {...}` and went silent."""
    for name, value in event.fields:
        found = read_text(value).value if name == "error" else None
        if isinstance(found, dict) and found:
            yield error_in(found, "field error") or envelope(found, "field error")


class _Fold:
    """What the frames so far come to."""

    def __init__(self) -> None:
        self.head: JsonObject = {}
        self.tokens: list[Token] = []
        self.usage: Usage | None = None
        self.usage_ns: int | None = None
        self.finish_ns: int | None = None
        self._usage_member: Json = None
        self._choices: dict[int, _ChoiceFold] = {}
        self._any = False
        self._open_head = list(_HEAD_MEMBERS)

    def take(self, frame: Frame) -> None:
        """Add one frame. Anything but a JSON object adds nothing."""
        value = _value(frame)
        if not isinstance(value, dict):
            return
        self._any = True
        self._take_head(value)
        self._take_usage(value.get("usage"), frame.event.at_ns)
        for index, choice in choices_of(value.get("choices")):
            self._take_choice(index, choice, frame.event)

    def _take_head(self, value: JsonObject) -> None:
        """Keep the first value that says something; Azure's first chunk has "" and 0 in these places."""
        for name in tuple(self._open_head):
            if name in value:
                self.head[name] = value[name] or self.head.get(name, value[name])
                if self.head[name]:
                    self._open_head.remove(name)

    def _take_usage(self, member: Json, at_ns: int) -> None:
        """Keep the last usage that counts anything: some relays repeat it, some send null or {} after it."""
        usage = usage_of(member)
        if usage is not None:
            self.usage, self.usage_ns, self._usage_member = usage, at_ns, member

    def _take_choice(self, index: int, choice: JsonObject, event: Event) -> None:
        fold = self._choices.get(index)
        if fold is None:
            if len(self._choices) >= MAX_CHOICES:
                return
            fold = self._choices[index] = _ChoiceFold(index)
        channels = fold.take_delta(delta_of(choice))
        self.tokens += [Token(at_ns=event.at_ns, channel=c, event=event.index, choice=index) for c in channels]
        if fold.take_finish(string_at(choice, "finish_reason")):
            self.finish_ns = event.at_ns

    def finished_choices(self) -> tuple[Choice, ...]:
        """Return the choices in the order of their index."""
        return tuple(self._choices[index].choice() for index in sorted(self._choices))

    def document(self, error: ErrorEnvelope | None) -> Document | None:
        """Return the completion the stream amounts to, None when no frame was a JSON object."""
        if not self._any:
            return None
        value: JsonObject = {"object": "chat.completion", **self.head}
        value["choices"] = [self._choices[index].member() for index in sorted(self._choices)]
        if self.usage is not None:
            value["usage"] = self._usage_member
        if error is not None:
            value["error"] = {
                "message": str(error.message),
                "type": error.type,
                "param": error.param,
                "code": error.code,
            }
        return Document(value=value)


@dataclass(slots=True)
class _ToolFold:
    """One tool call, its fragments not yet joined."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


class _ChoiceFold:
    """One choice, its fragments not yet joined."""

    def __init__(self, index: int) -> None:
        self._index = index
        self._role: str | None = None
        self._texts: dict[Channel, list[str]] = {}
        self._tools: dict[int, _ToolFold] = {}
        self._finish_reasons: list[str] = []
        self._text_after_finish = False

    def take_delta(self, delta: JsonObject) -> list[Channel]:
        """Add a delta; return the channels it wrote something to."""
        self._role = self._role or string_at(delta, "role") or None
        texts = texts_of(delta)
        for channel, text in texts.items():
            self._texts.setdefault(channel, []).append(text)
        written = [channel for channel, text in texts.items() if text]
        calls = tool_calls_of(delta)
        if calls and self._take_tools(calls):
            written.append(Channel.TOOL)
        self._text_after_finish |= bool(written and self._finish_reasons)
        return written

    def _take_tools(self, calls: list[ToolCall]) -> bool:
        for call in calls:
            if call.index in self._tools or len(self._tools) < MAX_TOOL_CALLS:
                tool = self._tools.setdefault(call.index, _ToolFold())
                tool.id, tool.name = tool.id or call.id, tool.name or call.name
                tool.arguments.append(call.arguments)
        return any(call.id or call.name or call.arguments for call in calls)

    def take_finish(self, reason: str) -> bool:
        """Note a finish reason; "" is none. Tell whether it was the first of this choice."""
        if reason:
            self._finish_reasons.append(reason)
        return bool(reason) and len(self._finish_reasons) == 1

    def choice(self) -> Choice:
        """Return the choice, fragments joined."""
        texts = {channel: "".join(pieces) for channel, pieces in self._texts.items()}
        return Choice(
            index=self._index,
            role=self._role,
            content=texts.get(Channel.CONTENT),
            reasoning=texts.get(Channel.REASONING, ""),
            refusal=texts.get(Channel.REFUSAL, ""),
            transcript=texts.get(Channel.AUDIO, ""),
            tool_calls=tuple(
                ToolCall(index=index, id=tool.id, name=tool.name, arguments="".join(tool.arguments))
                for index, tool in sorted(self._tools.items())
            ),
            finish_reasons=tuple(self._finish_reasons),
            text_after_finish=self._text_after_finish,
        )

    def member(self) -> Json:
        """Return the choice as a completion has it."""
        choice = self.choice()
        message: JsonObject = {} if choice.role is None else {"role": choice.role}
        message["content"] = choice.content
        message |= {"reasoning_content": choice.reasoning} if choice.reasoning else {}
        message |= {"refusal": choice.refusal} if choice.refusal else {}
        message |= {"audio": {"transcript": choice.transcript}} if choice.transcript else {}
        if choice.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in choice.tool_calls
            ]
        return {"index": choice.index, "message": message, "finish_reason": choice.finish_reason}
