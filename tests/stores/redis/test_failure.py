"""A failure on one host is known on the others."""

from __future__ import annotations

import threading
import time

import pytest

from gatepass import Limited, Rejected, Su, TokenError, Unavailable
from gatepass_emulator import Emulator

from .conftest import PATIENCE, WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once


@pytest.mark.parametrize("kind", [Rejected, Limited, Unavailable])
def test_a_failure_holds_everywhere_until_its_time_is_over(
    either: Server, new_host: Hosts, kind: type[TokenError]
) -> None:
    one, two = new_host(either.url), new_host(either.url)
    lease = leased(one)
    error = kind("no", "su", "sandbox", 401, "E1", "trace-1", time.time() + 0.5)
    threading.Timer(0.1, lambda: one.fail(lease, error, sent=True)).start()
    began = time.monotonic()

    answer = two.acquire(WANTED, PATIENCE)

    assert time.monotonic() - began < 0.3
    assert type(answer) is kind
    assert (answer.status, answer.code, answer.trace) == (401, "E1", "trace-1")
    assert answer.retry_at == pytest.approx(error.retry_at, abs=0.02)
    time.sleep(0.6)
    leased(two)


def test_a_token_ends_a_failure(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.url), new_host(server.url)
    late = leased(one, seconds=0)
    one.publish(late, entry("fake-old", lives=0.1))
    time.sleep(0.1)
    lease = leased(one)
    one.fail(lease, Rejected("no", retry_at=time.time() + 60), sent=True)
    assert isinstance(two.acquire(WANTED, PATIENCE), Rejected)

    one.publish(lease, entry("fake-new"))

    assert got(new_host(server.url)) == "fake-new"


def test_refused_credentials_are_tried_once_for_a_fleet(
    emulator: Emulator, server: Server, new_host: Hosts
) -> None:
    emulator.fault("su", "sandbox", latency=0.05)
    callers = [Su("sandbox", client_secret="fake-wrong", store=new_host(server.url)) for _ in range(4)]

    def refused(caller: Su) -> float | None:
        with pytest.raises(Rejected) as caught:
            caller.token()
        return caught.value.retry_at

    times = all_at_once(lambda one=one: refused(one) for one in callers)  # type: ignore[misc]

    assert emulator.count("su") == 1
    assert all(one is not None and abs(one - time.time() - 60) < 3 for one in times)


def test_the_host_knows_a_failure_without_asking_redis(server: Server, new_host: Hosts) -> None:
    store = new_host(server.url)
    error = Unavailable("no route", retry_at=time.time() + 60, unsent=True)
    store.fail(leased(store), error, sent=False)

    with server.listened() as commands:
        assert isinstance(store.acquire(WANTED, PATIENCE), Unavailable)

    assert commands == []
    assert isinstance(new_host(server.url).acquire(WANTED, PATIENCE), Unavailable)
