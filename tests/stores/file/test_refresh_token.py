"""Decentro's refresh token stays in the process that got it: it outlives the token, and is never stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gatepass import Decentro
from gatepass.stores import FileStore
from gatepass_emulator import Emulator


def expire(credential: Decentro) -> None:
    held = credential._renewal.held
    assert held is not None
    credential._renewal.held = replace(held, stale_at=0.0, dead_at=0.0)


def grants(emulator: Emulator) -> list[str]:
    return [call.credentials.split("=")[0] for call in emulator.calls]


def test_a_refresh_token_is_not_written_to_the_disk(emulator: Emulator, folder: Path) -> None:
    decentro = Decentro("sandbox", store=FileStore(folder))
    token = decentro.token()
    held = decentro._renewal.held
    assert held is not None
    assert held.refresh is not None

    written = b"".join(path.read_bytes() for path in folder.iterdir())

    assert token.value.encode() in written
    assert held.refresh.value.encode() not in written
    assert b"refresh" not in written


def test_the_process_that_got_it_renews_by_it(emulator: Emulator, folder: Path) -> None:
    decentro = Decentro("sandbox", store=FileStore(folder))
    first = decentro.token()
    expire(decentro)

    assert decentro.token().value != first.value
    assert grants(emulator) == ["client_id", "refresh_token"]


def test_a_process_that_took_the_token_from_the_store_renews_by_the_credentials(
    emulator: Emulator, folder: Path
) -> None:
    first = Decentro("sandbox", store=FileStore(folder)).token()
    other = Decentro("sandbox", store=FileStore(folder))
    assert other.token().value == first.value
    expire(other)

    assert other.token().value != first.value
    assert grants(emulator) == ["client_id", "client_id"]
