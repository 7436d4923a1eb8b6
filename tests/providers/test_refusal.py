"""Rows of the table: refused credentials, token refused by an API, quota, refresh grant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import Decentro, Limited, Rejected, Sahamati, SahamatiUser, Setu, SingleView, Su
from gatepass.testing import forget_quotas

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire


@pytest.mark.parametrize(
    ("cls", "status", "code"),
    [
        (Setu, 400, "invalid-api-key"),
        (Sahamati, 401, "Unauthorized"),
        (SahamatiUser, 401, "Unauthorized"),
        (Decentro, 401, "error_unauthorized_module"),
        (Su, 401, "401"),
        (SingleView, 401, "APIERR401"),
    ],
)
def test_refused_credentials(
    cls: Any, status: int, code: str, way: Way, emulator: Emulator, time: Time
) -> None:
    (name,) = cls.facts.secrets
    credential = cls("sandbox", clock=time.clock, **{name: "fake-and-wrong"})
    with pytest.raises(Rejected) as refused:
        way.token(credential)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert (refused.value.provider, refused.value.environment) == (cls.facts.provider, "sandbox")
    with pytest.raises(Rejected):
        way.token(credential)
    assert emulator.count(cls.facts.provider) == 1


def test_refused_credentials_of_another_environment(
    cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    (name,) = cls.facts.secrets
    other = emulator.credentials(cls.facts.provider, "production", cls.facts.scheme)[name]
    with pytest.raises(Rejected):
        way.token(cls("sandbox", clock=time.clock, **{name: other}))
    assert emulator.count(cls.facts.provider) == 1


def test_token_refused_by_an_api_is_replaced_once(cls: Any, way: Way, emulator: Emulator, time: Time) -> None:
    provider = cls.facts.provider
    credential = cls("sandbox", clock=time.clock)
    token = way.token(credential)
    emulator.revoke(token.value)
    assert way.get(credential, emulator.url(provider, "sandbox") + "/echo").status_code == 200
    assert way.token(credential).value != token.value
    assert (emulator.count(provider), emulator.count(provider, kind="echo")) == (2, 2)


@pytest.mark.parametrize(
    ("cls", "status", "tokens"),
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
)
def test_token_refused_by_an_api_with_the_status_of_the_provider(
    cls: Any, status: int, tokens: int, way: Way, emulator: Emulator, time: Time
) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", operation="echo", times=1, status=status)
    credential = cls("sandbox", clock=time.clock)
    response = way.get(credential, emulator.url(provider, "sandbox") + "/echo")
    assert response.status_code == (200 if tokens == 2 else status)
    assert emulator.count(provider) == tokens


def test_token_refused_by_an_api_however_new_it_is_is_not_replaced_again(
    cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", operation="echo", status=401)
    credential = cls("sandbox", clock=time.clock)
    url = emulator.url(provider, "sandbox") + "/echo"
    assert [way.get(credential, url).status_code for _ in range(3)] == [401] * 3
    assert emulator.count(provider) == 2
    time.pass_(61)
    way.get(credential, url)
    assert emulator.count(provider) == 3


def test_quota_of_su_is_thirty_tokens_in_sixty_minutes(way: Way, emulator: Emulator, time: Time) -> None:
    su = Su("sandbox", clock=time.clock)
    for _ in range(30):
        su.forget()
        forget_quotas()
        su.token()
    su.forget()
    with pytest.raises(Limited) as limited:
        way.token(su)
    assert limited.value.retry_at is not None
    assert limited.value.retry_at > time.now
    assert emulator.count("su", status=200) == 30
    time.pass_(3600)
    assert way.token(su).value.startswith("sandbox_")


@pytest.mark.parametrize(
    ("cls", "status", "code"),
    [(Setu, 429, None), (Su, 422, "548"), (SingleView, 429, None)],
)
def test_quota_that_is_spent(
    cls: Any, status: int, code: str | None, way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.fault(cls.facts.provider, "sandbox", times=1, status=status)
    credential = cls("sandbox", clock=time.clock)
    with pytest.raises(Limited) as limited:
        way.token(credential)
    assert (limited.value.status, limited.value.code) == (status, code)
    with pytest.raises(Limited):
        way.token(credential)
    assert emulator.count(cls.facts.provider) == 1


@pytest.mark.parametrize("header", ["120", "Fri, 15 Jan 2027 08:02:00 GMT"])
def test_quota_that_is_spent_for_as_long_as_the_provider_says(
    cls: Any, header: str, way: Way, emulator: Emulator, time: Time
) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", times=1, status=429, headers={"Retry-After": header})
    credential = cls("sandbox", clock=time.clock)
    with pytest.raises(Limited) as limited:
        way.token(credential)
    assert limited.value.retry_at == time.now + 120
    time.pass_(119)
    with pytest.raises(Limited):
        way.token(credential)
    assert emulator.count(provider) == 1
    time.pass_(2)
    assert way.token(credential).expires_at > time.now
    assert emulator.count(provider) == 2


def test_refresh_grant_of_decentro(way: Way, wire: Wire, time: Time) -> None:
    decentro = wire.credential(Decentro)
    way.token(decentro)
    time.pass_(900)
    way.token(decentro)
    bodies = [json.loads(sent.content) for sent in wire.requests]
    assert bodies[1] == {"grant_type": "refresh_token", "refresh_token": "fake.decentro.refresh"}
    assert [body["grant_type"] for body in bodies] == ["client_credentials", "refresh_token"]


@pytest.mark.parametrize("cls", [Setu, Sahamati, SahamatiUser, Su, SingleView])
def test_refresh_grant_is_nowhere_else(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    credential = wire.credential(cls, wire.reply(cls) | {"refresh_token": "fake"})
    way.token(credential)
    time.pass_(86_400)
    way.token(credential)
    first, second = wire.requests
    assert (first.content, first.url) == (second.content, second.url)
    assert said(first) == said(second)


def said(request: httpx.Request) -> list[tuple[str, str]]:
    return sorted(request.headers.items())
