"""Hosts share failures."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatepass import RateLimited, Rejected, Su, TokenError, Unavailable
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, all_at_once, cached_token, stored_token
from .conftest import NewHost
from .server import Server


@pytest.mark.parametrize("kind", [Rejected, RateLimited, Unavailable])
def test_all_hosts_share_a_failure_until_its_retry_at(
    each_server: Server, new_host: NewHost, kind: type[TokenError]
) -> None:
    first, second = new_host(each_server.url), new_host(each_server.url)
    lease = acquire_lease(first)
    error = kind("no", "su", "sandbox", 401, "E1", "trace-1", time.time() + 3600)
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(second.acquire, LOOKUP, HANG_TIMEOUT)
        each_server.wait_for_waiters()
        first.fail(lease, error, sent=True)
        result = waiter.result()

    assert type(result) is kind
    assert (result.status, result.code, result.trace) == (401, "E1", "trace-1")
    assert result.retry_at == pytest.approx(error.retry_at, abs=HANG_TIMEOUT)
    third = new_host(each_server.url)
    assert type(third.acquire(LOOKUP, HANG_TIMEOUT)) is kind
    with each_server.admin as admin:  # let it expire
        admin.hset(f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}", "retry_at", 1)
    acquire_lease(new_host(each_server.url))


def test_a_token_ends_a_failure(server: Server, new_host: NewHost) -> None:
    first, second = new_host(server.url), new_host(server.url)
    lease = acquire_lease(first)
    first.fail(lease, Rejected("no", retry_at=time.time() + 600), sent=True)
    assert isinstance(second.acquire(LOOKUP, HANG_TIMEOUT), Rejected)

    first.publish(lease, cached_token("fake-new"))

    assert stored_token(new_host(server.url)) == "fake-new"


def test_rejected_credentials_are_tried_once_by_a_fleet(
    emulator: Emulator, server: Server, new_host: NewHost
) -> None:
    emulator.fault("su", "sandbox", latency=0.05)
    callers = [Su("sandbox", client_secret="fake-wrong", store=new_host(server.url)) for _ in range(4)]

    def retry_at(caller: Su) -> float | None:
        with pytest.raises(Rejected) as caught:
            caller.token()
        return caught.value.retry_at

    times = all_at_once(lambda caller=caller: retry_at(caller) for caller in callers)  # type: ignore[misc]

    assert emulator.count("su") == 1
    assert all(at is not None and abs(at - time.time() - 60) < HANG_TIMEOUT for at in times)


def test_a_host_shares_a_failure_without_asking_redis(server: Server, new_host: NewHost) -> None:
    store = new_host(server.url)
    error = Unavailable("no route", retry_at=time.time() + 600, unsent=True)
    store.fail(acquire_lease(store), error, sent=False)

    with server.monitored() as commands:
        assert isinstance(store.acquire(LOOKUP, HANG_TIMEOUT), Unavailable)

    assert commands == []
    assert isinstance(new_host(server.url).acquire(LOOKUP, HANG_TIMEOUT), Unavailable)


def test_commands_are_sent_when_no_more_threads_can_be_started(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As when the interpreter exits."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = new_host(server.url)
    with monkeypatch.context() as exiting:
        exiting.setattr(threading.Thread, "start", start)
        store.publish(acquire_lease(store), cached_token())

    assert stored_token(new_host(server.url)) == "fake-token"
    assert caplog.messages == []
