"""Su: base64, two spellings of a response, a prefix, a quota."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import RateLimited, Rejected, Su

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

DATA = {"token_type": "Bearer", "token": "sandbox_fake+a/b=", "expire_in": "3600"}


@pytest.mark.parametrize("client_id", ["fake-domain.example", "ZmFrZS1kb21haW4uZXhhbXBsZQ=="])
def test_a_client_id_is_the_domain_or_its_base64_and_never_encoded_twice(
    client_id: str, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    runner.token(Su("sandbox", client_id=client_id, clock=clock.clock))
    assert emulator.count("su", status=200) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "data": DATA, "message": "Access Token generated successfully"},
        {"Status": "Success", "Data": DATA, "Message": "Access Token generated successfully"},
        {"Data": DATA},
    ],
    ids=["samples", "page", "no flag"],
)
def test_both_spellings_of_a_response_are_read(
    body: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    token = runner.token(mock_provider.credential(Su, body))
    assert (token.value, token.expires_at) == ("sandbox_fake+a/b=", clock.now + 3600)


@pytest.mark.parametrize("flag", [{"success": False}, {"Status": "Fail"}, {"Status": " fail "}], ids=str)
@pytest.mark.parametrize("spelling", ["data", "Data"])
def test_both_spellings_of_a_failure_are_rejections(
    flag: dict[str, object], spelling: str, runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(Rejected):
        runner.token(mock_provider.credential(Su, {spelling: DATA} | flag))


@pytest.mark.parametrize(
    ("environment", "token"), [("sandbox", "live_fake="), ("production", "sandbox_fake=")]
)
def test_a_token_of_the_other_environment_is_rejected_and_not_cached(
    environment: str, token: str, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    su = mock_provider.credential(
        Su,
        {"data": {"token": token}},
        mock_provider.example_response(Su, environment),
        environment=environment,
    )
    with pytest.raises(Rejected) as caught:
        runner.token(su)
    assert token not in f"{caught.value}{caught.value!r}{vars(caught.value)}"
    clock.advance(61)
    assert runner.token(su).value != token
    assert len(mock_provider.requests) == 2


@pytest.mark.parametrize(
    "errors",
    [
        [{"Code": "548", "ShortText": "Limit has been reached"}],
        {"Code": "548", "ShortText": "Limit has been reached"},
        [{"Code": 548}],
    ],
    ids=["list", "one object", "a number"],
)
def test_a_422_with_code_548_is_a_spent_quota(
    errors: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    response = httpx.Response(422, json={"Status": "Fail", "Errors": errors})
    with pytest.raises(RateLimited) as caught:
        runner.token(mock_provider.credential(Su, response))
    assert (caught.value.status, caught.value.code) == (422, "548")
    assert len(mock_provider.requests) == 1


@pytest.mark.parametrize("errors", [[], {}, None, "548", [None], [[]], 5], ids=repr)
def test_errors_of_another_shape_are_a_rejection_without_a_code(
    errors: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    response = httpx.Response(401, json={"Status": "Fail", "Errors": errors})
    with pytest.raises(Rejected) as caught:
        runner.token(mock_provider.credential(Su, response))
    assert caught.value.code is None


def test_a_422_of_an_api_does_not_replace_the_token(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("su", "sandbox", operation="echo", times=1, status=422)
    su = Su("sandbox", clock=clock.clock)
    assert runner.get(su, emulator.url("su", "sandbox") + "/echo").status_code == 422
    assert emulator.count("su") == 1
