"""Rules that hold for every provider: lifetimes, rejections, retries, environments, secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import (
    ConfigError,
    Decentro,
    Rejected,
    Sahamati,
    SahamatiUser,
    Secret,
    Setu,
    SingleView,
    Su,
    TokenError,
    Unavailable,
)
from gatepass_clients.decentro.models import TokenRequest as DecentroRequest
from gatepass_clients.decentro.models import TokenResponse as DecentroResponse
from gatepass_clients.sahamati.models import EntityTokenRequest, SecretResponse, UserTokenRequest
from gatepass_clients.sahamati.models import TokenResponse as SahamatiResponse
from gatepass_clients.setu.models import TokenData as SetuData
from gatepass_clients.setu.models import TokenRequest as SetuRequest
from gatepass_clients.singleview.models import TokenData as SingleViewData
from gatepass_clients.singleview.models import TokenRequest as SingleViewRequest
from gatepass_clients.su.models import TokenData as SuData
from gatepass_clients.su.models import TokenResponse as SuResponse

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner


# Lifetime: min(declared, JWT `exp - iat`), else the default, counted from before the request


def decentro_body(token: str, declared: object) -> dict[str, object]:
    return {"access_token": token, "expires_in": declared}


@pytest.mark.parametrize(
    ("declared", "in_jwt", "lifetime"),
    [(900, 300, 300), (200, 300, 200), (900, None, 900), (None, 300, 300), (None, None, 900), (0, 300, 300)],
)
def test_a_lifetime_is_the_smaller_of_declared_and_jwt_else_the_default(
    declared: object,
    in_jwt: float | None,
    lifetime: float,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
    make_jwt: Callable[..., str],
) -> None:
    token = "fake-opaque" if in_jwt is None else make_jwt(in_jwt)
    credential = mock_provider.credential(Decentro, decentro_body(token, declared))
    assert runner.token(credential).expires_at == clock.now + lifetime


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_lifetime_counts_from_before_the_request(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    began, body = clock.now, mock_provider.example_response(credential_class)

    def slow(_request: httpx.Request) -> Any:
        clock.advance(5)
        return body

    assert (
        runner.token(mock_provider.credential(credential_class, slow)).expires_at
        == began + credential_class.spec.default_lifetime
    )


@pytest.mark.parametrize(
    ("declared", "lifetime"),
    [
        ("600", 600),
        (" 600 ", 600),
        (600.5, 600.5),
        ("600.5", 600.5),
        (900_000, 900),
        ("900000", 900),
        (float("nan"), 900),
        (float("inf"), 900),
        (-60, 900),
        ({"seconds": 600}, 900),
    ],
    ids=repr,
)
def test_a_lifetime_may_be_a_string_a_float_or_milliseconds_else_the_default_holds(
    declared: object, lifetime: float, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = DECENTRO_JSON % json.dumps(declared)
    assert runner.token(mock_provider.credential(Decentro, body.encode())).expires_at == clock.now + lifetime


DECENTRO_JSON = '{"access_token": "fake-opaque", "expires_in": %s}'


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": None},
        {"exp": "soon"},
        {"exp": 1},
        {"iat": 10**400},
        {"exp": True},
        {"iat": [1]},
    ],
    ids=repr,
)
def test_a_jwt_with_invalid_claims_does_not_shorten_the_lifetime(
    claims: dict[str, Any],
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
    make_jwt: Callable[..., str],
) -> None:
    credential = mock_provider.credential(Decentro, decentro_body(make_jwt(60, **claims), 600))
    assert runner.token(credential).expires_at == clock.now + 600


@pytest.mark.parametrize("token", ["a.b.c", "..", "a.e30.c", "a.W10.c", "a.IjEi.c", "a.!!!.c", "e30.e30.e30"])
def test_a_token_that_only_looks_like_a_jwt_does_not_shorten_the_lifetime(
    token: str, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    credential = mock_provider.credential(Decentro, decentro_body(token, 600))
    assert runner.token(credential).expires_at == clock.now + 600


# A 200 can be a rejection (`success: false`) or carry a warning (`message`)


@parametrize_credentials("credential_class", [Setu, Su, SingleView], other_runners=SYNC_AND_ASYNCIO)
def test_a_200_can_be_a_rejection(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault(credential_class.spec.provider, "sandbox", times=1, success=False)
    credential = credential_class("sandbox", clock=clock.clock)
    with pytest.raises(Rejected):
        runner.token(credential)
    clock.advance(61)
    runner.token(credential)
    assert emulator.count(credential_class.spec.provider) == 2


def test_a_200_can_carry_a_warning(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    emulator.fault("sahamati", "sandbox", times=1, example="gracePeriod")
    entity = Sahamati("sandbox", clock=clock.clock)
    warning = "The secret for entity with ID fake-aa-1 is expired and within the grace period"
    assert runner.token(entity).warning == warning
    entity.invalidate()
    assert runner.token(entity).warning is None


# Which statuses of an API reject the token is stated by the spec (Setu: 401 and 403)


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_403_of_an_api_replaces_the_token_for_setu_alone(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", operation="echo", times=1, status=403)
    runner.get(credential_class("sandbox", clock=clock.clock), emulator.url(provider, "sandbox") + "/echo")
    assert emulator.count(provider) == (2 if credential_class is Setu else 1)


# A 4xx of a token endpoint is never retried


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_4xx_of_a_token_endpoint_is_not_retried(
    status: int, credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault(credential_class.spec.provider, "sandbox", status=status)
    with pytest.raises(TokenError):
        runner.token(credential_class("sandbox", clock=clock.clock))
    assert emulator.count(credential_class.spec.provider) == 1
    assert clock.sleeps == []


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"disconnect": "before"}, {"disconnect": "middle"}], ids=str
)
@parametrize_credentials(
    "credential_class", [Setu, Sahamati, SahamatiUser, Decentro, SingleView], other_runners=SYNC_AND_ASYNCIO
)
def test_a_failure_is_retried_once(
    fault: dict[str, Any], credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault(credential_class.spec.provider, "sandbox", times=1, **fault)
    runner.token(credential_class("sandbox", clock=clock.clock))
    assert emulator.count(credential_class.spec.provider) == 2
    assert len(clock.sleeps) == 1
    emulator.fault(credential_class.spec.provider, "sandbox", **fault)
    with pytest.raises(Unavailable):
        runner.token(credential_class("sandbox", clock=clock.clock))
    assert emulator.count(credential_class.spec.provider) == 4


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"disconnect": "before"}, {"disconnect": "middle"}], ids=str
)
def test_a_failure_that_may_have_used_quota_is_not_retried(
    fault: dict[str, Any], runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    emulator.fault("su", "sandbox", times=1, **fault)
    with pytest.raises(Unavailable):
        runner.token(Su("sandbox", clock=clock.clock))
    assert emulator.count("su") == 1


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_failed_connection_is_retried(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    def unreachable(_request: httpx.Request) -> Any:
        raise httpx.ConnectError("fake")

    runner.token(
        mock_provider.credential(
            credential_class, unreachable, mock_provider.example_response(credential_class)
        )
    )
    assert len(mock_provider.requests) == 2


# The environment is explicit and part of every cache key


def test_there_is_no_default_environment(credential_class: Any, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="environment"):
        credential_class()


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_each_environment_has_its_own_token(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    values = {
        runner.token(credential_class(name, clock=clock.clock)).value
        for name in emulator.environments[provider]
    }
    assert len(values) == len(emulator.environments[provider])
    assert {emulator.count(provider, name) for name in emulator.environments[provider]} == {1}


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_no_token_is_sent_to_a_host_of_another_environment(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    credential = mock_provider.credential(
        credential_class, environment="production", base_url="https://bank.example"
    )
    host = credential_class.spec.servers["sandbox"]
    with pytest.raises(ConfigError, match="nothing was sent"):
        runner.get(credential, f"{host}/data", mock_provider)
    assert mock_provider.requests == []


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_no_token_is_sent_over_plain_http(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError, match="https://"):
        runner.get(mock_provider.credential(credential_class), "http://api.example/data", mock_provider)
    assert mock_provider.requests == []


def test_singleview_production_needs_a_base_url(mock_provider: MockProvider) -> None:
    with pytest.raises(ConfigError, match="set SINGLEVIEW_PRODUCTION_BASE_URL"):
        mock_provider.credential(SingleView, environment="production")


def test_the_prefix_of_a_su_token_is_checked(runner: Runner, emulator: Emulator, clock: FakeClock) -> None:
    emulator.fault("su", "sandbox", times=1, token="live_fake-of-production=")
    su = Su("sandbox", clock=clock.clock)
    with pytest.raises(Rejected, match="sandbox_"):
        runner.token(su)
    clock.advance(61)
    assert runner.token(su).value.startswith("sandbox_")
    assert emulator.count("su") == 2


# Secrets are shown nowhere

HIDDEN = "fake-and-hidden"
MODELS: list[tuple[str, Any]] = [
    ("secret", SetuRequest(client_id="fake", secret=HIDDEN)),
    ("secret", EntityTokenRequest(id="fake", secret=HIDDEN)),
    ("secret", SecretResponse(secret=HIDDEN)),
    ("client_secret", DecentroRequest.from_dict({"grant_type": "refresh_token", "client_secret": HIDDEN})),
    ("refresh_token", DecentroRequest.from_dict({"grant_type": "refresh_token", "refresh_token": HIDDEN})),
    ("refresh_token", DecentroResponse(access_token="fake", refresh_token=HIDDEN)),
    ("access_token", DecentroResponse(access_token=HIDDEN)),
    ("access_token", SingleViewData(access_token=HIDDEN)),
    (
        "clientCode",
        SingleViewRequest.from_dict(
            {"clientId": "1", "clientCode": HIDDEN, "merchantId": "2", "grantType": "3"}
        ),
    ),
    ("password", UserTokenRequest(username="fake", password=HIDDEN)),
    ("accessToken", SahamatiResponse(access_token=HIDDEN)),
    ("token", SetuData(expires_in=1, token=HIDDEN)),
    ("token", SuData(token=HIDDEN)),
    ("Data", SuResponse.from_dict({"Data": {"token": HIDDEN}})),
]


@pytest.mark.parametrize(
    ("name", "model"), MODELS, ids=[f"{type(model).__name__}.{name}" for name, model in MODELS]
)
def test_a_generated_model_does_not_show_a_secret(name: str, model: Any) -> None:
    assert HIDDEN in str(model.to_dict())
    assert HIDDEN not in f"{model} {model!r}"


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_neither_secret_nor_token_is_in_reprs_or_logs(
    credential_class: Any,
    runner: Runner,
    emulator: Emulator,
    clock: FakeClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = credential_class.spec.provider
    credential = credential_class("sandbox", clock=clock.clock)
    token = runner.token(credential)
    runner.get(credential, emulator.url(provider, "sandbox") + "/echo")
    hidden = [
        token.value,
        *(emulator.credentials(provider, "sandbox")[name] for name in credential_class.spec.secrets),
    ]
    output = f"{credential} {credential!r} {token} {token!r} {token:>40} {caplog.text}"
    assert caplog.records
    assert [value for value in hidden if value in output] == []


def test_a_secret_that_was_read_is_not_in_its_repr(
    runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    secret = runner.read_secret(SahamatiUser("sandbox", clock=clock.clock), "fake-aa-1")
    assert secret.value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert secret.value not in f"{secret} {secret!r} {secret:>40}"
    assert isinstance(secret, Secret)
