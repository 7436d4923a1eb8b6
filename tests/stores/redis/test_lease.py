"""Who may ask the provider, and what becomes of a lease whose holder does not come back."""

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

from gatepass import Limited
from gatepass.stores import Lease, _holder, _redis

from ...patience import PATIENCE, wait_for
from .conftest import WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once

HOLDER = """
import sys, time
from gatepass.stores import RedisStore, _redis_client
from tests.stores.redis.conftest import WANTED
_redis_client.CONNECT = _redis_client.READ = 120.0
_redis_client.BOUND = 120.0, 120.0
print(type(RedisStore(sys.argv[1], host=False).acquire(WANTED, 3000)).__name__, flush=True)
time.sleep(600)
"""


def test_one_lease_among_hosts(either: Server, new_host: Hosts) -> None:
    hosts = [new_host(either.url) for _ in range(8)]

    answers = all_at_once(lambda one=one: one.acquire(WANTED, 0.3) for one in hosts)  # type: ignore[misc]

    assert sum(isinstance(answer, Lease) for answer in answers) == 1
    assert answers.count(None) == 7


def test_a_waiter_whose_time_is_over_leaves_the_lock_of_its_host(server: Server, new_host: Hosts) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = leased(holder)
    assert waiter.acquire(WANTED, 0.1) is None

    holder.fail(lease, None, sent=True)

    leased(waiter)


def test_a_failure_with_nothing_to_share_hands_the_lease_on_at_once(server: Server, new_host: Hosts) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    lease = leased(holder)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(leased, waiter)  # for a shorter time than the lease lasts
        server.wait_for_waiters()
        holder.fail(lease, None, sent=True)
        waiting.result()


def test_the_lease_of_a_killed_process_of_this_host_is_taken_at_once(either: Server, new_host: Hosts) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, either.url],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"Lease\n"
        waiter = new_host(either.url)
        assert waiter.acquire(WANTED, 0.1) is None
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # still a zombie

        with either.listened() as commands:
            leased(waiter)

        assert commands == ["EVAL", "EVAL"]  # without waiting


def test_the_lease_of_another_host_is_taken_when_it_runs_out(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(_redis, "current_holder", lambda: "elsewhere 1 1")
        leased(new_host(server.url))
    waiter = new_host(server.url)
    assert waiter.acquire(WANTED, 0.1) is None
    with server.admin as admin:
        lease = f"gatepass:{{{WANTED.account}}}:{WANTED.key}:lease"
        assert 0 < admin.pttl(lease) <= 1000 * WANTED.lease_seconds
        admin.pexpire(lease, 300)

    leased(waiter)


@pytest.mark.parametrize(
    ("holder", "gone"),
    [
        ("{place} {pid} {began}", False),
        ("{place} {pid} 1", True),  # its number went to another process
        ("{place} 4194305 1", True),
        ("{place} 1 ?", False),
        ("elsewhere 4194305 1", False),
        ("{place} 99999999999999999999 1", False),
        ("{place} x y", False),
        ("", False),
    ],
)
def test_who_is_known_to_be_dead(holder: str, gone: bool) -> None:
    place, pid, began = _holder.current_holder().rsplit(" ", 2)

    assert _holder.holder_died(holder.format(place=place, pid=pid, began=began)) is gone


def run_out(server: Server) -> None:
    """What time does to a lease that is not renewed."""
    with server.admin as admin:
        assert admin.delete(f"gatepass:{{{WANTED.account}}}:{WANTED.key}:lease") == 1


def test_a_late_holder_loses_no_token(server: Server, new_host: Hosts) -> None:
    late, next_one, third = (new_host(server.url) for _ in range(3))
    first = leased(late)
    run_out(server)
    second = leased(next_one)

    late.publish(first, entry("fake-late"))

    assert got(third) == "fake-late"
    next_one.publish(second, entry("fake-newer"))
    assert got(new_host(server.url)) == "fake-newer"


def test_a_late_holder_does_not_put_its_token_over_a_newer_one(server: Server, new_host: Hosts) -> None:
    late, next_one = new_host(server.url), new_host(server.url)
    first = leased(late)
    run_out(server)
    next_one.publish(leased(next_one), entry("fake-newer"))

    late.publish(first, entry("fake-late"))

    assert got(new_host(server.url)) == "fake-newer"


def test_a_command_that_is_sent_twice_finds_its_own_lease(either: Server, new_host: Hosts) -> None:
    class Twice(redis.Redis):
        def eval(self, *args: Any) -> Any:
            super().eval(*args)  # and its answer got lost
            return super().eval(*args)

    quota = replace(WANTED, quota=(2, 3600))
    with Twice.from_url(either.url, socket_timeout=PATIENCE) as client:
        store = new_host(client)
        store.fail(leased(store, quota), None, sent=True)
        store.publish(leased(store, quota), entry())

        assert got(new_host(either.url), quota) == "fake-token"
        assert isinstance(store.acquire(replace(quota, key="fake-other"), PATIENCE), Limited)


def test_a_waiter_that_may_not_listen_looks_again_and_again_after_a_pause(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[tuple[float, ...]] = []

    def uniform(*limits: float) -> float:
        pauses.append(limits)
        return limits[0]

    with server.admin as admin:
        admin.execute_command("ACL", "SETUSER", "deaf", "on", "nopass", "~*", "+@all", "-xread")
    holder, deaf = new_host(server.url), new_host(server.url.replace("//", "//deaf:x@"))
    lease = leased(holder)
    monkeypatch.setattr("random.uniform", uniform)

    with server.listened() as commands, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(got, deaf)
        wait_for(lambda: len(pauses) >= 4)
        holder.publish(lease, entry())
        assert waiting.result() == "fake-token"

    assert set(pauses) == {_redis.POLL}
    assert commands.count("EVAL") == len(pauses) + 2  # the last look, and the holder's own


def test_news_that_nobody_hears_is_found_after_a_slice(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_redis, "SLICE", 0.2)
    holder, waiter = new_host(server.url), new_host(server.url)
    leased(holder)
    with server.admin as admin, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(leased, waiter)
        server.wait_for_waiters()
        admin.flushall()
        waiting.result()  # for a shorter time than the lease would have lasted
