"""A damaged record in Redis is a miss, and the next token replaces it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

from gatepass.stores._cipher import Cipher
from gatepass.stores._record import Record

from ..helpers import KEY, LOOKUP, acquire_lease, cached_token, stored_token
from .conftest import NewHost
from .server import Server

RECORD = f"gatepass:{{{LOOKUP.account}}}:{LOOKUP.key}"
OTHER_KEY = base64.b64encode(b"another fake key of 32 bytes, so").decode()


def encrypted(record: Record, key: str = KEY, name: str = LOOKUP.key) -> str:
    return base64.b64encode(record.dump(name, Cipher.from_env(key))).decode()


def of_version_2() -> str:
    data = b'{"version": 2, "key": "fake-key", "token": {}}'
    return base64.b64encode(Cipher.from_env(KEY).encrypt(data, LOOKUP.key)).decode()


def changed(data: bytes) -> bytes:
    return data[:-8] + b"AAAA" + data[-4:]


DAMAGE: dict[str, Callable[[Any, dict[bytes, bytes]], Any]] = {
    "truncated": lambda admin, fields: admin.hset(RECORD, "token", fields[b"token"][:40]),
    "changed": lambda admin, fields: admin.hset(RECORD, "token", changed(fields[b"token"])),
    "empty": lambda admin, fields: admin.hset(RECORD, "token", ""),
    "not a string": lambda admin, fields: admin.hset(RECORD, "token", b"\xff\xfe\x00"),
    "encrypted with another key": lambda admin, fields: admin.hset(
        RECORD, "token", encrypted(Record(cached_token()), OTHER_KEY)
    ),
    "of another credential": lambda admin, fields: admin.hset(
        RECORD, "token", encrypted(Record(cached_token()), name="other")
    ),
    "of another version": lambda admin, fields: admin.hset(RECORD, "token", of_version_2()),
    "expired": lambda admin, fields: admin.hset(
        RECORD, "token", encrypted(Record(cached_token(expires_in=-1)))
    ),
    "not a number": lambda admin, fields: admin.hset(RECORD, "usable_until", "soon"),
    "without its token": lambda admin, fields: admin.hdel(RECORD, "token"),
    "not a failure": lambda admin, fields: admin.hset(
        RECORD, mapping={"usable_until": "0", "retry_at": "9999999999999", "failure": "e30="}
    ),
    "deleted": lambda admin, fields: admin.delete(RECORD),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record_is_a_miss_and_is_replaced(
    each_server: Server, new_host: NewHost, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    store, other = new_host(each_server.url), new_host(each_server.url)
    store.publish(acquire_lease(store), cached_token("fake-first"))
    with each_server.admin as admin:
        DAMAGE[damage](admin, admin.hgetall(RECORD))

    other.publish(acquire_lease(other), cached_token("fake-second"))

    assert stored_token(new_host(each_server.url)) == "fake-second"
    assert caplog.messages == []
