"""Damaged records are misses, and are replaced."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepass import Rejected, Setu, Su
from gatepass.stores import FileStore
from gatepass_emulator import Emulator

Damage = Callable[[Path, Path], object]
"""Damages a record; the other path is the record of another key."""


def compact(document: Any) -> str:
    """JSON as gatepass writes it; other files are not taken for its own."""
    return json.dumps(document, separators=(",", ":"))


def edited(**changes: Any) -> Damage:
    """Changes top-level fields."""

    def damage(record: Path, _other: Path) -> None:
        record.write_text(compact(json.loads(record.read_text()) | changes))

    return damage


def token_edited(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Damage:
    def damage(record: Path, _other: Path) -> None:
        document = json.loads(record.read_text())
        document["token"] |= change(document["token"])
        record.write_text(compact(document))

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


def failed(**changes: Any) -> Damage:
    """Replaces the token by a failure that is valid but for the changes."""

    def damage(record: Path, _other: Path) -> None:
        fields: dict[str, Any] = {"reason": "fake", "status": 401, "code": "E1", "trace": "fake-1"}
        fields["retry_at"] = time.time() + 60
        edited(token=None, failure=["Rejected", *(fields | changes).values()])(record, _other)

    return damage


TIMES = ("issued_at", "refresh_at", "usable_until", "expires_at")
DAMAGES: dict[str, Damage] = {
    "truncated": truncated,
    "empty": written(b""),
    "foreign key": edited(key="0" * 64),
    "swapped between keys": swapped,
    "other version": edited(version=2),
    "no version": written(b"{}"),
    "from the future": token_edited(lambda token: {name: token[name] + 86_400 for name in TIMES}),
    "never expires": token_edited(lambda _token: {"usable_until": 9e12, "expires_at": 9e12}),
    "expires at infinity": token_edited(lambda _token: dict.fromkeys(TIMES[2:], float("inf"))),
    "times out of order": token_edited(lambda token: {"refresh_at": token["usable_until"] + 1}),
    "a list": written(b"[]"),
    "a string": written(b'"fake"'),
    "not JSON": written(b"\x00\xff" * 300),
    "too deep": written(b"[" * 100_000),
    "too long": written(b" " * 2_000_000),
    "token of another type": edited(token=[1, 2]),
    "value of another type": token_edited(lambda _token: {"value": 5}),
    "no value": token_edited(lambda _token: {"value": ""}),
    "times of another type": token_edited(lambda _token: dict.fromkeys(TIMES, "soon")),
    "times beyond what a float holds": token_edited(lambda _token: {"expires_at": 10**400}),
    "failure of another type": edited(token=None, failure={"kind": "Rejected"}),
    "failure of an unknown type": edited(token=None, failure=["SystemExit", "fake", *[None] * 4]),
    **{
        f"failure with {title}": failed(**{field: value})
        for title, field, value in [
            ("a terminal escape as reason", "reason", "fake\x1b[2J"),
            ("a line break in its code", "code", "E1\ngatepass: fake"),
            ("a reversed trace", "trace", "fake\u202e"),
            ("a long reason", "reason", "fake " * 1000),
            ("a long code", "code", "E" * 1000),
            ("a long trace", "trace", "E" * 1000),
            ("no reason", "reason", None),
            ("a number as code", "code", 5),
            ("a list as trace", "trace", ["fake"]),
            ("a string as status", "status", "401"),
            ("a boolean as status", "status", True),
            ("a huge status", "status", 10**40),
            ("an infinite end", "retry_at", float("-inf")),
        ]
    },
    "failure with no end": failed(retry_at=9e12),
}


def record_of(store: FileStore, credential: Setu) -> Path:
    settings = credential._settings
    return store._files.token_file(store.cache_key(settings.cache_key(settings.resolve_secrets()), 1.0))


@pytest.mark.usefixtures("poll_once")
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_a_miss_and_is_replaced(
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
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_an_undamaged_stored_failure_is_raised(emulator: Emulator, folder: Path) -> None:
    """Otherwise the damages above would prove nothing."""
    store = FileStore(folder)
    credential = Setu("sandbox", store=store)
    credential.token()
    failed()(record_of(store, credential), folder)

    with pytest.raises(Rejected, match=r"fake \(HTTP 401, code E1, trace fake-1\)"):
        Setu("sandbox", store=store).token()


@pytest.mark.parametrize("warning", ["fake\x1b[2J", "fake\nfake", "fake " * 1000, 5, ["fake"]])
def test_a_stored_warning_that_could_harm_a_terminal_is_dropped(
    emulator: Emulator, folder: Path, warning: object
) -> None:
    store = FileStore(folder)
    first = Setu("sandbox", store=store)
    token = first.token()
    token_edited(lambda _token: {"warning": warning})(record_of(store, first), folder)

    second = Setu("sandbox", store=store).token()

    assert (second.value, second.warning) == (token.value, None)


@pytest.mark.parametrize(
    "owner",
    [
        ["fake\x1b[2J", "sandbox", "fake"],
        ["setu", "sandbox\nfake", "fake"],
        ["setu", "sandbox" * 100, "fake"],
        [5, None, "fake"],
        ["setu", "sandbox"],
        "setu",
        ["setu", "sandbox", "fake\x1b[2J"],
        ["setu", "sandbox", 5],
    ],
    ids=repr,
)
def test_the_list_shows_no_stored_owner_that_could_harm_a_terminal(
    emulator: Emulator, folder: Path, owner: Any
) -> None:
    store = FileStore(folder)
    first = Setu("sandbox", store=store)
    first.token()
    edited(owner=owner)(record_of(store, first), folder)

    (line,) = store.describe()

    assert line.isprintable()
    assert len(line) < 100
    assert line.split()[:2] == ["?", "?"]


QUOTA_FILES = {
    "empty": b"",
    "a number": b"5",
    "an object": b"{}",
    "a string": b'"fake"',
    "strings": b'["a"]',
    "lists": b"[[]]",
    "not UTF-8": b"\xff",
    "odd numbers": b"[9e99, -1, NaN]",
    "too deep": b"[" * 100_000,
    "beyond what a float holds": b"[1" + b"0" * 400 + b"]",
}


@pytest.mark.parametrize("data", QUOTA_FILES.values(), ids=QUOTA_FILES)
def test_a_damaged_quota_file_counts_from_zero(
    emulator: Emulator, folder: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    store = FileStore(folder)
    credential = Su("sandbox", store=store)
    folder.mkdir(mode=0o700)
    quota_file = folder / f"{credential._settings.account_key}.quota"
    quota_file.write_bytes(data)

    assert credential.token().value

    assert len(json.loads(quota_file.read_bytes())) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
