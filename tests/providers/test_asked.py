"""What the facts ask of the code, sentence by sentence."""

from __future__ import annotations

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
from gatepass_clients.decentro.models import TokenReply as DecentroReply
from gatepass_clients.decentro.models import TokenRequest as DecentroRequest
from gatepass_clients.sahamati.models import EntityTokenRequest, SecretReply, UserTokenRequest
from gatepass_clients.sahamati.models import TokenReply as SahamatiReply
from gatepass_clients.setu.models import TokenData as SetuData
from gatepass_clients.setu.models import TokenRequest as SetuRequest
from gatepass_clients.singleview.models import TokenData as SingleViewData
from gatepass_clients.singleview.models import TokenRequest as SingleViewRequest
from gatepass_clients.su.models import TokenData as SuData
from gatepass_clients.su.models import TokenReply as SuReply

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire


# 1. Lifetime = min(declared, JWT `exp - iat`, else the default), counted from before the request.


def decentro_reply(token: str, declared: object) -> dict[str, object]:
    return {"access_token": token, "expires_in": declared}


@pytest.mark.parametrize(
    ("declared", "in_jwt", "life"),
    [(900, 300, 300), (200, 300, 200), (900, None, 900), (None, 300, 300), (None, None, 900), (0, 300, 300)],
)
def test_1_a_lifetime_is_the_smaller_of_the_declared_and_the_jwt_s_else_the_default(
    declared: object,
    in_jwt: float | None,
    life: float,
    way: Way,
    wire: Wire,
    time: Time,
    jwt: Callable[..., str],
) -> None:
    token = "fake-opaque" if in_jwt is None else jwt(in_jwt)
    credential = wire.credential(Decentro, decentro_reply(token, declared))
    assert way.token(credential).expires_at == time.now + life


