"""APIs take the token in other places than the header Authorization, and want credentials beside it."""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gatepass import ConfigError, Setu
from gatepass.provider import WrongToken

from ..helpers import CREDENTIALS, MockProvider
from .clients import ApiClient
from .server import ApiRequest, ApiServer, Response

QUERY = ("query", "access_token", "")
PLACES = [
    ("header", "Authorization", "O-Bearer "),
    ("header", "X-Access-Token", ""),
    QUERY,
    ("cookie", "session", ""),
]
parametrize_places = pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]} {place[1]}")


def setu_whose_apis(mock_provider: MockProvider, credentials: Any = None, **spec: Any) -> Any:
    """A credential with the tokens `fake/1`, `fake/2`, … for APIs on this machine that differ from Setu's."""
    credential_class = type("Setu", (Setu,), {"spec": Setu.spec._replace(**spec)})
    bodies = [mock_provider.example_response(Setu) for _ in range(3)]
    for number, body in enumerate(bodies, start=1):
        body["data"]["token"] = f"fake/{number}"
    mock_provider.responses = bodies
    return credential_class(
        "sandbox",
        **CREDENTIALS[Setu] | (credentials or {}),
        hosts=["127.0.0.1"],
        clock=mock_provider.clock.clock,
        transport=mock_provider,
    )


def token_of(request: ApiRequest, place: tuple[str, str, str]) -> str:
    part, name, prefix = place
    if part == "header":
        return request.headers[name.lower()].removeprefix(prefix)
    if part == "cookie":
        return SimpleCookie(request.headers["cookie"])[name].value
    (token,) = parse_qs(urlsplit(request.target).query)[name]
    return token


def accept(server: ApiServer, place: tuple[str, str, str], token: str) -> None:
    """Make the API accept this token alone."""
    server.respond = lambda request: (200 if token_of(request, place) == token else 401, {}, b"")


@parametrize_places
def test_the_token_is_where_the_apis_take_it_and_a_new_one_takes_its_place(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, place: tuple[str, str, str]
) -> None:
    credential = setu_whose_apis(mock_provider, api=place)
    accept(api_server, place, "fake/2")
    headers = {"Cookie": 'a="1 2"; b=2'}

    url = f"{api_server.url}/data?a=1%2C2&a=3&c="
    for _ in range(2):
        assert client.get(credential, url, headers=headers).status_code == 200

    assert [token_of(request, place) for request in api_server.requests] == ["fake/1", "fake/2", "fake/2"]
    assert len(mock_provider.requests) == 2
    for request in api_server.requests:
        query = parse_qs(urlsplit(request.target).query, keep_blank_values=True)
        assert query | {"access_token": [""]} == {"a": ["1,2", "3"], "c": [""], "access_token": [""]}
        cookies = {name: morsel.value for name, morsel in SimpleCookie(request.headers["cookie"]).items()}
        assert request.headers["cookie"].count("session=") == (place[0] == "cookie")
        assert cookies | {"session": ""} == {"a": "1 2", "b": "2", "session": ""}
        assert ("authorization" in request.headers) == (place[1] == "Authorization")


@parametrize_places
def test_a_redirect_to_another_host_carries_no_token(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, place: tuple[str, str, str]
) -> None:
    credential = setu_whose_apis(mock_provider, api=place)
    with ApiServer("127.0.0.2").running() as other:
        api_server.respond = lambda _request: (307, {"Location": f"{other.url}/there"}, b"")
        other.respond = lambda _request: (401, {}, b"")
        if place[1] == "X-Access-Token" and not client.strips_kept_headers:
            with pytest.raises(ConfigError, match=r"127\.0\.0\.2"):
                client.send(credential, "POST", api_server.url, content=b"fake", follow_redirects=True)
        else:
            response = client.send(credential, "POST", api_server.url, content=b"fake", follow_redirects=True)
            assert response.status_code == 401
            assert {request.target for request in other.requests} == {"/there"}

    assert [request for request in other.requests if "fake" in f"{request.target} {request.headers}"] == []
    assert token_of(api_server.requests[0], place) == "fake/1"


