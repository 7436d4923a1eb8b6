"""A token is sent only to the hosts of its provider and environment, and to those that the user allows."""

from __future__ import annotations

from typing import Any

import pytest

from gatepass import ConfigError, Decentro, Setu
from gatepass.testing import FakeCredential

from ..helpers import MockProvider
from .clients import ApiClient
from .server import ApiServer


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://in.decentro.tech/v2/data", "belongs to decentro production"),
        ("https://api.example/data", "hosts="),
        ("https://in.staging.decentro.tech.example/", "hosts="),
        ("http://in.staging.decentro.tech/v2/data", "not encrypted"),
        ("http://127.0.0.1:9/", "hosts="),
    ],
)
@pytest.mark.parametrize("send", ["token", "credentials"])
def test_nothing_is_sent_to_another_host_and_no_token_is_requested_for_it(
    mock_provider: MockProvider, client: ApiClient, send: str, url: str, message: str
) -> None:
    credential = mock_provider.credential(Decentro, authenticate_with=send)

    for _ in ("without a token", "with a cached token"):
        with pytest.raises(ConfigError, match=message):
            client.get(credential, url)
        assert len(mock_provider.requests) == (credential.status().state == "fresh")
        credential.token()


@pytest.mark.parametrize("allow", ["argument", "variable"])
def test_a_host_that_the_user_allows_gets_the_token(
    mock_provider: MockProvider,
    api_server: ApiServer,
    client: ApiClient,
    monkeypatch: pytest.MonkeyPatch,
    allow: str,
) -> None:
    if allow == "variable":
        monkeypatch.setenv("SETU_SANDBOX_HOSTS", "127.0.0.1")
    options: dict[str, Any] = {"hosts": ["127.0.0.1"]} if allow == "argument" else {}
    credential = mock_provider.credential(Setu, **options)

    assert client.get(credential, f"{api_server.url}/data?b=1").status_code == 200
    (request,) = api_server.requests
    assert (request.target, request.headers["authorization"]) == ("/data?b=1", "Bearer fake.setu.token")


def test_an_error_of_the_token_request_is_raised_and_the_api_request_is_not_sent(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    credential = mock_provider.credential(Setu, {}, secret=failing_vault, hosts=["127.0.0.1"])

    with pytest.raises(Exception, match="secret= failed with KeyError") as caught:
        client.get(credential, api_server.url)
    assert type(caught.value).__name__ == "Unavailable"
    assert (api_server.requests, mock_provider.requests) == ([], [])


def failing_vault() -> str:
    raise KeyError("fake-hidden-in-the-vault")


def test_a_fake_credential_sends_its_token_to_any_host(api_server: ApiServer, client: ApiClient) -> None:
    fake = FakeCredential("fake-value")
    api_server.respond = lambda _request: (401, {}, b"")

    assert client.get(fake, api_server.url).status_code == 401
    assert [request.headers["authorization"] for request in api_server.requests] == ["Bearer fake-value"]
    assert fake.calls == 1
