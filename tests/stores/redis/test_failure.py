"""A failure on one host is known on the others."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatepass import Limited, Rejected, Su, TokenError, Unavailable
from gatepass_emulator import Emulator

from ...patience import PATIENCE
from .conftest import WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once


@pytest.mark.parametrize("kind", [Rejected, Limited, Unavailable])
def test_a_failure_holds_everywhere_until_its_time_is_over(
    either: Server, new_host: Hosts, kind: type[TokenError]
) -> None:
    one, two = new_host(either.url), new_host(either.url)
    lease = leased(one)
    error = kind("no", "su", "sandbox", 401, "E1", "trace-1", time.time() + 3600)
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(two.acquire, WANTED, PATIENCE)
        either.wait_for_waiters()
        one.fail(lease, error, sent=True)
        answer = waiter.result()

    assert type(answer) is kind
    assert (answer.status, answer.code, answer.trace) == (401, "E1", "trace-1")
    assert answer.retry_at == pytest.approx(error.retry_at, abs=PATIENCE)
    third = new_host(either.url)
    assert type(third.acquire(WANTED, PATIENCE)) is kind
    with either.admin as admin:  # what time does to it
        admin.hset(f"gatepass:{{{WANTED.account}}}:{WANTED.key}", "retry_at", 1)
    leased(new_host(either.url))


def test_a_token_ends_a_failure(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.url), new_host(server.url)
    lease = leased(one)
    one.fail(lease, Rejected("no", retry_at=time.time() + 600), sent=True)
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
    assert all(one is not None and abs(one - time.time() - 60) < PATIENCE for one in times)


def test_the_host_knows_a_failure_without_asking_redis(server: Server, new_host: Hosts) -> None:
    store = new_host(server.url)
    error = Unavailable("no route", retry_at=time.time() + 600, unsent=True)
    store.fail(leased(store), error, sent=False)

    with server.listened() as commands:
        assert isinstance(store.acquire(WANTED, PATIENCE), Unavailable)

    assert commands == []
    assert isinstance(new_host(server.url).acquire(WANTED, PATIENCE), Unavailable)