@pytest.mark.parametrize("secret", [None, lambda: "fake-changing"], ids=["static", "dynamic"])
def test_credentials_that_apis_want_beside_the_token_are_there_and_not_sent_elsewhere(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, secret: Any
) -> None:
    credential = setu_whose_apis(
        mock_provider,
        {"secret": secret} if secret else None,
        also_send={"client_id": "X-Client", "secret": "X-Key"},
    )
    with ApiServer("127.0.0.2").running() as other:

        def respond(request: ApiRequest) -> Response:
            if request.headers["authorization"] == "Bearer fake/1":
                return 401, {}, b""
            return (307, {"Location": other.url}, b"") if request.target == "/to" else (200, {}, b"")

        api_server.respond = respond
        assert client.get(credential, f"{api_server.url}/data").status_code == 200
        if client.strips_kept_headers:
            assert client.get(credential, f"{api_server.url}/to", follow_redirects=True).status_code == 200
        else:
            with pytest.raises(ConfigError, match=r"127\.0\.0\.2"):
                client.get(credential, f"{api_server.url}/to", follow_redirects=True)

    key = "fake-changing" if secret else "fake-setu-hidden"
    for request in api_server.requests:
        assert (request.headers["x-client"], request.headers["x-key"]) == ("fake-client", key)
    for request in other.requests:
        assert {"x-client", "x-key", "authorization"} & request.headers.keys() == set()
    assert len(api_server.requests) == 3


@pytest.mark.parametrize(
    ("document", "statuses"), [({"code": "expired"}, [200, 200]), ({"code": "other"}, [403, 403])]
)
def test_a_status_that_means_a_rejected_token_only_with_a_certain_body(
    mock_provider: MockProvider,
    api_server: ApiServer,
    client: ApiClient,
    document: dict[str, str],
    statuses: list[int],
) -> None:
    condition = {403: ((("code",),), frozenset({"expired"}))}
    credential = setu_whose_apis(mock_provider, unauthorized=frozenset(), unauthorized_if=condition)
    body = json.dumps(document).encode()

    def respond(request: ApiRequest) -> Response:
        return (403, {}, body) if request.headers["authorization"] == "Bearer fake/1" else (200, {}, b"")

    api_server.respond = respond

    responses = [client.send(credential, "POST", api_server.url, json={"amount": 1}) for _ in range(2)]

    assert [response.status_code for response in responses] == statuses
    assert [response.body for response in responses] == [b"" if statuses[0] == 200 else body] * 2
    assert len(mock_provider.requests) == (2 if statuses[0] == 200 else 1)


@pytest.mark.parametrize("status", [401, 403])
def test_an_api_that_takes_the_tokens_of_another_login_costs_no_token_and_the_error_says_which(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient, status: int
) -> None:
    wrong = WrongToken(status, (("message",),), frozenset({"wrong issuer"}), ("setuaa", "acme"))
    credential = setu_whose_apis(mock_provider, unauthorized=frozenset({401}), wrong_token=wrong)
    body = json.dumps({"message": "Wrong issuer"}).encode()
    api_server.respond = lambda _request: (status, {}, body)

    for _ in range(2):
        with pytest.raises(ConfigError) as caught:
            client.send(credential, "POST", api_server.url, json={"amount": 1})
        where = f"setu sandbox: 127.0.0.1 does not take the token of this login ({status})"
        assert str(caught.value) == f"{where}; use SetuAA or acme for it"

    assert len(mock_provider.requests) == 1


def test_a_status_that_may_mean_another_login_rejects_no_token(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    wrong = WrongToken(403, (("message",),), frozenset({"wrong issuer"}), ("setuaa",))
    credential = setu_whose_apis(mock_provider, unauthorized=frozenset({401}), wrong_token=wrong)
    api_server.respond = lambda _request: (403, {}, b'{"message": "Forbidden"}')

    assert client.get(credential, api_server.url).status_code == 403
    assert len(mock_provider.requests) == 1
