"""Hosts share a quota, which counts a request before it is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gatepass import RateLimited, Su, Unavailable
from gatepass._flight import run_sync
from gatepass.stores import FileStore, Store
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT
from ..helpers import LOOKUP, acquire_lease, all_at_once, cached_token
from .conftest import NewHost
from .server import Server


def test_the_31st_token_of_a_fleet_is_rate_limited_before_it_is_requested(
    each_server: Server, new_host: NewHost
) -> None:
    hosts = [new_host(each_server.url) for _ in range(3)]
    started_at = time.time()

    def start_request(number: int) -> None:
        lookup = replace(
            LOOKUP, key=f"fake-key-{number}", quota=(30, 3600)
        )  # as if the secret were rotated each time
        acquire_lease(hosts[number % 3], lookup)  # which never ends

    all_at_once(lambda number=number: start_request(number) for number in range(30))  # type: ignore[misc]
    result = hosts[0].acquire(replace(LOOKUP, quota=(30, 3600)), HANG_TIMEOUT)

    assert isinstance(result, RateLimited)
    assert result.provider == "su"
    assert result.retry_at == pytest.approx(started_at + 3600, abs=HANG_TIMEOUT)


def test_a_lookup_with_the_reserve_gets_a_lease_although_the_rest_is_spent(
    server: Server, new_host: NewHost
) -> None:
    store = new_host(server.url)
    ordinary, with_reserve = replace(LOOKUP, quota=(1, 3600)), replace(LOOKUP, quota=(2, 3600))
    store.fail(acquire_lease(store, ordinary), None, sent=True)

    assert isinstance(store.acquire(ordinary, HANG_TIMEOUT), RateLimited)
    acquire_lease(store, with_reserve)


def test_a_request_that_was_not_sent_does_not_count(server: Server, new_host: NewHost) -> None:
    store, quota = new_host(server.url), replace(LOOKUP, quota=(1, 3600))
    for _ in range(3):
        store.fail(acquire_lease(store, quota), Unavailable("no route"), sent=False)

    store.fail(acquire_lease(store, quota), None, sent=True)

    assert isinstance(store.acquire(quota, HANG_TIMEOUT), RateLimited)


def test_there_is_room_again_when_the_window_has_passed(server: Server, new_host: NewHost) -> None:
    store, quota = new_host(server.url), replace(LOOKUP, quota=(1, 3600))
    store.fail(acquire_lease(store, quota), None, sent=True)
    assert isinstance(store.acquire(quota, HANG_TIMEOUT), RateLimited)
    with server.admin as admin:  # an hour later
        quota_key = f"gatepass:{{{LOOKUP.account}}}:quota"
        (member,) = admin.zrange(quota_key, 0, -1)
        admin.zincrby(quota_key, -3_600_000, member)

    acquire_lease(store, quota)


def test_a_spent_quota_releases_the_host_and_is_not_stored_there(server: Server, new_host: NewHost) -> None:
    store, quota = new_host(server.url), replace(LOOKUP, quota=(1, 3600))
    other = new_host(server.url)
    other.fail(acquire_lease(other, quota), None, sent=True)

    for _ in range(2):
        assert isinstance(store.acquire(quota, HANG_TIMEOUT), RateLimited)
    with server.admin as admin:
        admin.delete(f"gatepass:{{{LOOKUP.account}}}:quota")

    store.publish(acquire_lease(store, quota), cached_token())


@pytest.mark.parametrize("kind", ["memory", "file", "redis"])
@pytest.mark.parametrize(("tokens", "ordinary"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)])
def test_every_store_keeps_the_same_reserve_of_a_small_quota(
    emulator: Emulator,
    server: Server,
    new_host: NewHost,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    kind: str,
    tokens: int,
    ordinary: int,
) -> None:
    monkeypatch.setattr(Su, "spec", Su.spec._replace(quota=(tokens, 3600)))
    emulator.fault("su", "sandbox", status=200, patch={"/data/token": "sandbox_fake"})
    stores: dict[str, Callable[[], Store | str]] = {
        "memory": lambda: "memory:",
        "file": lambda: FileStore(tmp_path / "file"),
        "redis": lambda: new_host(server.url),
    }
    store = stores[kind]()
    for number in range(ordinary):
        token = Su("sandbox", client_secret=f"fake-{number}", store=store).token()

    with pytest.raises(RateLimited):
        Su("sandbox", client_secret="fake-other", store=store).token()
    assert caplog.messages == []

    su = Su("sandbox", client_secret="fake-reserve", store=store)
    for number in range(tokens - ordinary):  # an API has rejected the token
        emulator.fault("su", "sandbox", times=1, status=200, patch={"/data/token": f"sandbox_{number}"})
        token = run_sync(su._cache.get(token))
    with pytest.raises(RateLimited):
        run_sync(su._cache.get(token))
    assert emulator.count("su") == tokens


def test_the_status_does_not_ask_redis_for_the_quota(
    emulator: Emulator, server: Server, new_host: NewHost
) -> None:
    su = Su("sandbox", store=new_host(server.url))
    su.token()

    with server.monitored() as commands:
        assert su.status().quota_left is None

    assert commands == []


def test_four_hosts_spend_the_quota_of_su_without_the_reserve(
    emulator: Emulator, server: Server, new_host: NewHost
) -> None:
    for _ in range(7):
        for store in [new_host(server.url) for _ in range(4)]:
            Su("sandbox", store=store).token()
            with server.admin as admin:  # as if it had expired
                admin.delete(*[key for key in admin.scan_iter() if admin.type(key) == b"hash"])
    assert emulator.count("su") == 28

    with pytest.raises(RateLimited, match="the quota is spent"):
        Su("sandbox", store=new_host(server.url)).token()

    assert emulator.count("su") == 28
