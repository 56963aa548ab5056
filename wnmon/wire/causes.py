"""Turns a status and the words of an error into a reason, by the phrases relays are known to use.

    The first that holds decides                               reason
    ---------------------------------------------------------  ------------------------------------------------------
    words of _SATURATED                                        rate_limited
    402, or words of _BALANCE                                  balance
    401                                                        auth
    words of _MODEL or _MODEL_PHRASE                           model_unavailable
    429, or words of _RATE without a status                    rate_limited
    words of _AUTH with 400, 403 or no status; a bare 403      auth
    any other status                                           http_4xx, http_5xx
    no status                                                  None: not recognised

Words about money win over the status: new-api answers a spent key with 401 or 403, OpenAI with 429. An error inside a
200 has no status but what its code claims (`status_in`).
"""

from __future__ import annotations

import re

from wnmon.model.result import Reason
from wnmon.wire.reply import ErrorEnvelope

# A relay's own word for "every upstream of this group refuses right now" (one-api, new-api). It comes with 429, with
# rewritten statuses and sometimes with type insufficient_quota, so it is looked for before anything else.
_SATURATED = ("负载已饱和",)

_BALANCE = (
    "insufficient_user_quota",  # one-api, new-api
    "pre_consume_token_quota_failed",  # one-api, new-api
    "insufficient_quota",  # OpenAI
    "exceeded your current quota",  # OpenAI
    "billing_hard_limit_reached",  # OpenAI
    "billing_not_active",  # OpenAI
    "credit balance is too low",  # Anthropic
    "insufficient balance",  # DeepSeek
    "insufficient_balance",
    "insufficient credits",  # OpenRouter
    "not enough credits",
    "arrearage",  # DashScope
    "余额",
    "额度不足",
    "额度已用",
    "额度失败",
    "剩余额度",
    "额度耗尽",
    "欠费",
)
_MODEL = (
    "model_not_found",
    "model_not_available",
    "model_not_supported",
    "model_unavailable",
    "get_channel_failed",  # new-api
    "no available channel",  # one-api, new-api
    "no endpoints found",  # OpenRouter
    "deploymentnotfound",  # Azure
    "invalid model",  # Mistral
    "invalid_model",
    "unknown model",
    "no such model",
    "无可用渠道",
    "无可用的渠道",
    "模型不存在",
    "无权访问模型",
    "无权使用模型",
    "不支持的模型",
)
_MODEL_PHRASE = re.compile(
    r"\bmodel\b.{0,200}?(?:does not exist|not found|not available|unavailable|not supported|not exist)"
)
_AUTH = (
    "invalid_api_key",
    "invalidapikey",
    "incorrect api key",
    "invalid api key",
    "api key not valid",  # Google
    "invalid token",
    "invalid_token",
    "authentication_error",  # Anthropic
    "authentication fails",  # DeepSeek
    "unauthorized",
    "access denied",
    "permission",
    "forbidden",
    "not allowed",
    "banned",
    "令牌",
    "无权",
    "鉴权",
    "封禁",
    "禁用",
)
_RATE = ("rate_limit", "rate limit", "ratelimit", "too many requests", "resource_exhausted", "请求过于频繁", "限流")
# Words that say the limit is one of the key or its account; without them a limit is taken for the model's.
_OF_THE_KEY = (
    "您已达到请求数限制",  # new-api
    "您已达到总请求数限制",  # new-api
    "您的账户已达到速率限制",  # Zhipu
    "max organization",  # Moonshot
    "limit exceeded for api_key",  # LiteLLM
    "limit for api_key",  # LiteLLM
    "limit exceeded for user",  # LiteLLM
    "limit exceeded for team",  # LiteLLM
    "for this api key",
    "per api key",
    "api key rate limit",
    "key limit exceeded",  # OpenRouter
)

_AUTH_STATUSES = (None, 400, 403)
_UPSTREAM = re.compile(r"\bupstream|\bbad_response|上游")


def classify(status: int | None, error: ErrorEnvelope | None) -> Reason | None:
    """Return the reason of an error, None where it is not recognised."""
    words = _words(error)
    if _has(words, _SATURATED):
        return Reason.RATE_LIMITED
    if status == 402 or _has(words, _BALANCE):
        return Reason.BALANCE
    if status == 401:
        return Reason.AUTH
    if _has(words, _MODEL) or _MODEL_PHRASE.search(words):
        return Reason.MODEL_UNAVAILABLE
    if status == 429 or (status is None and _has(words, _RATE)):
        return Reason.RATE_LIMITED
    if (status in _AUTH_STATUSES and _has(words, _AUTH)) or (status == 403 and not words):
        return Reason.AUTH
    if status is None:
        return None
    return Reason.HTTP_4XX if status < 500 else Reason.HTTP_5XX


def limits_the_key(error: ErrorEnvelope | None) -> bool:
    """Tell whether a refusal says that the limit is one of the key."""
    return _has(_words(error), _OF_THE_KEY)


def status_in(error: ErrorEnvelope) -> int | None:
    """Return the status an error inside a 200 claims by its code (OpenRouter, Google), None without one."""
    code = error.code or ""
    return int(code) if re.fullmatch(r"[45][0-9]{2}", code) else None


def blames_upstream(error: ErrorEnvelope | None) -> bool:
    """Tell whether the relay says that not it but what stands behind it failed."""
    return _UPSTREAM.search(_words(error)) is not None


def _words(error: ErrorEnvelope | None) -> str:
    return "" if error is None else f"{error.code or ''} {error.type or ''} {error.message}".lower()


def _has(words: str, phrases: tuple[str, ...]) -> bool:
    return any(phrase in words for phrase in phrases)
