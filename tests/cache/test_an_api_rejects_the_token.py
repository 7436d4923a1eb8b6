"""An API responds with 401: it rejects the token, or the reason is another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import FileStore, Setu
from gatepass_emulator import Emulator

from ..helpers import (
    CALLERS,
    TLS_CONTEXT,
    FakeClock,
    MockProvider,
    Runner,
    call_in_threads,
    parametrize_credentials,
)


def echo_url(credential: Any) -> str:
    return f"{credential.base_url}/echo"


def numbered_tokens(mock_provider: MockProvider) -> Any:
    """A provider whose tokens are `fake-1`, `fake-2`, …"""

    def respond(_request: httpx.Request) -> Any:
        body = mock_provider.example_response(Setu)
        body["data"]["token"] = f"fake-{len(mock_provider.requests)}"
        return body

    return respond


class Api(httpx.MockTransport):
    """An API that accepts the given tokens and calls `meanwhile` during its first request."""

    def __init__(self, *accepted: str) -> None:
        super().__init__(self._respond)
        self.accepted = accepted
        self.tokens: list[str] = []
        self.meanwhile: Any = None

    def _respond(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.tokens.append(token)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return httpx.Response(200 if token in self.accepted else 401)


@parametrize_credentials()
def test_the_token_is_replaced_and_the_request_repeated_once(
    emulator: Emulator, clock: FakeClock, runner: Runner, credential_class: Any
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    rejected = runner.token(credential)
    emulator.revoke(rejected.value)

    response = runner.send(credential, "POST", echo_url(credential), json={"amount": 1})

    assert response.status_code == 200
    assert runner.token(credential) != rejected
    assert emulator.count(credential_class.spec.provider) == 2
    assert emulator.count(credential_class.spec.provider, kind="echo") == 2


def test_64_threads_with_a_revoked_token_cost_one_new_token(emulator: Emulator, clock: FakeClock) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(credential.token().value)
    emulator.fault("setu", "sandbox", operation="echo", latency=0.05)
    limits = httpx.Limits(max_connections=CALLERS)
    with httpx.Client(auth=credential, limits=limits, verify=TLS_CONTEXT) as client:
        responses = call_in_threads(CALLERS, lambda: client.get(echo_url(credential)))

    assert {response.status_code for response in responses} == {200}
    assert emulator.count("setu") == 2


def test_after_a_late_401_the_request_is_repeated_with_the_newer_cached_token(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner
) -> None:
    credential, api = mock_provider.credential(Setu, numbered_tokens(mock_provider)), Api("fake-2")
    api.meanwhile = lambda: Runner(None).get(credential, "https://uat.setu.co/other", api)

    assert runner.get(credential, "https://uat.setu.co/first", api).status_code == 200
    assert api.tokens == ["fake-1", "fake-1", "fake-2", "fake-2"]
    assert len(mock_provider.requests) == 2


def test_a_late_401_is_repeated_even_if_another_api_rejected_the_newer_token(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner
) -> None:
    credential, api, strict = (
        mock_provider.credential(Setu, numbered_tokens(mock_provider)),
        Api("fake-2"),
        Api(),
    )
    api.meanwhile = lambda: Runner(None).get(credential, "https://uat.setu.co/strict", strict)

    assert runner.get(credential, "https://uat.setu.co/first", api).status_code == 200
    assert strict.tokens == ["fake-1", "fake-2"]
    assert api.tokens == ["fake-1", "fake-2"]
    assert len(mock_provider.requests) == 2


def test_20_requests_to_an_api_that_always_returns_401_cost_two_tokens(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=401)
    credential = Setu("sandbox", clock=clock.clock)

    assert {runner.get(credential, echo_url(credential)).status_code for _ in range(20)} == {401}
    assert emulator.count("setu") == 2


def test_back_off_grows_while_an_api_rejects_new_tokens_too(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner
) -> None:
    credential, api = mock_provider.credential(Setu, numbered_tokens(mock_provider)), Api()
    counts = []
    for seconds in (0, 61, 61, 60, 120, 121):
        clock.advance(seconds)
        runner.get(credential, "https://uat.setu.co/", api)
        counts.append(len(mock_provider.requests))

    assert counts == [2, 3, 3, 4, 4, 5]


def test_an_accepted_token_ends_the_back_off(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner
) -> None:
    credential, api = mock_provider.credential(Setu, numbered_tokens(mock_provider)), Api()
    runner.get(credential, "https://uat.setu.co/", api)
    clock.advance(61)

    api.accepted = ("fake-3", "fake-4")
    assert runner.get(credential, "https://uat.setu.co/", api).status_code == 200
    api.accepted = ("fake-4",)
    assert runner.get(credential, "https://uat.setu.co/", api).status_code == 200
    assert len(mock_provider.requests) == 4


def test_the_401_is_returned_if_no_other_token_can_be_fetched(
    emulator: Emulator, clock: FakeClock, runner: Runner, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(runner.token(credential).value)
    emulator.fault("setu", "sandbox", status=503)

    assert runner.get(credential, echo_url(credential)).status_code == 401
    assert any("there is no other" in record.message for record in caplog.records)


def test_a_stored_token_that_is_rejected_too_is_replaced_by_the_next_request(
    emulator: Emulator, tmp_path: Path, clock: FakeClock, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", clock.time)
    first, second = (Setu("sandbox", store=FileStore(tmp_path), clock=clock.clock) for _ in range(2))
    assert runner.token(first) == runner.token(second)
    second.invalidate()
    runner.token(second)  # now in the store, while the first credential still caches the older token
    clock.advance(120)
    emulator.revoke()

    statuses = [runner.send(first, "GET", echo_url(first)).status_code for _ in range(3)]

    assert statuses == [401, 200, 200]
    assert emulator.count("setu") == 3


def test_a_request_with_a_consumed_stream_is_not_repeated(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(runner.token(credential).value)
    response = runner.send(credential, "POST", echo_url(credential), content=runner.stream(b"once"))

    assert response.status_code == 401
    assert emulator.count("setu", kind="echo") == 1


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500, 503])
def test_no_other_status_replaces_the_token(
    emulator: Emulator, clock: FakeClock, runner: Runner, status: int
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=status)
    credential = Setu("sandbox", clock=clock.clock)

    assert runner.get(credential, echo_url(credential)).status_code == status
    assert emulator.count("setu", kind="echo") == 1
    assert emulator.count("setu") == 1


def test_64_threads_at_an_api_that_always_returns_401_cost_two_tokens(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    for _ in range(20):
        mock_provider.requests.clear()
        credential, api = mock_provider.credential(Setu, numbered_tokens(mock_provider)), Api()
        with httpx.Client(auth=credential, transport=api, verify=TLS_CONTEXT) as client:
            responses = call_in_threads(CALLERS, lambda: client.get("https://uat.setu.co/"))

        assert {response.status_code for response in responses} == {401}
        assert len(mock_provider.requests) == 2


def test_a_401_that_arrives_after_the_newer_token_expired_fetches_a_third(
    mock_provider: MockProvider, clock: FakeClock, runner: Runner
) -> None:
    credential, api = mock_provider.credential(Setu, numbered_tokens(mock_provider)), Api("fake-3")

    def hours_later() -> None:
        clock.advance(1800)
        credential.token()
        clock.advance(1800)

    api.meanwhile = hours_later

    assert runner.get(credential, "https://uat.setu.co/", api).status_code == 200
    assert api.tokens == ["fake-1", "fake-3"]
