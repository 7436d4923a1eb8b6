"""An API redirects to another host: credentials and tokens are sent only to allowed hosts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest

from gatepass import ConfigError, Decentro, Setu

from ..helpers import CREDENTIALS, TLS_CONTEXT, MockProvider, Runner, error_report
from .clients import ApiClient, HttpxClient
from .server import ApiRequest, ApiServer, Response

FIRST, SECOND = "127.0.0.1", "127.0.0.2"
SECRETS = ("client_id", "client_secret", "authorization")


@pytest.fixture
def servers() -> Iterator[tuple[ApiServer, ApiServer]]:
    """The first redirects `/to…` to the second."""
    with ApiServer(FIRST).running() as first, ApiServer(SECOND).running() as second:
        redirect(first, f"{second.url}/there")
        yield first, second


def redirect(server: ApiServer, target: str) -> None:
    """Make the server redirect `/to302` with this status to the target."""

    def respond(request: ApiRequest) -> Response:
        is_redirect = "/to" in request.target
        return (int(request.target[-3:]), {"Location": target}, b"") if is_redirect else (200, {}, b"")

    server.respond = respond


def decentro(mock_provider: MockProvider, send: str, *hosts: str) -> Any:
    """A sandbox credential; of this machine, only `hosts` are allowed."""
    return mock_provider.credential(Decentro, authenticate_with=send, hosts=list(hosts))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("send", ["credentials", "token"])
def test_a_redirect_to_a_host_that_is_not_allowed_carries_no_credentials(
    servers: tuple[ApiServer, ApiServer],
    mock_provider: MockProvider,
    client: ApiClient,
    send: str,
    status: int,
) -> None:
    first, second = servers
    auth, url = decentro(mock_provider, send, FIRST), f"{first.url}/to{status}"
    if send == "credentials" and not client.strips_kept_headers:
        with pytest.raises(ConfigError, match=f"{SECOND} is not one of its API hosts") as caught:
            client.send(auth, "POST", url, content=b"fake", follow_redirects=True)
        assert CREDENTIALS[Decentro]["client_secret"] not in error_report(caught.value)
        assert second.requests == []
    else:
        response = client.send(auth, "POST", url, content=b"fake", follow_redirects=True)
        assert response.status_code == 200
        assert [request.headers.keys() & set(SECRETS) for request in second.requests] == [set()]
    assert len(first.requests) == 1
    assert first.requests[0].headers.keys() & set(SECRETS)


def test_a_redirect_to_an_allowed_host_carries_the_credentials(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient
) -> None:
    first, second = servers
    auth = decentro(mock_provider, "credentials", FIRST, SECOND)
    response = client.send(auth, "GET", f"{first.url}/to307", follow_redirects=True)
    assert response.status_code == 200
    assert [request.headers["client_secret"] for request in second.requests] == [
        CREDENTIALS[Decentro]["client_secret"]
    ]


def test_a_redirect_on_the_same_host_carries_the_token_which_is_replaced_after_a_401(
    mock_provider: MockProvider, api_server: ApiServer, client: ApiClient
) -> None:
    tokens: list[str] = []

    def respond(request: ApiRequest) -> Response:
        tokens.append(request.headers["authorization"])
        if request.target == "/to307":
            return 307, {"Location": "/there"}, b""
        return (401 if len(tokens) == 2 else 200), {}, b""

    api_server.respond = respond
    body = mock_provider.example_response(Decentro)
    auth = mock_provider.credential(
        Decentro, *(body | {"access_token": f"fake-{number}"} for number in (1, 2)), hosts=[FIRST]
    )

    response = client.send(auth, "POST", f"{api_server.url}/to307", content=b"fake", follow_redirects=True)

    assert response.status_code == 200
    assert tokens[:2] == ["Bearer fake-1"] * 2
    assert set(tokens[2:]) == {"Bearer fake-2"}
    assert {request.body for request in api_server.requests} == {b"fake"}


@pytest.mark.parametrize("hosts", [[FIRST], [FIRST, SECOND]], ids=["not allowed", "allowed"])
def test_a_401_of_a_host_that_got_no_token_after_a_redirect_costs_no_token(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient, hosts: list[str]
) -> None:
    first, second = servers
    second.respond = lambda request: (200 if "authorization" in request.headers else 401, {}, b"")
    auth = decentro(mock_provider, "token", *hosts)

    status = client.send(auth, "POST", f"{first.url}/to307", content=b"", follow_redirects=True).status_code

    assert status == (200 if client.keeps_token_on_allowed_hosts and SECOND in hosts else 401)
    assert (len(first.requests), len(second.requests), len(mock_provider.requests)) == (1, 1, 1)


def test_a_chain_of_redirects_carries_credentials_up_to_the_first_host_that_is_not_allowed(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient
) -> None:
    first, second = servers
    redirect(second, f"http://localhost:{first.http.server_port}/")
    redirect(first, f"{second.url}/to302")
    auth = decentro(mock_provider, "credentials", FIRST, SECOND)
    if client.strips_kept_headers:
        assert client.send(auth, "GET", f"{first.url}/to302", follow_redirects=True).status_code == 200
    else:
        with pytest.raises(ConfigError, match="localhost"):
            client.send(auth, "GET", f"{first.url}/to302", follow_redirects=True)
    assert "client_secret" in first.requests[0].headers
    assert ["client_secret" in request.headers for request in second.requests] == [True]
    assert ["client_secret" in request.headers for request in first.requests[1:]] in ([], [False])


def test_a_chain_of_redirects_that_leaves_the_allowed_hosts_carries_no_token_when_it_returns(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient
) -> None:
    first, second = servers
    redirects = {"/to": f"{second.url}/1", "/1": "/2", "/2": f"{first.url}/back"}

    def respond(request: ApiRequest) -> Response:
        target = redirects.get(request.target)
        return (307, {"Location": target}, b"") if target else (200, {}, b"")

    first.respond = second.respond = respond
    auth = decentro(mock_provider, "token", FIRST)

    response = client.send(auth, "POST", f"{first.url}/to", content=b"fake", follow_redirects=True)

    assert response.status_code == 200
    sent = [(request.target, "authorization" in request.headers) for request in first.requests]
    assert sent == [("/to", True), ("/back", False)]
    sent = [(request.target, "authorization" in request.headers) for request in second.requests]
    assert sent == [("/1", False), ("/2", False)]


@pytest.mark.parametrize(
    "location", ["http://[", "//127.0.0.2:{port}/there", "http://127.0.0.1@127.0.0.2:{port}/"]
)
def test_no_spelling_of_a_location_carries_credentials_to_another_host(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient, location: str
) -> None:
    first, second = servers
    redirect(first, location.format(port=second.http.server_port))
    auth = decentro(mock_provider, "credentials", FIRST)

    with contextlib.suppress(Exception):  # the client rejects the location, or gatepass the host
        client.send(auth, "GET", f"{first.url}/to302", follow_redirects=True)

    assert len(first.requests) == 1
    assert ["client_secret" in request.headers for request in second.requests] in ([], [False])


def test_a_redirect_that_is_not_followed_is_returned(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, client: ApiClient
) -> None:
    first, second = servers
    response = client.get(decentro(mock_provider, "credentials", FIRST), f"{first.url}/to302")
    assert response.status_code == 302
    assert second.requests == []


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_behind_a_proxy_only_the_hosts_of_the_apis_are_checked(
    servers: tuple[ApiServer, ApiServer], mock_provider: MockProvider, library: Any
) -> None:
    """The proxy itself need not be allowed."""
    proxy, _ = servers
    redirect(proxy, "http://127.0.0.9:8080/there")
    with library.Client(
        auth=decentro(mock_provider, "credentials", SECOND), proxy=proxy.url, verify=TLS_CONTEXT
    ) as client:
        assert client.get(f"http://{SECOND}:8080/plain").status_code == 200
        with pytest.raises(ConfigError, match=r"127\.0\.0\.9"):
            client.get(f"http://{SECOND}:8080/to302", follow_redirects=True)
    assert [request.headers["host"] for request in proxy.requests] == [f"{SECOND}:8080"] * 2


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_a_trace_extension_of_the_program_is_still_called(
    api_server: ApiServer, mock_provider: MockProvider, runner: Runner, library: Any
) -> None:
    events: list[str] = []

    def trace(event: str, _info: object) -> None:
        events.append(event)

    async def atrace(event: str, info: object) -> None:
        trace(event, info)

    extensions = {"trace": atrace if runner.is_async else trace}
    auth = decentro(mock_provider, "credentials", FIRST)
    HttpxClient(library, runner._run).send(auth, "GET", api_server.url, extensions=extensions)
    assert "http11.send_request_headers.started" in events
    assert extensions == {"trace": atrace if runner.is_async else trace}


def test_with_a_transport_of_httpx_without_traces_the_redirect_raises_afterwards(
    mock_provider: MockProvider, runner: Runner
) -> None:
    def api(request: httpx.Request) -> httpx.Response:
        headers = {"Location": "https://attacker.example/"}
        return httpx.Response(307 if request.url.host != "attacker.example" else 200, headers=headers)

    with pytest.raises(ConfigError, match=r"attacker\.example"):
        runner.send(
            decentro(mock_provider, "credentials", FIRST),
            "GET",
            f"http://{FIRST}:8080/",
            httpx.MockTransport(api),
            follow_redirects=True,
        )


def test_aiohttp_remembers_a_redirect_only_for_the_next_request(
    mock_provider: MockProvider, api_server: ApiServer
) -> None:
    credential = mock_provider.credential(Setu, hosts=["127.0.0.1"])
    with ApiServer("127.0.0.2").running() as other:
        api_server.respond = lambda request: (
            302 if request.target == "/to302" else 200,
            {"Location": other.url},
            b"",
        )

        async def send() -> None:
            async with aiohttp.ClientSession(middlewares=[credential]) as session:
                with pytest.raises(ConfigError, match=r"127\.0\.0\.2"):
                    await session.get(other.url)
                assert (await session.get(f"{api_server.url}/to302")).status == 200
                assert len(other.requests) == 1
                with pytest.raises(ConfigError, match=r"127\.0\.0\.2"):
                    await session.get(other.url)
                await session.get(f"{api_server.url}/to302", allow_redirects=False)
                await session.get(api_server.url)
                with pytest.raises(ConfigError, match=r"127\.0\.0\.2"):
                    await session.get(other.url)

        asyncio.run(send())
        assert [request.headers.get("authorization") for request in other.requests] == [None]
