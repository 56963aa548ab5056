"""What an answer teaches of how its model wants to be asked. The first case that holds decides:

    the answer                                                   teaches
    -----------------------------------------------------------  ------------------------------------------------------
    refuses, and speaks of enable_thinking, which was not sent   to add `enable_thinking: false`
    refuses, and wants a stream where none was asked for         to ask for streams only
    refuses a limit as too small                                 a larger limit
    refuses a limit                                              its other name, and then to leave it out
    refuses another optional parameter                           to leave it out
    was cut while the model thought, before the first word       a larger limit
    is any other                                                 nothing

A refusal names its parameter in `param`, or in words beside one that refuses. What OpenAI, Azure, DashScope, Mistral,
Anthropic's compatible route, Moonshot, xAI, vLLM and relays in Chinese write is in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from functools import cache

from wnmon.model.json import Json, JsonObject, at
from wnmon.model.lesson import Learnt, Lesson, Taught
from wnmon.model.parameters import LIMITS, Parameters
from wnmon.model.result import Reason
from wnmon.model.said import Said
from wnmon.model.text import one_line
from wnmon.wire.answer import Answer
from wnmon.wire.cause_row import means
from wnmon.wire.reply import Choice, ErrorEnvelope

ENOUGH_TOKENS = 2_048
"""The limit of an answer to a model that thinks before it speaks: what the shortest thinking takes, and some text."""

OPTIONAL = (
    *LIMITS,
    *("temperature", "top_p", "top_k", "min_p", "frequency_penalty", "presence_penalty", "repetition_penalty"),
    *("n", "stop", "seed", "user", "logprobs", "top_logprobs", "logit_bias", "stream_options", "enable_thinking"),
    *("reasoning_effort", "parallel_tool_calls", "service_tier", "store", "metadata"),
)
"""Parameters without which a request is still the same question."""

_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_THINKING = "enable_thinking"
# What the Responses API calls the limit: relays ask it for chat completions, and pass on what it says.
_OF_RESPONSES = "max_output_tokens"
_MAX_WORDS_CHARS = 200
_ANY_REFUSAL = "invalid_request*"
_NUMBERS = re.compile(r"[0-9a-f]{8,}|[0-9]+", re.IGNORECASE)
_WRONG_REQUEST = frozenset({400, 422})
_OF_THE_ACCOUNT = frozenset({Reason.AUTH, Reason.BALANCE, Reason.MODEL_UNAVAILABLE, Reason.RATE_LIMITED})
# Words that are names of parameters and much else besides count only where they are written as names.
_COMMON = frozenset({"n", "stop", "seed", "user", "store", "metadata"})
_REFUSES = re.compile(
    r"unsupported|(?:not|n't)\s(?:\w+\s)?(?:support|allow|permit|accept|available|compatible|recogni)|incompatible"
    r"|unrecogni|unknown|unexpected|extra (?:inputs|fields)|deprecated|no longer|removed|cannot|can't|can not|must|only"
    r"|should\sbe|has\sto\sbe|out\sof\srange"
    r"|invalid|fixed|forbidden|restricted|disallowed|不支持|仅支持|只支持|无效|不允许|不被允许|不可|不能|弃用|废弃|必须|只能|仅能"
    r"|无法识别|未知|不接受|有误|错误|非法"
)
_TOO_SMALL = re.compile(
    r"below_min|below (?:the )?min|at least|minimum|too (?:small|low)|higher max|(?:greater|larger) than|>=|≥"
    r"|不能小于|不得小于|至少|大于"
)
_WANTS_STREAM = re.compile(
    r"\b(?:only|must|should|requires?|needs?|enable|set)\b[^.\n]{0,60}\bstream(?:ing|ed)?(?![a-z_])"
    r"|\bstream(?:ing|ed)?(?![a-z_])[^.\n]{0,60}\b(?:only|must|required|true)\b"
    r"|\bnon-?stream\w*[^.\n]{0,60}(?:\bnot\b|n't|unsupported)|\bnot? [^.\n]{0,40}\bnon-?stream"
    r"|(?:仅|只|必须|须|需|请)[^。\n]{0,30}(?:stream(?![a-z_])|流式)|(?<!非)(?:stream(?![a-z_])|流式)[^。\n]{0,30}(?:必须|true)"
    r"|(?:不|无法)[^。\n]{0,20}非流式|非流式[^。\n]{0,20}(?:不|无法)|\bnon-?stream\w* calls?\b"
)


def lesson_of(answer: Answer, tried: Set[tuple[Taught, str]], about: Set[str]) -> Learnt | None:
    """Return what an answer teaches that was not tried yet, None where it teaches nothing. Never raises.

    `about` are the members the request tests: they are not to be touched.
    """
    asked, error = answer.asked, answer.reply.error
    if asked is None:
        return None
    if error is None:
        return _from_thought(answer, asked, tried, about)
    if not _blames_request(answer):
        return None
    return next((one for one in _from_refusal(error, asked, about) if not _was_tried(one.lesson, tried)), None)


def is_alike(one: Answer, other: Answer) -> bool:
    """Tell whether two refusals say the same, but for numbers such as the id of a request."""
    said, again = (answer.reply.error and _NUMBERS.sub("", str(answer.reply.error.message)) for answer in (one, other))
    return bool(said) and said == again


def _was_tried(lesson: Lesson, tried: Set[tuple[Taught, str]]) -> bool:
    """Tell whether a lesson, or of a new name the one that leads back, was tried."""
    if lesson.key in tried:
        return True
    return lesson.taught is Taught.RENAMED and (Taught.RENAMED, _OTHER_NAME[lesson.parameter]) in tried


def _blames_request(answer: Answer) -> bool:
    status = answer.exchange.status or 0
    is_of_the_account = answer.fault is not None and answer.fault.reason in _OF_THE_ACCOUNT
    return not is_of_the_account and not answer.reply.tokens and (status in _WRONG_REQUEST or 200 <= status < 300)


def _from_refusal(error: ErrorEnvelope, asked: JsonObject, about: Set[str]) -> list[Learnt]:
    """Return what a refusal may mean, the likeliest first."""
    said = one_line(str(error.message), _MAX_WORDS_CHARS)
    words = (
        f"{error.clues.wording}\n{error.message}".lower()
    )  # of a list, as FastAPI writes, only the message tells all
    limit = next((name for name in LIMITS if name in asked), _OF_RESPONSES)
    words = words.replace(_OF_RESPONSES, limit)
    head = re.split(r"[.\[]", (error.param or "").replace(_OF_RESPONSES, limit))[0]
    candidates = []
    if _THINKING in words and _THINKING not in asked:
        candidates.append(_added(said))
    if "stream" not in about and asked.get("stream") is not True and (head == "stream" or _WANTS_STREAM.search(words)):
        candidates.append(_streams(said))
    name = head or _named(words, error, asked)
    if name in asked and name in OPTIONAL and name not in about:
        candidates += _untaken(name, words, error, asked, said)
    return candidates


def _named(words: str, error: ErrorEnvelope, asked: JsonObject) -> str | None:
    """Return the optional parameter of a request that a refusal names first."""
    said = [*(code for code in error.clues.codes if not means(_ANY_REFUSAL, [code])), words]
    if not _any_says(_REFUSES, said) and not _any_says(_TOO_SMALL, said):
        return None
    found = ((match.start(), name) for name in asked if name in OPTIONAL if (match := _mention(name).search(words)))
    return next((name for _, name in sorted(found)), None)


def _any_says(what: re.Pattern[str], said: Iterable[str]) -> bool:
    return any(what.search(one.lower()) for one in said)


@cache
def _mention(name: str) -> re.Pattern[str]:
    """Return what finds a parameter in words, be it written max_tokens, maxTokens or max tokens."""
    if name in _COMMON:
        named = rf"['\"`“‘]{name}['\"`”’]|\b(?:parameters?|arguments?|fields?)\b[ :=]{{1,3}}{name}\b"
        return re.compile(rf"{named}|: {name}$|参数 ?{name}\b", re.MULTILINE)
    return re.compile(rf"(?<![a-z0-9_]){name.replace('_', '[_ -]?')}(?![a-z0-9_])")


def _untaken(name: str, words: str, error: ErrorEnvelope, asked: JsonObject, said: str) -> list[Learnt]:
    if name in LIMITS and _any_says(_TOO_SMALL, (*error.clues.codes, words)):
        more = Said("asked_longer_refused", name=name, n=ENOUGH_TOKENS, text=said)
        return [_more(more, said)] if 0 < _limit(asked) < ENOUGH_TOKENS else []
    without = Said("asked_without", name=name, text=said)
    dropped = _learnt(Taught.DROPPED, name, without, said, Parameters(drop=frozenset({name})))
    other = _OTHER_NAME.get(name)
    if other is None or other in asked:
        return [dropped]
    with_other = Said("asked_with_other", name=other, name2=name, text=said)
    return [_learnt(Taught.RENAMED, name, with_other, said, Parameters(rename={name: other})), dropped]


def _added(said: str) -> Learnt:
    change = Parameters(add={_THINKING: False})
    return _learnt(Taught.ADDED, _THINKING, Said("asked_with_no_thinking", text=said), said, change)


def _streams(said: str) -> Learnt:
    change = Parameters(stream_only=True)
    return _learnt(Taught.ONLY_STREAMS, "stream", Said("asked_for_streams", text=said), said, change)


def _more(said: Said, words: str) -> Learnt:
    return _learnt(Taught.MORE_TOKENS, "max_tokens", said, words, Parameters(output_tokens=ENOUGH_TOKENS))


def _learnt(taught: Taught, parameter: str, how: Said, words: str, change: Parameters) -> Learnt:
    return Learnt(lesson=Lesson(taught=taught, parameter=parameter, how=how, words=words), change=change)


def _from_thought(answer: Answer, asked: JsonObject, tried: Set[tuple[Taught, str]], about: Set[str]) -> Learnt | None:
    choice, limit = next(iter(answer.reply.choices), None), _limit(asked)
    if choice is None or choice.finish_reason != "length" or not 0 < limit < ENOUGH_TOKENS or about & {*LIMITS}:
        return None
    if (Taught.MORE_TOKENS, "max_tokens") in tried or _says_something(choice) or not _thought(answer, choice):
        return None
    return _more(Said("asked_longer", n=ENOUGH_TOKENS, n2=limit), "")


def _says_something(choice: Choice) -> bool:
    text = (choice.content or "").strip()
    is_thought = text.startswith("<think>") and "</think>" not in text
    return bool((text and not is_thought) or choice.refusal or choice.transcript or choice.tool_calls)


def _thought(answer: Answer, choice: Choice) -> bool:
    document = answer.reply.document
    value: Json = document.value if document is not None else None
    places = ("/usage/completion_tokens_details/reasoning_tokens", "/usage/reasoning_tokens")
    counts = (at(value, place) for place in places)
    is_counted = any(isinstance(count, int) and not isinstance(count, bool) and count > 0 for count in counts)
    return bool(choice.reasoning or choice.content) or is_counted


def _limit(asked: JsonObject) -> int:
    """Return the limit of a request, 0 where it sets none."""
    limits = [value for name in LIMITS if isinstance(value := asked.get(name), int) and not isinstance(value, bool)]
    return max(limits, default=0)
