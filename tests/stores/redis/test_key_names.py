"""No password can be guessed from the keys in Redis, and all hosts use the same keys."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from gatepass import Su
from gatepass_emulator import Emulator

from .conftest import NewHost
from .server import Server


def everything(server: Server) -> Iterator[str]:
    """Each key and its values."""
    with server.admin as admin:
        for key in admin.scan_iter():
            yield key.decode()
            for value in admin.hgetall(key).values() if admin.type(key) == b"hash" else ():
                yield value.decode()
                if len(value) % 4 == 0:
                    yield base64.b64decode(value).decode(errors="replace")


@pytest.mark.parametrize("encrypted", [True, False], ids=["with a key", "without a key"])
def test_nothing_in_redis_helps_to_guess_a_secret_and_hosts_share(
    emulator: Emulator, server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch, encrypted: bool
) -> None:
    if not encrypted:
        monkeypatch.delenv("GATEPASS_KEY")
    hosts = [Su("sandbox", store=new_host(server.url, allow_plaintext=not encrypted)) for _ in range(2)]

    assert hosts[0].token().value == hosts[1].token().value
    settings = hosts[0]._settings
    contents = list(everything(server))
    assert any(settings.account_key in part for part in contents)
    assert not any(settings.cache_key(settings.resolve_secrets())[:8] in part for part in contents)


def test_without_a_key_each_secret_is_hashed_slowly_once_per_process(
    emulator: Emulator, server: Server, new_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEPASS_KEY")
    emulator.fault("su", "sandbox", status=200, patch={"/data/token": "sandbox_fake"})
    computed: list[dict[str, Any]] = []
    scrypt = hashlib.scrypt

    def counted(*arguments: Any, **parameters: Any) -> bytes:
        computed.append(parameters)
        return scrypt(*arguments, **parameters)

    monkeypatch.setattr(hashlib, "scrypt", counted)

    for secret in "fake-first-password", "fake-second-password":
        for _ in range(3):
            store = new_host(server.url, allow_plaintext=True)
            su = Su("sandbox", client_secret=secret, store=store)
            su.token()
            su.invalidate()
            su.token()

    assert len(computed) == 2
    assert all(128 * used["n"] * used["r"] >= 16 * 2**20 for used in computed)
