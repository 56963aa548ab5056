"""Targets and their secrets: a Secret shows itself nowhere."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from typing import Any

import pytest

from wnmon.model.check import Check, Plan, Step
from wnmon.model.target import Probe, Secret, Target, client_of

VALUE = "sk-Ab3dEf6hIj9kLm2nOp5q"
SECRET = Secret(VALUE, "api_key")


def target(api_key: Secret | None = None, proxy: Secret | None = None) -> Target:
    """Make a target with a header that is secret, one that is not, and an extra secret."""
    return Target(
        name="wn",
        url="http://h/v1/chat/completions",
        host="h",
        models=("m",),
        api_key=api_key,
        proxy=proxy,
        headers=(("x-org", Secret("org", "header:x-org")), ("x-plain", "plain")),
        extra_secrets=(Secret("extra", "extra"),),
    )


@pytest.mark.parametrize(
    "shown", [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET:>30}", f"{SECRET!r}", str([SECRET])]
)
def test_a_secret_never_shows_its_value(shown: str) -> None:
    assert VALUE not in shown


def test_a_secret_shows_its_name() -> None:
    assert str(SECRET) == "Secret(api_key)"


def test_a_secret_reveals_its_value_when_asked() -> None:
    assert SECRET.reveal() == VALUE


def test_a_secret_can_not_be_pickled() -> None:
    with pytest.raises(TypeError, match="not serialisable"):
        pickle.dumps(SECRET)


def test_a_secret_can_not_be_copied_by_accident() -> None:
    with pytest.raises(TypeError, match="not serialisable"):
        copy.copy(SECRET)


def test_secrets_of_one_value_and_name_are_equal() -> None:
    assert len({SECRET, Secret(VALUE, "api_key")}) == 1


@pytest.mark.parametrize("other", [Secret(VALUE, "proxy"), Secret("x", "api_key"), VALUE])
def test_other_secrets_and_texts_differ(other: object) -> None:
    assert other != SECRET


def test_the_repr_of_a_target_shows_no_secret() -> None:
    assert VALUE not in repr(target(SECRET, Secret(VALUE, "proxy")))


def test_a_target_names_all_its_secrets() -> None:
    names = [secret.name for secret in target(SECRET, Secret("p", "proxy")).secrets()]

    assert names == ["api_key", "header:x-org", "extra"]


def test_a_target_may_have_neither_key_nor_proxy() -> None:
    assert [secret.name for secret in target().secrets()] == ["header:x-org", "extra"]


def test_a_probe_names_the_secrets_of_its_target_and_of_its_requests() -> None:
    plan = Plan(steps=(Step(name="ask", body={}, headers=(("X-Session", VALUE), ("X-Trace", "on"))),))
    probe = Probe(check=Check(name="alive", plan=plan, every_s=60.0), target=target(), model="m")

    assert [secret.reveal() for secret in probe.secrets()][-1] == VALUE


def test_a_probe_is_named_by_target_check_and_model() -> None:
    check = Check(name="alive", plan=Plan(steps=()), every_s=60.0)

    assert Probe(check=check, target=target(), model="m").id == "wn/alive/m"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"models": ("other",)}, True),
        ({"url": "http://another.invalid"}, False),
        ({"api_key": Secret("sk-another-key-0123456789", "api_key")}, False),
        ({"headers": (("x-org", Secret("another", "header:x-org")), ("x-plain", "plain"))}, False),
        ({"headers": (("x-plain", "plain"),)}, False),
        ({"headers": (("x-plain", "other"), ("X-Org", Secret("org", "header:x-org")))}, True),
    ],
)
def test_two_targets_ask_as_one_where_url_and_credentials_are_the_same(change: dict[str, Any], same: bool) -> None:
    assert (client_of(target()) == client_of(replace(target(), **change))) is same


def test_a_client_shows_neither_its_key_nor_the_path_of_its_url() -> None:
    shown = repr(client_of(replace(target(), url=f"http://relay.invalid/{VALUE}")))

    assert VALUE not in shown
