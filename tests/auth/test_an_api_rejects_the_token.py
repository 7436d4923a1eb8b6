"""An API responds with 401: it rejects the token, or the reason is another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import FileStore, Setu
from gatepass_emulator import Emulator

from ..helpers import CALLERS, TLS_CONTEXT, FakeClock, MockProvider
from .clients import ApiClient
from .server import ApiRequest, ApiServer, Response


def echo_url(credential: Any) -> str:
    return f"{credential.base_url}/echo"


def numbered_tokens(mock_provider: MockProvider) -> Any:
    """A provider whose tokens are `fake-1`, `fake-2`, …"""

    def respond(_request: httpx.Request) -> Any:
        body = mock_provider.example_response(Setu)
        body["data"]["token"] = f"fake-{len(mock_provider.requests)}"
        return body

    return respond


class Api:
    """Makes an API accept the given tokens, and call `meanwhile` during its first request."""

    def __init__(self, server: ApiServer, *accepted: str) -> None:
        self.accepted = accepted
        self.tokens: list[str] = []
        self.meanwhile: Any = None
        self.url = f"{server.url}/data"
        server.respond = self._respond

    def _respond(self, request: ApiRequest) -> Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return (200 if token in self.accepted else 401), {}, b""


def setu(mock_provider: MockProvider) -> Any:
    """A credential with numbered tokens, for APIs on this machine."""
    return mock_provider.credential(Setu, numbered_tokens(mock_provider), hosts=["127.0.0.1"])


def test_the_token_is_replaced_and_the_request_repeated_once(
    emulator: Emulator, clock: FakeClock, client: ApiClient, credential_class: Any
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    rejected = client.token(credential)
    emulator.revoke(rejected.value)

    response = client.send(credential, "POST", echo_url(credential), json={"amount": 1})

    assert response.status_code == 200
    assert client.token(credential) != rejected
    assert emulator.count(credential_class.spec.provider) == 2
    assert emulator.count(credential_class.spec.provider, kind="echo") == 2


def test_64_callers_with_a_revoked_token_cost_one_new_token(
    emulator: Emulator, clock: FakeClock, client: ApiClient
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(credential.token().value)
    emulator.fault("setu", "sandbox", operation="echo", latency=0.05)

    responses = client.send_many(credential, CALLERS, "GET", echo_url(credential))

    assert [response.status_code for response in responses] == [200] * CALLERS
    assert emulator.count("setu") == 2


def test_after_a_late_401_the_request_is_repeated_with_the_newer_cached_token(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    credential, api = setu(mock_provider), Api(api_server, "fake-2")
    api.meanwhile = lambda: httpx.get(api.url, auth=credential, verify=TLS_CONTEXT)

    assert client.get(credential, api.url).status_code == 200
    assert api.tokens == ["fake-1", "fake-1", "fake-2", "fake-2"]
    assert len(mock_provider.requests) == 2


def test_a_late_401_is_repeated_even_if_another_api_rejected_the_newer_token(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    with ApiServer().running() as other_server:
        credential, api, strict = setu(mock_provider), Api(api_server, "fake-2"), Api(other_server)
        api.meanwhile = lambda: httpx.get(strict.url, auth=credential, verify=TLS_CONTEXT)

        assert client.get(credential, api.url).status_code == 200
    assert strict.tokens == ["fake-1", "fake-2"]
    assert api.tokens == ["fake-1", "fake-2"]
    assert len(mock_provider.requests) == 2


def test_20_requests_to_an_api_that_always_returns_401_cost_two_tokens(
    emulator: Emulator, clock: FakeClock, client: ApiClient
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=401)
    credential = Setu("sandbox", clock=clock.clock)

    assert {client.get(credential, echo_url(credential)).status_code for _ in range(20)} == {401}
    assert emulator.count("setu") == 2


def test_back_off_grows_while_an_api_rejects_new_tokens_too(
    mock_provider: MockProvider, clock: FakeClock, api_server: ApiServer, client: ApiClient
) -> None:
    credential, api = setu(mock_provider), Api(api_server)
    counts = []
    for seconds in (0, 61, 61, 60, 120, 121):
        clock.advance(seconds)
        client.get(credential, api.url)
        counts.append(len(mock_provider.requests))

    assert counts == [2, 3, 3, 4, 4, 5]


def test_an_accepted_token_ends_the_back_off(
    mock_provider: MockProvider, clock: FakeClock, api_server: ApiServer, client: ApiClient
) -> None:
    credential, api = setu(mock_provider), Api(api_server)
    client.get(credential, api.url)
    clock.advance(61)

    api.accepted = ("fake-3", "fake-4")
    assert client.get(credential, api.url).status_code == 200
    api.accepted = ("fake-4",)
    assert client.get(credential, api.url).status_code == 200
    assert len(mock_provider.requests) == 4


def test_the_401_is_returned_if_no_other_token_can_be_fetched(
    emulator: Emulator, clock: FakeClock, client: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(client.token(credential).value)
    emulator.fault("setu", "sandbox", status=503)

    assert client.get(credential, echo_url(credential)).status_code == 401
    assert any("there is no other" in record.message for record in caplog.records)


@pytest.mark.posix
def test_a_stored_token_that_is_rejected_too_is_replaced_by_the_next_request(
    emulator: Emulator, tmp_path: Path, clock: FakeClock, client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", clock.time)
    first, second = (Setu("sandbox", store=FileStore(tmp_path), clock=clock.clock) for _ in range(2))
    assert client.token(first) == client.token(second)
    second.invalidate()
    client.token(second)  # now in the store, while the first credential still caches the older token
    clock.advance(120)
    emulator.revoke()

    statuses = [client.send(first, "GET", echo_url(first)).status_code for _ in range(3)]

    assert statuses == [401, 200, 200]
    assert emulator.count("setu") == 3


@pytest.mark.parametrize("body", [{"json": {"amount": 1}}, {"content": b"fake"}, {}], ids=str)
def test_a_body_in_memory_is_sent_again_and_with_it_the_headers(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, body: dict[str, Any]
) -> None:
    credential, api = setu(mock_provider), Api(api_server, "fake-2")
    headers = {"Idempotency-Key": "fake-7"}

    assert client.send(credential, "POST", api.url, headers=headers, **body).status_code == 200
    first, second = api_server.requests
    assert first.body == second.body
    assert bool(first.body) == bool(body)
    assert {**first.headers} | {"authorization": "Bearer fake-2"} == second.headers
    assert second.headers["idempotency-key"] == "fake-7"


def test_a_body_that_is_a_stream_is_sent_once(
    emulator: Emulator, clock: FakeClock, client: ApiClient
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(client.token(credential).value)
    response = client.send(credential, "POST", echo_url(credential), content=client.stream(b"once"))

    assert response.status_code == 401
    assert emulator.count("setu", kind="echo") == 1


def test_a_body_that_is_a_file_is_sent_once(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, tmp_path: Path
) -> None:
    credential, api = setu(mock_provider), Api(api_server, "fake-2")
    (tmp_path / "body").write_bytes(b"fake")
    with (tmp_path / "body").open("rb") as file:
        assert client.send(credential, "POST", api.url, content=client.file(file)).status_code == 401

    assert [request.body for request in api_server.requests] == [b"fake"]
    assert client.get(credential, api.url).status_code == 200


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500, 503])
def test_no_other_status_replaces_the_token(
    emulator: Emulator, clock: FakeClock, client: ApiClient, status: int
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=status)
    credential = Setu("sandbox", clock=clock.clock)

    assert client.get(credential, echo_url(credential)).status_code == status
    assert emulator.count("setu", kind="echo") == 1
    assert emulator.count("setu") == 1


def test_64_callers_of_an_api_that_always_returns_401_cost_two_tokens(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    for _ in range(3):
        mock_provider.requests.clear()
        credential, api = setu(mock_provider), Api(api_server)

        responses = client.send_many(credential, CALLERS, "GET", api.url)

        assert [response.status_code for response in responses] == [401] * CALLERS
        assert len(mock_provider.requests) == 2


def test_a_401_that_arrives_after_the_newer_token_expired_fetches_a_third(
    mock_provider: MockProvider, clock: FakeClock, api_server: ApiServer, client: ApiClient
) -> None:
    credential, api = setu(mock_provider), Api(api_server, "fake-3")

    def hours_later() -> None:
        clock.advance(1800)
        credential.token()
        clock.advance(1800)

    api.meanwhile = hours_later

    assert client.get(credential, api.url).status_code == 200
    assert api.tokens == ["fake-1", "fake-3"]
