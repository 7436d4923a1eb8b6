"""Processes of several hosts are killed while they ask: nobody mints one too many."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gatepass_emulator import Emulator

from ..file.conftest import Crowd
from .conftest import KEY, Server

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
