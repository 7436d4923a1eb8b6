"""Facts that are Sahamati's alone: two kinds of token, notices, and the secrets of entities."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from time import tzset
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import ConfigError, Rejected, Sahamati, SahamatiUser, Unavailable

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire

ENTITY = "fake-aa-1"


@pytest.fixture
def user(emulator: Emulator, time: Time) -> SahamatiUser:
    return SahamatiUser("sandbox", clock=time.clock)


def secret_reply(**changes: object) -> dict[str, object]:
    return {
        "ver": "1.0.0",
        "timestamp": "2024-10-10T11:11:45.096203206Z",
        "txnId": "fake-1",
        "entityId": ENTITY,
        "secret": "fake-secret-of-the-test",
    } | changes


def test_a_token_call_is_a_form_and_a_secret_call_is_json_with_the_user_s_token(way: Way, wire: Wire) -> None:
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), secret_reply())
    way.read_secret(user, ENTITY)
    asked, read = wire.requests
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert read.headers["content-type"] == "application/json"
    assert read.headers["authorization"] == "Bearer fake.sahamati.token"


def test_a_secret_call_says_who_when_and_which_and_days_only_if_asked(
    way: Way, wire: Wire, time: Time
) -> None:
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), secret_reply())
    way.read_secret(user, ENTITY)
    way.reset_secret(user, ENTITY, days=100)
    read, reset = (json.loads(sent.content) for sent in wire.requests[1:])
    assert set(read) == {"ver", "timestamp", "txnId", "entityId"}
    assert reset["secretExpiryDays"] == 100
    assert (read["ver"], read["entityId"]) == ("1.0.0", ENTITY)
    assert datetime.fromisoformat(read["timestamp"]) == datetime.fromtimestamp(time.now, UTC)
    assert uuid.UUID(read["txnId"]) != uuid.UUID(reset["txnId"])


@pytest.mark.parametrize("entity", ["", " ", "fake\naa"])
def test_an_entity_id_that_is_none_is_refused_before_anything_is_sent(
    entity: str, way: Way, wire: Wire
) -> None:
    with pytest.raises(ConfigError, match="entity_id"):
        way.reset_secret(wire.credential(SahamatiUser), entity)
    assert wire.requests == []


@pytest.mark.parametrize("cls", [Sahamati, SahamatiUser])
def test_a_timestamp_of_nine_digits_and_unknown_fields_are_no_trouble(cls: Any, way: Way, wire: Wire) -> None:
    reply = wire.reply(cls) | {"timestamp": "2024-10-10T11:11:45.096203206Z", "unheardOf": [1]}
    assert way.token(wire.credential(cls, reply)).value == "fake.sahamati.token"


def test_a_message_beside_an_entity_token_is_its_notice(way: Way, wire: Wire) -> None:
    credential = wire.credential(Sahamati, wire.reply(Sahamati) | {"message": "fake warning"})
    assert way.token(credential).notice == "fake warning"


@pytest.mark.parametrize(
    ("end", "expires_at"),
    [
        ({"expiresOn": 1734419452}, 1734419452),
        ({"expiresOn": 1734419452929}, 1734419452.929),
        ({"expiresOn": "1734419452"}, 1734419452),
        ({"expirationDate": "2024-12-17T07:10:52.929400"}, 1734419452.9294),
        ({"expirationDate": "2024-12-17T07:10:52.929400123"}, 1734419452.9294),
        ({"expirationDate": "2024-12-17T12:40:52+05:30"}, 1734419452),
        ({"expiresOn": 0, "expirationDate": "2024-12-17T07:10:52"}, 1734419452),
        ({"expirationDate": "soon"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_end_of_a_secret_is_in_seconds_milliseconds_or_a_date_in_utc(
    end: dict[str, object], expires_at: float | None, way: Way, wire: Wire
) -> None:
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), secret_reply(**end))
    assert way.read_secret(user, ENTITY).expires_at == expires_at


def test_a_date_without_a_zone_is_utc_wherever_the_program_runs(
    way: Way, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = secret_reply(expirationDate="2024-12-17T07:10:52")
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), reply)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kolkata")
        tzset()
        expires_at = way.read_secret(user, ENTITY).expires_at
    tzset()
    assert expires_at == 1734419452


def test_a_reset_kills_the_old_secret_and_tokens_live_on(
    way: Way, user: SahamatiUser, emulator: Emulator, time: Time
) -> None:
    entity = Sahamati("sandbox", clock=time.clock)
    way.token(entity)
    new = way.reset_secret(user, ENTITY)
    assert new.value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert way.get(entity, emulator.url("sahamati", "sandbox") + "/echo").status_code == 200
    entity.forget()
    with pytest.raises(Rejected):
        way.token(entity)


def test_a_secret_that_is_read_when_needed_survives_a_rotation(
    way: Way, user: SahamatiUser, emulator: Emulator, time: Time
) -> None:
    entity = Sahamati("sandbox", secret=lambda: user.read_secret(ENTITY).value, clock=time.clock)
    first = way.token(entity)
    way.reset_secret(user, ENTITY)
    time.pass_(86_400)
    assert way.token(entity).value != first.value


@pytest.mark.parametrize(
    "fault",
    [{"cut": "before"}, {"cut": "middle"}, {"status": 500}, {"body": "<html>"}, {"status": 302}],
    ids=str,
)
def test_a_reset_of_unknown_outcome_was_sent_once_and_reading_tells_what_holds(
    fault: dict[str, Any], way: Way, user: SahamatiUser, emulator: Emulator, time: Time
) -> None:
    emulator.fault("sahamati", "sandbox", operation="resetEntitySecret", **fault)
    with pytest.raises(Unavailable):
        way.reset_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 1
    holds = emulator.credentials("sahamati", "sandbox")["secret"]
    assert way.read_secret(user, ENTITY).value == holds
    assert time.paused == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 429])
def test_a_refused_reset_was_sent_once(status: int, way: Way, user: SahamatiUser, emulator: Emulator) -> None:
    emulator.fault("sahamati", "sandbox", operation="resetEntitySecret", status=status)
    with pytest.raises(Exception, match=f"HTTP {status}"):
        way.reset_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 1


def test_a_reset_that_never_got_out_was_tried_once(way: Way, wire: Wire) -> None:
    def unreachable(_request: httpx.Request) -> Any:
        raise httpx.ConnectError("nobody there")

    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), unreachable)
    with pytest.raises(Unavailable):
        way.reset_secret(user, ENTITY)
    assert len(wire.requests) == 2


def test_a_reset_by_a_dead_token_is_not_repeated_but_the_next_one_has_a_new_token(
    way: Way, user: SahamatiUser, emulator: Emulator
) -> None:
    way.token(user)
    emulator.revoke()
    with pytest.raises(Rejected) as refused:
        way.reset_secret(user, ENTITY)
    assert refused.value.status == 401
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (1, 1)
    way.reset_secret(user, ENTITY)
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 2)


def test_a_read_by_a_dead_token_is_repeated_with_a_new_one(
    way: Way, user: SahamatiUser, emulator: Emulator
) -> None:
    way.token(user)
    emulator.revoke()
    assert way.read_secret(user, ENTITY).value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert (emulator.count("sahamati"), emulator.count("sahamati", kind="secret")) == (2, 2)


def test_a_read_that_failed_is_repeated_once(way: Way, user: SahamatiUser, emulator: Emulator) -> None:
    emulator.fault("sahamati", "sandbox", operation="readEntitySecret", times=1, status=503)
    way.read_secret(user, ENTITY)
    assert emulator.count("sahamati", kind="secret") == 2


def test_a_read_after_a_rotation_tells_the_new_secret(
    way: Way, user: SahamatiUser, emulator: Emulator
) -> None:
    before = way.read_secret(user, ENTITY).value
    made = way.reset_secret(user, ENTITY)
    after = way.read_secret(user, ENTITY)
    assert after.value == made.value != before
    assert emulator.count("sahamati") == 1


def test_a_secret_call_without_an_entity_id_is_refused(
    way: Way, user: SahamatiUser, emulator: Emulator
) -> None:
    emulator.fault("sahamati", "sandbox", operation="readEntitySecret", status=400)
    with pytest.raises(Rejected) as refused:
        way.read_secret(user, ENTITY)
    assert refused.value.code == "Bad Request"
    assert emulator.count("sahamati") == 1
