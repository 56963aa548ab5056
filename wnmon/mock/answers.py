"""What the relay says: the same words for the same messages, following the simple instructions probes give. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from wnmon.mock.chat import Chat, Message

_ASCII_SPACE = " \t\r\n"  # str.strip() alone would also eat U+2028 and friends out of an echo
_MAX_COUNTED = 5_000
_MAX_WORDS = 20_000
_LONG_WORDS = 400
_FEWEST_WORDS = 20  # below that "N words" is a remark such as "which two words", not a length

# An instruction that ends in a colon and the text to give back, in English or Chinese.
_ECHO = re.compile(
    r"(?:\b(?:reply|respond|answer|output|return|print|write|say)\b[^:：\n]{0,60}"
    r"\b(?:with|only|exactly|single|just|following|verbatim|these|this|both)\b[^:：\n]{0,80}"
    r"|\b(?:repeat|echo)\b[^:：\n]{0,80}"
    r"|(?:只回复|只回答|只输出|仅回复|请回复|请重复|重复|复述)[^:：\n]{0,20})[:：](.+)",
    re.IGNORECASE | re.DOTALL,
)
_COUNT = re.compile(r"\bcount\b[^\d\n]{0,30}(\d{1,9})\s*(?:to|through|until|-|\.\.)\s*(\d{1,9})", re.IGNORECASE)
_COUNT_ZH = re.compile(r"从\s*(\d{1,9})\s*数到\s*(\d{1,9})")
_SUM = re.compile(
    r"(?:what is|what's|how much is|calculate|compute|solve|number|result|sum|计算|请问)[^\d\n]{0,40}"
    r"(?<![\w-])(-?\d{1,18})\s*([-+*×]|plus|minus|times)\s*(\d{1,18})(?![\w-])",
    re.IGNORECASE,
)
_SUM_ZH = re.compile(r"(?<![\w-])(-?\d{1,18})\s*([-+*×])\s*(\d{1,18})\s*(?:等于|是多少|=)")
_WORDS = re.compile(r"\b(\d{1,6})[\s-]+(?:words?|tokens?)\b|(\d{1,6})\s*字", re.IGNORECASE)
_LONG = re.compile(r"\b(?:long|essay|story|in detail)\b|长文|详细", re.IGNORECASE)
_RECALL = re.compile(
    r"\b(?:what|which|recall|remember|remind|told|earlier|both|each|every|all|back)\b|什么|哪|记得|记住|刚才|之前",
    re.IGNORECASE,
)
_FACT = re.compile(
    r"\b(?:code|word|number|nonce|secret|name|token|colou?r|password|phrase)s?\b[^.?!\n:：]{0,20}?"
    r"(?:\b(?:is|was|are)\b|[=:：])\s*[\"'`“]?([\w-]+)"
    r"|(?:暗号|代码|口令|数字|名字|单词)(?:是|为|[:：])\s*[\"'“]?([\w-]+)",
    re.IGNORECASE,
)
_NONCE = re.compile(r"(?<![\w-])(?=[\w-]{0,40}\d)(?=[\w-]{0,40}[A-Za-z])[A-Za-z0-9_-]{6,64}(?![\w-])")
_ALWAYS = re.compile(r"\b(?:always|whatever|regardless|no matter|every)\b|无论|始终|总是", re.IGNORECASE)
_HELLO = re.compile(r"\s*(?:hi|hello|hey|good (?:morning|day|evening))\b", re.IGNORECASE)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")

_FILL = ("the", "relay", "sends", "one", "small", "token", "after", "another", "and", "keeps", "its", "time")
_OPENINGS = ("In short", "Put simply", "As far as I can tell", "To begin with", "Broadly", "Seen plainly")
_SUBJECTS = ("this request", "the question", "what you wrote", "this message", "your prompt", "the text above")
_ENDINGS = (
    "asks for nothing this relay knows how to do",
    "deserves a plain answer and this is one",
    "was read from the first word to the last",
    "arrived whole and was understood",
)


def speak(chat: Chat, *, index: int) -> str:
    """Return the whole text of choice `index`, before stop and max_tokens cut it."""
    last = next((message.text for message in reversed(chat.messages) if message.role == "user"), "")
    rules = [message.text for message in chat.messages if message.role in {"system", "developer"}]
    commanding = [text for text in rules if _ALWAYS.search(text)]
    return (
        _first_echo(commanding)
        or next(filter(None, (follow(last, chat.messages) for follow in _INSTRUCTIONS)), None)
        or _first_echo(rules)
        or _greet(last)
        or _plain(chat, index)
    )


def _first_echo(texts: Sequence[str]) -> str | None:
    return next((said for text in texts if (said := _echo(text, ()))), None)


def filler(words: int) -> str:
    """Return that many short words, each one token."""
    return " ".join(islice(cycle(_FILL), words))


def _count(text: str, _: Sequence[Message]) -> str | None:
    match = _COUNT.search(text) or _COUNT_ZH.search(text)
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    step = 1 if last >= first else -1
    return ", ".join(str(number) for number in islice(range(first, last + step, step), _MAX_COUNTED))


def _calculate(text: str, _: Sequence[Message]) -> str | None:
    match = _SUM.search(text) or _SUM_ZH.search(text)
    if match is None:
        return None
    left, sign, right = int(match[1]), match[2].lower(), int(match[3])
    if sign in {"+", "plus"}:
        return str(left + right)
    return str(left - right) if sign in {"-", "minus"} else str(left * right)


def _echo(text: str, _: Sequence[Message]) -> str | None:
    match = _ECHO.search(text)
    return match[1].strip(_ASCII_SPACE) if match else None


def _recall(text: str, messages: Sequence[Message]) -> str | None:
    """Give back what was said earlier: stated facts first, else words that look like a nonce."""
    if not _RECALL.search(text):
        return None
    said = "\n".join(message.text for message in messages)
    facts = [first or second for first, second in _FACT.findall(said)]
    return " ".join(dict.fromkeys(facts or _NONCE.findall(said))) or None


def _at_length(text: str, _: Sequence[Message]) -> str | None:
    match = _WORDS.search(text)
    words = int(match[1] or match[2]) if match else 0
    if words >= _FEWEST_WORDS:
        return filler(min(words, _MAX_WORDS))
    return filler(_LONG_WORDS) if _LONG.search(text) else None


# In this order: "reply with only the number: what is 12+30" is a sum, not an echo.
_INSTRUCTIONS: tuple[Callable[[str, Sequence[Message]], str | None], ...] = (
    _count,
    _calculate,
    _echo,
    _at_length,
    _recall,
)


def _greet(text: str) -> str | None:
    if "你好" in text or "您好" in text:
        return "你好！有什么可以帮您的吗？"
    return "Hello! How can I help you today?" if _HELLO.match(text) else None


def _plain(chat: Chat, index: int) -> str:
    """Answer anything else from a digest of the request: stable, and another one for another seed or choice."""
    said = "\n".join(f"{message.role}:{message.text}" for message in chat.messages)
    digest = hashlib.sha256(f"{chat.model}\n{chat.seed}\n{index}\n{said}".encode()).digest()
    if _CHINESE.search(said):
        return f"收到，您的消息共 {len(said)} 个字符，编号 {digest.hex()[:6]}。"
    opening, subject = _OPENINGS[digest[0] % len(_OPENINGS)], _SUBJECTS[digest[1] % len(_SUBJECTS)]
    return f"{opening}, {subject} {_ENDINGS[digest[2] % len(_ENDINGS)]}. (note {digest.hex()[:6]})"
