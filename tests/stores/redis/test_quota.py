"""A quota that hosts share, counted before the provider does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gatepass import Limited, Su, Unavailable
from gatepass._flight import run_sync
from gatepass.stores import FileStore, Store
from gatepass_emulator import Emulator

from ...patience import PATIENCE
from .conftest import WANTED, Hosts, Server, entry, leased
from .crowd import all_at_once


def test_the_31st_token_of_a_fleet_is_refused_before_the_wire_and_told_when(
    either: Server, new_host: Hosts
) -> None:
    hosts = [new_host(either.url) for _ in range(3)]
    began = time.time()

    def mint(number: int) -> None:
        wanted = replace(WANTED, key=f"fake-key-{number}", quota=(30, 3600))  # a secret rotated each time
        leased(hosts[number % 3], wanted)  # written ahead: nobody says how it ended

    all_at_once(lambda number=number: mint(number) for number in range(30))  # type: ignore[misc]
    answer = hosts[0].acquire(replace(WANTED, quota=(30, 3600)), PATIENCE)

    assert isinstance(answer, Limited)
    assert answer.provider == "su"
    assert answer.retry_at == pytest.approx(began + 3600, abs=PATIENCE)


def test_what_is_kept_back_is_there_for_a_token_called_dead(server: Server, new_host: Hosts) -> None:
    store = new_host(server.url)
    ordinary, urgent = replace(WANTED, quota=(1, 3600)), replace(WANTED, quota=(2, 3600))
    store.fail(leased(store, ordinary), None, sent=True)

    assert isinstance(store.acquire(ordinary, PATIENCE), Limited)
    leased(store, urgent)


def test_a_call_that_was_not_sent_is_not_counted(server: Server, new_host: Hosts) -> None:
    store, quota = new_host(server.url), replace(WANTED, quota=(1, 3600))
    for _ in range(3):
        store.fail(leased(store, quota), Unavailable("no route"), sent=False)

    store.fail(leased(store, quota), None, sent=True)

    assert isinstance(store.acquire(quota, PATIENCE), Limited)


def test_there_is_room_again_when_the_window_has_passed(server: Server, new_host: Hosts) -> None:
    store, quota = new_host(server.url), replace(WANTED, quota=(1, 3600))
    store.fail(leased(store, quota), None, sent=True)
    assert isinstance(store.acquire(quota, PATIENCE), Limited)
    with server.admin as admin:  # an hour later
        ledger = f"gatepass:{{{WANTED.account}}}:quota"
        (entry_of_the_ledger,) = admin.zrange(ledger, 0, -1)
        admin.zincrby(ledger, -3_600_000, entry_of_the_ledger)

    leased(store, quota)


def test_a_spent_quota_leaves_the_lock_of_the_host_and_is_not_kept_there(
    server: Server, new_host: Hosts
) -> None:
    store, quota = new_host(server.url), replace(WANTED, quota=(1, 3600))
    other = new_host(server.url)
    other.fail(leased(other, quota), None, sent=True)

    for _ in range(2):
        assert isinstance(store.acquire(quota, PATIENCE), Limited)
    with server.admin as admin:
        admin.delete(f"gatepass:{{{WANTED.account}}}:quota")

    store.publish(leased(store, quota), entry())


@pytest.mark.parametrize("kind", ["memory", "file", "redis"])
@pytest.mark.parametrize(("tokens", "ordinary"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4)])
def test_every_store_keeps_the_same_reserve_of_a_small_quota(
    emulator: Emulator,
    server: Server,
    new_host: Hosts,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    kind: str,
    tokens: int,
    ordinary: int,
) -> None:
    monkeypatch.setattr(Su, "facts", replace(Su.facts, quota=(tokens, 3600)))
    emulator.fault("su", "sandbox", status=200, patch={"/data/token": "sandbox_fake"})
    stores: dict[str, Callable[[], Store | str]] = {
        "memory": lambda: "memory:",
        "file": lambda: FileStore(tmp_path / "file"),
        "redis": lambda: new_host(server.url),
    }
    store = stores[kind]()
    for number in range(ordinary):
        token = Su("sandbox", client_secret=f"fake-{number}", store=store).token()

    with pytest.raises(Limited):
        Su("sandbox", client_secret="fake-other", store=store).token()
    assert caplog.messages == []

    su = Su("sandbox", client_secret="fake-urgent", store=store)
    for number in range(tokens - ordinary):  # an API has refused the token
        emulator.fault("su", "sandbox", times=1, status=200, patch={"/data/token": f"sandbox_{number}"})
        token = run_sync(su._renewal.steps(token))
    with pytest.raises(Limited):
        run_sync(su._renewal.steps(token))
    assert emulator.count("su") == tokens


def test_what_is_left_of_a_quota_in_redis_is_not_asked_for(
    emulator: Emulator, server: Server, new_host: Hosts
) -> None:
    su = Su("sandbox", store=new_host(server.url))
    su.token()

    with server.listened() as commands:
        assert su.status().quota_left is None

    assert commands == []


def test_four_hosts_with_su(emulator: Emulator, server: Server, new_host: Hosts) -> None:
    for _ in range(7):
        for store in [new_host(server.url) for _ in range(4)]:
            Su("sandbox", store=store).token()
            with server.admin as admin:  # as when its life is over
                admin.delete(*[key for key in admin.scan_iter() if admin.type(key) == b"hash"])
    assert emulator.count("su") == 28

    with pytest.raises(Limited, match="the quota is spent"):
        Su("sandbox", store=new_host(server.url)).token()

    assert emulator.count("su") == 28
