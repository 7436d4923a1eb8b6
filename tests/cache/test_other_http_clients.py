"""`headers()` and `replace_rejected()`: API requests that another client than httpx sends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, Rejected, Setu, Su, Token
from gatepass.testing import FakeCredential
from gatepass_emulator import Emulator

from ..helpers import CREDENTIALS, TLS_CONTEXT, FakeClock, MockProvider, parametrize_credentials

Call = Callable[..., Any]


def _sync(credential: Any, method: str, *arguments: Any) -> Any:
    return getattr(credential, method)(*arguments)


def _async(credential: Any, method: str, *arguments: Any) -> Any:
    async def call() -> Any:
        result: Awaitable[Any] = getattr(credential, f"a{method}")(*arguments)
        return await result

    return asyncio.run(call())


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    """Calls a method of a credential, or its async twin."""
    function: Call = request.param
    return function


def echo(credential: Any, headers: dict[str, str]) -> int:
    return httpx.get(f"{credential.base_url}/echo", headers=headers, verify=TLS_CONTEXT).status_code


@parametrize_credentials()
def test_an_api_accepts_a_request_with_the_headers(
    emulator: Emulator, clock: FakeClock, runner: Any, credential_class: Any, call: Call
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)

    headers = call(credential, "headers")

    assert headers == {"Authorization": f"Bearer {credential.token().value}"}
    assert echo(credential, headers) == 200
    assert emulator.count(credential_class.spec.provider) == 1


def test_the_headers_of_a_given_token_are_made_without_a_request(
    mock_provider: MockProvider, call: Call
) -> None:
    credential = mock_provider.credential(Setu)

    assert call(credential, "headers", Token("fake-1", 0.0)) == {"Authorization": "Bearer fake-1"}
    assert mock_provider.requests == []


@pytest.mark.parametrize("is_dynamic", [False, True])
def test_decentro_with_credentials_has_their_headers_and_no_token(
    emulator: Emulator, clock: FakeClock, call: Call, is_dynamic: bool
) -> None:
    secret = emulator.credentials("decentro", "sandbox")["client_secret"]
    source: Any = (lambda: secret) if is_dynamic else None
    credential = Decentro("sandbox", client_secret=source, authenticate_with="credentials", clock=clock.clock)

    headers = call(credential, "headers")

    assert headers == emulator.credentials("decentro", "sandbox")
    assert echo(credential, headers) == 200
    assert call(credential, "replace_rejected", "fake-token") is None
    assert emulator.count("decentro") == 0


def setu_whose_apis(
    mock_provider: MockProvider, api: tuple[str, str, str], secret: Any = None, **spec: Any
) -> Setu:
    """A credential whose APIs take the token in another place."""
    kind = type("Setu", (Setu,), {"spec": Setu.spec._replace(api=api, **spec)})
    body = mock_provider.example_response(Setu)
    body["data"]["token"] = "fake-1"
    mock_provider.responses = [body]
    credentials = CREDENTIALS[Setu] | ({"secret": secret} if secret else {})
    credential: Setu = kind(
        "sandbox", **credentials, clock=mock_provider.clock.clock, transport=mock_provider
    )
    return credential


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        (("header", "Authorization", "O-Bearer "), {"Authorization": "O-Bearer fake-1"}),
        (("header", "X-Access-Token", ""), {"X-Access-Token": "fake-1"}),
        (("cookie", "session", ""), {"Cookie": "session=fake-1"}),
    ],
)
def test_the_token_is_where_the_apis_of_the_provider_take_it(
    mock_provider: MockProvider, api: tuple[str, str, str], expected: dict[str, str], call: Call
) -> None:
    assert call(setu_whose_apis(mock_provider, api), "headers") == expected


@pytest.mark.parametrize("secret", [None, lambda: "fake-changing"], ids=["static", "dynamic"])
def test_credentials_that_apis_want_beside_the_token_are_there_too(
    mock_provider: MockProvider, secret: Any, call: Call
) -> None:
    beside = {"client_id": "X-Client", "secret": "X-Key"}
    credential = setu_whose_apis(mock_provider, Setu.spec.api, secret, also_send=beside)

    assert call(credential, "headers") == {
        "Authorization": "Bearer fake-1",
        "X-Client": "fake-client",
        "X-Key": "fake-changing" if secret else "fake-setu-hidden",
    }


def test_a_token_for_the_query_is_a_config_error_that_says_what_to_do(
    mock_provider: MockProvider, call: Call
) -> None:
    credential = setu_whose_apis(mock_provider, ("query", "access_token", ""))

    with pytest.raises(ConfigError, match=r"auth= to httpx, or send token\(\).value as .* 'access_token'"):
        call(credential, "headers")
    assert mock_provider.requests == []


def test_an_error_of_the_provider_is_raised(emulator: Emulator, clock: FakeClock, call: Call) -> None:
    with pytest.raises(Rejected):
        call(Setu("sandbox", secret="fake-wrong", clock=clock.clock), "headers")


@parametrize_credentials()
def test_a_rejected_token_is_replaced_once(
    emulator: Emulator, clock: FakeClock, runner: Any, credential_class: Any, call: Call
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    rejected = credential.token()
    emulator.revoke(rejected.value)

    replaced = call(credential, "replace_rejected", rejected)

    assert replaced not in (None, rejected)
    assert echo(credential, credential.headers()) == 200
    assert call(credential, "replace_rejected", rejected.value) == replaced == credential.token()
    assert emulator.count(credential_class.spec.provider) == 2


def test_apis_that_reject_every_token_cost_two(emulator: Emulator, clock: FakeClock, call: Call) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    token = credential.token()

    replaced = call(credential, "replace_rejected", token.value)

    assert [call(credential, "replace_rejected", replaced.value) for _ in range(20)] == [None] * 20
    assert credential.token() == replaced
    assert emulator.count("setu") == 2
    clock.advance(61)
    assert call(credential, "replace_rejected", replaced.value) not in (None, replaced)


def test_a_token_that_was_not_handed_out_costs_none(emulator: Emulator, clock: FakeClock, call: Call) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    token = credential.token()

    assert call(credential, "replace_rejected", "fake-foreign") == token
    assert emulator.count("setu") == 1


def test_a_replacement_may_use_the_reserve_of_the_quota(
    emulator: Emulator, clock: FakeClock, call: Call
) -> None:
    credential = Su("sandbox", clock=clock.clock)
    for _ in range(28):
        credential.invalidate()
        credential.token()

    assert call(credential, "replace_rejected", credential.token()) is not None
    assert emulator.count("su") == 29


def test_without_another_token_there_is_no_replacement(
    emulator: Emulator, clock: FakeClock, call: Call
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    token = credential.token()
    emulator.fault("setu", "sandbox", status=503)

    assert call(credential, "replace_rejected", token) is None


@pytest.mark.parametrize("wrong", [None, b"fake-token", 7])
def test_what_is_no_token_is_a_config_error(mock_provider: MockProvider, wrong: Any, call: Call) -> None:
    with pytest.raises(ConfigError, match="token must be a Token or a string, not"):
        call(mock_provider.credential(Setu), "replace_rejected", wrong)


def test_a_fake_credential_has_headers_and_no_other_token(call: Call) -> None:
    fake = FakeCredential("fake-value")

    assert call(fake, "headers") == {"Authorization": "Bearer fake-value"}
    assert call(fake, "replace_rejected", fake.token()) is None
    assert fake.calls == 2
