"""Several hosts, one Redis: one token, and next to no commands."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gatepass import Limited, Rejected, Su
from gatepass.stores import FileStore, Wanted
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for
from .conftest import WANTED, Hosts, Server, entry, got, leased
from .crowd import all_at_once


def test_64_callers_on_four_hosts_make_one_token_with_twelve_commands(
    emulator: Emulator, either: Server, new_host: Hosts
) -> None:
    emulator.fault("su", "sandbox", latency=0.05)
    hosts = [new_host(either.url) for _ in range(4)]
    callers = [Su("sandbox", store=store) for store in hosts for _ in range(16)]

    with either.listened() as commands:
        tokens = all_at_once(caller.token for caller in callers)

    assert len({token.value for token in tokens}) == 1
    assert emulator.count("su") == 1
    assert set(commands) <= {"EVAL", "XREAD"}
    assert len(commands) <= 12

    with either.listened() as commands:
        warm = [Su("sandbox", store=store).token() for store in hosts for _ in range(16)]

    assert {token.value for token in warm} == {tokens[0].value}
    assert commands == []


def test_sixteen_callers_of_a_host_are_two_commands_and_on_the_next_host_one(
    emulator: Emulator, server: Server, new_host: Hosts, tmp_path: Path
) -> None:
    for folder, told in ("one", ["EVAL", "EVAL"]), ("two", ["EVAL"]):
        stores = [new_host(server.url, host=FileStore(tmp_path / folder)) for _ in range(16)]
        with server.listened() as commands:
            all_at_once(Su("sandbox", store=store).token for store in stores)

        assert commands == told
    assert emulator.count("su") == 1


def test_a_waiter_is_woken_by_the_news_and_does_not_look_again_and_again(
    either: Server, new_host: Hosts
) -> None:
    holder, waiter = new_host(either.url), new_host(either.url)
    lease = leased(holder)
    with either.listened() as commands, ThreadPoolExecutor(1) as pool:
        woken = pool.submit(got, waiter)
        either.wait_for_waiters()
        holder.publish(lease, entry())
        assert woken.result() == "fake-token"

    ours = [command for command in commands if command in ("EVAL", "XREAD")]
    assert sorted(ours) == ["EVAL", "EVAL", "EVAL", "XREAD"]  # one of them is the holder's


def test_every_kind_of_client_shares_tokens_failures_and_the_quota(
    either: Server, client: Callable[[Server], Any], new_host: Hosts
) -> None:
    one, two = new_host(client(either)), new_host(either.url)
    quota = Wanted("fake-key-2", "fake-account", quota=(1, 3600), who=("su", "sandbox"))

    lease = leased(two)
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(got, one)
        either.wait_for_waiters()
        two.publish(lease, entry("fake-a"))
        assert waiter.result() == "fake-a"
    one.fail(leased(one, quota), Rejected("no", retry_at=time.time() + 600), sent=True)

    assert isinstance(two.acquire(quota, PATIENCE), Rejected)
    other = Wanted("fake-key-3", "fake-account", quota=(1, 3600), who=("su", "sandbox"))
    assert isinstance(one.acquire(other, PATIENCE), Limited)
    assert isinstance(two.acquire(other, PATIENCE), Limited)


def test_a_unix_socket(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.socket), new_host(server.url)

    one.publish(leased(one), entry())

    assert got(two) == "fake-token"
    assert repr(one).startswith("RedisStore('/")


def test_a_token_that_will_not_do_is_replaced_for_everybody(server: Server, new_host: Hosts) -> None:
    one, two = new_host(server.url), new_host(server.url)
    dead = entry("fake-dead")
    one.publish(leased(one), dead)
    other = Wanted(WANTED.key, WANTED.account, other_than=dead.name)

    two.publish(leased(two, other), entry("fake-new"))

    assert got(one, other) == "fake-new"


def test_neither_a_ledger_without_a_quota_nor_a_connection_nor_a_key_stays_for_ever(
    server: Server, new_host: Hosts
) -> None:
    store = new_host(server.url)

    store.publish(leased(store), entry())

    with server.admin as admin:
        kinds = {key.decode().rsplit(":", 1)[1] for key in admin.scan_iter()}
        assert kinds == {"fake-key", "news"}
        wait_for(
            lambda: len(admin.client_list()) == 1
        )  # this one: the server sees the end of others a little later
        assert all(admin.pttl(key) > 0 for key in admin.scan_iter())


@pytest.mark.parametrize("sealed", [True, False])
def test_a_token_in_redis_is_sealed_unless_told_otherwise(
    server: Server, new_host: Hosts, monkeypatch: pytest.MonkeyPatch, sealed: bool
) -> None:
    if not sealed:
        monkeypatch.delenv("GATEPASS_KEY")
    store = new_host(server.url, allow_plaintext=not sealed)

    store.publish(leased(store), entry("fake-token-in-redis"))

    with server.admin as admin:
        fields = admin.hgetall(f"gatepass:{{{WANTED.account}}}:{WANTED.key}")
    assert (b"fake-token-in-redis" in base64.b64decode(fields[b"token"])) is not sealed
