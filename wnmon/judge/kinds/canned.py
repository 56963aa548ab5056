"""`canned: never`: the text is no error sentence of the relay's own, spoken as if the model had said it.

Told by what such sentences say, and by a text that claims to have cost no token at all. The patterns are those of relay
software seen in the wild: busy upstreams, quotas, channels, retries.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from wnmon.judge.kind import Kind, On
from wnmon.judge.patterns import compile_pattern
from wnmon.judge.subject import Subject, complaint
from wnmon.judge.values import only
from wnmon.model.result import Finding, Reason
from wnmon.model.said import Said
from wnmon.model.text import cut

_LONGEST_CHARS = 2_000
_SENTENCE = compile_pattern(
    r"(?i)\b(upstream|service|server|channel|model) (is |was )?(temporarily |currently )?"
    r"(error|busy|unavailable|overloaded)\b"
    r"|\b(rate limit|quota|balance) (was |is |has been )?(exceeded|reached|exhausted|insufficient|not enough)\b"
    r"|\binternal server error\b|\brequest (failed|timed out)\b|\b(try|retry) again (later|in)\b|\brequest id: ?\w"
    r"|无可用渠道|服务(器)?(繁忙|不可用)|上游(错误|异常|负载)|稍后(再试|重试)|额度不足|余额不足|请求(失败|超时)"
)


prepare = partial(only, "never")


def assess(_: None, subject: Subject) -> Iterator[Finding]:
    """Complain about an error sentence in place of an answer, and a text that cost nothing."""
    text, usage = subject.reply.text[:_LONGEST_CHARS], subject.reply.usage
    if _SENTENCE.search(text) is not None:
        wanted = Said("answer_of_the_model")
        yield complaint(subject, Said("error_sentence"), wanted, cut(text), "content", Reason.CONTENT)
    elif text and usage is not None and usage.completion_tokens == 0:
        place = "/usage/completion_tokens"
        yield complaint(subject, Said("text_without_cost"), Said("at_least", n=1), "0", place, Reason.CONTENT)


KIND = Kind(prepare, assess, on=On.MEANING)
