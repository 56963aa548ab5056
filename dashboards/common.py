"""Panels that stand on more than one board."""

from __future__ import annotations

from dashboards.empty import Empty
from dashboards.language import Language
from dashboards.pieces import AMBER, GREEN, RED, Colours, Panel, Query, stacked_bars
from dashboards.queries import increase

STAT = (4, 3)
UPTIME_COLOURS: Colours = ((None, RED), (0.99, AMBER), (0.995, GREEN))
ANY_IS_RED: Colours = ((None, GREEN), (1, RED))
ANY_IS_AMBER: Colours = ((None, GREEN), (1, AMBER))
BUDGET_COLOURS: Colours = ((None, RED), (0, AMBER), (0.25, GREEN))
CERTIFICATE_COLOURS: Colours = ((None, RED), (3 * 86400, AMBER), (14 * 86400, GREEN))

NETWORK = (
    "dns",
    "connect",
    "tls",
    "timeout_connect",
    "timeout_headers",
    "timeout_first_token",
    "timeout_total",
    "stall",
)
ACCOUNT = ("auth", "balance", "rate_limited", "model_unavailable")
ANSWER = ("http_4xx", "http_5xx", "protocol", "content_type", "bad_json", "schema", "stream", "truncated", "empty")
CONTENT = ("length", "content", "usage", "model", "slow", "too_large", "rule")
OURS = ("budget", "shutdown", "client", "internal")

SHADES = ("super-light", "light", "semi-dark", "dark")


def reason_colours() -> dict[str, str]:
    """Return the fixed colour of each reason: a hue for whose trouble it is, a shade within it."""
    hues = {"orange": NETWORK, "purple": ACCOUNT, "red": ANSWER, "yellow": CONTENT, "blue": OURS}
    return {
        reason: f"{SHADES[index % len(SHADES)]}-{hue}"
        for hue, reasons in hues.items()
        for index, reason in enumerate(reasons)
    }


def failures_by_reason(say: Language) -> Panel:
    """Show why runs failed."""
    return Panel(
        title=say("Failures by reason", "按原因统计的失败"),
        about=say(
            "Failed and errored runs. Orange: network, purple: account, red: answer, yellow: content, blue: wnmon.",
            "失败与出错的运行。橙：网络，紫：账户，红：响应，黄：内容，蓝：wnmon。",
        ),
        size=(12, 8),
        unit="short",
        empty=Empty.FAILURE,
        queries=[
            Query(
                expr=f"{increase('wnmon_probe_failures_total', 'reason', '$__rate_interval')} > 0",
                legend="{{reason}}",
            )
        ],
        bare=stacked_bars(reason_colours()),
    )


def tokens_by_direction(say: Language, by: str = "direction") -> Panel:
    """Show what watching spends."""
    return Panel(
        title=say("Tokens by direction", "按方向统计的 token"),
        about=say("What watching sends and receives.", "监测收发的 token。"),
        size=(12, 8),
        unit="short",
        empty=Empty.SCRAPE,
        queries=[
            Query(
                expr=increase("wnmon_probe_tokens_total", by, "$__rate_interval"),
                legend=" ".join(f"{{{{{label}}}}}" for label in by.split(", ")),
            )
        ],
        bare=stacked_bars({"input": "blue", "output": "purple"}),
    )
