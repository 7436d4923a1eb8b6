"""A host whose clock differs from that of Redis: a little is reckoned with, more is a store failure."""

from __future__ import annotations

import time

import pytest

from gatepass import Limited, Rejected, Su
from gatepass.stores import Entry, Wanted
from gatepass_emulator import Emulator

from .conftest import PATIENCE, WANTED, Hosts, Server, entry, got, leased

OFF = [-3.0, 3.0]
TOO_FAR_OFF = [-7200.0, -10.0, 10.0, 7200.0]


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

    with monkeypatch.context() as there:
        set_clock(there, off)
        for _ in range(2):
            wrong.fail(leased(wrong), None, sent=True)

    (warning,) = caplog.messages
    assert f"going on without the fleet: the server's clock is {-off:+.0f} s off" in warning
    assert got(right) == "fake-token"


@pytest.mark.parametrize("off", TOO_FAR_OFF)
def test_a_host_whose_clock_is_far_off_takes_no_lease_and_no_place_in_the_quota(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    with monkeypatch.context() as there:
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
    right.publish(leased(right), entry(lives=0.5))

    set_clock(monkeypatch, off)
    found = wrong.acquire(WANTED, PATIENCE)

    assert isinstance(found, Entry)
    assert 0 < found.dead_at - time.time() < 0.48  # by its own clock
    assert 0 < found.token.expires_at - time.time() < 0.53
    time.sleep(0.5)
    leased(wrong)


@pytest.mark.parametrize("off", OFF)
def test_others_serve_what_it_minted_until_it_is_dead(
    either: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    right, wrong = new_host(either.url), new_host(either.url)
    with monkeypatch.context() as there:
        set_clock(there, off)
        wrong.publish(leased(wrong), entry(lives=0.5))

    found = right.acquire(WANTED, PATIENCE)

    assert isinstance(found, Entry)
    assert 0 < found.dead_at - time.time() < 0.48
    time.sleep(0.5)
    leased(right)


@pytest.mark.parametrize("off", OFF)
def test_failures_and_quotas_end_at_the_same_moment(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, off: float
) -> None:
    right, wrong = new_host(server.url), new_host(server.url)
    quota = Wanted("fake-key", "fake-account", quota=(1, 3600))
    right.fail(leased(right, quota), Rejected("no", retry_at=time.time() + 60), sent=True)

    set_clock(monkeypatch, off)
    refused = wrong.acquire(quota, PATIENCE)
    limited = wrong.acquire(Wanted("fake-key-2", "fake-account", quota=(1, 3600)), PATIENCE)

    assert isinstance(refused, Rejected)
    assert refused.retry_at == pytest.approx(time.time() + 60, abs=1)
    assert isinstance(limited, Limited)
    assert limited.retry_at == pytest.approx(time.time() + 3600, abs=1)


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
