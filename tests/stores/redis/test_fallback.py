"""While Redis is down or unusable, each host continues alone after one warning."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from gatepass import RateLimited, Su, TokenError
from gatepass.stores import CachedToken, FileStore, Lease, RedisStore, _redis_client, _redis_url
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost, use_short_timeouts
from .server import Server

NOWHERE = 1
"""A port on which no program listens."""
RECORD = f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}"


def stalled(server: Server) -> str:
    server.stall()
    return server.url


def killed(server: Server) -> str:
    server.kill()
    return server.url


def replica(server: Server) -> str:
    with server.admin as admin:
        admin.replicaof("127.0.0.1", NOWHERE)
    return server.url


def not_allowed(server: Server) -> str:
    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "limited", "on", "nopass", "~*", "-@all")
    return server.url.replace("//", "//limited:fake-hidden@")


def half_allowed(server: Server) -> str:
    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "limited", "on", "nopass", "~*", "-@all", "+eval")
    return server.url.replace("//", "//limited:fake-hidden@")


def wrong_password(server: Server) -> str:
    return server.url.replace("//", "//limited:fake-hidden@")


def wrong_type(server: Server) -> str:
    with server.admin as admin:
        for key in RECORD, f"{RECORD}:lease", f"{RECORD}:stream":
            admin.set(key, "not ours")
        for key in _keys_of_su():
            admin.set(key, "not ours")
    return server.url


def full(server: Server) -> str:
    with server.admin as admin:
        admin.config_set("maxmemory", "1")
    return server.url


def _keys_of_su() -> list[str]:
    settings = Su("sandbox")._settings
    name = RedisStore("redis://127.0.0.1:1", host=False).cache_key(
        settings.cache_key(settings.resolve_secrets()), HANG_TIMEOUT
    )
    return [f"gatepass:{{{settings.account_key}}}:{name}"]


FAILURES: dict[str, tuple[Callable[[Server], str], str]] = {
    "rejected": (lambda server: f"redis://:fake-hidden@127.0.0.1:{NOWHERE}", "ConnectionError"),
    "stalled": (stalled, "TimeoutError"),
    "killed": (killed, "ConnectionError"),
    "replica": (replica, "ReadOnlyError: it is a replica, which cannot give leases"),
    "not allowed": (not_allowed, "NoPermissionError: its user may not run EVAL"),
    "half allowed": (half_allowed, "NoPermissionError: its user may not run TIME"),
    "wrong password": (wrong_password, "AuthenticationError"),
    "wrong type": (wrong_type, "ResponseError WRONGTYPE"),
    "full": (full, "OutOfMemoryError|OOM"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_a_host_continues_alone_after_one_warning(
    emulator: Emulator,
    own_server: Server,
    new_host: NewHost,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    caplog.set_level("WARNING")
    if kind == "stalled":
        use_short_timeouts(monkeypatch)
    break_server, expected = FAILURES[kind]
    store = new_host(break_server(own_server))
    scripts: list[str] = []
    run = store._leases._run

    def counted(script: str, *args: Any) -> Any:
        scripts.append(script)
        return run(script, *args)

    monkeypatch.setattr(store._leases, "_run", counted)

    tokens = {Su("sandbox", store=store).token().value for _ in range(3)}

    assert scripts == ["acquire", "publish"]  # each is sent once
    assert len(tokens) == 1
    assert emulator.count("su") == 1
    warnings = [text for text in caplog.messages if "going on without the fleet" in text]
    assert len(caplog.messages) == len(warnings) == 1
    assert any(name in warnings[0] for name in expected.split("|")), warnings
    assert "fake-hidden" not in caplog.text
    assert not tokens & set(caplog.text.split())


def test_alone_a_host_has_a_sixth_of_the_quota(server: Server, new_host: NewHost, tmp_path: Path) -> None:
    for _ in range(5):  # each in another process of the host
        store = new_host(f"redis://127.0.0.1:{NOWHERE}", host=FileStore(tmp_path / "host"))
        store.publish(acquire_lease(store, replace(LOOKUP, quota=(30, 3600))), cached_token(expires_in=-1))

    assert isinstance(store.acquire(replace(LOOKUP, quota=(30, 3600)), HANG_TIMEOUT), RateLimited)
    connected = new_host(server.url, host=FileStore(tmp_path / "host"))
    acquire_lease(connected, replace(LOOKUP, quota=(30, 3600)))  # whose quota does not count those five


@pytest.mark.parametrize("hosts", [6, 20])
def test_without_redis_a_fleet_makes_a_sixth_of_the_quota_in_requests_for_each_host(
    new_host: NewHost, hosts: int
) -> None:
    """The bound in the README, which is within the quota only for up to six hosts."""
    lookup, leases = replace(LOOKUP, quota=(30, 3600)), 0
    for store in [new_host(f"redis://127.0.0.1:{NOWHERE}") for _ in range(hosts)]:
        while isinstance(lease := store.acquire(lookup, HANG_TIMEOUT), Lease):
            store.publish(lease, cached_token(expires_in=-1))
            leases += 1

    assert leases == hosts * 5


def test_alone_a_request_that_was_not_sent_does_not_count(new_host: NewHost) -> None:
    store = new_host(f"redis://127.0.0.1:{NOWHERE}")

    for _ in range(7):
        store.fail(acquire_lease(store, replace(LOOKUP, quota=(30, 3600))), None, sent=False)


@pytest.mark.parametrize("end", ["stall", "kill"])
def test_a_waiting_host_continues_alone_when_redis_dies(
    own_server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    holder = new_host(own_server.url)
    lease = acquire_lease(holder)
    use_short_timeouts(monkeypatch)
    monkeypatch.setattr(_redis_url, "READ_TIMEOUT", 5.0)
    monkeypatch.setattr(_redis_client, "COMMAND_TIMEOUT", (5.0, 5.0))
    waiter = new_host(own_server.url)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(acquire_lease, waiter)
        own_server.wait_for_waiters()
        getattr(own_server, end)()
        alone = waiting.result()  # for a shorter time than the lease lasts

    waiter.publish(alone, cached_token("fake-a"))
    if end == "stall":
        own_server.kill()  # so that the holder does not wait for a response
    holder.publish(lease, cached_token("fake-b"))
    assert (stored_token(waiter), stored_token(holder)) == ("fake-a", "fake-b")


def test_a_token_is_stored_although_redis_was_flushed_during_its_request(
    server: Server, new_host: NewHost
) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = acquire_lease(holder)
    with server.admin as admin:
        admin.flushall()

    holder.publish(lease, cached_token())

    assert stored_token(waiter) == "fake-token"


def test_each_failure_of_redis_is_one_warning(
    own_server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(own_server.url)
    for turn in range(2):
        own_server.kill()
        store.fail(acquire_lease(store), None, sent=True)
        store.fail(acquire_lease(store), None, sent=True)
        assert len(caplog.messages) == turn + 1
        own_server.start()
        store.fail(acquire_lease(store), None, sent=True)


def test_a_lease_whose_response_was_lost_is_ended(
    server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    class LosesResponses(redis.Redis):
        is_losing = True

        def eval(self, *args: Any) -> Any:
            response = super().eval(*args)
            if self.is_losing:
                raise redis.TimeoutError("no response")
            return response

    with LosesResponses.from_url(server.url, socket_timeout=HANG_TIMEOUT) as client:
        store, waiter = new_host(client), new_host(server.url)
        lease = acquire_lease(store)
        client.is_losing = False
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(stored_token, waiter)  # for a shorter time than the lease lasts
            server.wait_for_waiters()
            store.publish(lease, cached_token())
            assert waiting.result() == "fake-token"


def test_without_host_store_and_redis_acquire_raises_without_secrets(
    emulator: Emulator, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    store = new_host(f"redis://:fake-hidden@127.0.0.1:{NOWHERE}", host=False)

    with pytest.raises(OSError, match="redis: ConnectionError") as caught:
        store.acquire(LOOKUP, HANG_TIMEOUT)

    assert caught.value.__context__ is None
    assert Su("sandbox", store=store).token().value
    assert len(caplog.messages) == 1
    assert "going on without RedisStore" in caplog.messages[0]


def test_redis_shares_tokens_without_a_host_store(server: Server, new_host: NewHost) -> None:
    first, second = new_host(server.url, host=False), new_host(server.url, host=False)

    first.publish(acquire_lease(first), cached_token())

    assert stored_token(second) == "fake-token"


def test_redis_shares_tokens_although_the_host_store_fails(
    emulator: Emulator, server: Server, new_host: NewHost, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    (tmp_path / "file").write_text("no folder")
    broken = new_host(server.url, host=FileStore(tmp_path / "file"))

    token = Su("sandbox", store=broken).token()

    assert Su("sandbox", store=new_host(server.url)).token().value == token.value
    assert len(caplog.messages) == 1
    assert "going on without the host" in caplog.messages[0]


def test_a_broken_connection_is_replaced_without_a_warning(
    server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(server.url)
    lease = acquire_lease(store)
    with server.admin as admin:
        admin.client_kill_filter(_type="normal", skipme=True)

    store.publish(lease, cached_token())

    assert caplog.messages == []
    assert stored_token(new_host(server.url)) == "fake-token"


@pytest.mark.parametrize("outcome", [CachedToken, Lease, TokenError])
def test_the_lease_of_the_host_is_released_whatever_the_outcome(
    server: Server, new_host: NewHost, outcome: Any
) -> None:
    first, store = new_host(server.url), new_host(server.url)
    if outcome is CachedToken:
        first.publish(acquire_lease(first), cached_token())
    if outcome is TokenError:
        quota = replace(LOOKUP, quota=(1, 3600))
        first.fail(acquire_lease(first, quota), RateLimited("no", retry_at=time.time() + 600), sent=True)
    for _ in range(2):
        result = store.acquire(LOOKUP, HANG_TIMEOUT)
        assert isinstance(result, outcome)
        if isinstance(result, Lease):
            store.fail(result, None, sent=True)
