"""How providers reject: credentials, tokens that an API rejects, rate limits and quota, refresh grants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import Decentro, RateLimited, Rejected, Sahamati, SahamatiUser, Setu, SingleView, Su
from gatepass.testing import reset_quotas

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner


@parametrize_credentials(
    ("credential_class", "status", "code"),
    [
        (Setu, 400, "invalid-api-key"),
        (Sahamati, 401, "Unauthorized"),
        (SahamatiUser, 401, "Unauthorized"),
        (Decentro, 401, "error_unauthorized_module"),
        (Su, 401, "401"),
        (SingleView, 401, "APIERR401"),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_rejected_credentials_have_the_status_and_code_of_the_provider(
    credential_class: Any, status: int, code: str, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    (name,) = credential_class.spec.secrets
    credential = credential_class("sandbox", clock=clock.clock, **{name: "fake-and-wrong"})
    with pytest.raises(Rejected) as caught:
        runner.token(credential)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert (caught.value.provider, caught.value.environment) == (credential_class.spec.provider, "sandbox")
    with pytest.raises(Rejected):
        runner.token(credential)
    assert emulator.count(credential_class.spec.provider) == 1


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_credentials_of_another_environment_are_rejected(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    (name,) = credential_class.spec.secrets
    secret = emulator.credentials(credential_class.spec.provider, "production", credential_class.spec.scheme)[
        name
    ]
    with pytest.raises(Rejected):
        runner.token(credential_class("sandbox", clock=clock.clock, **{name: secret}))
    assert emulator.count(credential_class.spec.provider) == 1


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_token_that_an_api_rejects_is_replaced_once(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    credential = credential_class("sandbox", clock=clock.clock)
    token = runner.token(credential)
    emulator.revoke(token.value)
    assert runner.get(credential, emulator.url(provider, "sandbox") + "/echo").status_code == 200
    assert runner.token(credential).value != token.value
    assert (emulator.count(provider), emulator.count(provider, kind="echo")) == (2, 2)


@parametrize_credentials(
    ("credential_class", "status", "tokens"),
    [
        (Setu, 401, 2),
        (Setu, 403, 2),
        (Sahamati, 401, 2),
        (Sahamati, 403, 1),
        (SahamatiUser, 401, 2),
        (SahamatiUser, 403, 1),
        (Decentro, 401, 2),
        (Decentro, 403, 1),
        (Su, 401, 2),
        (Su, 403, 1),
        (Su, 422, 1),
        (SingleView, 401, 2),
        (SingleView, 403, 1),
        (SingleView, 500, 1),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_only_the_documented_statuses_of_an_api_replace_the_token(
    credential_class: Any, status: int, tokens: int, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", operation="echo", times=1, status=status)
    credential = credential_class("sandbox", clock=clock.clock)
    response = runner.get(credential, emulator.url(provider, "sandbox") + "/echo")
    assert response.status_code == (200 if tokens == 2 else status)
    assert emulator.count(provider) == tokens


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_new_token_that_an_api_rejects_is_not_replaced_for_a_minute(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", operation="echo", status=401)
    credential = credential_class("sandbox", clock=clock.clock)
    url = emulator.url(provider, "sandbox") + "/echo"
    assert [runner.get(credential, url).status_code for _ in range(3)] == [401] * 3
    assert emulator.count(provider) == 2
    clock.advance(61)
    runner.get(credential, url)
    assert emulator.count(provider) == 3


def test_the_quota_of_su_is_30_tokens_in_60_minutes(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    su = Su("sandbox", clock=clock.clock)
    for _ in range(30):
        su.invalidate()
        reset_quotas()
        su.token()
    su.invalidate()
    with pytest.raises(RateLimited) as caught:
        runner.token(su)
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > clock.now
    assert emulator.count("su", status=200) == 30
    clock.advance(3600)
    assert runner.token(su).value.startswith("sandbox_")


@parametrize_credentials(
    ("credential_class", "status", "code"),
    [(Setu, 429, None), (Su, 422, "548"), (SingleView, 429, None)],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_a_rate_limit_has_the_status_and_code_of_the_provider(
    credential_class: Any, status: int, code: str | None, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault(credential_class.spec.provider, "sandbox", times=1, status=status)
    credential = credential_class("sandbox", clock=clock.clock)
    with pytest.raises(RateLimited) as caught:
        runner.token(credential)
    assert (caught.value.status, caught.value.code) == (status, code)
    with pytest.raises(RateLimited):
        runner.token(credential)
    assert emulator.count(credential_class.spec.provider) == 1


@pytest.mark.parametrize("header", ["120", "Fri, 15 Jan 2027 08:02:00 GMT"])
@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_retry_after_of_a_rate_limit_is_used(
    credential_class: Any, header: str, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", times=1, status=429, headers={"Retry-After": header})
    credential = credential_class("sandbox", clock=clock.clock)
    with pytest.raises(RateLimited) as caught:
        runner.token(credential)
    assert caught.value.retry_at == clock.now + 120
    clock.advance(119)
    with pytest.raises(RateLimited):
        runner.token(credential)
    assert emulator.count(provider) == 1
    clock.advance(2)
    assert runner.token(credential).expires_at > clock.now
    assert emulator.count(provider) == 2


def test_decentro_renews_with_the_refresh_grant(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    decentro = mock_provider.credential(Decentro)
    runner.token(decentro)
    clock.advance(900)
    runner.token(decentro)
    bodies = [json.loads(sent.content) for sent in mock_provider.requests]
    assert bodies[1] == {"grant_type": "refresh_token", "refresh_token": "fake.decentro.refresh"}
    assert [body["grant_type"] for body in bodies] == ["client_credentials", "refresh_token"]


@parametrize_credentials(
    "credential_class", [Setu, Sahamati, SahamatiUser, Su, SingleView], other_runners=SYNC_AND_ASYNCIO
)
def test_other_providers_ignore_a_refresh_token(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    credential = mock_provider.credential(
        credential_class, mock_provider.example_response(credential_class) | {"refresh_token": "fake"}
    )
    runner.token(credential)
    clock.advance(86_400)
    runner.token(credential)
    first, second = mock_provider.requests
    assert (first.content, first.url) == (second.content, second.url)
    assert sorted_headers(first) == sorted_headers(second)


def sorted_headers(request: httpx.Request) -> list[tuple[str, str]]:
    return sorted(request.headers.items())