def test_1_a_lifetime_counts_from_before_the_request(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    begun, reply = time.now, wire.reply(cls)

    def slow(_request: httpx.Request) -> Any:
        time.pass_(5)
        return reply

    assert way.token(wire.credential(cls, slow)).expires_at == begun + cls.facts.default_lifetime


@pytest.mark.parametrize(
    ("said", "life"),
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
def test_1_a_lifetime_may_be_a_string_a_float_milliseconds_or_nonsense(
    said: object, life: float, way: Way, wire: Wire, time: Time
) -> None:
    reply = DECENTRO_TEXT % as_json(said)
    assert way.token(wire.credential(Decentro, reply.encode())).expires_at == time.now + life


DECENTRO_TEXT = '{"access_token": "fake-opaque", "expires_in": %s}'


def as_json(said: object) -> str:
    import json

    return json.dumps(said)


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
def test_1_a_jwt_with_odd_claims_says_nothing(
    claims: dict[str, Any], way: Way, wire: Wire, time: Time, jwt: Callable[..., str]
) -> None:
    credential = wire.credential(Decentro, decentro_reply(jwt(60, **claims), 600))
    assert way.token(credential).expires_at == time.now + 600


@pytest.mark.parametrize("token", ["a.b.c", "..", "a.e30.c", "a.W10.c", "a.IjEi.c", "a.!!!.c", "e30.e30.e30"])
def test_1_a_token_that_only_looks_like_a_jwt_says_nothing(
    token: str, way: Way, wire: Wire, time: Time
) -> None:
    credential = wire.credential(Decentro, decentro_reply(token, 600))
    assert way.token(credential).expires_at == time.now + 600


# 2. A 200 can be a refusal (`success:false`) or a warning (`message`).


@pytest.mark.parametrize("cls", [Setu, Su, SingleView])
def test_2_a_200_can_be_a_refusal(cls: Any, way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault(cls.facts.provider, "sandbox", times=1, success=False)
    credential = cls("sandbox", clock=time.clock)
    with pytest.raises(Rejected):
        way.token(credential)
    time.pass_(61)
    way.token(credential)
    assert emulator.count(cls.facts.provider) == 2


def test_2_a_200_can_be_a_warning(way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault("sahamati", "sandbox", times=1, example="gracePeriod")
    entity = Sahamati("sandbox", clock=time.clock)
    notice = "The secret for entity with ID fake-aa-1 is expired and within the grace period"
    assert way.token(entity).notice == notice
    entity.forget()
    assert way.token(entity).notice is None


# 3. Which statuses mean "this token is stale" is a fact of the provider (Setu: 401 and 403).


def test_3_403_is_stale_for_setu_alone(cls: Any, way: Way, emulator: Emulator, time: Time) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", operation="echo", times=1, status=403)
    way.get(cls("sandbox", clock=time.clock), emulator.url(provider, "sandbox") + "/echo")
    assert emulator.count(provider) == (2 if cls is Setu else 1)


# 4. 400, 401 and 422 of a token endpoint are never retried.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
def test_4_a_refusal_is_never_retried(
    status: int, cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.fault(cls.facts.provider, "sandbox", status=status)
    with pytest.raises(TokenError):
        way.token(cls("sandbox", clock=time.clock))
    assert emulator.count(cls.facts.provider) == 1
    assert time.paused == []


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"cut": "before"}, {"cut": "middle"}], ids=str
)
@pytest.mark.parametrize("cls", [Setu, Sahamati, SahamatiUser, Decentro, SingleView])
def test_4_a_failure_is_retried_once(
    fault: dict[str, Any], cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.fault(cls.facts.provider, "sandbox", times=1, **fault)
    way.token(cls("sandbox", clock=time.clock))
    assert emulator.count(cls.facts.provider) == 2
    assert len(time.paused) == 1
    emulator.fault(cls.facts.provider, "sandbox", **fault)
    with pytest.raises(Unavailable):
        way.token(cls("sandbox", clock=time.clock))
    assert emulator.count(cls.facts.provider) == 4


@pytest.mark.parametrize("fault", [{"status": 500}, {"cut": "before"}, {"cut": "middle"}], ids=str)
def test_4_a_failure_that_may_have_spent_quota_is_not_retried(
    fault: dict[str, Any], way: Way, emulator: Emulator, time: Time
) -> None:
    emulator.fault("su", "sandbox", times=1, **fault)
    with pytest.raises(Unavailable):
        way.token(Su("sandbox", clock=time.clock))
    assert emulator.count("su") == 1


def test_4_a_connection_that_was_never_made_is_tried_again(cls: Any, way: Way, wire: Wire) -> None:
    def unreachable(_request: httpx.Request) -> Any:
        raise httpx.ConnectError("nobody there")

    way.token(wire.credential(cls, unreachable, wire.reply(cls)))
    assert len(wire.requests) == 2


# 5. Environment is explicit and part of every cache key; SingleView production needs a host from the
#    user; Su's prefix is checked.


def test_5_there_is_no_default_environment(cls: Any, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="environment"):
        cls()


def test_5_each_environment_has_a_token_of_its_own(
    cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    provider = cls.facts.provider
    values = {way.token(cls(name, clock=time.clock)).value for name in emulator.environments[provider]}
    assert len(values) == len(emulator.environments[provider])
    assert {emulator.count(provider, name) for name in emulator.environments[provider]} == {1}


def test_5_no_token_goes_to_a_host_of_another_environment(cls: Any, way: Way, wire: Wire) -> None:
    credential = wire.credential(cls, environment="production", base_url="https://bank.example")
    host = cls.facts.servers["sandbox"]
    with pytest.raises(ConfigError, match="nothing was sent"):
        way.get(credential, f"{host}/data", wire)
    assert wire.requests == []


def test_5_no_token_goes_out_in_plain_text(cls: Any, way: Way, wire: Wire) -> None:
    with pytest.raises(ConfigError, match="https://"):
        way.get(wire.credential(cls), "http://api.example/data", wire)
    assert wire.requests == []


def test_5_singleview_production_needs_a_host_from_the_user(wire: Wire) -> None:
    with pytest.raises(ConfigError, match="set SINGLEVIEW_PRODUCTION_BASE_URL"):
        wire.credential(SingleView, environment="production")


def test_5_the_prefix_of_su_is_checked(way: Way, emulator: Emulator, time: Time) -> None:
    emulator.fault("su", "sandbox", times=1, token="live_fake-of-production=")
    su = Su("sandbox", clock=time.clock)
    with pytest.raises(Rejected, match="sandbox_"):
        way.token(su)
    time.pass_(61)
    assert way.token(su).value.startswith("sandbox_")
    assert emulator.count("su") == 2


# 6. Secrets.

HIDDEN = "fake-and-hidden"
HOLDERS: list[tuple[str, Any]] = [
    ("secret", SetuRequest(client_id="fake", secret=HIDDEN)),
    ("secret", EntityTokenRequest(id="fake", secret=HIDDEN)),
    ("secret", SecretReply(secret=HIDDEN)),
    ("client_secret", DecentroRequest.from_dict({"grant_type": "refresh_token", "client_secret": HIDDEN})),
    ("refresh_token", DecentroRequest.from_dict({"grant_type": "refresh_token", "refresh_token": HIDDEN})),
    ("refresh_token", DecentroReply(access_token="fake", refresh_token=HIDDEN)),
    ("access_token", DecentroReply(access_token=HIDDEN)),
    ("access_token", SingleViewData(access_token=HIDDEN)),
    (
        "clientCode",
        SingleViewRequest.from_dict(
            {"clientId": "1", "clientCode": HIDDEN, "merchantId": "2", "grantType": "3"}
        ),
    ),
    ("password", UserTokenRequest(username="fake", password=HIDDEN)),
    ("accessToken", SahamatiReply(access_token=HIDDEN)),
    ("token", SetuData(expires_in=1, token=HIDDEN)),
    ("token", SuData(token=HIDDEN)),
    ("Data", SuReply.from_dict({"Data": {"token": HIDDEN}})),
]


@pytest.mark.parametrize(
    ("name", "holder"), HOLDERS, ids=[f"{type(one).__name__}.{name}" for name, one in HOLDERS]
)
def test_6_a_secret_does_not_show_in_a_generated_model(name: str, holder: Any) -> None:
    assert HIDDEN in str(holder.to_dict())
    assert HIDDEN not in f"{holder} {holder!r}"


def test_6_neither_secret_nor_token_shows_in_text_or_logs(
    cls: Any, way: Way, emulator: Emulator, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = cls.facts.provider
    credential = cls("sandbox", clock=time.clock)
    token = way.token(credential)
    way.get(credential, emulator.url(provider, "sandbox") + "/echo")
    hidden = [token.value, *(emulator.credentials(provider, "sandbox")[name] for name in cls.facts.secrets)]
    shown = f"{credential} {credential!r} {token} {token!r} {token:>40} {caplog.text}"
    assert caplog.records
    assert [one for one in hidden if one in shown] == []


def test_6_a_secret_that_was_read_does_not_show(way: Way, emulator: Emulator, time: Time) -> None:
    secret = way.read_secret(SahamatiUser("sandbox", clock=time.clock), "fake-aa-1")
    assert secret.value == emulator.credentials("sahamati", "sandbox")["secret"]
    assert secret.value not in f"{secret} {secret!r} {secret:>40}"
    assert isinstance(secret, Secret)
