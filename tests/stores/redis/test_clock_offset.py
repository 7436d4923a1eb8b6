"""A host whose clock differs from that of Redis: a small offset is compensated, a large one is a failure."""

from __future__ import annotations

import re
import time

import pytest

from gatepass import RateLimited, Rejected, Su
from gatepass.stores import CachedToken, Lookup, _redis_leases
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import Server

SMALL_OFFSETS = [-3.0, 3.0]
DEFAULT_TOLERANCE = _redis_leases.CLOCK_TOLERANCE
LARGE_OFFSETS = [-7200.0, -10.0, 2 * HANG_TIMEOUT, 7200.0]
"""Beyond the tolerance however late a command arrives, which makes a clock that is ahead look less so."""
RECORD = f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}"


def expire(server: Server) -> None:
    """Let the token expire on the server's own clock."""
    with server.admin as admin:
        admin.hset(RECORD, "usable_until", 1)


def set_clock(monkeypatch: pytest.MonkeyPatch, offset: float) -> None:
    real = time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() / 1e9 + offset)


@pytest.mark.parametrize("offset", LARGE_OFFSETS)
def test_a_host_whose_clock_is_far_off_uses_no_token_from_redis(
    each_server: Server,
    new_host: NewHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    offset: float,
) -> None:
    right, wrong = new_host(each_server.url), new_host(each_server.url)
    right.publish(acquire_lease(right), cached_token())

    began = time.monotonic()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(_redis_leases, "CLOCK_TOLERANCE", DEFAULT_TOLERANCE)
        set_clock(elsewhere, offset)
        for _ in range(2):
            wrong.fail(acquire_lease(wrong), None, sent=True)
    took = time.monotonic() - began

    (warning,) = caplog.messages
    match = re.search(r"going on without the fleet: the server's clock is ([+-]\d+) s off", warning)
    assert match is not None
    assert float(match[1]) == pytest.approx(-offset, abs=0.5 + took)  # the seconds are rounded
    assert stored_token(right) == "fake-token"


@pytest.mark.parametrize("offset", LARGE_OFFSETS)
def test_a_host_whose_clock_is_far_off_writes_nothing_to_redis(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(_redis_leases, "CLOCK_TOLERANCE", DEFAULT_TOLERANCE)
        set_clock(elsewhere, offset)
        acquire_lease(new_host(server.url), Lookup("fake-key", "fake-account", quota=(30, 3600)))

    with server.admin as admin:
        assert admin.keys() == []


def test_an_expired_token_is_not_served_if_the_clock_of_redis_was_set_back(
    emulator: Emulator, server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = Su("sandbox", store=new_host(server.url)).token()
    set_clock(monkeypatch, expired.expires_at - time.time() + 1)  # from this host, Redis seems to be behind

    assert Su("sandbox", store=new_host(server.url)).token().value != expired.value


@pytest.mark.parametrize("offset", SMALL_OFFSETS)
def test_a_host_whose_clock_is_off_serves_the_tokens_of_others_until_they_expire(
    each_server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    right, wrong = new_host(each_server.url), new_host(each_server.url)
    right.publish(acquire_lease(right), cached_token(expires_in=3600))

    set_clock(monkeypatch, offset)
    result = wrong.acquire(LOOKUP, HANG_TIMEOUT)

    assert isinstance(result, CachedToken)
    assert result.usable_until - time.time() == pytest.approx(3240, abs=HANG_TIMEOUT)  # by its own clock
    assert result.token.expires_at - time.time() == pytest.approx(3600, abs=HANG_TIMEOUT)
    expire(each_server)
    acquire_lease(new_host(each_server.url))


@pytest.mark.parametrize("offset", SMALL_OFFSETS)
def test_others_serve_the_token_of_a_host_whose_clock_is_off_until_it_expires(
    each_server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    right, wrong = new_host(each_server.url), new_host(each_server.url)
    with monkeypatch.context() as elsewhere:
        set_clock(elsewhere, offset)
        wrong.publish(acquire_lease(wrong), cached_token(expires_in=3600))

    result = right.acquire(LOOKUP, HANG_TIMEOUT)

    assert isinstance(result, CachedToken)
    assert result.usable_until - time.time() == pytest.approx(3240, abs=HANG_TIMEOUT)
    expire(each_server)
    acquire_lease(new_host(each_server.url))


@pytest.mark.parametrize("offset", SMALL_OFFSETS)
def test_failures_and_quotas_end_at_the_same_moment_on_all_hosts(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, offset: float
) -> None:
    right, wrong = new_host(server.url), new_host(server.url)
    lookup = Lookup("fake-key", "fake-account", quota=(1, 3600))
    right.fail(acquire_lease(right, lookup), Rejected("no", retry_at=time.time() + 600), sent=True)

    set_clock(monkeypatch, offset)
    rejected = wrong.acquire(lookup, HANG_TIMEOUT)
    limited = wrong.acquire(Lookup("fake-key-2", "fake-account", quota=(1, 3600)), HANG_TIMEOUT)

    assert isinstance(rejected, Rejected)
    assert rejected.retry_at == pytest.approx(time.time() + 600, abs=HANG_TIMEOUT)
    assert isinstance(limited, RateLimited)
    assert limited.retry_at == pytest.approx(time.time() + 3600, abs=HANG_TIMEOUT)


def test_a_token_is_not_stored_if_the_clock_was_set_during_its_request(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_host(server.url)
    lease = acquire_lease(store)
    with monkeypatch.context() as elsewhere:
        set_clock(elsewhere, 7200)
        store.publish(lease, cached_token())

    other = new_host(server.url)
    other.publish(acquire_lease(other), cached_token("fake-other"))

    assert stored_token(new_host(server.url)) == "fake-other"
