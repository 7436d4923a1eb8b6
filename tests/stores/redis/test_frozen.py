"""Redis is frozen: it takes connections and commands, and never responds."""

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
from gatepass.stores import RedisStore, _redis, _redis_client
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for
from .conftest import WANTED, Hosts, Server, entry, got, hurry, leased

CLIENTS: dict[str, Callable[[str], Any]] = {
    "default options": redis.Redis.from_url,
    "no timeout": lambda url: redis.Redis.from_url(url, socket_timeout=None),
    "a timeout that its retries multiply": lambda url: redis.Redis.from_url(url, socket_timeout=2),
    "cluster": RedisCluster.from_url,
    "valkey-py": valkey.Valkey.from_url,
    "url": lambda url: url,
}


@pytest.fixture
def victim(request: pytest.FixtureRequest) -> Iterator[Server]:
    kind = getattr(request.node, "callspec", None)
    options = ("--cluster-enabled", "yes") if kind and kind.params.get("kind") == "cluster" else ()
    with contextlib.closing(Server("valkey", *options)) as server:
        if options:
            with server.admin as admin:
                admin.execute_command("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
                wait_for(lambda: "cluster_state:ok" in str(admin.execute_command("CLUSTER", "INFO")))
        yield server


def commands_sent(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that the store gives its client from now on."""
    client, sent = store._redis._client, list[str]()
    evaluate = client.eval

    def counted(*args: Any) -> Any:
        sent.append("eval")
        return evaluate(*args)

    monkeypatch.setattr(client, "eval", counted)
    return sent


@pytest.mark.parametrize("kind", CLIENTS)
def test_the_provider_is_asked_in_time_with_whatever_client_and_later_requests_pay_nothing(
    emulator: Emulator,
    victim: Server,
    new_host: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level("WARNING")
    hurry(monkeypatch)
    monkeypatch.setattr(_redis_client, "PAUSE", 5.0)
    store = new_host(CLIENTS[kind](victim.url))
    store._redis.clock = lambda: 0.0
    sent = commands_sent(store, monkeypatch)
    victim.stall()

    su = Su("sandbox", store=store, timeout=20)  # the retries of these clients take longer
    assert su.token()
    sent.clear()
    for _ in range(3):
        su.forget()
        assert su.token()

    assert emulator.count("su") == 4
    assert sent == []
    (warning,) = caplog.messages
    assert "going on without the fleet: TimeoutError" in warning


def test_after_a_pause_a_single_caller_tries_again(
    victim: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_redis_client, "PAUSE", 5.0)
    store = new_host(victim.url, host=False)
    now = 0.0
    store._redis.clock = lambda: now
    sent = commands_sent(store, monkeypatch)
    victim.kill()

    def why(_number: int = 0) -> str:
        with pytest.raises(OSError, match="redis: ") as caught:
            store.acquire(WANTED, PATIENCE)
        return "paused" if "not tried again" in str(caught.value) else "failed"

    assert why() == "failed"
    now = 4.0
    assert why() == "paused"
    now = 5.0
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(why, range(8))) == ["failed"] + 7 * ["paused"]
    assert len(sent) == 2
    victim.start()
    now = 10.0
    store.publish(leased(store), entry())
    assert got(store) == "fake-token"


def test_commands_without_a_response_do_not_pile_up_threads_and_leave_no_lease(
    victim: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads() -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name == "gatepass redis"]

    hurry(monkeypatch)
    with redis.Redis.from_url(victim.url, socket_timeout=None) as client:
        store = new_host(client)
        victim.stall()
        for _ in range(10):
            store.publish(leased(store), entry(lives=-1))

        assert len(threads()) == 2  # one that acquires a lease, one that will end it
        victim.go_on()
        wait_for(lambda: not threads())
        monkeypatch.setattr(_redis_client, "BOUND", (PATIENCE, PATIENCE))
        store.publish(leased(store), entry())
    assert got(new_host(victim.url)) == "fake-token"


def test_a_client_that_waits_long_is_warned_about_and_how_to_make_another(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_redis, "SAFE", 2.0)
    monkeypatch.setattr(_redis_client, "READ", 0.25)
    new_host(redis.Redis(socket_timeout=2, retry=Retry(NoBackoff(), 0)))
    new_host(server.url)
    assert caplog.messages == []

    new_host(redis.Redis(socket_timeout=2, retry=Retry(NoBackoff(), 10)))

    assert "keeps a thread for 22 s" in caplog.messages[0]
    assert "socket_timeout=1 and retry=Retry(NoBackoff(), 0)" in caplog.messages[0]
