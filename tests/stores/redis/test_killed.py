"""Processes of several hosts are killed while they ask: nobody mints one too many."""

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

from ...conftest import Gate
from ...patience import wait_for_event
from ..file.conftest import Crowd
from .conftest import KEY, WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once

LINES = """
import random, threading
from gatepass import Limited, Su, Unavailable
from gatepass.stores import FileStore, RedisStore, _redis_client
_redis_client.CONNECT = _redis_client.READ = 120.0
_redis_client.BOUND = 120.0, 120.0  # a busy machine is no trouble of Redis
def perhaps_die(event):
    fate = random.random()
    if event.kind == "requested" and fate < 0.3:
        os.kill(os.getpid(), 9)
    elif event.kind == "requested" and fate < 0.5:
        threading.Timer(0.04 * random.random(), os.kill, (os.getpid(), 9)).start()
store = RedisStore({url!r}, key={key!r}, host=FileStore({folder!r} + str(me % 4)))
credential = Su("sandbox", store=store, on_event=perhaps_die)
while True:
    credential.forget()
    try:
        credential.token()
    except Limited as error:
        say(error.status, error.retry_at)
        break
    except Unavailable:
        pass
"""


HOLDER = """
from gatepass import Su
from gatepass.stores import FileStore, RedisStore, _protocol, _redis
_redis.CONNECT = _redis.READ = 120.0
_redis.current_holder = lambda: "elsewhere 1 1"  # of another host, where its death is not seen
_protocol.LEASE_SECONDS = 3.0
say(Su("sandbox", store=RedisStore({url!r}, key={key!r}, host=FileStore({folder!r}))).token().value)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_a_holder_that_is_killed_or_stopped_costs_the_other_hosts_one_request(
    emulator: Emulator, server: Server, new_host: Hosts, tmp_path: Path, gate: Gate, end: signal.Signals
) -> None:
    gate.close(1)
    code = HOLDER.format(url=server.url, key=KEY, folder=f"{tmp_path}/elsewhere")
    with contextlib.closing(Crowd(1, code)) as holder:
        holder.release()
        wait_for_event(gate.arrived)
        os.kill(holder.pids[0], end)

        tokens = all_at_once(Su("sandbox", store=new_host(server.url)).token for _ in range(6))

        assert len({token.value for token in tokens}) == 1
        assert emulator.count("su") == 2
        if end == signal.SIGSTOP:
            os.kill(holder.pids[0], signal.SIGCONT)
            gate.open()
            (late,) = holder.said()
            assert late != tokens[0].value  # it uses what it fetched, and shares it no more
    assert Su("sandbox", store=new_host(server.url)).token().value == tokens[0].value
    assert emulator.count("su") == 2


def test_a_token_that_was_fetched_without_the_lease_is_shared_by_all_hosts(
    server: Server, new_host: Hosts
) -> None:
    holder, waiter = new_host(server.url), new_host(server.url)
    leased(holder)
    old = entry("fake-old")
    assert waiter.acquire(WANTED, 0) is None

    waiter.offer(WANTED, entry("fake-offered"))
    waiter.offer(WANTED, replace(old, minted_at=old.minted_at - 60))

    assert got(new_host(server.url)) == got(waiter) == "fake-offered"


def test_a_lease_is_renewed_by_its_holder_alone(server: Server, new_host: Hosts) -> None:
    holder = new_host(server.url)
    lease = leased(holder)
    name = f"gatepass:{{{WANTED.account}}}:{WANTED.key}:lease"
    with server.admin as admin:
        admin.pexpire(name, 60_000)
        assert holder.renew(lease)
        assert admin.pttl(name) > 60_000
        admin.delete(name)
        other = new_host(server.url)
        leased(other)
        admin.pexpire(name, 60_000)
        assert not holder.renew(lease)
        assert admin.pttl(name) <= 60_000


@pytest.mark.usefixtures("emulator")
def test_40_processes_on_4_hosts_never_have_more_than_the_quota(
    running: Emulator, server: Server, tmp_path: Path
) -> None:
    running.clock = time.time
    running.fault("su", "sandbox", latency=0.02)
    began = time.time()
    crowd = Crowd(40, LINES.format(url=server.url, key=KEY, folder=f"{tmp_path}/host"))

    told = crowd.said()

    assert running.count("su") <= 28  # of 30, two being kept back; who died unsent has spent it too
    assert running.count("su", status=422) == 0
    with server.admin as admin:
        (ledger,) = admin.scan_iter("*:quota")
        assert admin.zcard(ledger) == 28
    assert 12 <= len(told) < 40, crowd.errors  # the others were killed, none before it could ask
    assert {status for status, _ in told} == {None}
    assert all(began + 3600 <= retry_at <= time.time() + 3600 for _, retry_at in told)
