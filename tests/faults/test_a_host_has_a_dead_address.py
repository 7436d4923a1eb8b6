"""A host has several addresses and one of them is dead; or a response comes when its callers have gone."""

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

from ..conftest import Gate, Time, Way, Wire
from ..patience import PATIENCE, wait_for_event
from .crowd import settle

Address = tuple[str, int]


@pytest.fixture
def dead() -> Iterator[Address]:
    """An address where packets vanish: Linux drops what a full backlog has no room for."""
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
def refused() -> Iterator[Address]:
    """An address where no server listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes `localhost` resolve to these addresses, in this order."""
    found = socket.getaddrinfo

    def make(*addresses: Address) -> None:
        def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
            if host != "localhost":
                return found(host, *args, **options)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return make


def url_of(emulator: Emulator) -> tuple[str, Address]:
    url = httpx.URL(emulator.variables()["SU_SANDBOX_BASE_URL"])
    return str(url.copy_with(host="localhost")), (url.host, url.port or 80)


def test_the_first_address_is_dead(
    emulator: Emulator, dead: Address, resolve: Callable[..., None], way: Way
) -> None:
    url, live = url_of(emulator)
    resolve(dead, live)
    credential = Su("sandbox", base_url=url, timeout=30)

    for _ in range(3):
        assert way.token(credential).value
        credential.forget()

    assert emulator.count("su") == 3


def test_all_addresses_but_the_last_are_dead_or_refuse(
    emulator: Emulator, dead: Address, refused: Address, resolve: Callable[..., None]
) -> None:
    url, live = url_of(emulator)
    resolve(refused, dead, refused, dead, live)

    assert Su("sandbox", base_url=url).token().value

    assert emulator.count("su") == 1


def test_each_address_is_dead(
    dead: Address, resolve: Callable[..., None], no_variables: None, way: Way
) -> None:
    resolve(dead, dead)
    credential = Setu("sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", timeout=1)

    with pytest.raises(Unavailable, match=r"cannot connect to localhost:9 in time"):
        way.token(credential)


def test_each_address_refuses(
    refused: Address, resolve: Callable[..., None], no_variables: None, time: Time
) -> None:
    resolve(refused, refused)
    credential = Setu(
        "sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", clock=time.clock
    )

    with pytest.raises(Unavailable, match="cannot connect to localhost:9: connection refused"):
        credential.token()


def test_addresses_of_both_families_take_turns(
    monkeypatch: pytest.MonkeyPatch, no_variables: None, time: Time
) -> None:
    """With three dead IPv6 addresses in front, IPv4 is tried second."""
    tried: list[str] = []

    def connect(_socket: Any, address: Any) -> None:
        tried.append(address[0])
        raise ConnectionRefusedError(111, "refused")

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
        "sandbox", client_id="fake", secret="fake", base_url="http://localhost:9", clock=time.clock
    )

    with pytest.raises(Unavailable):
        credential.token()

    assert tried[:5] == ["::1", "127.0.0.1", "::2", "127.0.0.2", "::3"]


def test_a_transport_may_try_a_second_address(wire: Wire) -> None:
    """It is given a third of the time for each address; httpx tries them in turn."""
    wire.credential(Setu, timeout=30).token()

    assert wire.requests[0].extensions["timeout"] == {"connect": 10, "read": 30, "write": 30, "pool": 30}


def test_a_token_that_comes_when_its_callers_have_gone_is_for_the_next_one(
    emulator: Emulator, gate: Gate, time: Time
) -> None:
    credential = Su("sandbox", clock=time.clock)

    async def give_up() -> None:
        caller = asyncio.create_task(credential.atoken())
        await asyncio.to_thread(wait_for_event, gate.arrived)
        caller.cancel()

    asyncio.run(give_up())
    time.pass_(1.5 * PATIENCE)
    gate.open()
    settle()

    assert credential.token().value
    assert emulator.count("su") == 1


def test_a_late_token_from_a_transport_is_kept(wire: Wire, time: Time) -> None:
    def late(_request: httpx.Request) -> Any:
        time.pass_(15)
        return wire.reply(Su)

    credential = wire.credential(Su, late, timeout=10)

    with suppress(Unavailable):  # if the caller has gone before the response came
        credential.token()
    settle()

    assert credential.token().value
    assert len(wire.requests) == 1
