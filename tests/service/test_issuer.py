"""How the service presents the tokens of providers whose APIs take them in other places."""

from __future__ import annotations

from typing import Any

import pytest

from gatepass.testing import FakeCredential
from gatepass_service._issuer import Issuer


def issuer_whose_apis(**spec: Any) -> Issuer:
    kind = type("Other", (FakeCredential,), {"spec": FakeCredential.spec._replace(**spec)})
    return Issuer("other", "sandbox", kind())


@pytest.mark.parametrize(
    ("api", "word"),
    [
        (("header", "Authorization", "Bearer "), "Bearer"),
        (("header", "Authorization", "O-Bearer "), "O-Bearer"),
        (("header", "Authorization", ""), "N_A"),
        (("header", "X-Access-Token", "Bearer "), "N_A"),
        (("cookie", "session", ""), "N_A"),
        (("query", "access_token", ""), "N_A"),
    ],
)
def test_the_token_type_is_the_word_before_the_token(api: tuple[str, str, str], word: str) -> None:
    issuer = issuer_whose_apis(api=api)

    assert issuer.token_type == word
    assert issuer.has_headers == (api[0] != "query")


def test_headers_with_a_secret_of_the_provider_are_not_handed_out() -> None:
    credentials: dict[str, Any] = {"credentials": ("client_id", "key"), "secrets": frozenset({"key"})}

    assert issuer_whose_apis(**credentials, also_send={"client_id": "X-Client"}).has_headers
    assert not issuer_whose_apis(**credentials, also_send={"key": "X-Key"}).has_headers
