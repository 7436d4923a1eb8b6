"""A host whose clock differs from that of Redis: a little is reckoned with, more is a store failure."""

from __future__ import annotations

import re
import time

import pytest

from gatepass import Limited, Rejected, Su
from gatepass.stores import Entry, Wanted, _redis
from gatepass_emulator import Emulator

from ...patience import PATIENCE
from .conftest import WANTED, Hosts, Server, entry, got, leased

OFF = [-3.0, 3.0]
TOO_FAR_OFF = [-7200.0, -10.0, 2 * PATIENCE, 7200.0]
"""Beyond the tolerance however late a command arrives, which makes a clock that is ahead look less so."""
DEFAULT_TOLERANCE = _redis.CLOCK_TOLERANCE
RECORD = f"gatepass:{{{WANTED.account}}}:{WANTED.key}"


def expire(server: Server) -> None:
    """What time does to the token, by the server's own clock."""
    with server.admin as admin:
        admin.hset(RECORD, "dead_at", 1)


def set_clock(monkeypatch: pytest.MonkeyPatch, off: float) -> None:
    real = time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() / 1e9 + off)


@pytest.mark.parametrize("off", TOO_FAR_OFF)
def test_a_host_whose_clock_is_far_off_takes_no_token_from_redis(
    either: Server,
    new_host: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    off: float,
) -> None:
    right, wrong = new_host(either.url), new_host(either.url)
    right.publish(leased(right), entry())

    began = time.monotonic()
    with monkeypatch.context() as there:
        there.setattr(_redis, "CLOCK_TOLERANCE", DEFAULT_TOLERANCE)
        set_clock(there, off)
        for _ in range(2):
            wrong.fail(leased(wrong), None, sent=True)
    took = time.monotonic() - began

    (warning,) = caplog.messages
    shown = re.search(r"going on without the fleet: the server's clock is ([+-]\d+) s off", warning)
    assert shown is not None
    assert float(shown[1]) == pytest.approx(-off, abs=0.5 + took)  # the seconds are rounded
    assert got(right) == "fake-token"


@pytest.mark.parametrize("off", TOO_FAR_OFF)
def test_a_host_whose_clock_is_far_off_takes_no_lease_and_no_place_in_the_quota(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    with monkeypatch.context() as there:
        there.setattr(_redis, "CLOCK_TOLERANCE", DEFAULT_TOLERANCE)
        set_clock(there, off)
        leased(new_host(server.url), Wanted("fake-key", "fake-account", quota=(30, 3600)))

    with server.admin as admin:
        assert admin.keys() == []


def test_a_token_that_has_expired_is_not_served_where_the_clock_of_redis_was_set_back(
    emulator: Emulator, server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    expired = Su("sandbox", store=new_host(server.url)).token()
    set_clock(monkeypatch, expired.expires_at - time.time() + 1)  # seen from here, Redis is behind

    assert Su("sandbox", store=new_host(server.url)).token().value != expired.value


@pytest.mark.parametrize("off", OFF)
def test_it_serves_what_others_minted_until_it_is_dead(
    either: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    right, wrong = new_host(either.url), new_host(either.url)
    right.publish(leased(right), entry(lives=3600))

    set_clock(monkeypatch, off)
    found = wrong.acquire(WANTED, PATIENCE)

    assert isinstance(found, Entry)
    assert found.dead_at - time.time() == pytest.approx(3240, abs=PATIENCE)  # by its own clock
    assert found.token.expires_at - time.time() == pytest.approx(3600, abs=PATIENCE)
    expire(either)
    leased(new_host(either.url))


@pytest.mark.parametrize("off", OFF)
def test_others_serve_what_it_minted_until_it_is_dead(
    either: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    right, wrong = new_host(either.url), new_host(either.url)
    with monkeypatch.context() as there:
        set_clock(there, off)
        wrong.publish(leased(wrong), entry(lives=3600))

    found = right.acquire(WANTED, PATIENCE)

    assert isinstance(found, Entry)
    assert found.dead_at - time.time() == pytest.approx(3240, abs=PATIENCE)
    expire(either)
    leased(new_host(either.url))


@pytest.mark.parametrize("off", OFF)
def test_failures_and_quotas_end_at_the_same_moment(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    right, wrong = new_host(server.url), new_host(server.url)
    quota = Wanted("fake-key", "fake-account", quota=(1, 3600))
    right.fail(leased(right, quota), Rejected("no", retry_at=time.time() + 600), sent=True)

    set_clock(monkeypatch, off)
    refused = wrong.acquire(quota, PATIENCE)
    limited = wrong.acquire(Wanted("fake-key-2", "fake-account", quota=(1, 3600)), PATIENCE)

    assert isinstance(refused, Rejected)
    assert refused.retry_at == pytest.approx(time.time() + 600, abs=PATIENCE)
    assert isinstance(limited, Limited)
    assert limited.retry_at == pytest.approx(time.time() + 3600, abs=PATIENCE)


def test_a_clock_that_is_set_while_the_provider_is_asked_spoils_no_record(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_host(server.url)
    lease = leased(store)
    with monkeypatch.context() as there:
        set_clock(there, 7200)
        store.publish(lease, entry())

    other = new_host(server.url)
    other.publish(leased(other), entry("fake-other"))

    assert got(new_host(server.url)) == "fake-other"
