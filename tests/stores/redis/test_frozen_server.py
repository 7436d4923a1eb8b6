"""A frozen server accepts connections and commands, and never responds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
import valkey
from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from gatepass import Su
from gatepass.stores import RedisStore, _circuit_breaker, _redis_client, _redis_store, _redis_url
from gatepass_emulator import Emulator

from ...helpers import wait_for_background_refreshes
from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost, use_short_timeouts
from .server import Server

CLIENTS: dict[str, Callable[[str], Any]] = {
    "default options": redis.Redis.from_url,
    "no timeout": lambda url: redis.Redis.from_url(url, socket_timeout=None),
    "a timeout that its retries multiply": lambda url: redis.Redis.from_url(url, socket_timeout=2),
    "cluster": RedisCluster.from_url,
    "valkey-py": valkey.Valkey.from_url,
    "url": lambda url: url,
}


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    kind = getattr(request.node, "callspec", None)
    options = ("--cluster-enabled", "yes") if kind and kind.params.get("kind") == "cluster" else ()
    with contextlib.closing(Server("valkey", *options)) as server:
        if options:
            with server.admin as admin:
                admin.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
                wait_for(lambda: "cluster_state:ok" in str(admin.execute_command("CLUSTER", "INFO")))
        yield server


def commands_sent(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that the store sends from now on."""
    client, sent = store._client._client, list[str]()
    evaluate = client.eval

    def counted(*args: Any) -> Any:
        sent.append("eval")
        return evaluate(*args)

    monkeypatch.setattr(client, "eval", counted)
    return sent


@pytest.mark.parametrize("kind", CLIENTS)
def test_a_frozen_server_delays_one_request_whatever_the_client(
    emulator: Emulator,
    own_server: Server,
    new_host: NewHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level("WARNING")
    use_short_timeouts(monkeypatch)
    monkeypatch.setattr(_circuit_breaker, "PAUSE", 5.0)
    store = new_host(CLIENTS[kind](own_server.url))
    store._client.breaker.clock = lambda: 0.0
    sent = commands_sent(store, monkeypatch)
    own_server.stall()

    su = Su("sandbox", store=store, timeout=20)  # less than the retries of these clients take
    assert su.token()
    wait_for_background_refreshes()  # which may offer the token to the store
    sent.clear()
    for _ in range(3):
        su.invalidate()
        assert su.token()

    assert emulator.count("su") == 4
    assert sent == []
    (warning,) = caplog.messages
    assert "going on without the fleet: TimeoutError" in warning


def test_one_caller_tries_again_after_the_pause(
    own_server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_circuit_breaker, "PAUSE", 5.0)
    store = new_host(own_server.url, host=False)
    now = 0.0
    store._client.breaker.clock = lambda: now
    sent = commands_sent(store, monkeypatch)
    own_server.kill()

    def failure(_number: int = 0) -> str:
        with pytest.raises(OSError, match="redis: ") as caught:
            store.acquire(LOOKUP, HANG_TIMEOUT)
        return "paused" if "not tried again" in str(caught.value) else "failed"

    assert failure() == "failed"
    now = 4.0
    assert failure() == "paused"
    now = 5.0
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(failure, range(8))) == ["failed"] + 7 * ["paused"]
    assert len(sent) == 2
    own_server.start()
    now = 10.0
    store.publish(acquire_lease(store), cached_token())
    assert stored_token(store) == "fake-token"


def test_commands_without_a_response_accumulate_no_threads_and_leave_no_lease(
    own_server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "gatepass redis"]

    use_short_timeouts(monkeypatch)
    with redis.Redis.from_url(own_server.url, socket_timeout=None) as client:
        store = new_host(client)
        own_server.stall()
        for _ in range(10):
            store.publish(acquire_lease(store), cached_token(expires_in=-1))

        assert len(threads()) == 2  # one acquires a lease, and one will end it
        own_server.resume()
        wait_for(lambda: not threads())
        monkeypatch.setattr(_redis_client, "COMMAND_TIMEOUT", (HANG_TIMEOUT, HANG_TIMEOUT))
        store.publish(acquire_lease(store), cached_token())
    assert stored_token(new_host(own_server.url)) == "fake-token"


def test_the_warning_about_a_slow_client_says_how_to_make_a_better_one(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_redis_store, "SAFE_STALL", 2.0)
    monkeypatch.setattr(_redis_url, "READ_TIMEOUT", 0.25)
    new_host(redis.Redis(socket_timeout=2, retry=Retry(NoBackoff(), 0)))
    new_host(server.url)
    assert caplog.messages == []

    new_host(redis.Redis(socket_timeout=2, retry=Retry(NoBackoff(), 10)))

    assert "blocks a thread for 22 s" in caplog.messages[0]
    assert "socket_timeout=1 and retry=Retry(NoBackoff(), 0)" in caplog.messages[0]
