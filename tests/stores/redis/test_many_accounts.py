"""The connections to the server are bounded however many accounts share a store."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from gatepass import Decentro, Setu
from gatepass.stores._redis_client import MAX_CONCURRENT, RedisClient
from gatepass_emulator import Emulator

from ...timeouts import HANG_TIMEOUT, wait_for
from ..helpers import all_at_once
from .conftest import NewHost
from .server import Server

ACCOUNTS = 100


def credentials_of_400_accounts(store: Any) -> list[Any]:
    return [
        credential_class(environment, client_id=f"fake-{number}", store=store)
        for number in range(ACCOUNTS)
        for credential_class in (Setu, Decentro)
        for environment in ("sandbox", "production")
    ]


def test_400_accounts_at_once_share_their_tokens_by_a_url(
    emulator: Emulator,
    own_server: Server,
    new_host: NewHost,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gatepass_emulator._issuer.Issuer.matches", lambda *_: True)  # any account

    async def all_tokens(store: Any) -> list[str]:
        credentials = credentials_of_400_accounts(store)
        tokens = await asyncio.gather(*(credential.atoken() for credential in credentials))
        return [token.value for token in tokens]

    with caplog.at_level(logging.WARNING):
        tokens = asyncio.run(all_tokens(new_host(own_server.url)))
        again = asyncio.run(all_tokens(new_host(own_server.url)))

    assert caplog.records == []
    assert again == tokens
    assert len(set(tokens)) == 4 * ACCOUNTS
    assert (emulator.count("setu"), emulator.count("decentro")) == (2 * ACCOUNTS, 2 * ACCOUNTS)


def test_400_commands_at_once_use_a_bounded_number_of_connections(own_server: Server) -> None:
    client = RedisClient(own_server.url, block=HANG_TIMEOUT, allow_plaintext=False)

    responses = all_at_once([lambda: client.eval("return 'fake'", [], (), HANG_TIMEOUT)] * 400)

    assert responses == [["fake"]] * 400
    with own_server.admin as admin:
        assert len(admin.client_list()) <= MAX_CONCURRENT + 1


def test_400_blocking_waiters_use_a_bounded_number_of_connections(own_server: Server) -> None:
    client = RedisClient(own_server.url, block=HANG_TIMEOUT, allow_plaintext=False)
    rejected: list[None] = []

    def wait_for_entry() -> bool:
        blocked = client.wait_for_entry("fake-stream", "0", HANG_TIMEOUT)
        if not blocked:
            rejected.append(None)
        return blocked

    def add_entry() -> bool:
        with own_server.admin as admin:
            wait_for(lambda: len(rejected) == 400 - MAX_CONCURRENT)
            wait_for(lambda: admin.info("clients")["blocked_clients"] == MAX_CONCURRENT)
            admin.xadd("fake-stream", {"fake": "1"})
        return False

    results = all_at_once([add_entry, *[wait_for_entry] * 400])

    assert results.count(True) == MAX_CONCURRENT
