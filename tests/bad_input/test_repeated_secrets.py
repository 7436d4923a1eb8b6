"""A provider repeats a secret in its error code or trace id: no error shows it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest

from gatepass import Decentro, Rejected, SahamatiUser, Setu, Unavailable

if TYPE_CHECKING:
    from tests.helpers import FakeClock, MockProvider

SECRET = "Fake/Long-Secret_of.30/characters"
FORMS: dict[str, Callable[[str], str]] = {
    "alone": lambda secret: secret,
    "in a sentence": lambda secret: f"invalid secret {secret} for client",
    "without a space around it": lambda secret: f"E401:{secret}#",
    "in capitals": lambda secret: f"INVALID SECRET {secret.upper()}",
    "in small letters": lambda secret: f"invalid secret {secret.lower()}",
    "its beginning": lambda secret: f"invalid secret {secret[:10]}...",
    "its end": lambda secret: f"invalid secret ...{secret[-10:]}",
    "as base64": lambda secret: f"invalid header {encoded(secret)}",
    "as base64 in small letters": lambda secret: f"invalid header {encoded(secret).lower()}",
    "as base64 for URLs": lambda secret: f"invalid header {encoded(secret).translate({43: 45, 47: 95})}",
    "as HTTP Basic": lambda secret: f"invalid header {encoded('fake-id:' + secret)}",
    "as HTTP Basic of a longer name": lambda secret: f"invalid header {encoded('fake-id-1:' + secret)}",
}


def encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")


def error_with(code: str, status: int = 401) -> httpx.Response:
    names = ("errorCode", "txnId", "decentroTxnId", "responseCode")
    body = {"error": {"code": code, "traceID": code}} | dict.fromkeys(names, code)
    return httpx.Response(status, json=body)


@pytest.mark.parametrize("form", FORMS)
def test_the_secret_in_any_form_is_not_shown(form: str, mock_provider: MockProvider) -> None:
    credential = mock_provider.credential(Setu, error_with(FORMS[form](SECRET)), secret=SECRET)

    with pytest.raises(Rejected) as caught:
        credential.token()

    assert (caught.value.code, caught.value.trace) == (None, None)


@pytest.mark.parametrize("secret", ["fk1", "fake2", "Fake-34"])
@pytest.mark.parametrize("form", ["alone", "in a sentence", "in capitals", "as base64"])
def test_a_short_secret_is_not_shown(secret: str, form: str, mock_provider: MockProvider) -> None:
    credential = mock_provider.credential(Setu, error_with(FORMS[form](secret)), secret=secret)

    with pytest.raises(Rejected) as caught:
        credential.token()

    assert (caught.value.code, caught.value.trace) == (None, None)


def test_a_refresh_token_is_not_shown(mock_provider: MockProvider, clock: FakeClock) -> None:
    def repeat_secret(request: httpx.Request) -> httpx.Response:
        return error_with("invalid token " + json.loads(request.content)["refresh_token"], status=503)

    token_body = mock_provider.example_response(Decentro) | {"refresh_token": "fake-refresh-hidden"}
    credential = mock_provider.credential(Decentro, token_body, repeat_secret)
    credential.token()
    clock.advance(100_000)
    with pytest.raises(Unavailable) as caught:
        credential.token()

    assert (caught.value.code, caught.value.trace) == (None, None)


def test_the_token_of_a_request_for_a_secret_is_not_shown(mock_provider: MockProvider) -> None:
    def repeat_secret(request: httpx.Request) -> httpx.Response:
        return error_with("no access with " + request.headers["Authorization"].upper(), status=400)

    user = mock_provider.credential(SahamatiUser, mock_provider.example_response(SahamatiUser), repeat_secret)
    with pytest.raises(Rejected) as caught:
        user.read_secret("fake-aa-1")

    assert (caught.value.code, caught.value.trace) == (None, None)


@pytest.mark.parametrize("code", ["invalid-api-key", "E00000", "invalid secret", "Fake-1"])
def test_a_code_that_repeats_no_secret_is_shown(code: str, mock_provider: MockProvider) -> None:
    with pytest.raises(Rejected) as caught:
        mock_provider.credential(Setu, error_with(code), secret="fake-long-secret").token()

    assert (caught.value.code, caught.value.trace) == (code, code)
