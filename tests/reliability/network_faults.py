"""One `wnmon serve`, and a relay for each way in which a network or a certificate can fail and be mended again."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fault_rows import EVERY_S, LIMIT_S, TOTAL_S, Seen
from machine import missing, with_mounts
from message_services import ANSWERS, SECRET, Reply, StandIn, Taken, standing_in
from service_process import ServiceProcess, eventually, serving
from spoilable import ALL_LOST, HALF_LOST, HEAD, HOST, NAMES_AT, TOKEN, Relay, Resolver, attach, relay, resolver, right
from tls_samples import issue, make_authority

CHECK = f"""\
{{every: {EVERY_S:g}s, prompt: hello, request: {{stream: true, max_tokens: 16}}, confirm: {{recheck: never}},
    timeout: {{connect: {LIMIT_S}s, headers: {LIMIT_S}s, first_token: {LIMIT_S}s, stall: {LIMIT_S}s,
      total: {TOTAL_S}s}},
    expect: {{stream: complete, ttft: {{degraded: 150ms}}}}}}"""
ENOUGH_S = 0.4
"""A first token that takes so long is later than 150 ms, and comes within every limit."""


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset (SO_LINGER 0, socket(7))."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_within(connection: socket.socket) -> None:
    """Begin an answer, and reset."""
    connection.sendall(HEAD + TOKEN)
    time.sleep(0.1)  # or the reset overtakes what was written
    reset(connection)


def vanish(connection: socket.socket) -> None:
    """Be gone for whoever is at the other end: nothing of theirs arrives any more, and nothing is said."""
    attach(connection, ALL_LOST)
    time.sleep(4 * TOTAL_S)


def vanish_within(connection: socket.socket) -> None:
    """Begin an answer, and be gone."""
    connection.sendall(HEAD + TOKEN)
    vanish(connection)


def drip(connection: socket.socket) -> None:
    """Say a token now and then, and never come to an end."""
    connection.sendall(HEAD)
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(TOKEN)
            time.sleep(LIMIT_S / 4)


def linger(connection: socket.socket) -> None:
    """Answer, later than it should be."""
    time.sleep(ENOUGH_S)
    right(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoilt:
    """A target of the service: where its relay is, how that is spoiled, and how that is undone."""

    url: str
    spoil: Callable[[], object]
    heal: Callable[[], object]
    more: str = ""
    is_down: bool = True


def _speaking(speech: Callable[[socket.socket], None], *, is_down: bool = True) -> Callable[[ExitStack], Spoilt]:
    def made(stack: ExitStack) -> Spoilt:
        one = stack.enter_context(relay())
        before = one.speech
        return Spoilt(
            url=f"http://{HOST}:{one.port}",
            spoil=lambda: setattr(one, "speech", speech),
            heal=lambda: setattr(one, "speech", before),
            is_down=is_down,
        )

    return made


def _made(how: Callable[[Relay], tuple[Callable[[], object], Callable[[], object]]], *, is_down: bool = True) -> Any:
    def made(stack: ExitStack) -> Spoilt:
        one = stack.enter_context(relay())
        spoil, heal = how(one)
        return Spoilt(url=f"http://{HOST}:{one.port}", spoil=spoil, heal=heal, is_down=is_down)

    return made


PLAIN: Mapping[str, Callable[[ExitStack], Spoilt]] = {
    "loss": _made(lambda one: (lambda: one.lose(HALF_LOST), one.lose_nothing), is_down=False),
    "blackhole": _made(lambda one: (lambda: one.lose(ALL_LOST), one.lose_nothing)),
    "refused": _made(lambda one: (one.close, one.open)),
    "reset": _speaking(reset),
    "reset-within": _speaking(reset_within),
    "half-open": _speaking(vanish),
    "half-open-within": _speaking(vanish_within),
    "slow": _speaking(linger, is_down=False),
    "drip": _speaking(drip),
}
NAMES = {"no-name": "unknown", "mute-resolver": "ignored"}
CERTIFICATES = ("expired", "wrong-host", "unknown-ca")


def _certificates(stack: ExitStack, folder: Path) -> Iterator[tuple[str, Spoilt]]:
    def at(name: str) -> Path:
        (folder / name).mkdir()
        return folder / name

    authority, stranger = make_authority(at("ca")), make_authority(at("stranger"))
    good = issue(authority, at("good"), days=30).server()
    bad = {
        "expired": issue(authority, at("expired"), days=-1).server(),
        "wrong-host": issue(authority, at("wrong-host"), days=30, host="DNS:elsewhere.example").server(),
        "unknown-ca": issue(stranger, at("unknown-ca"), days=30).server(),
    }
    for name in CERTIFICATES:
        yield name, _showing(stack.enter_context(relay(good)), bad[name], good, str(authority.certificate))


def _showing(one: Relay, bad: ssl.SSLContext, good: ssl.SSLContext, ca_file: str) -> Spoilt:
    return Spoilt(
        url=f"https://{HOST}:{one.port}",
        spoil=lambda: setattr(one, "context", bad),
        heal=lambda: setattr(one, "context", good),
        more=f", ca_file: {ca_file}",
    )


def _names(stack: ExitStack, answering: Resolver) -> Iterator[tuple[str, Spoilt]]:
    for target, how in NAMES.items():
        one, name, forgotten = stack.enter_context(relay()), f"{target}.example", getattr(answering, how)
        url = f"http://{name}:{one.port}"
        yield target, Spoilt(url=url, spoil=_adding(forgotten, name), heal=forgotten.clear)


def _adding(names: set[str], name: str) -> Callable[[], object]:
    return lambda: names.add(name)


@contextmanager
def _told() -> Iterator[tuple[StandIn, dict[str, float]]]:
    """Run what takes messages; the dictionary has when each target was first told to be down."""
    first_s: dict[str, float] = {}

    def take(taken: Taken) -> Reply:
        for outage in taken.members.get("outages", ()):
            if outage["state"] == "down":
                first_s.setdefault(outage["target"], time.monotonic())
        return ANSWERS["webhook"](taken)

    with standing_in(take) as service:
        yield service, first_s


def _config(spoilt: Mapping[str, Spoilt], hook: str) -> str:
    """Return a configuration; each target has a channel of its own, so that none is told together with others.

    What takes the messages is the guard too: a name that is not found is the relay's fault, not this machine's.
    """
    targets = [
        f'  {name}: {{base_url: "{one.url}", api_key: "${{WN_API_KEY}}", models: [m]{one.more}}}'
        for name, one in spoilt.items()
    ]
    channels = [
        f"  {name}: {{kind: webhook, url: {hook}/hook, secret: {SECRET}, targets: [{name}]}}" for name in spoilt
    ]
    return "\n".join(
        [f'guard: ["{hook}"]', "targets:", *targets, "checks:", f"  alive:\n    {CHECK}", "notify:", *channels, ""]
    )


def _rows(service: ServiceProcess) -> dict[str, dict[str, Any]]:
    return {id_.split("/")[0]: row for id_, row in service.probes().items()}


def network_faults(folder: Path) -> dict[str, Seen]:
    """Return what became of each fault; those of names are missing where this machine cannot have a resolver."""
    within: list[str] = []
    with ExitStack() as stack:
        spoilt = {name: make(stack) for name, make in PLAIN.items()}
        if missing("openssl") is None:
            spoilt |= dict(_certificates(stack, folder))
        if missing("root") is None:
            (folder / "resolv.conf").write_text(f"nameserver {NAMES_AT[0]}\n", encoding="ascii")
            within += with_mounts(f"mount --bind {folder / 'resolv.conf'} /etc/resolv.conf")
            spoilt |= dict(_names(stack, stack.enter_context(resolver())))
        hook, told_s = stack.enter_context(_told())
        config = _config(spoilt, hook.url)
        service = stack.enter_context(serving(folder / "service", config, "--run-now", within=within))
        return _spoil(service, spoilt, told_s)


def _spoil(service: ServiceProcess, spoilt: Mapping[str, Spoilt], told_s: Mapping[str, float]) -> dict[str, Seen]:
    eventually(lambda: all(row["outcome"] == "passed" for row in _rows(service).values()), "relays that are right")
    for one in spoilt.values():
        one.spoil()
    began_s = time.monotonic()
    down = [name for name, one in spoilt.items() if one.is_down]
    found = _found(service, spoilt)
    eventually(lambda: all(name in told_s for name in down), "messages about all that are down")
    found |= {name: _with_others(service, name, found[name], told_s[name] - began_s) for name in down}
    for one in spoilt.values():
        one.heal()
    eventually(lambda: all(row["up"] and row["outcome"] == "passed" for row in _rows(service).values()), "a recovery")
    return {name: replace(one, recovered=True) for name, one in found.items()}


def _found(service: ServiceProcess, spoilt: Mapping[str, Spoilt]) -> dict[str, Seen]:
    """Return what is seen of each target once it is confirmed to be down, or once what slows it down is seen."""
    found: dict[str, Seen] = {}
    began_s = time.monotonic()

    def look() -> bool:
        for name, row in _rows(service).items():
            is_down = spoilt[name].is_down
            is_noticed = row["up"] is False if is_down else row["outcome"] == "degraded"
            if is_noticed and name not in found:
                metric, wanted = ("wnmon_probe_up", 0) if is_down else ("wnmon_probe_degraded", 1)
                # Where chance decides, the next run may have found the relay well between the page and the metric.
                if service.value(metric, target=name) == wanted:
                    says = (f"`{metric}` {wanted}",)
                    found[name] = Seen(row["outcome"], row["reason"], says, time.monotonic() - began_s)
        return len(found) == len(spoilt)

    eventually(look, "faults that are noticed")
    return found


def _with_others(service: ServiceProcess, name: str, seen: Seen, told_s: float) -> Seen:
    """Add who else says that a target is down; it counts as noticed once the message has come."""
    says = ["message `down`"]
    if any(f"{name}/" in line and "is down since" in line for line in service.stderr.splitlines()):
        says.append("log `down`")
    if "so far" in service.get(f"/targets/{name}").text:
        says.append("page of the target")
    return replace(seen, says=(*seen.says, *says), noticed_s=told_s)
