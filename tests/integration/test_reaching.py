"""How a relay is reached, over real sockets: the header of the key, a proxy of the environment, its authorities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from test_transport_proxy import proxy
from tls_samples import Papers
from transport_samples import KEY, OK, failure_of, request_to, run, saying, send, speaking, target_of

from wnmon.config import load_config
from wnmon.config.access import Access
from wnmon.config.named_target import named_by_options
from wnmon.model.check import WRONG_KEY, Auth
from wnmon.model.exchange import Exchange
from wnmon.model.target import Secret, Target

NAME = "http://relay.invalid/v1"


def named(url: str, env: Mapping[str, str], access: Access | None = None) -> Target:
    return named_by_options(url, ("m",), ("KEY",), {"KEY": KEY, **env}, access=access or Access()).target


async def asked(target: Target) -> Exchange:
    return await send(target.url, target=target)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_asked(variable: str) -> None:
    async def scenario() -> tuple[str | None, int]:
        async with proxy() as between:
            found = await asked(named(NAME, {variable: f"127.0.0.1:{between.port}"}))
            return failure_of(found), between.accepted

    assert run(scenario()) == (None, 1)


@pytest.mark.parametrize("no_proxy", ["*", "relay.invalid", ".invalid", "invalid", "relay.invalid:80"])
def test_a_host_of_no_proxy_is_asked_without_one(no_proxy: str) -> None:
    async def scenario() -> tuple[str | None, int]:
        async with proxy() as between:
            env = {"HTTP_PROXY": f"http://127.0.0.1:{between.port}", "NO_PROXY": no_proxy}
            return failure_of(await asked(named(NAME, env))), between.accepted

    assert run(scenario()) == ("dns", 0)


def test_loopback_is_asked_without_a_proxy_of_the_environment() -> None:
    async def scenario() -> tuple[int, int]:
        async with speaking(saying(OK)) as relay, proxy() as between:
            await asked(named(relay.url, {"HTTP_PROXY": f"http://127.0.0.1:{between.port}"}))
            return relay.accepted, between.accepted

    assert run(scenario()) == (1, 0)


def test_a_proxy_of_an_option_is_asked_also_for_loopback() -> None:
    async def scenario() -> int:
        async with proxy() as between:
            access = Access(proxy=f"http://127.0.0.1:{between.port}")
            await asked(named("http://127.0.0.1:9/v1", {"NO_PROXY": "*"}, access))
            return between.accepted

    assert run(scenario()) == 1


def test_a_configuration_obeys_the_environment_as_well(tmp_path: Path) -> None:
    file = tmp_path / "wnmon.yaml"
    file.write_text(f"targets: {{wn: {{base_url: '{NAME}', models: [m]}}}}", encoding="utf-8")

    async def scenario() -> int:
        async with proxy() as between:
            config = load_config(file, {"HTTP_PROXY": f"http://127.0.0.1:{between.port}"})
            await asked(config.targets[0])
            return between.accepted

    assert run(scenario()) == 1


@pytest.mark.parametrize("by", ["file", "folder", "option"])
def test_authorities_of_the_environment_and_of_an_option_are_trusted(
    by: str, good: Papers, authority: Papers, tmp_path: Path
) -> None:
    (tmp_path / "empty.d").mkdir()
    file = str(authority.certificate)
    env = {
        "file": {"SSL_CERT_FILE": file},
        "folder": {"SSL_CERT_FILE": file, "SSL_CERT_DIR": str(tmp_path / "empty.d")},
    }
    access = Access(ca_file=authority.certificate if by == "option" else None)

    async def scenario() -> str | None:
        async with speaking(saying(OK), tls=good.server()) as relay:
            return failure_of(await asked(named(relay.url, env.get(by, {}), access)))

    assert run(scenario()) is None


def test_without_them_the_usual_authorities_count(good: Papers) -> None:
    async def scenario() -> str | None:
        async with speaking(saying(OK), tls=good.server()) as relay:
            return failure_of(await asked(named(relay.url, {})))

    assert run(scenario()) == "tls"


HEADERS = (("X-Team", "red"), ("X-Again", Secret(KEY, "header:X-Again")))


@pytest.mark.parametrize(
    ("auth", "sent"),
    [
        (Auth.NORMAL, ([KEY], [], [KEY])),
        (Auth.NONE, ([], [], [])),
        (Auth.WRONG, ([WRONG_KEY], [], [])),
        (Auth.EMPTY, ([""], [], [])),
        (Auth.QUERY, ([], [], [])),
    ],
)
def test_the_key_goes_alone_into_the_header_of_the_target(auth: Auth, sent: tuple[list[str], ...]) -> None:
    async def scenario() -> tuple[list[str], ...]:
        async with speaking(saying(OK)) as heard:
            target = target_of(heard.url, headers=HEADERS, auth_header="api-key")
            await send(heard.url, request=request_to(heard.url, auth=auth, auth_header="api-key"), target=target)
            return tuple(heard.header(name) for name in ("api-key", "authorization", "x-again"))

    assert run(scenario()) == sent


def test_the_key_may_stand_alone_in_authorization() -> None:
    async def scenario() -> list[str]:
        async with speaking(saying(OK)) as heard:
            await send(heard.url, request=request_to(heard.url, auth_header="Authorization"))
            return heard.header("authorization")

    assert run(scenario()) == [KEY]


def test_over_plain_http_an_https_target_is_asked_without_the_keys_in_its_query() -> None:
    async def scenario() -> bytes:
        async with speaking(saying(OK)) as heard:
            url = f"{heard.url}?api-version=1&key=hunter2"
            target = target_of(url.replace("http:", "https:"), extra_secrets=(Secret("hunter2", "base_url"),))
            await send(url, request=request_to(url), target=target)
            return heard.heads[-1].split()[1]

    assert run(scenario()).endswith(b"?api-version=1&key=left-out")
