"""A host has several addresses, some of them unreachable; or a token arrives after its callers have gone."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest

from gatepass import Setu, Su, Unavailable
from gatepass_emulator import Emulator

from ..helpers import FakeClock, MockProvider, PausedResponses, Runner, wait_for_background_refreshes
from ..timeouts import HANG_TIMEOUT, wait_for_event

Address = tuple[str, int]


@pytest.fixture
def unreachable() -> Iterator[Address]:
    """An address that drops packets: Linux does so for connections that a full backlog has no room for."""
    if sys.platform != "linux":
        pytest.skip("only Linux drops connections beyond the backlog, and has 127.0.0.2")
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        for _ in range(2):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(listener.getsockname())
        yield listener.getsockname()


@pytest.fixture
def refusing() -> Iterator[Address]:
    """An address where no server listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes `localhost` resolve to these addresses, in this order."""
    original = socket.getaddrinfo

    def make(*addresses: Address) -> None:
        def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
            if host != "localhost":
                return original(host, *args, **options)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return make


def url_of(emulator: Emulator) -> tuple[str, Address]:
    url = httpx.URL(emulator.variables()["SU_SANDBOX_BASE_URL"])
    return str(url.copy_with(host="localhost")), (url.host, url.port or 80)


def test_an_unreachable_first_address_is_skipped(
    emulator: Emulator, unreachable: Address, resolve: Callable[..., None], runner: Runner
) -> None:
    url, reachable = url_of(emulator)
    resolve(unreachable, reachable)
    credential = Su("sandbox", base_url=url, timeout=30)

    for _ in range(3):
        assert runner.token(credential).value
        credential.invalidate()

    assert emulator.count("su") == 3


def test_the_last_address_is_reached_after_unreachable_and_refusing_addresses(
    emulator: Emulator, unreachable: Address, refusing: Address, resolve: Callable[..., None]
) -> None:
    url, reachable = url_of(emulator)
    resolve(refusing, unreachable, refusing, unreachable, reachable)

    assert Su("sandbox", base_url=url).token().value

    assert emulator.count("su") == 1


def test_if_every_address_is_unreachable_the_error_is_a_connect_timeout(
    unreachable: Address, resolve: Callable[..., None], clean_environment: None, runner: Runner
) -> None:
    resolve(unreachable, unreachable)
    credential = Setu("sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", timeout=1)

    with pytest.raises(Unavailable, match=r"cannot connect to localhost:9 in time"):
        runner.token(credential)


def test_if_every_address_refuses_the_error_is_connection_refused(
    refusing: Address, resolve: Callable[..., None], clean_environment: None, clock: FakeClock
) -> None:
    resolve(refusing, refusing)
    credential = Setu(
        "sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", clock=clock.clock
    )

    with pytest.raises(Unavailable, match="cannot connect to localhost:9: connection refused"):
        credential.token()


def test_addresses_are_tried_alternately_from_ipv6_and_ipv4(
    monkeypatch: pytest.MonkeyPatch, clean_environment: None, clock: FakeClock
) -> None:
    """With three refusing IPv6 addresses first, IPv4 is tried second."""
    tried: list[str] = []

    def connect(_socket: Any, address: Any) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError(111, "rejected")

    addresses = [(socket.AF_INET6, f"::{n}") for n in (1, 2, 3)]
    addresses += [(socket.AF_INET, f"127.0.0.{n}") for n in (1, 2)]
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_args, **_options: [
            (family, socket.SOCK_STREAM, 6, "", (address, 9)) for family, address in addresses
        ],
    )
    monkeypatch.setattr(socket, "socket", type("Socket", (socket.socket,), {"connect": connect}))
    credential = Setu(
        "sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", clock=clock.clock
    )

    with pytest.raises(Unavailable):
        credential.token()

    assert tried[:5] == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]


def test_a_transport_gets_a_third_of_the_timeout_for_connecting(mock_provider: MockProvider) -> None:
    """httpx gives each address that time and tries one after another."""
    mock_provider.credential(Setu, timeout=30).token()

    assert mock_provider.requests[0].extensions["timeout"] == {
        "connect": 10,
        "read": 30,
        "write": 30,
        "pool": 30,
    }


def test_a_token_that_arrives_after_its_caller_was_cancelled_serves_the_next_caller(
    emulator: Emulator, paused_responses: PausedResponses, clock: FakeClock
) -> None:
    credential = Su("sandbox", clock=clock.clock)

    async def cancel_caller() -> None:
        caller = asyncio.create_task(credential.atoken())
        await asyncio.to_thread(wait_for_event, paused_responses.request_arrived)
        caller.cancel()

    asyncio.run(cancel_caller())
    clock.advance(1.5 * HANG_TIMEOUT)
    paused_responses.resume()
    wait_for_background_refreshes()

    assert credential.token().value
    assert emulator.count("su") == 1


def test_a_token_that_a_transport_delivers_late_is_cached(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    def late(_request: httpx.Request) -> Any:
        clock.advance(15)
        return mock_provider.example_response(Su)

    credential = mock_provider.credential(Su, late, timeout=10)

    with suppress(Unavailable):  # if the caller timed out before the response arrived
        credential.token()
    wait_for_background_refreshes()

    assert credential.token().value
    assert len(mock_provider.requests) == 1
