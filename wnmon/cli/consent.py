"""Asking before `wnmon check --full` sends what a relay may ban a key or an address for, or what costs much."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

import click

from wnmon.cli.calls import Call
from wnmon.cli.terminal import note
from wnmon.errors import UsageError
from wnmon.model.check import Risk
from wnmon.model.language import Pair, pick
from wnmon.model.target import Target

_WORDS: Mapping[str, Pair] = {
    "head": (
        "wnmon: --full sends {n} risky requests to {target} ({models})",
        "wnmon：--full 将向 {target}（{models}）发送 {n} 个有风险的请求",
    ),
    Risk.REFUSED: (
        "  {n} refused: malformed ones, or with a wrong key or none; a relay may ban the key or the address for them",
        "  {n} 个应被拒绝（refused）：格式错误、密钥错误或没有密钥；中转站可能因此封禁密钥或地址",
    ),
    Risk.BURST: (
        "  {n} bursting: many at once; a relay may throttle or ban the key or the address for them",
        "  {n} 个突发（burst）：同时发送多个；中转站可能因此限流，或封禁密钥或地址",
    ),
    Risk.LONG: (
        "  {n} long: they take more time or tokens, also after wnmon has hung up",
        "  {n} 个较长（long）：耗费更多时间或 token，wnmon 挂断之后也可能继续计费",
    ),
    "ask": ("Send them?", "要发送吗？"),
    "hint": (
        "add --yes, or allow_risk: true to the target in the configuration; --dry-run shows every request",
        "请加 --yes，或在配置的 target 中写 allow_risk: true；--dry-run 可列出全部请求",
    ),
    "no_terminal": ("nobody is there to ask, so nothing was sent", "没有终端可供询问，因此什么都没有发送"),
    "declined": ("nothing was sent", "什么都没有发送"),
}


def ask_before_harm(calls: Sequence[Call], target: Target, *, yes: bool, lang: str, quiet: bool) -> None:
    """Say on stderr which risky requests are about to be sent, and return once they may be. Raises UsageError.

    `yes` or the target's `allow_risk` is the answer; without either a person at the terminal is asked.
    """
    by_risk: Counter[Risk] = Counter()
    for call in calls:
        if call.risk is not None:
            by_risk[call.risk] += call.copies
    if not by_risk.total():
        return
    agreed = yes or target.allow_risk
    if not (agreed and quiet):
        note(_notice(by_risk, calls, target, lang))
    if not agreed:
        _ask(lang)


def _notice(by_risk: Mapping[Risk, int], calls: Sequence[Call], target: Target, lang: str) -> str:
    models = ", ".join(dict.fromkeys(call.probe.model for call in calls))
    head = _say("head", lang).format(n=sum(by_risk.values()), target=target.host, models=models)
    return "\n".join([head, *(_say(risk, lang).format(n=by_risk[risk]) for risk in Risk if by_risk.get(risk))])


def _ask(lang: str) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(_say("no_terminal", lang), hint=_say("hint", lang))
    if not _confirmed(lang):
        raise UsageError(_say("declined", lang), hint=_say("hint", lang))


def _confirmed(lang: str) -> bool:
    """Return what a person says; the end of the input (Ctrl-D) is a no. Raises Abort for Ctrl-C, having said so."""
    try:
        return click.confirm(_say("ask", lang), default=False, err=True)
    except click.Abort as gone:
        note("")  # the cursor is behind the question still
        if isinstance(gone.__context__, EOFError):
            return False
        note(f"wnmon: {_say('declined', lang)}")
        raise


def _say(key: str, lang: str) -> str:
    return pick(_WORDS[key], lang)
