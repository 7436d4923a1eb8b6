"""Records that somebody or something has damaged count as none, and are written anew."""

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
"""What happens to a record; the other path is that of another key's."""


def compact(document: Any) -> str:
    """JSON as gatepass writes it; other files do not count as its own."""
    return json.dumps(document, separators=(",", ":"))


def edited(**changes: Any) -> Damage:
    """Top-level fields set to something else."""

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
    """In place of the token a failure that would be in force but for the changes."""

    def damage(record: Path, _other: Path) -> None:
        fields: dict[str, Any] = {"reason": "fake", "status": 401, "code": "E1", "trace": "fake-1"}
        fields["retry_at"] = time.time() + 60
        edited(token=None, failure=["Rejected", *(fields | changes).values()])(record, _other)

    return damage


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
    "failure of another type": edited(token=None, failure={"kind": "Rejected"}),
    "failure of a kind that nobody knows": edited(token=None, failure=["SystemExit", "fake", *[None] * 4]),
    **{
        f"failure with {what}": failed(**{field: value})
        for what, field, value in [
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
            ("a truth as status", "status", True),
            ("a huge status", "status", 10**40),
            ("an infinite end", "retry_at", float("-inf")),
        ]
    },
    "failure with no end": failed(retry_at=9e12),
}


def record_of(store: FileStore, credential: Setu) -> Path:
    settings = credential._settings
    return store._path(store.cache_key(settings.key(settings.reveal()), 1.0), "token")


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


def test_a_stored_failure_is_in_force_if_it_is_as_gatepass_writes_it(
    emulator: Emulator, folder: Path
) -> None:
    """Else the damages above would prove nothing."""
    store = FileStore(folder)
    credential = Setu("sandbox", store=store)
    credential.token()
    failed()(record_of(store, credential), folder)

    with pytest.raises(Rejected, match=r"fake \(HTTP 401, code E1, trace fake-1\)"):
        Setu("sandbox", store=store).token()


@pytest.mark.parametrize("notice", ["fake\x1b[2J", "fake\nfake", "fake " * 1000, 5, ["fake"]])
def test_a_stored_notice_that_could_harm_a_terminal_is_left_out(
    emulator: Emulator, folder: Path, notice: object
) -> None:
    store = FileStore(folder)
    first = Setu("sandbox", store=store)
    token = first.token()
    token_edited(lambda _token: {"notice": notice})(record_of(store, first), folder)

    again = Setu("sandbox", store=store).token()

    assert (again.value, again.notice) == (token.value, None)


@pytest.mark.parametrize(
    "owner",
    [
        {"who": ["fake\x1b[2J", "sandbox"]},
        {"who": ["setu", "sandbox\nfake"]},
        {"who": ["setu", "sandbox" * 100]},
        {"who": [5, None]},
        {"who": "setu"},
        {"account": "fake\x1b[2J"},
        {"account": 5},
    ],
    ids=repr,
)
def test_the_list_shows_no_stored_name_that_could_harm_a_terminal(
    emulator: Emulator, folder: Path, owner: dict[str, Any]
) -> None:
    store = FileStore(folder)
    first = Setu("sandbox", store=store)
    first.token()
    edited(**owner)(record_of(store, first), folder)

    (line,) = store.contents()

    assert line.isprintable()
    assert len(line) < 100
    assert line.split()[:2] == ["?", "?"]


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
