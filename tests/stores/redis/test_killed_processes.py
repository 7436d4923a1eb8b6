"""Processes of several hosts that are killed during a request exceed no quota and lose no token."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gatepass import Su
from gatepass_emulator import Emulator

from ...helpers import PausedResponses
from ...timeouts import wait_for_event
from ..helpers import KEY, LOOKUP, Processes, acquire_lease, all_at_once, cached_token, stored_token
from .conftest import NewHost
from .server import Server

CODE = """
import random, threading
from gatepass import RateLimited, Su, Unavailable
from gatepass.stores import FileStore, RedisStore, _redis_client, _redis_url
_redis_url.CONNECT_TIMEOUT = _redis_url.READ_TIMEOUT = 120.0
_redis_client.COMMAND_TIMEOUT = 120.0, 120.0  # on a busy machine Redis does not time out
def maybe_die(event):
    chance = random.random()
    if event.kind == "requested" and chance < 0.3:
        os.kill(os.getpid(), 9)
    elif event.kind == "requested" and chance < 0.5:
        threading.Timer(0.04 * random.random(), os.kill, (os.getpid(), 9)).start()
store = RedisStore({url!r}, key={key!r}, host=FileStore({folder!r} + str(number % 4)))
credential = Su("sandbox", store=store, on_event=maybe_die)
while True:
    credential.invalidate()
    try:
        credential.token()
    except RateLimited as error:
        report(error.status, error.retry_at)
        break
    except Unavailable:
        pass
"""


HOLDER = """
from gatepass import Su
from gatepass.stores import FileStore, RedisStore, _redis_leases, _redis_url, _store
_redis_url.CONNECT_TIMEOUT = _redis_url.READ_TIMEOUT = 120.0
_redis_leases.current_holder = lambda: "elsewhere 1 1"  # of another host, so its death is not noticed
_store.LEASE_SECONDS = 3.0
report(Su("sandbox", store=RedisStore({url!r}, key={key!r}, host=FileStore({folder!r}))).token().value)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_killed_or_stopped_holder_causes_one_more_request_of_the_other_hosts(
    emulator: Emulator,
    server: Server,
    new_host: NewHost,
    tmp_path: Path,
    paused_responses: PausedResponses,
    end: signal.Signals,
) -> None:
    paused_responses.pause(1)
    code = HOLDER.format(url=server.url, key=KEY, folder=f"{tmp_path}/elsewhere")
    with contextlib.closing(Processes(1, code)) as holder:
        holder.release()
        wait_for_event(paused_responses.request_arrived)
        os.kill(holder.pids[0], end)

        tokens = all_at_once(Su("sandbox", store=new_host(server.url)).token for _ in range(6))

        assert len({token.value for token in tokens}) == 1
        assert emulator.count("su") == 2
        if end == signal.SIGSTOP:
            os.kill(holder.pids[0], signal.SIGCONT)
            paused_responses.resume()
            (late,) = holder.results()
            assert late != tokens[0].value  # it uses the token that it fetched, but does not share it
    assert Su("sandbox", store=new_host(server.url)).token().value == tokens[0].value
    assert emulator.count("su") == 2


def test_a_token_that_was_fetched_without_a_lease_is_shared_by_all_hosts(
    server: Server, new_host: NewHost
) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    acquire_lease(holder)
    old = cached_token("fake-old")
    assert waiter.acquire(LOOKUP, 0) is None

    waiter.offer(LOOKUP, cached_token("fake-offered"))
    waiter.offer(LOOKUP, replace(old, issued_at=old.issued_at - 60))

    assert stored_token(new_host(server.url)) == stored_token(waiter) == "fake-offered"


def test_only_the_holder_renews_a_lease(server: Server, new_host: NewHost) -> None:
    holder = new_host(server.url)
    lease = acquire_lease(holder)
    name = f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}:lease"
    with server.admin as admin:
        admin.pexpire(name, 60_000)
        assert holder.renew(lease)
        assert admin.pttl(name) > 60_000
        admin.delete(name)
        other = new_host(server.url)
        acquire_lease(other)
        admin.pexpire(name, 60_000)
        assert not holder.renew(lease)
        assert admin.pttl(name) <= 60_000


@pytest.mark.usefixtures("emulator")
def test_40_processes_on_4_hosts_never_exceed_the_quota_while_they_are_killed(
    session_emulator: Emulator, server: Server, tmp_path: Path
) -> None:
    session_emulator.clock = time.time
    session_emulator.fault("su", "sandbox", latency=0.02)
    started_at = time.time()
    processes = Processes(40, CODE.format(url=server.url, key=KEY, folder=f"{tmp_path}/host"))

    results = processes.results()

    assert (
        session_emulator.count("su") <= 28
    )  # of 30 less the reserve; a process that died before sending counts too
    assert session_emulator.count("su", status=422) == 0
    with server.admin as admin:
        (quota_key,) = admin.scan_iter("*:quota")
        assert admin.zcard(quota_key) == 28
    assert 12 <= len(results) < 40, processes.errors  # the others were killed
    assert {status for status, _ in results} == {None}
    assert all(started_at + 3600 <= retry_at <= time.time() + 3600 for _, retry_at in results)
