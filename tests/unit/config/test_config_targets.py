"""Targets: where requests go, what is secret, and what a message may say of it."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path

import pytest
from config_samples import KEY, config, problems, target, write

from wnmon.config import adhoc_target
from wnmon.config.urls import BadUrl, proxy_login, relay
from wnmon.errors import UsageError
from wnmon.model.budget import Budget
from wnmon.model.pace import Pace
from wnmon.model.target import Secret, SensorKind, Waiver


@pytest.mark.parametrize(
    ("base_url", "url", "host"),
    [
        ("https://relay.example", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://relay.example/", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://relay.example/v1", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://relay.example/v1/", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://relay.example/v1/chat/completions", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://relay.example/api/v3", "https://relay.example/api/v3/chat/completions", "relay.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1/chat/completions", "127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions", "[::1]:8080"),
        ("https://RELAY.example", "https://relay.example/v1/chat/completions", "relay.example"),
        ("https://中转.example", "https://xn--fiqq40n.example/v1/chat/completions", "xn--fiqq40n.example"),
    ],
)
def test_host_v1_and_full_path_are_understood(base_url: str, url: str, host: str) -> None:
    found = relay(base_url)

    assert (found.url, found.host) == (url, host)


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "https://",
        "https://[::1",
        "https://a b",
        "https://é" + "é" * 70,
        "https://h/v1#",
        "//h",
        "https://h:x",
        "http://u@h",
    ],
)
def test_a_url_that_cannot_be_used_is_refused(base_url: str) -> None:
    with pytest.raises(BadUrl):
        relay(base_url)


def test_two_urls_in_one_are_not_quoted_where_they_may_hold_a_password() -> None:
    with pytest.raises(BadUrl) as caught:
        relay("http://me:a-password@ahttps://b")

    assert (str(caught.value), str(caught.value.hint)) == ("expected one URL, not two in one", "keep one of them")


def test_two_placeholders_in_one_leave_nothing_to_keep() -> None:
    with pytest.raises(BadUrl) as caught:
        relay("http://a.your-api-server.comhttp://b.your-api-server.com")

    assert str(caught.value.hint) == "keep one of them"


def test_a_proxy_without_password_has_none() -> None:
    assert proxy_login("http://proxy:3128/") == (None, None)


def test_the_key_comes_from_the_environment_as_a_secret(tmp_path: Path) -> None:
    found = target(tmp_path, 'base_url: https://relay.example, api_key: "${KEY}"')

    assert found.api_key == Secret(KEY, "api_key")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://${HOST}", "https://relay.example/v1/chat/completions"),
        ("https://${NOT_SET:-other.example}", "https://other.example/v1/chat/completions"),
        ("https://${EMPTY:-other.example}", "https://other.example/v1/chat/completions"),
        ("https://relay.example/$x", "https://relay.example/$x/chat/completions"),
        ("https://relay.example/$${x}", "https://relay.example/${x}/chat/completions"),
    ],
)
def test_variables_are_filled_in_and_other_dollars_are_themselves(written: str, url: str, tmp_path: Path) -> None:
    assert target(tmp_path, f'base_url: "{written}"').url == url


def test_a_header_is_secret_by_its_name_or_its_variable(tmp_path: Path) -> None:
    headers = '{X-Plain: a, X-Org: "${KEY}", X-Api-Key: literal-but-secret}'

    found = target(tmp_path, f"base_url: https://relay.example, headers: {headers}").headers

    assert found == (
        ("X-Plain", "a"),
        ("X-Org", Secret(KEY, "header:X-Org")),
        ("X-Api-Key", Secret("literal-but-secret", "header:X-Api-Key")),
    )


def test_of_a_proxy_its_password_is_secret_in_both_spellings(tmp_path: Path) -> None:
    found = target(tmp_path, 'base_url: https://relay.example, proxy: "http://me:${PW}@proxy:3128"')

    assert [secret.reveal() for secret in found.secrets()] == [
        "a-long!password",
        "a-long%21password",
    ]


def test_a_configuration_knows_the_secrets_of_every_target_and_every_request(tmp_path: Path) -> None:
    text = """
