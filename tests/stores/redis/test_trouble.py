"""Redis is not there, or not as it should be: one warning, and each host goes on alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from gatepass import Limited, Su, TokenError
from gatepass.stores import Entry, FileStore, Lease, RedisStore, _redis_client
from gatepass_emulator import Emulator

from ...patience import PATIENCE
from .conftest import WANTED, Hosts, Server, entry, got, hurry, leased

NOWHERE = 1
"""A port at which nobody listens."""
RECORD = f"gatepass:{{{WANTED.account}}}:{WANTED.key}"


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
        admin.execute_command("ACL", "SETUSER", "nobody", "on", "nopass", "~*", "-@all")
    return server.url.replace("//", "//nobody:fake-hidden@")


def half_allowed(server: Server) -> str:
    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "nobody", "on", "nopass", "~*", "-@all", "+eval")
    return server.url.replace("//", "//nobody:fake-hidden@")


def wrong_password(server: Server) -> str:
    return server.url.replace("//", "//nobody:fake-hidden@")


def wrong_type(server: Server) -> str:
    with server.admin as admin:
        for key in RECORD, f"{RECORD}:lease", f"{RECORD}:news":
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
    name = RedisStore("redis://127.0.0.1:1", host=False).cache_key(settings.key(settings.reveal()), PATIENCE)
    return [f"gatepass:{{{settings.quota_key}}}:{name}"]


TROUBLES: dict[str, tuple[Callable[[Server], str], str]] = {
    "refused": (lambda server: f"redis://:fake-hidden@127.0.0.1:{NOWHERE}", "ConnectionError"),
    "stalled": (stalled, "TimeoutError"),
    "killed": (killed, "ConnectionError"),
    "replica": (replica, "ReadOnlyError|READONLY"),
    "not allowed": (not_allowed, "NoPermissionError"),
    "half allowed": (half_allowed, "NoPermission|ResponseError"),
    "wrong password": (wrong_password, "AuthenticationError"),
    "wrong type": (wrong_type, "ResponseError WRONGTYPE"),
    "full": (full, "OutOfMemoryError|OOM"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_host_goes_on_alone_after_one_warning(
    emulator: Emulator,
    victim: Server,
    new_host: Hosts,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    caplog.set_level("WARNING")
    if trouble == "stalled":
        hurry(monkeypatch)
    break_it, said = TROUBLES[trouble]
    store = new_host(break_it(victim))
    tries: list[str] = []
    run = store._run

    def counted(script: str, *args: Any) -> Any:
        tries.append(script)
        return run(script, *args)

    monkeypatch.setattr(store, "_run", counted)

    tokens = {Su("sandbox", store=store).token().value for _ in range(3)}

    assert tries == ["acquire", "publish"]  # each once, for as long as one command may take
    assert len(tokens) == 1
    assert emulator.count("su") == 1
    warnings = [text for text in caplog.messages if "going on without the fleet" in text]
    assert len(caplog.messages) == len(warnings) == 1
    assert any(one in warnings[0] for one in said.split("|")), warnings
    assert "fake-hidden" not in caplog.text
    assert not tokens & set(caplog.text.split())


def test_alone_a_host_has_a_sixth_of_the_quota(server: Server, new_host: Hosts, tmp_path: Path) -> None:
    for _ in range(5):  # each another process of the host
        store = new_host(f"redis://127.0.0.1:{NOWHERE}", host=FileStore(tmp_path / "host"))
        store.publish(leased(store, replace(WANTED, quota=(30, 3600))), entry(lives=-1))

    assert isinstance(store.acquire(replace(WANTED, quota=(30, 3600)), PATIENCE), Limited)
    whole = new_host(server.url, host=FileStore(tmp_path / "host"))
    leased(whole, replace(WANTED, quota=(30, 3600)))  # which those five are not counted in


@pytest.mark.parametrize("hosts", [6, 20])
def test_without_redis_a_fleet_makes_a_sixth_of_the_quota_in_requests_for_each_host(
    new_host: Hosts, hosts: int
) -> None:
    """The bound that the README states; only up to six hosts it is within a quota."""
    wanted, leases = replace(WANTED, quota=(30, 3600)), 0
    for store in [new_host(f"redis://127.0.0.1:{NOWHERE}") for _ in range(hosts)]:
        while isinstance(lease := store.acquire(wanted, PATIENCE), Lease):
            store.publish(lease, entry(lives=-1))
            leases += 1

    assert leases == hosts * 5


def test_not_sent_is_not_counted_alone_either(new_host: Hosts) -> None:
    store = new_host(f"redis://127.0.0.1:{NOWHERE}")

    for _ in range(7):
        store.fail(leased(store, replace(WANTED, quota=(30, 3600))), None, sent=False)


@pytest.mark.parametrize("end", ["stall", "kill"])
def test_redis_dies_while_a_host_waits(
    victim: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    holder = new_host(victim.url)
    lease = leased(holder)
    hurry(monkeypatch)
    monkeypatch.setattr(_redis_client, "READ", 5.0)
    monkeypatch.setattr(_redis_client, "BOUND", (5.0, 5.0))
    waiter = new_host(victim.url)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(leased, waiter)
        victim.wait_for_waiters()
        getattr(victim, end)()
        alone = waiting.result()  # for a shorter time than the lease lasts

    waiter.publish(alone, entry("fake-a"))
    if end == "stall":
        victim.kill()  # which a holder that is patient would wait for
    holder.publish(lease, entry("fake-b"))
    assert (got(waiter), got(holder)) == ("fake-a", "fake-b")


def test_redis_is_flushed_while_a_host_asks(server: Server, new_host: Hosts) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = leased(holder)
    with server.admin as admin:
        admin.flushall()

    holder.publish(lease, entry())

    assert got(waiter) == "fake-token"


def test_redis_comes_back_and_is_warned_about_anew_when_it_goes(
    victim: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(victim.url)
    for turn in range(2):
        victim.kill()
        store.fail(leased(store), None, sent=True)
        store.fail(leased(store), None, sent=True)
        assert len(caplog.messages) == turn + 1
        victim.start()
        store.fail(leased(store), None, sent=True)


def test_the_answer_that_gave_the_lease_is_lost(
    server: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    class Deaf(redis.Redis):
        deaf = True

        def eval(self, *args: Any) -> Any:
            answer = super().eval(*args)
            if self.deaf:
                raise redis.TimeoutError("no answer")
            return answer

    with Deaf.from_url(server.url, socket_timeout=PATIENCE) as client:
        store, waiter = new_host(client), new_host(server.url)
        lease = leased(store)
        client.deaf = False
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(got, waiter)  # for a shorter time than the lease lasts
            server.wait_for_waiters()
            store.publish(lease, entry())
            assert waiting.result() == "fake-token"


def test_no_host_store_and_no_redis_is_for_the_engine_to_tell(
    emulator: Emulator, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    store = new_host(f"redis://:fake-hidden@127.0.0.1:{NOWHERE}", host=False)

    with pytest.raises(OSError, match="redis: ConnectionError") as caught:
        store.acquire(WANTED, PATIENCE)

    assert caught.value.__context__ is None
    assert Su("sandbox", store=store).token().value
    assert len(caplog.messages) == 1
    assert "going on without RedisStore" in caplog.messages[0]


def test_without_a_host_store_redis_alone_serves(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.url, host=False), new_host(server.url, host=False)

    one.publish(leased(one), entry())

    assert got(two) == "fake-token"


def test_a_host_store_that_does_not_work_does_not_keep_redis_from_it(
    emulator: Emulator, server: Server, new_host: Hosts, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    (tmp_path / "file").write_text("no folder")
    broken = new_host(server.url, host=FileStore(tmp_path / "file"))

    token = Su("sandbox", store=broken).token()

    assert Su("sandbox", store=new_host(server.url)).token().value == token.value
    assert len(caplog.messages) == 1
    assert "going on without the host" in caplog.messages[0]


def test_a_connection_that_broke_meanwhile_is_no_trouble(
    server: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_host(server.url)
    lease = leased(store)
    with server.admin as admin:
        admin.client_kill_filter(_type="normal", skipme=True)

    store.publish(lease, entry())

    assert caplog.messages == []
    assert got(new_host(server.url)) == "fake-token"


@pytest.mark.parametrize("outcome", [Entry, Lease, TokenError])
def test_no_lock_is_kept_whatever_happens(server: Server, new_host: Hosts, outcome: Any) -> None:
    """The host's next caller is not kept waiting."""
    first, store = new_host(server.url), new_host(server.url)
    if outcome is Entry:
        first.publish(leased(first), entry())
    if outcome is TokenError:
        quota = replace(WANTED, quota=(1, 3600))
        first.fail(leased(first, quota), Limited("no", retry_at=time.time() + 600), sent=True)
    for _ in range(2):
        found = store.acquire(WANTED, PATIENCE)
        assert isinstance(found, outcome)
        if isinstance(found, Lease):
            store.fail(found, None, sent=True)
