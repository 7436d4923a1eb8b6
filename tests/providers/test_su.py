"""Facts that are Su's alone: base64, two spellings of a reply, a prefix, a quota."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import Limited, Rejected, Su

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire

DATA = {"token_type": "Bearer", "token": "sandbox_fake+a/b=", "expire_in": "3600"}


@pytest.mark.parametrize("client_id", ["fake-domain.example", "ZmFrZS1kb21haW4uZXhhbXBsZQ=="])
def test_a_client_id_is_the_domain_or_its_base64_and_never_encoded_twice(
    client_id: str, way: Way, emulator: Emulator, time: Time
) -> None:
    way.token(Su("sandbox", client_id=client_id, clock=time.clock))
    assert emulator.count("su", status=200) == 1


@pytest.mark.parametrize(
    "reply",
    [
        {"success": True, "data": DATA, "message": "Access Token generated successfully"},
        {"Status": "Success", "Data": DATA, "Message": "Access Token generated successfully"},
        {"Data": DATA},
    ],
    ids=["samples", "page", "no flag"],
)
def test_both_spellings_of_a_reply_are_read(reply: Any, way: Way, wire: Wire, time: Time) -> None:
    token = way.token(wire.credential(Su, reply))
    assert (token.value, token.expires_at) == ("sandbox_fake+a/b=", time.now + 3600)


@pytest.mark.parametrize("flag", [{"success": False}, {"Status": "Fail"}, {"Status": " fail "}], ids=str)
@pytest.mark.parametrize("spelling", ["data", "Data"])
def test_both_spellings_of_a_refusal_are_one(
    flag: dict[str, object], spelling: str, way: Way, wire: Wire
) -> None:
    with pytest.raises(Rejected):
        way.token(wire.credential(Su, {spelling: DATA} | flag))


@pytest.mark.parametrize(
    ("environment", "token"), [("sandbox", "live_fake="), ("production", "sandbox_fake=")]
)
def test_a_token_of_the_other_environment_is_refused_and_not_kept(
    environment: str, token: str, way: Way, wire: Wire, time: Time
) -> None:
    su = wire.credential(Su, {"data": {"token": token}}, wire.reply(Su, environment), environment=environment)
    with pytest.raises(Rejected) as refused:
        way.token(su)
    assert token not in f"{refused.value}{refused.value!r}{vars(refused.value)}"
    time.pass_(61)
    assert way.token(su).value != token
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    "errors",
    [
        [{"Code": "548", "ShortText": "Limit has been reached"}],
        {"Code": "548", "ShortText": "Limit has been reached"},
        [{"Code": 548}],
    ],
    ids=["list", "one object", "a number"],
)
def test_a_422_with_code_548_is_a_spent_quota(errors: Any, way: Way, wire: Wire) -> None:
    refusal = httpx.Response(422, json={"Status": "Fail", "Errors": errors})
    with pytest.raises(Limited) as limited:
        way.token(wire.credential(Su, refusal))
    assert (limited.value.status, limited.value.code) == (422, "548")
    assert len(wire.requests) == 1


@pytest.mark.parametrize("errors", [[], {}, None, "548", [None], [[]], 5], ids=repr)
def test_errors_of_another_shape_are_a_refusal_without_a_code(errors: Any, way: Way, wire: Wire) -> None:
    refusal = httpx.Response(401, json={"Status": "Fail", "Errors": errors})
    with pytest.raises(Rejected) as refused:
        way.token(wire.credential(Su, refusal))
    assert refused.value.code is None


def test_a_422_of_a_data_call_is_another_limit_and_renews_nothing(
    way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.fault("su", "sandbox", operation="echo", times=1, status=422)
    su = Su("sandbox", clock=time.clock)
    assert way.get(su, emulator.url("su", "sandbox") + "/echo").status_code == 422
    assert emulator.count("su") == 1
