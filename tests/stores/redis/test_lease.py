"""Which host may request a token, and what happens to the lease of a holder that does not return."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis

from gatepass import RateLimited
from gatepass.stores import Lease, _holder, _redis_leases, _redis_store

from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import LOOKUP, acquire_lease, all_at_once, cached_token, stored_token
from .conftest import NewHost
from .server import Server

HOLDER = """
import sys, time
from gatepass.stores import RedisStore, _redis_client, _redis_url
from tests.stores.helpers import LOOKUP
_redis_url.CONNECT_TIMEOUT = _redis_url.READ_TIMEOUT = 120.0
_redis_client.COMMAND_TIMEOUT = 120.0, 120.0
print(type(RedisStore(sys.argv[1], host=False).acquire(LOOKUP, 3000)).__name__, flush=True)
time.sleep(600)
"""


def test_one_of_eight_hosts_gets_the_lease(each_server: Server, new_host: NewHost) -> None:
    hosts = [new_host(each_server.url) for _ in range(8)]

    results = all_at_once(lambda host=host: host.acquire(LOOKUP, 0.3) for host in hosts)  # type: ignore[misc]

    assert sum(isinstance(result, Lease) for result in results) == 1
    assert results.count(None) == 7


def test_a_waiter_that_times_out_releases_its_host(server: Server, new_host: NewHost) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = acquire_lease(holder)
    assert waiter.acquire(LOOKUP, 0.1) is None

    holder.fail(lease, None, sent=True)

    acquire_lease(waiter)


def test_ending_a_lease_without_an_error_wakes_a_waiter_at_once(server: Server, new_host: NewHost) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = acquire_lease(holder)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(acquire_lease, waiter)  # for a shorter time than the lease lasts
        server.wait_for_waiters()
        holder.fail(lease, None, sent=True)
        waiting.result()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows that an unreaped process is dead")
def test_the_lease_of_a_killed_process_on_the_same_host_is_taken_at_once(
    each_server: Server, new_host: NewHost
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, each_server.url],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"Lease\n"
        waiter = new_host(each_server.url)
        assert waiter.acquire(LOOKUP, 0.1) is None
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # but do not reap it

        with each_server.monitored() as commands:
            acquire_lease(waiter)

        assert commands == ["EVAL", "EVAL"]  # without waiting


def test_the_lease_of_another_host_is_taken_when_it_expires(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(_redis_leases, "current_holder", lambda: "elsewhere 1 1")
        acquire_lease(new_host(server.url))
    waiter = new_host(server.url)
    assert waiter.acquire(LOOKUP, 0.1) is None
    with server.admin as admin:
        lease = f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}:lease"
        assert 0 < admin.pttl(lease) <= 1000 * LOOKUP.lease_seconds
        admin.pexpire(lease, 300)

    acquire_lease(waiter)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows when a process was started")
@pytest.mark.parametrize(
    ("holder", "died"),
    [
        ("{host} {pid} {start_time}", False),
        ("{host} {pid} 1", True),  # another process has its id now
        ("{host} 4194305 1", True),
        ("{host} 1 ?", False),
        ("elsewhere 4194305 1", False),
        ("{host} 99999999999999999999 1", False),
        ("{host} x y", False),
        ("", False),
    ],
)
def test_a_holder_died_only_if_that_is_certain(holder: str, died: bool) -> None:
    host, pid, start_time = _holder.current_holder().rsplit(" ", 2)

    assert _holder.holder_died(holder.format(host=host, pid=pid, start_time=start_time)) is died


def expire(server: Server) -> None:
    """Let the lease expire."""
    with server.admin as admin:
        assert admin.delete(f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}:lease") == 1


def test_a_holder_whose_lease_has_expired_still_shares_its_token(server: Server, new_host: NewHost) -> None:
    late, next_one, third = (new_host(server.url) for _ in range(3))
    first = acquire_lease(late)
    expire(server)
    second = acquire_lease(next_one)

    late.publish(first, cached_token("fake-late"))

    assert stored_token(third) == "fake-late"
    next_one.publish(second, cached_token("fake-newer"))
    assert stored_token(new_host(server.url)) == "fake-newer"


def test_a_holder_whose_lease_has_expired_does_not_replace_a_newer_token(
    server: Server, new_host: NewHost
) -> None:
    late, next_one = new_host(server.url), new_host(server.url)
    first = acquire_lease(late)
    expire(server)
    next_one.publish(acquire_lease(next_one), cached_token("fake-newer"))

    late.publish(first, cached_token("fake-late"))

    assert stored_token(new_host(server.url)) == "fake-newer"


def test_a_command_that_is_sent_twice_gets_the_same_lease(each_server: Server, new_host: NewHost) -> None:
    class Twice(redis.Redis):
        def eval(self, *args: Any) -> Any:
            super().eval(*args)  # as if the first response were lost
            return super().eval(*args)

    quota = replace(LOOKUP, quota=(2, 3600))
    with Twice.from_url(each_server.url, socket_timeout=HANG_TIMEOUT) as client:
        store = new_host(client)
        store.fail(acquire_lease(store, quota), None, sent=True)
        store.publish(acquire_lease(store, quota), cached_token())

        assert stored_token(new_host(each_server.url), quota) == "fake-token"
        assert isinstance(store.acquire(replace(quota, key="fake-other"), HANG_TIMEOUT), RateLimited)


def test_a_waiter_that_cannot_block_polls(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[tuple[float, ...]] = []

    def uniform(*limits: float) -> float:
        pauses.append(limits)
        return limits[0]

    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "polling", "on", "nopass", "~*", "+@all", "-xread")
    holder, polling = new_host(server.url), new_host(server.url.replace("//", "//polling:x@"))
    lease = acquire_lease(holder)
    monkeypatch.setattr("random.uniform", uniform)

    with server.monitored() as commands, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stored_token, polling)
        wait_for(lambda: len(pauses) >= 4)
        holder.publish(lease, cached_token())
        assert waiting.result() == "fake-token"

    assert set(pauses) == {_redis_leases.POLL}
    assert commands.count("EVAL") == len(pauses) + 2  # the last lookup, and the holder's publish


def test_a_blocked_waiter_looks_for_itself_after_an_interval(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_redis_store, "BLOCK_INTERVAL", 0.2)
    holder, waiter = new_host(server.url), new_host(server.url)
    acquire_lease(holder)
    with server.admin as admin, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(acquire_lease, waiter)
        server.wait_for_waiters()
        admin.flushall()
        waiting.result()  # for a shorter time than the lease would have lasted
