"""Rows of the table: method and path, sandbox, uat, production, credentials.

Nothing here goes to the emulator: what counts is the request that would go to the real host.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from gatepass import ConfigError, Decentro, Sahamati, SahamatiUser, Setu, SingleView, Su

if TYPE_CHECKING:
    from tests.conftest import Way, Wire


@pytest.mark.parametrize(
    ("cls", "method", "path"),
    [
        (Setu, "POST", "/api/v2/auth/token"),
        (SahamatiUser, "POST", "/iam/v1/user/token/generate"),
        (Sahamati, "POST", "/iam/v1/entity/token/generate"),
        (Decentro, "GET", "/v2/auth/token"),
        (Su, "GET", "/SUAPI/jservice/auth/generate-access-token"),
        (SingleView, "POST", "/v1/api/observice/token"),
    ],
)
def test_method_and_path(cls: Any, method: str, path: str, way: Way, wire: Wire) -> None:
    way.token(wire.credential(cls))
    assert [(sent.method, sent.url.path) for sent in wire.requests] == [(method, path)]


@pytest.mark.parametrize(
    ("call", "path"),
    [("read_secret", "/iam/v1/entity/secret/read"), ("reset_secret", "/iam/v1/entity/secret/reset")],
)
def test_method_and_path_of_the_secret_calls(call: str, path: str, way: Way, wire: Wire) -> None:
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), {"secret": "fake"})
    getattr(way, call)(user, "fake-aa-1")
    assert (wire.requests[1].method, wire.requests[1].url.path) == ("POST", path)


@pytest.mark.parametrize(
    ("cls", "url"),
    [
        (Setu, "https://uat.setu.co/api/v2"),
        (SahamatiUser, "https://api.sandbox.sahamati.org.in/iam/v1"),
        (Sahamati, "https://api.sandbox.sahamati.org.in/iam/v1"),
        (Decentro, "https://in.staging.decentro.tech"),
        (Su, "https://connect-sandbox.su-api.com"),
        (SingleView, "https://obsandbox.onesingleview.com"),
    ],
)
def test_sandbox(cls: Any, url: str, way: Way, wire: Wire) -> None:
    assert_called(url, wire.credential(cls, environment="sandbox"), way, wire)


@pytest.mark.parametrize("cls", [Sahamati, SahamatiUser])
def test_uat(cls: Any, way: Way, wire: Wire) -> None:
    url = "https://api.uat.sahamati.org.in/iam/v1"
    assert_called(url, wire.credential(cls, environment="uat"), way, wire)


@pytest.mark.parametrize("cls", [Setu, Decentro, Su, SingleView])
def test_there_is_no_uat_elsewhere(cls: Any, wire: Wire) -> None:
    with pytest.raises(ConfigError, match="no environment 'uat': use sandbox, production"):
        wire.credential(cls, environment="uat")


@pytest.mark.parametrize(
    ("cls", "url"),
    [
        (Setu, "https://prod.setu.co/api/v2"),
        (SahamatiUser, "https://api.sahamati.org.in/iam/v1"),
        (Sahamati, "https://api.sahamati.org.in/iam/v1"),
        (Decentro, "https://in.decentro.tech"),
        (Su, "https://connect.su-api.com"),
    ],
)
def test_production(cls: Any, url: str, way: Way, wire: Wire) -> None:
    assert_called(url, wire.credential(cls, environment="production"), way, wire)


def test_production_of_singleview_is_where_the_user_says(way: Way, wire: Wire) -> None:
    with pytest.raises(ConfigError, match="SINGLEVIEW_PRODUCTION_BASE_URL"):
        wire.credential(SingleView, environment="production")
    url = "https://bank.example/open"
    credential = wire.credential(SingleView, environment="production", base_url=url + "/")
    assert_called(url, credential, way, wire)


def assert_called(base_url: str, credential: Any, way: Way, wire: Wire) -> None:
    way.token(credential)
    (sent,) = wire.requests
    assert credential.base_url == base_url
    assert str(sent.url) == base_url + credential.facts.path
    assert sent.headers["host"] == sent.url.host


@pytest.mark.parametrize(
    ("cls", "body"),
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
)
def test_credentials_in_a_json_body(cls: Any, body: dict[str, str], way: Way, wire: Wire) -> None:
    way.token(wire.credential(cls))
    (sent,) = wire.requests
    assert sent.headers["content-type"] == "application/json"
    assert json.loads(sent.content) == body


@pytest.mark.parametrize(
    ("cls", "form"),
    [
        (Sahamati, {"id": ["fake-aa-1"], "secret": ["fake-entity-hidden"]}),
        (SahamatiUser, {"username": ["fake-user@aa-1.example"], "password": ["fake-user-hidden"]}),
    ],
)
def test_credentials_in_a_form(cls: Any, form: dict[str, list[str]], way: Way, wire: Wire) -> None:
    way.token(wire.credential(cls))
    (sent,) = wire.requests
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(sent.content.decode(), strict_parsing=True) == form


def test_credentials_in_headers(way: Way, wire: Wire) -> None:
    way.token(wire.credential(Su))
    (sent,) = wire.requests
    assert sent.headers["client-id"] == "ZmFrZS1kb21haW4uZXhhbXBsZQ=="
    assert sent.headers["client-secret"] == "fake-su-hidden"
    assert sent.content == b""


def test_a_secret_with_awkward_characters_arrives_whole(cls: Any, way: Way, wire: Wire) -> None:
    secret = "fake&a=b c%20+/\"\\'<>{}~"
    (name,) = cls.facts.secrets
    way.token(wire.credential(cls, **{name: secret}))
    (sent,) = wire.requests
    if cls is Su:
        assert sent.headers["client-secret"] == secret
    elif cls in (Sahamati, SahamatiUser):
        assert parse_qs(sent.content.decode())[name] == [secret]
    else:
        assert secret in json.loads(sent.content).values()


def test_no_credential_stands_in_the_url_and_no_token_call_carries_a_token(
    cls: Any, way: Way, wire: Wire
) -> None:
    way.token(wire.credential(cls))
    (sent,) = wire.requests
    assert (sent.url.query, sent.url.userinfo) == (b"", b"")
    assert "authorization" not in sent.headers
