"""Records that somebody or something has damaged count as none, and are written anew."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepass import Setu, Su
from gatepass.stores import FileStore
from gatepass_emulator import Emulator

Damage = Callable[[Path, Path], object]
"""What happens to a record; the other path is that of another key's."""


def edited(**changes: Any) -> Damage:
    """Top-level fields set to something else."""

    def damage(record: Path, _other: Path) -> None:
        record.write_text(json.dumps(json.loads(record.read_text()) | changes))

    return damage


def token_edited(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Damage:
    def damage(record: Path, _other: Path) -> None:
        document = json.loads(record.read_text())
        document["token"] |= change(document["token"])
        record.write_text(json.dumps(document))

    return damage


def written(data: bytes) -> Damage:
    return lambda record, _other: record.write_bytes(data)


def truncated(record: Path, _other: Path) -> None:
    record.write_bytes(record.read_bytes()[:100])


def swapped(record: Path, other: Path) -> None:
    between = record.with_suffix(".between")
    record.rename(between)
    other.rename(record)
    between.rename(other)


TIMES = ("minted_at", "stale_at", "dead_at", "expires_at")
DAMAGES: dict[str, Damage] = {
    "truncated": truncated,
    "empty": written(b""),
    "foreign key": edited(key="0" * 64),
    "swapped between keys": swapped,
    "other version": edited(version=2),
    "no version": written(b"{}"),
    "from the future": token_edited(lambda token: {name: token[name] + 86_400 for name in TIMES}),
    "good for ever": token_edited(lambda _token: {"dead_at": 9e12, "expires_at": 9e12}),
    "good for ever, as floats have it": token_edited(lambda _token: dict.fromkeys(TIMES[2:], float("inf"))),
    "times out of order": token_edited(lambda token: {"stale_at": token["dead_at"] + 1}),
    "a list": written(b"[]"),
    "a text": written(b'"fake"'),
    "no JSON": written(b"\x00\xff" * 300),
    "too deep": written(b"[" * 100_000),
    "too long": written(b" " * 2_000_000),
    "token of another type": edited(token=[1, 2]),
    "value of another type": token_edited(lambda _token: {"value": 5}),
    "no value": token_edited(lambda _token: {"value": ""}),
    "times of another type": token_edited(lambda _token: dict.fromkeys(TIMES, "soon")),
    "times beyond what a float holds": token_edited(lambda _token: {"expires_at": 10**400}),
    "failure of another type": edited(failure={"kind": "Rejected"}),
    "failure of a kind that nobody knows": edited(failure=["SystemExit", *[None] * 7]),
    "failure with no end": edited(token=None, failure=["Rejected", *["fake"] * 3, *[None] * 3, 9e12]),
}


def record_of(store: FileStore, credential: Setu) -> Path:
    settings = credential._settings
    return store._path(settings.key(settings.reveal()), "token")


@pytest.mark.usefixtures("one_look")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_a_miss_and_heals(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, damage: Damage
) -> None:
    store = FileStore(folder)
    first, other = Setu("sandbox", store=store), Setu("production", store=store)
    first.token()
    other.token()
    damage(record_of(store, first), record_of(store, other))

    healed = Setu("sandbox", store=store).token()
    assert healed.value != first.token().value
    assert emulator.count("setu", "sandbox") == 2

    assert Setu("sandbox", store=store).token() == healed
    assert emulator.count("setu", "sandbox") == 2
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


LEDGERS = {
    "empty": b"",
    "a number": b"5",
    "an object": b"{}",
    "a text": b'"fake"',
    "texts": b'["a"]',
    "lists": b"[[]]",
    "no text": b"\xff",
    "odd numbers": b"[9e99, -1, NaN]",
    "too deep": b"[" * 100_000,
    "beyond what a float holds": b"[1" + b"0" * 400 + b"]",
}


@pytest.mark.parametrize("data", LEDGERS.values(), ids=LEDGERS)
def test_a_damaged_ledger_is_begun_anew(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    store = FileStore(folder)
    credential = Su("sandbox", store=store)
    folder.mkdir(mode=0o700)
    ledger = store._path(credential._settings.quota_key, "quota")
    ledger.write_bytes(data)

    assert credential.token().value

    assert len(json.loads(ledger.read_bytes())) == 1
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
