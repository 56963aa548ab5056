"""The reference relay over real sockets, seen by an ordinary client."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from transport_samples import LoopClock, run

from wnmon.errors import UsageError
from wnmon.mock.server import MockRelay, serve
from wnmon.mock.settings import MockSettings

T = TypeVar("T")
PATH = "/v1/chat/completions"
KEY = "sk-0123456789abcdef"
BODY: dict[str, Any] = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Reply with only: pong"}]}
STRICT = MockSettings(strict=True, key=KEY, ttft_s=0, gap_s=0)


def with_relay(talk: Callable[[MockRelay, httpx.AsyncClient], Awaitable[T]], settings: MockSettings = STRICT) -> T:
    """Run one conversation with a relay of its own."""

    async def scenario() -> T:
        async with serve(settings, LoopClock()) as relay, client(relay) as http:
            return await talk(relay, http)

    return run(scenario())


def client(relay: MockRelay, **options: Any) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(base_url=relay.url, headers=headers, trust_env=False, timeout=10, **options)


def ask(method: str = "POST", path: str = PATH, settings: MockSettings = STRICT, **request: Any) -> httpx.Response:
    """Send one request, by default the right one."""
    if method == "POST" and not {"json", "content"} & set(request):
        request["json"] = BODY

    async def talk(_: MockRelay, http: httpx.AsyncClient) -> httpx.Response:
        return await http.request(method, path, **request)

    return with_relay(talk, settings)


def test_the_right_request_is_answered() -> None:
    assert ask().json()["choices"][0]["message"]["content"] == "pong"


def test_every_member_of_the_api_page_is_there() -> None:
    assert set(ask().json()) >= {"id", "model", "object", "created", "choices", "usage", "system_fingerprint"}


def test_a_stream_is_an_event_stream_that_is_not_cached() -> None:
    headers = ask(json={**BODY, "stream": True}).headers

    assert (headers["content-type"], headers["cache-control"]) == ("text/event-stream", "no-cache")


def test_created_is_the_time_of_the_date_header() -> None:
    answer = ask()

    assert parsedate_to_datetime(answer.headers["date"]).timestamp() == answer.json()["created"]


@pytest.mark.parametrize("header", ["x-request-id", "date", "content-length"])
def test_every_answer_carries_the_header(header: str) -> None:
    assert header in ask().headers


def test_request_ids_and_completion_ids_are_unique() -> None:
    async def talk(_: MockRelay, http: httpx.AsyncClient) -> tuple[set[str], set[str]]:
        answers = [await http.post(PATH, json=BODY) for _ in range(3)]
        return {a.headers["x-request-id"] for a in answers}, {a.json()["id"] for a in answers}

    request_ids, ids = with_relay(talk)

    assert (len(request_ids), len(ids)) == (3, 3)


def test_the_model_list_names_the_models() -> None:
    assert [model["id"] for model in ask("GET", "/v1/models").json()["data"]] == list(STRICT.models)


@pytest.mark.parametrize("key", ["", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY])
def test_a_wrong_or_missing_key_is_401_with_a_challenge(key: str) -> None:
    answer = ask(headers={"Authorization": key})

    assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")


def test_a_key_in_the_query_is_no_key() -> None:
    assert ask(path=f"{PATH}?api_key={KEY}", headers={"Authorization": ""}).status_code == 401


def test_the_scheme_is_case_insensitive() -> None:
    assert ask(headers={"Authorization": f"bearer {KEY}"}).status_code == 200


def test_an_unknown_model_is_404_for_a_strict_relay() -> None:
    answer = ask(json={**BODY, "model": "nope"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


def test_a_lenient_relay_takes_any_key_and_model() -> None:
    answer = ask(json={**BODY, "model": "any"}, settings=MockSettings(ttft_s=0, gap_s=0))

    assert (answer.status_code, answer.json()["model"]) == (200, "any")


def test_another_method_is_405_with_allow() -> None:
    answer = ask("GET")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/", "/v1/chat/completions/", "/chat/completions", "/v1/nothing"])
def test_another_path_is_404_in_json(path: str) -> None:
    answer = ask(path=path)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


def test_another_media_type_is_415() -> None:
    assert ask(content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_an_invalid_request_for_a_stream_is_refused_in_json() -> None:
    answer = ask(json={**BODY, "stream": True, "messages": []})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")


@pytest.mark.parametrize("path", [PATH, "/nothing"])
def test_an_error_has_all_four_members(path: str) -> None:
    error = ask(path=path, json={}).json()["error"]

    assert set(error) == {"message", "type", "param", "code"}


def test_a_body_over_the_cap_is_413() -> None:
    settings = MockSettings(max_body_bytes=100)

    assert ask(content=b" " * 101, settings=settings).status_code == 413


def test_a_head_over_the_cap_is_431() -> None:
    assert ask(headers={"X-Long": "a" * 70_000}).status_code == 431


def test_a_chunked_request_body_is_read() -> None:
    async def pieces() -> Any:
        yield b'{"model":"gpt-4o-mini",'
        yield b'"messages":[{"role":"user","content":"Reply with only: pong"}]}'

    assert ask(content=pieces(), headers={"Content-Type": "application/json"}).status_code == 200


def test_one_connection_carries_many_requests() -> None:
    async def talk(relay: MockRelay, http: httpx.AsyncClient) -> tuple[int, int]:
        for stream in (False, True, False):
            await http.post(PATH, json={**BODY, "stream": stream})
        return relay.received, relay.accepted

    assert with_relay(talk) == (3, 1)


def test_the_relay_remembers_what_it_received() -> None:
    async def talk(relay: MockRelay, http: httpx.AsyncClient) -> tuple[str, str]:
        await http.post(PATH, json=BODY, headers={"X-Wnmon": "seen"})
        return relay.last.path, relay.last.headers["x-wnmon"]

    assert with_relay(talk) == (PATH, "seen")


@pytest.mark.parametrize(
    ("fault", "stream"), [("stall", True), ("stall", False), ("slow-headers", False), ("endless-stream", True)]
)
def test_a_client_that_leaves_frees_its_connection(fault: str, stream: bool) -> None:
    async def talk(relay: MockRelay, http: httpx.AsyncClient) -> int:
        with pytest.raises(httpx.TimeoutException):
            await _read_a_while(relay, fault, stream)
        while relay.connections:
            await asyncio.sleep(0.01)
        return relay.connections

    assert with_relay(talk) == 0


async def _read_a_while(relay: MockRelay, fault: str, stream: bool) -> None:
    """Read until nothing comes for 0.3 s, or 50 times, then leave with a TimeoutException."""
    headers, body = {"X-Wnmon-Fault": fault}, {**BODY, "stream": stream}
    async with client(relay) as http, http.stream("POST", PATH, json=body, headers=headers, timeout=0.3) as answer:
        reads = answer.aiter_raw()
        for _ in range(50):
            await anext(reads)
        raise httpx.ReadTimeout("read enough")


def test_a_fault_by_header_is_for_one_request_only() -> None:
    async def talk(_: MockRelay, http: httpx.AsyncClient) -> list[int]:
        bad = await http.post(PATH, json=BODY, headers={"X-Wnmon-Fault": "cookie, 500"})
        return [bad.status_code, (await http.post(PATH, json=BODY)).status_code]

    assert with_relay(talk) == [500, 200]


def test_an_unknown_fault_in_the_header_is_400() -> None:
    assert ask(headers={"X-Wnmon-Fault": "no-don"}).status_code == 400


def test_an_unknown_fault_of_the_relay_is_an_error() -> None:
    with pytest.raises(UsageError):
        ask(settings=MockSettings(faults=("no-don",)))


def test_a_taken_port_is_an_error_with_the_address() -> None:
    async def talk(relay: MockRelay, _: httpx.AsyncClient) -> None:
        async with serve(MockSettings(port=relay.port)):
            pass

    with pytest.raises(UsageError, match=r"cannot listen on 127\.0\.0\.1"):
        with_relay(talk)


@pytest.mark.parametrize("turns", range(7))
def test_a_connection_that_comes_as_the_relay_ends_is_closed(turns: int) -> None:
    async def come_and_end() -> socket.socket:
        async with serve(STRICT) as relay:
            come = socket.create_connection(("127.0.0.1", relay.port), timeout=10)
            for _ in range(turns):
                await asyncio.sleep(0)
        return come

    loop = asyncio.new_event_loop()  # which ends at once: no task is waited for, as asyncio.run would
    with loop.run_until_complete(come_and_end()) as come:
        loop.close()

        with suppress(ConnectionResetError):  # the other way to say that it is closed
            assert come.recv(1) == b""


def test_a_relay_can_speak_tls(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is needed to make a certificate")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    order = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    alternative = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run([*order, *alternative], check=True, capture_output=True)

    async def scenario() -> int:
        settings = MockSettings(tls_cert=str(cert), tls_key=str(key))
        async with serve(settings) as relay, client(relay, verify=ssl.create_default_context(cafile=cert)) as http:
            assert relay.url.startswith("https://")
            return (await http.post(PATH, json=BODY)).status_code

    assert asyncio.run(scenario()) == 200
