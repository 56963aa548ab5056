"""Which proxy a URL is asked through: what is said, NO_PROXY, HTTPS_PROXY, HTTP_PROXY, ALL_PROXY."""

from __future__ import annotations

import pytest

from wnmon.config.proxies import Chosen, choose_proxy, is_exempt

HTTP, HTTPS = "http://relay.example/v1", "https://relay.example/v1"
P, Q = "http://proxy:3128", "http://other:8080"


@pytest.mark.parametrize(
    ("url", "env", "variable"),
    [
        (HTTPS, {}, None),
        (HTTPS, {"HTTPS_PROXY": P}, "HTTPS_PROXY"),
        (HTTPS, {"https_proxy": P}, "https_proxy"),
        (HTTPS, {"https_proxy": P, "HTTPS_PROXY": Q}, "https_proxy"),
        (HTTPS, {"https_proxy": "", "HTTPS_PROXY": P}, "HTTPS_PROXY"),
        (HTTPS, {"HTTP_PROXY": P}, None),
        (HTTP, {"HTTPS_PROXY": P}, None),
        (HTTP, {"HTTP_PROXY": P}, "HTTP_PROXY"),
        (HTTP, {"http_proxy": P}, "http_proxy"),
        (HTTP, {"HTTP_PROXY": P, "REQUEST_METHOD": "GET"}, None),
        (HTTP, {"http_proxy": P, "REQUEST_METHOD": "GET"}, "http_proxy"),
        (HTTPS, {"HTTPS_PROXY": P, "REQUEST_METHOD": "GET"}, "HTTPS_PROXY"),
        (HTTPS, {"ALL_PROXY": P}, "ALL_PROXY"),
        (HTTP, {"all_proxy": P, "ALL_PROXY": Q}, "all_proxy"),
        (HTTPS, {"ALL_PROXY": Q, "HTTPS_PROXY": P}, "HTTPS_PROXY"),
        (HTTPS, {"ALL_PROXY": P, "HTTP_PROXY": Q}, "ALL_PROXY"),
        (HTTPS, {"HTTPS_PROXY": P, "NO_PROXY": "relay.example"}, None),
        (HTTPS, {"HTTPS_PROXY": P, "no_proxy": "relay.example"}, None),
        (HTTPS, {"HTTPS_PROXY": P, "no_proxy": "", "NO_PROXY": "relay.example"}, None),
        (HTTPS, {"HTTPS_PROXY": P, "no_proxy": "else.example", "NO_PROXY": "relay.example"}, "HTTPS_PROXY"),
        ("http://127.0.0.1:8080/v1", {"HTTP_PROXY": P, "ALL_PROXY": P}, None),
        ("http://127.9.9.9/v1", {"HTTP_PROXY": P}, None),
        ("http://localhost:8080/v1", {"HTTP_PROXY": P}, None),
        ("http://LOCALHOST./v1", {"HTTP_PROXY": P}, None),
        ("http://relay.localhost/v1", {"HTTP_PROXY": P}, None),
        ("https://[::1]:8443/v1", {"HTTPS_PROXY": P}, None),
        ("http://localhost.example/v1", {"HTTP_PROXY": P}, "HTTP_PROXY"),
        ("http://10.0.0.1/v1", {"HTTP_PROXY": P}, "HTTP_PROXY"),
    ],
)
def test_the_environment_names_the_proxy_of_a_url(url: str, env: dict[str, str], variable: str | None) -> None:
    found = choose_proxy(url, env)

    assert found == (None if variable is None else Chosen(url=P, variable=variable))


@pytest.mark.parametrize("url", [HTTPS, HTTP, "http://127.0.0.1:1/"])
def test_a_proxy_that_is_said_wins(url: str) -> None:
    env = {"HTTP_PROXY": Q, "HTTPS_PROXY": Q, "NO_PROXY": "*"}

    assert choose_proxy(url, env, P) == Chosen(url=P)


def test_none_asks_without_a_proxy() -> None:
    assert choose_proxy(HTTPS, {"HTTPS_PROXY": P}, "none") is None


@pytest.mark.parametrize("value", ["proxy:3128", " proxy:3128 ", "http://proxy:3128"])
def test_a_proxy_without_a_scheme_is_an_http_proxy(value: str) -> None:
    assert choose_proxy(HTTPS, {"HTTPS_PROXY": value}) == Chosen(url=P, variable="HTTPS_PROXY")


def test_the_password_of_a_proxy_is_in_no_repr() -> None:
    assert "hunter2" not in repr(Chosen(url="http://u:hunter2@proxy:1", variable="HTTPS_PROXY"))


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("*", True),
        ("a.example.com", True),
        ("A.Example.COM", True),
        ("example.com", True),
        (".example.com", True),
        ("*.example.com", True),
        ("example.com.", True),
        ("le.com", False),
        ("xa.example.com", False),
        ("b.example.com", False),
        ("example.com:8443", True),
        ("example.com:443", False),
        ("*:8443", False),
        (".", False),
        ("", False),
        (" , ", False),
        ("other.net, example.com", True),
        ("other.net example.com", True),
        ("10.0.0.0/8", False),
        ("[", False),
    ],
)
def test_a_list_names_domains_and_all_below_them(entry: str, *, names: bool) -> None:
    assert is_exempt("a.example.com", 8443, entry) is names


@pytest.mark.parametrize(
    ("host", "entry", "names"),
    [
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.9/24", True),
        ("10.1.2.3", "192.168.0.0/16", False),
        ("10.1.2.3", "2.3", False),
        ("10.1.2.3", "10.1.2.3:443", True),
        ("10.1.2.3", "10.1.2.3:80", False),
        ("fd00::1", "fd00::/8", True),
        ("fd00::1", "[fd00::1]", True),
        ("fd00::1", "[fd00::1]:443", True),
        ("fd00::1", "[fd00::1]:80", False),
        ("fd00::1", "10.0.0.0/8", False),
    ],
)
def test_a_list_names_addresses_and_networks(host: str, entry: str, *, names: bool) -> None:
    assert is_exempt(host, 443, entry) is names
