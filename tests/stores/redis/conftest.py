"""Servers, clients of each kind, and hosts that share a server."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
import valkey

from gatepass.stores import (
    FileStore,
    RedisStore,
    _circuit_breaker,
    _redis_client,
    _redis_leases,
    _redis_store,
    _redis_url,
    _store,
)
from gatepass_emulator import Emulator

from ...snippets import run
from ...timeouts import HANG_TIMEOUT
from ..helpers import KEY
from .server import BINARIES, Server


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, Server]]:
    with contextlib.ExitStack() as stack:
        yield {kind: stack.enter_context(contextlib.closing(Server(kind))) for kind in BINARIES}


@pytest.fixture(params=list(BINARIES))
def each_server(request: pytest.FixtureRequest, servers: dict[str, Server]) -> Server:
    """The newest and the oldest server, empty."""
    server = servers[request.param]
    server.clear()
    return server


@pytest.fixture
def server(servers: dict[str, Server]) -> Server:
    """An empty server that tests share, so none may stall or kill it."""
    servers["valkey"].clear()
    return servers["valkey"]


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server for this test alone, which may stall or kill it."""
    with contextlib.closing(Server("valkey")) as server:
        yield server


def client_of(library: Any, url: str, **options: Any) -> Any:
    return library.from_url(url, socket_timeout=HANG_TIMEOUT, **options)


CLIENTS: dict[str, Callable[[str], Any]] = {
    "url": lambda url: url,
    "url-resp3": lambda url: f"{url}?protocol=3",
    "resp2": lambda url: client_of(redis.Redis, url, protocol=2),
    "resp3": lambda url: client_of(redis.Redis, url, protocol=3),
    "resp2-decoded": lambda url: client_of(redis.Redis, url, protocol=2, decode_responses=True),
    "resp3-decoded": lambda url: client_of(redis.Redis, url, protocol=3, decode_responses=True),
    "valkey-py": lambda url: client_of(valkey.Valkey, url),
}


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> Iterator[Callable[[Server], Any]]:
    """Makes each kind of argument that a RedisStore takes."""
    with contextlib.ExitStack() as stack:

        def make(server: Server) -> Any:
            url_or_client = CLIENTS[request.param](server.url)
            return url_or_client if isinstance(url_or_client, str) else stack.enter_context(url_or_client)

        yield make


@pytest.fixture(autouse=True)
def long_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command times out because the machine is busy, and only the stream wakes a waiter."""
    for name in ("CONNECT_TIMEOUT", "READ_TIMEOUT"):
        monkeypatch.setattr(_redis_url, name, HANG_TIMEOUT)
    monkeypatch.setattr(_redis_client, "COMMAND_TIMEOUT", (HANG_TIMEOUT, HANG_TIMEOUT))
    monkeypatch.setattr(_circuit_breaker, "PAUSE", 0.0)
    monkeypatch.setattr(_redis_store, "SAFE_STALL", float("inf"))
    monkeypatch.setattr(_redis_store, "BLOCK_INTERVAL", HANG_TIMEOUT)
    monkeypatch.setattr(_redis_leases, "CLOCK_TOLERANCE", HANG_TIMEOUT)  # as long as a response may take
    monkeypatch.setattr(_store, "LEASE_SECONDS", HANG_TIMEOUT)


def use_short_timeouts(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests in which a server does stall."""
    for name in ("CONNECT_TIMEOUT", "READ_TIMEOUT"):
        monkeypatch.setattr(_redis_url, name, 0.5)
    monkeypatch.setattr(_redis_client, "COMMAND_TIMEOUT", (0.5, 0.5))
    monkeypatch.setattr(_redis_store, "BLOCK_INTERVAL", 0.5)


NewHost = Callable[..., RedisStore]


@pytest.fixture
def new_host(tmp_path: Path, clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> NewHost:
    """Makes the RedisStore of a host, which has its own folder unless `host=` is given."""
    monkeypatch.setenv("GATEPASS_KEY", KEY)
    hosts: list[RedisStore] = []

    def make(url_or_client: Any, **options: Any) -> RedisStore:
        host = options.pop("host", None)
        host_store = FileStore(tmp_path / f"host-{len(hosts)}") if host is None else host
        hosts.append(RedisStore(url_or_client, host=host_store, **options))
        return hosts[-1]

    return make


def get_token_on_two_hosts(setting: str, folder: Path) -> None:
    """Run the command after a documented `export`; each host has a folder of its own for what it caches."""
    command = f"{setting.removeprefix('$ ')}gatepass token setu sandbox"
    for number in range(2):
        done = run(["bash", "-ec", command], folder, XDG_CACHE_HOME=str(folder / str(number)))
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"gatepass: valid until .*\n", done.stderr)


@pytest.fixture
def emulator(emulator: Emulator, new_host: NewHost) -> Emulator:
    """The emulator, for credentials that find GATEPASS_KEY set."""
    return emulator
