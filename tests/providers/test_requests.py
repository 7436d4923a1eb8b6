"""What a token request consists of: method, URL of each environment, and credentials.

The requests go to a mock at the real hosts, not to the emulator.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from gatepass import ConfigError, Decentro, Sahamati, SahamatiUser, Setu, SingleView, Su

from ..helpers import SYNC_AND_ASYNCIO, parametrize_credentials

if TYPE_CHECKING:
    from tests.helpers import MockProvider, Runner


@parametrize_credentials(
    ("credential_class", "method", "path"),
    [
        (Setu, "POST", "/api/v2/auth/token"),
        (SahamatiUser, "POST", "/iam/v1/user/token/generate"),
        (Sahamati, "POST", "/iam/v1/entity/token/generate"),
        (Decentro, "GET", "/v2/auth/token"),
        (Su, "GET", "/SUAPI/jservice/auth/generate-access-token"),
        (SingleView, "POST", "/v1/api/observice/token"),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_method_and_path(
    credential_class: Any, method: str, path: str, runner: Runner, mock_provider: MockProvider
) -> None:
    runner.token(mock_provider.credential(credential_class))
    assert [(sent.method, sent.url.path) for sent in mock_provider.requests] == [(method, path)]


@pytest.mark.parametrize(
    ("call", "path"),
    [("read_secret", "/iam/v1/entity/secret/read"), ("reset_secret", "/iam/v1/entity/secret/reset")],
)
def test_method_and_path_of_the_secret_requests(
    call: str, path: str, runner: Runner, mock_provider: MockProvider
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), {"secret": "fake"}
    )
    getattr(runner, call)(user, "fake-aa-1")
    assert (mock_provider.requests[1].method, mock_provider.requests[1].url.path) == ("POST", path)


@parametrize_credentials(
    ("credential_class", "url"),
    [
        (Setu, "https://uat.setu.co/api/v2"),
        (SahamatiUser, "https://api.sandbox.sahamati.org.in/iam/v1"),
        (Sahamati, "https://api.sandbox.sahamati.org.in/iam/v1"),
        (Decentro, "https://in.staging.decentro.tech"),
        (Su, "https://connect-sandbox.su-api.com"),
        (SingleView, "https://obsandbox.onesingleview.com"),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_the_sandbox_url(
    credential_class: Any, url: str, runner: Runner, mock_provider: MockProvider
) -> None:
    check_url(url, mock_provider.credential(credential_class, environment="sandbox"), runner, mock_provider)


@parametrize_credentials("credential_class", [Sahamati, SahamatiUser], other_runners=SYNC_AND_ASYNCIO)
def test_the_uat_url(credential_class: Any, runner: Runner, mock_provider: MockProvider) -> None:
    url = "https://api.uat.sahamati.org.in/iam/v1"
    check_url(url, mock_provider.credential(credential_class, environment="uat"), runner, mock_provider)


@pytest.mark.parametrize("credential_class", [Setu, Decentro, Su, SingleView])
def test_only_sahamati_has_a_uat_environment(credential_class: Any, mock_provider: MockProvider) -> None:
    with pytest.raises(ConfigError, match="no environment 'uat': use sandbox, production"):
        mock_provider.credential(credential_class, environment="uat")


@parametrize_credentials(
    ("credential_class", "url"),
    [
        (Setu, "https://prod.setu.co/api/v2"),
        (SahamatiUser, "https://api.sahamati.org.in/iam/v1"),
        (Sahamati, "https://api.sahamati.org.in/iam/v1"),
        (Decentro, "https://in.decentro.tech"),
        (Su, "https://connect.su-api.com"),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_the_production_url(
    credential_class: Any, url: str, runner: Runner, mock_provider: MockProvider
) -> None:
    check_url(
        url, mock_provider.credential(credential_class, environment="production"), runner, mock_provider
    )


def test_singleview_production_uses_the_base_url_argument(
    runner: Runner, mock_provider: MockProvider
) -> None:
    with pytest.raises(ConfigError, match="SINGLEVIEW_PRODUCTION_BASE_URL"):
        mock_provider.credential(SingleView, environment="production")
    url = "https://bank.example/open"
    credential = mock_provider.credential(SingleView, environment="production", base_url=url + "/")
    check_url(url, credential, runner, mock_provider)


def check_url(base_url: str, credential: Any, runner: Runner, mock_provider: MockProvider) -> None:
    runner.token(credential)
    (sent,) = mock_provider.requests
    assert credential.base_url == base_url
    assert str(sent.url) == base_url + credential.spec.path
    assert sent.headers["host"] == sent.url.host


@parametrize_credentials(
    ("credential_class", "body"),
    [
        (Setu, {"clientID": "fake-client", "secret": "fake-setu-hidden"}),
        (
            Decentro,
            {
                "grant_type": "client_credentials",
                "client_id": "fake-client",
                "client_secret": "fake-decentro-hidden",
            },
        ),
        (
            SingleView,
            {
                "clientId": "fake-client",
                "clientCode": "fake-code-hidden",
                "merchantId": "fake-merchant",
                "grantType": "client_credentials",
            },
        ),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_credentials_in_a_json_body(
    credential_class: Any, body: dict[str, str], runner: Runner, mock_provider: MockProvider
) -> None:
    runner.token(mock_provider.credential(credential_class))
    (sent,) = mock_provider.requests
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == body


@parametrize_credentials(
    ("credential_class", "form"),
    [
        (Sahamati, {"id": ["fake-aa-1"], "secret": ["fake-entity-hidden"]}),
        (SahamatiUser, {"username": ["fake-user@aa-1.example"], "password": ["fake-user-hidden"]}),
    ],
    other_runners=SYNC_AND_ASYNCIO,
)
def test_credentials_in_a_form(
    credential_class: Any, form: dict[str, list[str]], runner: Runner, mock_provider: MockProvider
) -> None:
    runner.token(mock_provider.credential(credential_class))
    (sent,) = mock_provider.requests
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(sent.content.decode(), strict_parsing=True) == form


def test_credentials_in_headers(runner: Runner, mock_provider: MockProvider) -> None:
    runner.token(mock_provider.credential(Su))
    (sent,) = mock_provider.requests
    assert sent.headers["client-id"] == "ZmFrZS1kb21haW4uZXhhbXBsZQ=="
    assert sent.headers["client-secret"] == "fake-su-hidden"
    assert sent.content == b""


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_special_characters_of_a_secret_are_encoded(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    secret = "fake&a=b c%20+/\"\\'<>{}~"
    (name,) = credential_class.spec.secrets
    runner.token(mock_provider.credential(credential_class, **{name: secret}))
    (sent,) = mock_provider.requests
    if credential_class is Su:
        assert sent.headers["client-secret"] == secret
    elif credential_class in (Sahamati, SahamatiUser):
        assert parse_qs(sent.content.decode())[name] == [secret]
    else:
        assert secret in json.loads(sent.content).values()


@parametrize_credentials(other_runners=SYNC_AND_ASYNCIO)
def test_a_token_request_has_no_credentials_in_its_url_and_no_authorization_header(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    runner.token(mock_provider.credential(credential_class))
    (sent,) = mock_provider.requests
    assert (sent.url.query, sent.url.userinfo) == (b"", b"")
    assert "authorization" not in sent.headers
