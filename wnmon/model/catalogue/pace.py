"""What is said of how fast a relay may be asked, and of waiting for that."""

from __future__ import annotations

from wnmon.model.language import Pair

SENTENCES: dict[str, Pair] = {
    "pace_request": ("{n} request a minute", "每分钟 {n} 次请求"),
    "pace_requests": ("{n} requests a minute", "每分钟 {n} 次请求"),
    "pace_tokens": ("{n} tokens a minute", "每分钟 {n} 个 token"),
    "waiting": ("waiting {text} for the relay's limit of rate", "因中转站的速率限制，等待 {text}"),
    "waiting_for_pace": ("waiting {text} for the relay's limit of {said}", "因中转站限制{said}，等待 {text}"),
    "waited": ("waited {text} for the relay's limit of rate", "因中转站的速率限制，等待了 {text}"),
    "waited_for_pace": ("waited {text} for the relay's limit of {said}", "因中转站限制{said}，等待了 {text}"),
    "not_waited": (
        "the relay's limit of rate asks to wait {text}, longer than what is left of --patience",
        "中转站的速率限制要求等待 {text}，超过 --patience 的剩余时间",
    ),
    "not_waited_for_pace": (
        "the relay's limit of {said} asks to wait {text}, longer than what is left of --patience",
        "中转站限制{said}，要求等待 {text}，超过 --patience 的剩余时间",
    ),
    "pace_takes": ("{calls} at {said}: about {text}", "{calls}，{said}：约需 {text}"),
    "pace_may_take": ("at most {tokens} tokens at {said}: up to about {text}", "至多 {tokens} 个 token，{said}：最长约需 {text}"),
    "pace_left": ("{calls} left at {said}: about {text} more", "还剩 {calls}，{said}：约还需 {text}"),
}