targets:
  one: {base_url: https://one.example, models: [m], api_key: "${KEY}"}
  two: {base_url: https://two.example/sk-abc123def456/v1, models: [m], headers: {X-Relay-Auth: plain-words-of-it}}
checks:
  alive: {every: 15m, prompt: hi, headers: {X-Session: plain-words-of-mine, X-Plain: plain-words-of-all}}
"""

    assert [secret.reveal() for secret in config(tmp_path, text).secrets()] == [
        KEY,
        "plain-words-of-it",
        "sk-abc123def456",
        "plain-words-of-mine",
    ]


def test_a_label_shows_no_secret_of_any_target(tmp_path: Path) -> None:
    text = f"""
targets:
  one: {{base_url: https://one.example, models: [m], api_key: {KEY}}}
  two: {{base_url: https://two.example, models: [m], labels: {{team: of {KEY}, tier: gold}}}}
checks:
  alive: {{every: 15m, prompt: hi, labels: {{owner: for {KEY}}}}}
"""

    found = config(tmp_path, text)

    assert found.probes[-1].target.labels == {"team": "of [redacted:api_key]", "tier": "gold"}
    assert found.checks[0].labels == {"owner": "for [redacted:api_key]"}


def test_a_proxy_without_password_has_no_secret(tmp_path: Path) -> None:
    found = target(tmp_path, 'base_url: https://relay.example, proxy: "http://proxy:3128"')

    assert [*found.secrets()] == []


def test_the_user_of_a_proxy_is_secret_where_it_is_as_long_as_a_key(tmp_path: Path) -> None:
    found = target(tmp_path, 'base_url: https://relay.example, proxy: "http://a-long%21token@proxy:3128"')

    assert [secret.reveal() for secret in found.secrets()] == ["a-long!token", "a-long%21token"]


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("/v1/chat/completions", []),
        ("/openai/deployments/gpt-4o-mini-2024-07-18", []),
        ("/accounts/fireworks/models/llama-v3p1-405b-instruct/v1", []),
        ("/projects/123456789012/locations/us-central1/endpoints/openapi", []),
        ("/token-plan/compatible-mode/v1", []),
        ("/sk-abc123def456/v1", ["sk-abc123def456"]),
        ("/r/3f0c9a7be21d44580b/v1", ["3f0c9a7be21d44580b"]),
        ("/r/Zk3vQ9xT2mLp/v1", ["Zk3vQ9xT2mLp"]),
        ("/key/plain-small-letters/v1", ["plain-small-letters"]),
        ("/key/short/v1", []),
        ("/r/sk%2Dabc123def456/v1", ["sk-abc123def456", "sk%2Dabc123def456"]),
    ],
)
def test_what_looks_like_a_key_in_the_path_of_a_base_url_is_secret(path: str, keys: list[str], tmp_path: Path) -> None:
    found = target(tmp_path, f"base_url: https://relay.example{path}")

    assert [(secret.name, secret.reveal()) for secret in found.secrets()] == [("base_url", key) for key in keys]


def test_a_whole_base_url_of_a_variable_is_no_secret(tmp_path: Path) -> None:
    found = target(tmp_path, 'base_url: "${KEY_RELAY}"', {"KEY_RELAY": "https://relay.example/v1"})

    assert [*found.secrets()] == []


def test_what_is_a_model_is_no_key_in_a_base_url(tmp_path: Path) -> None:
    text = "targets: {wn: {base_url: https://relay.example/3f0c9a7be21d44580b/v1, models: [3f0c9a7be21d44580b]}}"

    assert [*config(tmp_path, text).secrets()] == []


def test_what_a_variable_holds_whose_name_speaks_of_a_credential_is_secret_in_a_base_url(tmp_path: Path) -> None:
    env = {"RELAY_KEY": "plain-small-letters", "HOST": "relay.example.com"}

    found = target(tmp_path, 'base_url: "https://${HOST}/r/${RELAY_KEY}/v1"', env)

    assert [secret.reveal() for secret in found.secrets()] == ["plain-small-letters"]


def test_everything_else_of_a_target_is_read(tmp_path: Path) -> None:
    write(tmp_path, "-----BEGIN CERTIFICATE-----", "ca.pem")
    members = """base_url: https://relay.example, ca_file: ca.pem, concurrency: 3.0, budget: {tokens_per_day: 5},
      aliases: {a: [a-2024, "a-*"]}, waive: [{rule: GOOD-001, reason: upstream, until: 2027-01-31}], labels: {team: x},
      requests_per_minute: 20, tokens_per_minute: 4e4"""

    found = target(tmp_path, members)

    assert found.pace == Pace(requests_per_minute=20, tokens_per_minute=40_000)
    assert (found.ca_file, found.concurrency, found.budget) == (str(tmp_path / "ca.pem"), 3, Budget(tokens_per_day=5))
    assert (found.aliases, found.labels) == ({"a": ("a-2024", "a-*")}, {"team": "x"})
    assert found.waivers == (Waiver(rule="GOOD-001", reason="upstream", until="2027-01-31"),)


def test_what_is_left_out_has_a_default(tmp_path: Path) -> None:
    found = target(tmp_path, "base_url: https://relay.example")

    assert (found.concurrency, found.api_key, found.proxy, found.headers) == (2, None, None, ())


def test_a_bad_url_from_the_environment_is_not_quoted(tmp_path: Path) -> None:
    text = 'targets: {wn: {base_url: "${U}", models: [m]}}'

    assert problems(tmp_path, text, {"U": "sk-a-secret-by-mistake"}) == [
        "wnmon.yaml:1:26 targets.wn.base_url: expected a URL that starts with https:// or http://"
    ]


def test_a_bad_proxy_from_the_environment_is_not_quoted(tmp_path: Path) -> None:
    text = 'targets: {wn: {base_url: "https://relay.example", models: [m], proxy: "${U}"}}'

    assert problems(tmp_path, text, {"U": "sk-a-secret-by-mistake"}) == [
        "wnmon.yaml:1:71 targets.wn.proxy: expected a URL that starts with https:// or http://"
    ]


def test_an_empty_secret_header_asks_whether_the_variable_is_empty(tmp_path: Path) -> None:
    text = 'targets: {wn: {base_url: "https://relay.example", models: [m], headers: {X-A: "${EMPTY}"}}}'

    assert problems(tmp_path, text) == [
        "wnmon.yaml:1:79 targets.wn.headers.X-A: expected a secret, not nothing, is the variable empty?"
    ]


@pytest.mark.parametrize("login", [b"monitoring-of-ours:open-sesame-1", b"monitoring-of-ours:", b"u:pw"])
def test_basic_credentials_are_a_secret(login: bytes, tmp_path: Path) -> None:
    value = f"Basic {b64encode(login).decode()}"

    found = target(tmp_path, f'base_url: https://relay.example, headers: {{X-Relay-Auth: "{value}"}}').headers

    assert found == (("X-Relay-Auth", Secret(value, "header:X-Relay-Auth")),)


def test_a_target_of_the_command_line_is_named_after_its_host() -> None:
    found = adhoc_target("https://relay.example:8443/v1", ("m",), KEY)

    assert (found.name, found.host, found.models) == ("relay.example", "relay.example:8443", ("m",))
    assert found.api_key == Secret(KEY, "api_key")


def test_a_target_of_the_command_line_may_have_no_key_and_no_name() -> None:
    found = adhoc_target("http://[::1]:80", ("m",))

    assert (found.name, found.api_key) == ("relay", None)


ISSUED = "sk-4f7Qz9Lm2Xc8Vb1Nn3WwTt6Rr5Yy0Uu"
URL = "base_url: https://relay.example"


DRAWN = "3f0c9a7be21d44580b52d1aa07f6e3c4"


@pytest.mark.parametrize("base_url", [f"https://{ISSUED}/v1", f"https://{DRAWN}:8443", f"https://{ISSUED}.example"])
def test_a_key_in_place_of_a_host_is_refused_and_not_quoted(base_url: str) -> None:
    with pytest.raises(UsageError) as caught:
        adhoc_target(base_url, ("m",), KEY)

    assert str(caught.value) == "--base-url: expected a URL without the key"


@pytest.mark.parametrize(
    "text",
    [
        f"targets: {{{DRAWN}: {{{URL}, models: [m]}}}}",
        f"targets: {{wn: {{{URL}, models: [{DRAWN}]}}}}",
        f"targets: {{{ISSUED}: {{{URL}, models: [m]}}}}",
        f"targets: {{wn: {{{URL}, models: [{ISSUED}]}}}}",
        f"targets: {{wn: {{{URL}, models: [m], labels: {{team: {ISSUED}}}}}}}",
    ],
    ids=["a drawn target", "a drawn model", "target", "model", "label"],
)
def test_a_key_is_no_name(text: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, text)
    assert ("expected a name, not what looks like a key" in problem, ISSUED in problem or DRAWN in problem) == (
        True,
        False,
    )


@pytest.mark.parametrize(
    ("base_url", "model", "key", "message"),
    [
        ("relay.example", "m", KEY, "--base-url: expected a URL that starts with https:// or http://"),
        ("https://relay.example", " ", KEY, "--model: expected the name of a model, not an empty text"),
        ("https://relay.example", ISSUED, None, "--model: expected a name, not what looks like a key"),
        ("https://relay.example", DRAWN, None, "--model: expected a name, not what looks like a key"),
        ("https://relay.example", "m", "", "the API key: expected a key, not nothing"),
        ("https://relay.example", "abc", "ABC", "--model: expected a name, not what looks like a key"),
        (f"https://relay.example?k={KEY}", "m", KEY, "--base-url: expected a URL without the key"),
    ],
)
def test_the_command_line_follows_the_rules_of_the_yaml(base_url: str, model: str, key: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        adhoc_target(base_url, (model,), key)

    assert str(caught.value) == message


@pytest.mark.parametrize("key", ["EMPTY", "none", "ollama", "sk-1234", "abc", "m"])
def test_a_placeholder_or_a_short_key_is_taken(key: str) -> None:
    found = adhoc_target(f"http://127.0.0.1:11434/{key}x", (f"{key}-model",), key)

    assert found.api_key == Secret(key, "api_key")


def test_a_target_with_a_placeholder_is_keyless() -> None:
    assert [adhoc_target("https://relay.example", ("m",), key).is_keyless for key in (None, "none", "abc")] == [
        True,
        True,
        False,
    ]


QUERY = "base_url: 'https://az.example/openai/deployments/d?"


@pytest.mark.parametrize(
    ("query", "secrets"),
    [
        ("api-version=2024-10-21", []),
        ("api-version=${VERSION}", []),
        ("x=1&api-version=${VERSION}", []),
        ("region=${REGION}", ["east-1"]),
        ("key=abc", ["abc"]),
        ("subscription-key=s3%2Fcr", ["s3/cr", "s3%2Fcr"]),
        ("sig=q1w2e3&sv=2024", ["q1w2e3"]),
        ("x=sk-abc123def456", ["sk-abc123def456"]),
        ("token=none", []),
        ("flag", []),
        ("key=", []),
    ],
)
def test_values_in_a_query_are_secret_where_they_look_so_or_come_from_a_variable(
    query: str, secrets: list[str], tmp_path: Path
) -> None:
    text = f"targets: {{wn: {{{QUERY}{query}', models: [m]}}}}"
    (found,) = config(tmp_path, text, {"VERSION": "2024-10-21", "REGION": "east-1"}).targets

    assert [one.reveal() for one in found.secrets()] == secrets


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://r.example?a=1", "https://r.example/v1/chat/completions?a=1"),
        ("https://r.example/?a=1", "https://r.example/v1/chat/completions?a=1"),
        ("https://r.example/api/?a=1&b", "https://r.example/api/chat/completions?a=1&b"),
        ("https://r.example/chat/completions?a=%20/?", "https://r.example/chat/completions?a=%20/?"),
        ("https://r.example/v1?", "https://r.example/v1/chat/completions"),
        ("https://r.example/v1?a=é", "https://r.example/v1/chat/completions?a=%C3%A9"),
    ],
)
def test_the_query_of_a_base_url_stays_behind_its_path(base_url: str, url: str) -> None:
    assert adhoc_target(base_url, ("m",)).url == url


def test_an_open_key_is_none(tmp_path: Path) -> None:
    assert target(tmp_path, 'base_url: https://relay.example, api_key: "${KEY_OF_NOBODY:-}"').api_key is None


def test_the_key_goes_where_the_target_says(tmp_path: Path) -> None:
    assert target(tmp_path, "base_url: https://relay.example, auth: {header: api-key}").auth_header == "api-key"


def test_a_key_may_go_into_authorization_alone(tmp_path: Path) -> None:
    assert target(tmp_path, "base_url: https://relay.example, auth: {header: Authorization}").auth_header is not None


def test_nothing_filled_in_shows_in_a_repr() -> None:
    from wnmon.config.environment import Filled

    assert KEY not in repr(Filled(text=KEY, from_environment=True))


@pytest.mark.parametrize(
    ("host", "scheme"),
    [
        ("localhost:8080", "http"),
        ("127.0.0.1", "http"),
        ("127.0.0.1/v1", "http"),
        ("localhost.example", "https"),
        ("127.0.0.1.example", "https"),
        ("relay.example/v1", "https"),
    ],
)
def test_the_scheme_that_is_missing_is_the_likely_one(host: str, scheme: str) -> None:
    with pytest.raises(UsageError) as refused:
        adhoc_target(host, ("m",))

    assert str(refused.value.hint) == f'write "{scheme}://{host}"'


@pytest.mark.parametrize("kind", SensorKind)
def test_a_target_says_what_speaks_http_with_it(kind: SensorKind, tmp_path: Path) -> None:
    assert target(tmp_path, f"base_url: https://relay.example, transport: {kind}").transport is kind


def test_without_a_word_it_is_wnmon_itself(tmp_path: Path) -> None:
    assert target(tmp_path, "base_url: https://relay.example").transport is SensorKind.OWN


@pytest.mark.parametrize("kind", SensorKind)
def test_http2_is_offered_by_httpx_alone(kind: SensorKind, tmp_path: Path) -> None:
    found = target(tmp_path, f"base_url: https://relay.example, transport: {kind}")

    assert found.http2 is (kind is SensorKind.HTTPX)


def test_http2_is_not_offered_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h2", None)  # as where it is not installed

    assert not target(tmp_path, "base_url: https://relay.example, transport: httpx").http2


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_httpx_goes_through_a_socks_proxy(scheme: str, tmp_path: Path) -> None:
    found = target(
        tmp_path, f'base_url: https://relay.example, transport: httpx, proxy: "{scheme}://u:a-password@p:1080"'
    )

    assert (found.proxy, found.extra_secrets) == (
        Secret(f"{scheme}://u:a-password@p:1080", "proxy"),
        (Secret("a-password", "proxy password"),),
    )


@pytest.mark.parametrize(
    ("module", "asks", "said"),
    [
        ("httptools", "transport: fast", "the extra \"fast\" is not installed, pip install 'wnmon[fast]'"),
        (
            "socksio",
            'transport: httpx, proxy: "socks5://p:1"',
            "the extra \"socks\" is not installed, pip install 'wnmon[socks]'",
        ),
    ],
)
def test_an_extra_that_is_missing_is_only_missed_by_who_asks_for_it(
    module: str, asks: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as where it is not installed
    text = f"targets: {{wn: {{base_url: 'https://relay.example', models: [m], {asks}}}}}"

    assert [line.partition(": ")[2] for line in problems(tmp_path, text)] == [said]
    assert target(tmp_path, "base_url: https://relay.example").transport is SensorKind.OWN
