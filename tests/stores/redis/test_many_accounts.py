"""A program has tokens of many accounts in one store: its connections to the server are bounded."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from gatepass import Decentro, Setu
from gatepass.stores._redis_client import PLACES, RedisClient
from gatepass_emulator import Emulator

from ...patience import PATIENCE, wait_for
from .conftest import Hosts, Server
from .crowd import all_at_once

ACCOUNTS = 100


def credentials_of_400_accounts(store: Any) -> list[Any]:
    return [
        cls(environment, client_id=f"fake-{number}", store=store)
        for number in range(ACCOUNTS)
        for cls in (Setu, Decentro)
        for environment in ("sandbox", "production")
    ]


def test_400_accounts_at_once_share_their_tokens_by_a_url(
    emulator: Emulator,
    victim: Server,
    new_host: Hosts,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gatepass_emulator._issuer.Issuer.opens", lambda *_: True)  # any account

    async def all_tokens(store: Any) -> list[str]:
        credentials = credentials_of_400_accounts(store)
        tokens = await asyncio.gather(*(credential.atoken() for credential in credentials))
        return [token.value for token in tokens]

    with caplog.at_level(logging.WARNING):
        tokens = asyncio.run(all_tokens(new_host(victim.url)))
        again = asyncio.run(all_tokens(new_host(victim.url)))

    assert caplog.records == []
    assert again == tokens
    assert len(set(tokens)) == 4 * ACCOUNTS
    assert (emulator.count("setu"), emulator.count("decentro")) == (2 * ACCOUNTS, 2 * ACCOUNTS)


def test_400_commands_at_once_use_a_bounded_number_of_connections(victim: Server) -> None:
    client = RedisClient(victim.url, block=PATIENCE, allow_plaintext=False)

    answers = all_at_once([lambda: client.eval("return 'fake'", [], (), PATIENCE)] * 400)

    assert answers == [["fake"]] * 400
    with victim.admin as admin:
        assert len(admin.client_list()) <= PLACES + 1


def test_400_waiters_for_news_use_a_bounded_number_of_connections(victim: Server) -> None:
    client = RedisClient(victim.url, block=PATIENCE, allow_plaintext=False)
    refused: list[None] = []

    def wait_for_news() -> bool:
        may_block = client.wait_for_news("fake-stream", "0", PATIENCE)
        if not may_block:
            refused.append(None)
        return may_block

    def publish_news() -> bool:
        with victim.admin as admin:
            wait_for(lambda: len(refused) == 400 - PLACES)
            wait_for(lambda: admin.info("clients")["blocked_clients"] == PLACES)
            admin.xadd("fake-stream", {"news": "1"})
        return False

    heard = all_at_once([publish_news, *[wait_for_news] * 400])

    assert heard.count(True) == PLACES
