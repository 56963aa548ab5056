"""What is promised of each fault, and what was seen of it; docs/reliability.md is made of both."""

from __future__ import annotations

from dataclasses import dataclass

EVERY_S, LIMIT_S, TOTAL_S = 2.0, 0.8, 1.6
"""Interval and limits of the network's rows; those of time use the interval too."""
OWN_NETWORK_S = 2.0
HANGS_S = 12.0
"""So long a process is waited for that says nothing, and then that ends (wnmon/transport/processes.py)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a fault that was made, who said so, and how long after it; and whether it was over afterwards.

    `says` are cells of the page: a metric and its value, a message, an event of the log.
    """

    outcome: str
    reason: str
    says: tuple[str, ...]
    noticed_s: float
    recovered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A promise. `at_most` says in terms of a configuration when the fault is noticed, `at_most_s` what that is here.

    `needs` names programs, or `root`. `afterwards`: what holds once the fault is over.
    """

    name: str
    fault: str
    made: str
    outcome: str
    reason: str
    says: tuple[str, ...]
    at_most: str
    at_most_s: float
    afterwards: str
    needs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def told(self) -> tuple[str, str, tuple[str, ...]]:
        """Return what is to be seen of it."""
        return self.outcome, self.reason, self.says


AT_START = "with the first scrape after the start"
UP_AGAIN = "up with the first good run"
_DOWN = ("`wnmon_probe_up` 0", "message `down`", "log `down`", "page of the target")
_SLOW = ("`wnmon_probe_degraded` 1",)


def _down(
    name: str, fault: str, made: str, ended: str, limit: str = "", limit_s: float = 0.0, needs: tuple[str, ...] = ()
) -> Row:
    """Return the row of a relay that is confirmed to be down; `ended` is outcome and reason, as `errored tls`."""
    outcome, reason = ended.split()
    return Row(
        name=name,
        fault=fault,
        made=made,
        outcome=outcome,
        reason=reason,
        says=_DOWN,
        at_most=f"2 × `every`{limit and f' + {limit}'}",
        at_most_s=2 * EVERY_S + limit_s,
        afterwards=UP_AGAIN,
        needs=needs,
    )


def _slow(name: str, fault: str, made: str, at_most: str, at_most_s: float) -> Row:
    return Row(
        name=name,
        fault=fault,
        made=made,
        outcome="degraded",
        reason="slow",
        says=_SLOW,
        at_most=at_most,
        at_most_s=at_most_s,
        afterwards=UP_AGAIN,
    )


def _kept(name: str, fault: str, made: str, problem: str, at_most: str, afterwards: str, *needs: str) -> Row:
    """Return the row of a store: what is asked goes on."""
    return Row(
        name=name,
        fault=fault,
        made=made,
        outcome="passed",
        reason=problem,
        says=(f'`wnmon_store_problem{{problem="{problem}"}}` 1', "log `store`"),
        at_most=at_most,
        at_most_s=3.0,
        afterwards=afterwards,
        needs=needs,
    )


def _clock(name: str, fault: str) -> Row:
    return Row(
        name=name,
        fault=fault,
        made="the service's own clock, shifted by a library it loads",
        outcome="passed",
        reason="ok",
        says=("no run counts as skipped for it",),
        at_most="1.5 × `every` + 1 s between two runs",
        at_most_s=1.5 * EVERY_S + 1,
        afterwards="slots and the page go by the new clock",
        needs=("gcc",),
    )


_CONNECT = f"`connect` + {OWN_NETWORK_S:g} s"
_CONNECT_S = LIMIT_S + OWN_NETWORK_S

NETWORK = (
    _slow(
        "loss",
        "half the packets with data get lost",
        "the kernel drops them at random before the relay's TCP sees them",
        "by chance: each run that is late",
        10 * EVERY_S,
    ),
    _down(
        "blackhole",
        "blackhole",
        "the kernel drops all that comes to the relay, the first SYN too",
        "errored timeout_connect",
        _CONNECT,
        _CONNECT_S,
    ),
    _down("refused", "nobody listens", "the relay's port is closed", "errored connect", "2 s", OWN_NETWORK_S),
    _down(
        "reset",
        "reset instead of an answer",
        "SO_LINGER 0, and closed, once the request is read",
        "failed protocol",
    ),
    _down("reset-within", "reset within an answer", "the same after the first token", "failed truncated"),
    _down(
        "half-open",
        "half-open: the relay is gone before it answers",
        "no segment reaches it any more and it sends none, no FIN either, once the request is read",
        "errored timeout_headers",
        "`headers`",
        LIMIT_S,
    ),
    _down(
        "half-open-within",
        "half-open: the relay is gone within an answer",
        "the same after the first token",
        "errored stall",
        "`stall`",
        LIMIT_S,
    ),
    _slow("slow", "slow", "the first token comes after 0.4 s, `ttft` is to be 150 ms", "`every` + ttft", EVERY_S + 0.4),
    _down(
        "drip",
        "slow: an answer without end",
        "a token each 0.2 s, and no end",
        "errored timeout_total",
        "`total`",
        TOTAL_S,
    ),
    _down(
        "no-name",
        "DNS: the name is not found",
        "a resolver of the test's own says NXDOMAIN",
        "errored dns",
        "2 s",
        OWN_NETWORK_S,
        needs=("root",),
    ),
    _down(
        "mute-resolver",
        "DNS: the resolver does not answer",
        "it says nothing any more",
        "errored timeout_connect",
        _CONNECT,
        _CONNECT_S,
        needs=("root",),
    ),
    _down(
        "expired", "certificate: expired", "the relay shows one that ended yesterday", "errored tls", needs=("openssl",)
    ),
    _down("wrong-host", "certificate: of another host", "the relay shows one", "errored tls", needs=("openssl",)),
    _down(
        "unknown-ca",
        "certificate: of an authority nobody knows",
        "the relay shows one",
        "errored tls",
        needs=("openssl",),
    ),
)
STORE = (
    _kept(
        "disk-full",
        "disk full",
        "a small file system is filled to its last byte",
        "full",
        "`every` + 1 s",
        "written again once there is room, what waited too",
        "root",
    ),
    _kept(
        "read-only",
        "folder read-only",
        "it is mounted so",
        "not_writable",
        AT_START,
        "lasts to a restart",
        "root",
    ),
    _kept(
        "damaged",
        "store damaged",
        "all but its first page is overwritten",
        "damaged",
        AT_START,
        "the file is left as it is; lasts to a restart",
    ),
    _kept(
        "newer",
        "store of a newer wnmon",
        "`user_version` is 9999",
        "newer",
        AT_START,
        "the file is left as it is; lasts to a restart",
    ),
)
TIME = (
    _clock("clock-back", "clock set back by 10 minutes"),
    _clock("clock-on", "clock set forward by 10 minutes"),
    Row(
        name="service-stopped",
        fault="SIGSTOP of the service, SIGCONT later",
        made="as written",
        outcome="skipped",
        reason="misfire",
        says=("`wnmon healthcheck` exits 1", '`wnmon_scheduler_skipped_runs_total{reason="misfire"}`'),
        at_most="2 s after it is asked",
        at_most_s=2.0,
        afterwards="runs go on at the next slot; none is made up for",
    ),
    Row(
        name="sensor-stopped",
        fault="SIGSTOP of the process that measures",
        made="as written",
        outcome="errored",
        reason="internal",
        says=('`wnmon_internal_errors_total{component="sensor"}`', "log `internal_fault`", "`wnmon_probe_up` not 0"),
        at_most=f"`every` + `connect` + 2 × `total` + {HANGS_S:g} s",
        at_most_s=EVERY_S + LIMIT_S + 2 * LIMIT_S + HANGS_S,
        afterwards="another process takes its place",
    ),
)
ROWS = (*NETWORK, *STORE, *TIME)
