"""By which names the pages may be asked for."""

from __future__ import annotations

import pytest

from wnmon.web.hosts import Hosts, is_loopback

LOOPBACK = "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    [
        "localhost:9877",
        "LOCALHOST",
        "localhost.:9877",
        "wnmon.localhost",
        "127.0.0.1:9877",
        "10.1.2.3:9877",
        "[::1]:9877",
        "[fe80::1%eth0]",
        None,
    ],
)
def test_what_no_dns_decides_is_let_in(host: str | None) -> None:
    assert Hosts(LOOPBACK).know(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:9877",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "127.1",
        "0x7f.1",
        "",
        "[",
    ],
)
def test_a_stranger_s_name_is_not_let_in_on_loopback(host: str) -> None:
    assert not Hosts(LOOPBACK).know(host)


@pytest.mark.parametrize("host", ["wnmon.example", "WNMON.example.:9877"])
def test_an_allowed_name_is_let_in(host: str) -> None:
    assert Hosts(LOOPBACK, ["wnmon.example"]).know(host)


def test_the_name_that_is_listened_on_is_let_in() -> None:
    assert Hosts("wnmon.lan", ["other.example"]).know("wnmon.lan:9877")


def test_any_name_is_let_in_where_others_may_come() -> None:
    assert Hosts("0.0.0.0").know("wnmon.monitoring.svc:9877")


def test_an_allowed_name_keeps_all_others_out_there_too() -> None:
    assert not Hosts("0.0.0.0", ["wnmon"]).know("evil.example")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_this_machine_reaches_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
