"""What stands in Redis is not what was written there: a miss, and the next token heals it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from gatepass.stores._protocol import Record
from gatepass.stores._sealed import Seal

from .conftest import KEY, WANTED, Hosts, Server, entry, got, leased

RECORD = f"gatepass:{{{WANTED.account}}}:{WANTED.key}"
OTHER_KEY = base64.b64encode(b"another fake key of 32 bytes, so").decode()


def sealed(key: str, name: str, data: bytes) -> str:
    return base64.b64encode(Seal.of(key).closed(data, name)).decode()


def changed(data: bytes) -> bytes:
    return data[:-8] + b"AAAA" + data[-4:]


DAMAGE: dict[str, Callable[[Any, dict[bytes, bytes]], Any]] = {
    "cut": lambda admin, was: admin.hset(RECORD, "token", was[b"token"][:40]),
    "changed": lambda admin, was: admin.hset(RECORD, "token", changed(was[b"token"])),
    "empty": lambda admin, was: admin.hset(RECORD, "token", ""),
    "not text": lambda admin, was: admin.hset(RECORD, "token", b"\xff\xfe\x00"),
    "closed by another": lambda admin, was: admin.hset(
        RECORD, "token", sealed(OTHER_KEY, WANTED.key, Record(entry()).dump(WANTED.key))
    ),
    "of another credential": lambda admin, was: admin.hset(
        RECORD, "token", sealed(KEY, "other", Record(entry()).dump("other"))
    ),
    "of another version": lambda admin, was: admin.hset(
        RECORD, "token", sealed(KEY, WANTED.key, b'{"version": 2, "key": "fake-key", "token": {}}')
    ),
    "dead already": lambda admin, was: admin.hset(
        RECORD, "token", sealed(KEY, WANTED.key, Record(entry(lives=-1)).dump(WANTED.key))
    ),
    "no number": lambda admin, was: admin.hset(RECORD, "dead_at", "soon"),
    "half": lambda admin, was: admin.hdel(RECORD, "token"),
    "a failure that is none": lambda admin, was: admin.hset(
        RECORD, mapping={"dead_at": "0", "retry_at": "9999999999999", "failure": "e30="}
    ),
    "gone": lambda admin, was: admin.delete(RECORD),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_a_miss_and_heals(
    either: Server, new_host: Hosts, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store, other = new_host(either.url), new_host(either.url)
    store.publish(leased(store), entry("fake-first"))
    with either.admin as admin:
        DAMAGE[damage](admin, admin.hgetall(RECORD))

    other.publish(leased(other), entry("fake-second"))

    assert got(new_host(either.url)) == "fake-second"
    assert caplog.messages == []
