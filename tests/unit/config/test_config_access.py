"""How a target is reached: options, proxies and authorities of the environment, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from config_samples import problems, target, write

from wnmon.config import load_config
from wnmon.config.access import Access, reached_by
from wnmon.config.named_target import named_by_config, named_by_options, with_a_key
from wnmon.config.reaching import problem_of_authorities
from wnmon.config.urls import relay
from wnmon.errors import UsageError
from wnmon.model.target import Secret, Target

KEY = "sk-test-0123456789"
PEM = "-----BEGIN CERTIFICATE-----\n"
RELAY = "https://relay.example"
TARGET = "base_url: https://relay.example"


def named(env: dict[str, str] | None = None, url: str = RELAY, **options: Any) -> Target:
    access = Access(**options)
    return named_by_options(url, ("m",), ("KEY",), {"KEY": KEY} | (env or {}), access=access).target


def refusal(env: dict[str, str] | None = None, **options: Any) -> str:
    with pytest.raises(UsageError) as refused:
        named(env, **options)
    return f"{refused.value}, {refused.value.hint}"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"headers": ("X-Team",)}, "--header: expected NAME=VALUE, write --header"),
        ({"headers": ("=x",)}, "--header: expected a header name"),
        ({"headers": ("X Y=x",)}, "--header: expected a header name"),
        ({"headers": ("Host=x",)}, "--header: the header belongs to the connection"),
        ({"headers": ("Authorization=Bearer x",)}, "--header: the Authorization header is written from api_key"),
        ({"headers": ("X-A=${NOT_SET}",)}, "--header: the environment variable NOT_SET is not set"),
        ({"headers": ("X-A=${EMPTY}",)}, "--header: expected a secret, not nothing, is the variable empty?"),
        ({"headers": ("X-A=${",)}, "--header: "),
        ({"headers": ("X-A=a\nb",)}, "--header: expected one line"),
        ({"auth_header": "api key"}, "--auth-header: expected a header name"),
        ({"auth_header": "Host"}, "--auth-header: the header belongs to the connection"),
        ({"proxy": "socks5://p:1"}, "--proxy: expected an http:// or https:// proxy, not socks5://, name an http"),
        ({"proxy": "p:1"}, "--proxy: expected a URL that starts with https:// or http://"),
        ({"proxy": "http://p:1/x"}, "--proxy: expected a proxy without path and query"),
        ({"ca_file": Path("no-such.pem")}, "--ca-file: no such file"),
        ({"ca_file": Path(pytest.__file__)}, "--ca-file: expected a file with certificates in PEM"),
    ],
)
def test_a_bad_option_is_named(options: dict[str, Any], said: str) -> None:
    assert refusal({"EMPTY": ""}, **options).startswith(said)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"ALL_PROXY": "socks5://u:hunter2@p:1"}, "ALL_PROXY: expected an http:// or https:// proxy, not socks5://"),
        ({"HTTPS_PROXY": "http://p:x"}, "HTTPS_PROXY: expected a URL"),
        ({"SSL_CERT_FILE": "/no/such"}, "SSL_CERT_FILE: no such file"),
        ({"SSL_CERT_DIR": "/no/such"}, "SSL_CERT_DIR: no such folder"),
    ],
)
def test_a_bad_variable_is_named_and_not_quoted(env: dict[str, str], said: str) -> None:
    found = refusal(env)

    assert (found.startswith(said), "hunter2" in found) == (True, False)


def test_a_bad_variable_is_a_problem_of_a_configuration(tmp_path: Path) -> None:
    text = f"targets: {{wn: {{{TARGET}, models: [m]}}}}"

    assert problems(tmp_path, text, {"HTTPS_PROXY": "socks4://p:1", "SSL_CERT_FILE": "/no/such"}) == [
        "wnmon.yaml:1:26 targets.wn.base_url: HTTPS_PROXY: expected an http:// or https:// proxy, not socks4://, name "
        'an http proxy, or say "none" with proxy: or --proxy to ask without one',
        "wnmon.yaml:1:26 targets.wn.base_url: SSL_CERT_FILE: no such file, unset the variable, or let it name what is "
        "there",
    ]


def test_a_header_of_an_option_is_secret_where_its_name_or_its_value_says_so() -> None:
    found = named({"PASS": "abc"}, headers=("X-Team=a=b", "X-Api-Key=hunter2", "X-Org=${PASS}", "X-Empty="))

    assert found.headers == (
        ("X-Team", "a=b"),
        ("X-Api-Key", Secret("hunter2", "header:X-Api-Key")),
        ("X-Org", Secret("abc", "header:X-Org")),
        ("X-Empty", ""),
    )


def test_a_header_of_an_option_replaces_that_of_a_configuration(tmp_path: Path) -> None:
    text = f"targets: {{wn: {{{TARGET}, models: [m], proxy: 'http://p:1', headers: {{x-team: red, X-Org: o}}}}}}"
    access = Access(headers=("X-Team=blue",), auth_header="api-key", proxy="none")
    found = named_by_config(write(tmp_path, text), None, (), {}, access=access).target

    assert (found.headers, found.auth_header, found.proxy, found.remarks) == (
        (("X-Org", "o"), ("X-Team", "blue")),
        "api-key",
        None,
        (),
    )


def test_without_options_a_configured_target_stays_as_it_is(tmp_path: Path) -> None:
    found = target(tmp_path, TARGET, {"HTTPS_PROXY": "http://u:hunter2@p:1"})

    assert reached_by(found, Access(), {}) == found


@pytest.mark.parametrize(
    ("env", "options", "said"),
    [
        ({}, {}, []),
        ({"HTTPS_PROXY": "u:hunter2@p:1"}, {}, ["through the proxy of HTTPS_PROXY: http://p:1"]),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxy": "http://q:2"}, ["through the proxy http://q:2"]),
        ({"HTTPS_PROXY": "http://p:1"}, {"proxy": "none"}, []),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, {}, []),
    ],
)
def test_the_proxy_is_said_without_its_login(env: dict[str, str], options: dict[str, str], said: list[str]) -> None:
    assert [*map(str, named(env, **options).remarks)] == said


def test_the_login_of_a_proxy_of_the_environment_is_secret() -> None:
    found = named({"HTTPS_PROXY": "http://someone-known:p%21w@p:1"})

    assert {one.reveal() for one in found.secrets()} == {KEY, "someone-known", "p!w", "p%21w"}


@pytest.mark.parametrize(
    ("url", "names", "said"),
    [
        (RELAY, ["SSL_CERT_FILE"], ["trusting the certificate authorities of SSL_CERT_FILE"]),
        (RELAY, ["SSL_CERT_DIR"], ["trusting the certificate authorities of SSL_CERT_DIR"]),
        (
            RELAY,
            ["SSL_CERT_FILE", "SSL_CERT_DIR"],
            ["trusting the certificate authorities of SSL_CERT_FILE and SSL_CERT_DIR"],
        ),
        ("http://relay.example", ["SSL_CERT_FILE", "SSL_CERT_DIR"], []),
    ],
)
def test_authorities_of_the_environment_are_said(url: str, names: list[str], said: list[str], tmp_path: Path) -> None:
    values = {"SSL_CERT_FILE": str(write(tmp_path, PEM, "ca.pem")), "SSL_CERT_DIR": str(tmp_path)}
    found = named({name: values[name] for name in names}, url)

    assert [*map(str, found.remarks)] == said


def test_a_ca_file_of_an_option_goes_before_those_of_the_environment(tmp_path: Path) -> None:
    file = write(tmp_path, PEM, "ca.pem")
    found = named({"SSL_CERT_FILE": "/no/such"}, ca_file=file)

    assert (found.ca_file, found.ca_folder, found.remarks) == (str(file), None, ())


def test_a_ca_file_of_a_configuration_holds_certificates(tmp_path: Path) -> None:
    write(tmp_path, "pem", "ca.pem")

    assert problems(tmp_path, f"targets: {{wn: {{{TARGET}, models: [m], ca_file: ca.pem}}}}") == [
        "wnmon.yaml:1:71 targets.wn.ca_file: expected a file with certificates in PEM, the path is relative "
        "to this file"
    ]


def test_a_file_that_cannot_be_opened_holds_no_certificate(tmp_path: Path) -> None:
    assert str(problem_of_authorities(tmp_path / ("x" * 300))) == "no such file"


@pytest.mark.parametrize("value", ["${NOT_SET}", "${EMPTY:-}"])
def test_a_proxy_that_a_variable_leaves_open_is_that_of_the_environment(value: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"targets: {{wn: {{{TARGET}, models: [m], proxy: '{value}'}}}}")
    env = {"EMPTY": "", "HTTPS_PROXY": "http://p:1"}

    if value == "${EMPTY:-}":
        assert [*map(str, load_config(path, env).targets[0].remarks)] == [
            "through the proxy of HTTPS_PROXY: http://p:1"
        ]
    else:
        assert "NOT_SET" in problems(tmp_path, path.read_text("utf-8"), env)[0]


def test_a_dry_run_counts_as_with_a_key() -> None:
    keyless = named_by_options(RELAY, ("m",), ("KEY",), {})

    assert (keyless.target.is_keyless, with_a_key(keyless).target.is_keyless) == (True, False)


def test_the_rest_of_a_key_that_holds_an_ampersand_is_a_secret_too() -> None:
    found = relay('https://relay.example/?key=sk-7f3a9c2e5d8146b0"&%3C89abcdef0123456789%41&v=1')

    assert found.keys[-2:] == ("<89abcdef0123456789A", "%3C89abcdef0123456789%41")


def test_a_key_is_no_name_of_a_header(tmp_path: Path) -> None:
    headers = "headers: {sk-7f3a9c2e5d8146b0a1b2c3d4e5f60718: x}"
    text = f"targets: {{wn: {{base_url: 'https://relay.example', models: [m], {headers}}}}}"

    assert problems(tmp_path, text) == [
        "wnmon.yaml:1:74 targets.wn.headers.[redacted:35-characters]: "
        "expected a name, not what looks like a key, put the key into api_key"
    ]
