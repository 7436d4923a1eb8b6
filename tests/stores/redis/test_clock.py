"""A host whose clock is wrong, among others whose clock is right."""

from __future__ import annotations

import time

import pytest

from gatepass import Limited, Rejected
from gatepass.stores import Entry, Wanted

from .conftest import PATIENCE, WANTED, Hosts, Server, entry, got, leased

OFF = [-7200.0, 7200.0]


def set_clock(monkeypatch: pytest.MonkeyPatch, off: float) -> None:
    real = time.time_ns
    monkeypatch.setattr(time, "time", lambda: real() / 1e9 + off)


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
