"""Decentro's refresh token outlives the token, so it is never stored: only its process uses it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gatepass import Decentro
from gatepass.stores import FileStore
from gatepass_emulator import Emulator


def expire(credential: Decentro) -> None:
    cached = credential._cache.cached
    assert cached is not None
    credential._cache.cached = replace(cached, refresh_at=0.0, usable_until=0.0)


def grants(emulator: Emulator) -> list[str]:
    return [call.credentials.split("=")[0] for call in emulator.calls]


def test_a_refresh_token_is_not_written_to_the_disk(emulator: Emulator, folder: Path) -> None:
    decentro = Decentro("sandbox", store=FileStore(folder))
    token = decentro.token()
    cached = decentro._cache.cached
    assert cached is not None
    assert cached.refresh_token is not None

    written = b"".join(path.read_bytes() for path in folder.iterdir())

    assert token.value.encode() in written
    assert cached.refresh_token.value.encode() not in written
    assert b"refresh_token" not in written


def test_the_process_that_received_a_refresh_token_uses_it(emulator: Emulator, folder: Path) -> None:
    decentro = Decentro("sandbox", store=FileStore(folder))
    first = decentro.token()
    expire(decentro)

    assert decentro.token().value != first.value
    assert grants(emulator) == ["client_id", "refresh_token"]


def test_a_process_that_got_the_token_from_the_store_refreshes_with_the_credentials(
    emulator: Emulator, folder: Path
) -> None:
    first = Decentro("sandbox", store=FileStore(folder)).token()
    other = Decentro("sandbox", store=FileStore(folder))
    assert other.token().value == first.value
    expire(other)

    assert other.token().value != first.value
    assert grants(emulator) == ["client_id", "client_id"]
