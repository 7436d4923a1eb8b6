"""Hosts that share a server fetch one token and send few commands."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gatepass import RateLimited, Rejected, Su
from gatepass.stores import FileStore, Lookup
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import LOOKUP, acquire_lease, all_at_once, cached_token, stored_token
from .conftest import NewHost
from .server import Server


def test_64_callers_on_four_hosts_fetch_one_token_with_at_most_12_commands(
    emulator: Emulator, each_server: Server, new_host: NewHost
) -> None:
    emulator.fault("su", "sandbox", latency=0.05)
    hosts = [new_host(each_server.url) for _ in range(4)]
    callers = [Su("sandbox", store=store) for store in hosts for _ in range(16)]

    with each_server.monitored() as commands:
        tokens = all_at_once(caller.token for caller in callers)

    assert len({token.value for token in tokens}) == 1
    assert emulator.count("su") == 1
    assert set(commands) <= {"EVAL", "XREAD"}
    assert len(commands) <= 12

    with each_server.monitored() as commands:
        warm = [Su("sandbox", store=store).token() for store in hosts for _ in range(16)]

    assert {token.value for token in warm} == {tokens[0].value}
    assert commands == []


def test_16_callers_of_a_host_send_two_commands_and_those_of_the_next_host_one(
    emulator: Emulator, server: Server, new_host: NewHost, tmp_path: Path
) -> None:
    for folder, expected in ("first", ["EVAL", "EVAL"]), ("second", ["EVAL"]):
        stores = [new_host(server.url, host=FileStore(tmp_path / folder)) for _ in range(16)]
        with server.monitored() as commands:
            all_at_once(Su("sandbox", store=store).token for store in stores)

        assert commands == expected
    assert emulator.count("su") == 1


def test_a_waiter_is_woken_by_the_stream_and_does_not_poll(each_server: Server, new_host: NewHost) -> None:
    holder, waiter = new_host(each_server.url), new_host(each_server.url)
    lease = acquire_lease(holder)
    with each_server.monitored() as commands, ThreadPoolExecutor(1) as pool:
        woken = pool.submit(stored_token, waiter)
        each_server.wait_for_waiters()
        holder.publish(lease, cached_token())
        assert woken.result() == "fake-token"

    sent = [command for command in commands if command in ("EVAL", "XREAD")]
    assert sorted(sent) == ["EVAL", "EVAL", "EVAL", "XREAD"]  # one EVAL is the holder's


def test_every_kind_of_client_shares_tokens_failures_and_the_quota(
    each_server: Server, client: Callable[[Server], Any], new_host: NewHost
) -> None:
    first, second = new_host(client(each_server)), new_host(each_server.url)
    quota = Lookup("fake-key-2", "fake-account", quota=(1, 3600), label=("su", "sandbox"))

    lease = acquire_lease(second)
    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(stored_token, first)
        each_server.wait_for_waiters()
        second.publish(lease, cached_token("fake-a"))
        assert waiter.result() == "fake-a"
    first.fail(acquire_lease(first, quota), Rejected("no", retry_at=time.time() + 600), sent=True)

    assert isinstance(second.acquire(quota, HANG_TIMEOUT), Rejected)
    other = Lookup("fake-key-3", "fake-account", quota=(1, 3600), label=("su", "sandbox"))
    assert isinstance(first.acquire(other, HANG_TIMEOUT), RateLimited)
    assert isinstance(second.acquire(other, HANG_TIMEOUT), RateLimited)


def test_hosts_share_tokens_through_a_unix_socket(server: Server, new_host: NewHost) -> None:
    first, second = new_host(server.socket), new_host(server.url)

    first.publish(acquire_lease(first), cached_token())

    assert stored_token(second) == "fake-token"
    assert repr(first).startswith("RedisStore('/")


def test_an_excluded_token_is_replaced_for_all_hosts(server: Server, new_host: NewHost) -> None:
    first, second = new_host(server.url), new_host(server.url)
    rejected = cached_token("fake-rejected")
    first.publish(acquire_lease(first), rejected)
    lookup = Lookup(LOOKUP.key, LOOKUP.account, exclude=rejected.fingerprint)

    second.publish(acquire_lease(second, lookup), cached_token("fake-new"))

    assert stored_token(first, lookup) == "fake-new"


def test_no_connection_stays_open_and_every_key_expires(server: Server, new_host: NewHost) -> None:
    store = new_host(server.url)

    store.publish(acquire_lease(store), cached_token())

    with server.admin as admin:
        kinds = {key.decode().rsplit(":", 1)[1] for key in admin.scan_iter()}
        assert kinds == {"fake-key", "stream"}
        # Only this one is left; the server notices a little later that the others have ended.
        wait_for(lambda: len(admin.client_list()) == 1)
        assert all(admin.pttl(key) > 0 for key in admin.scan_iter())


@pytest.mark.parametrize("encrypted", [True, False])
def test_a_token_in_redis_is_encrypted_unless_plaintext_is_allowed(
    server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, encrypted: bool
) -> None:
    if not encrypted:
        monkeypatch.delenv("GATEPASS_KEY")
    store = new_host(server.url, allow_plaintext=not encrypted)

    store.publish(acquire_lease(store), cached_token("fake-token-in-redis"))

    with server.admin as admin:
        fields = admin.hgetall(f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}")
    assert (b"fake-token-in-redis" in base64.b64decode(fields[b"token"])) is not encrypted
