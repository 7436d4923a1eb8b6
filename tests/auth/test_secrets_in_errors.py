"""Errors and logs of the HTTP clients do not show tokens and credentials."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests

from gatepass import Decentro

from ..helpers import CREDENTIALS, MockProvider
from .clients import ApiClient
from .server import ApiServer
from .test_token_places import PLACES, QUERY, setu_whose_apis

SECRET = CREDENTIALS[Decentro]["client_secret"]


def httpx_error(library: Any, auth: Any, url: str) -> Exception:
    response = library.get(url, auth=auth)
    return error_of(response.raise_for_status)


def requests_error(_library: Any, auth: Any, url: str) -> Exception:
    return error_of(requests.get(url, auth=auth, timeout=60).raise_for_status)


def aiohttp_error(_library: Any, auth: Any, url: str) -> Exception:
    async def get() -> Exception:
        async with aiohttp.ClientSession(middlewares=[auth]) as session, session.get(url) as response:
            return error_of(response.raise_for_status)

    return asyncio.run(get())


def error_of(function: Callable[[], object]) -> Exception:
    with pytest.raises(Exception, match="404") as caught:
        function()
    return caught.value


@pytest.fixture(
    params=[
        (httpx, httpx_error),
        (httpx2, httpx_error),
        (requests, requests_error),
        (aiohttp, aiohttp_error),
    ],
    ids=lambda param: str(param[0].__name__),
)
def raise_for_status(request: pytest.FixtureRequest) -> Callable[[Any, str], Exception]:
    """The error of a response with the status 404."""
    library, function = request.param
    return lambda auth, url: function(library, auth, url)


@pytest.mark.parametrize("place", [place for place in PLACES if place != QUERY], ids=lambda place: place[1])
def test_the_error_of_a_response_shows_no_token(
    mock_provider: MockProvider, api_server: ApiServer, raise_for_status: Any, place: tuple[str, str, str]
) -> None:
    api_server.respond = lambda _request: (404, {}, b"")
    error = raise_for_status(setu_whose_apis(mock_provider, api=place), api_server.url)

    assert len(api_server.requests) == 1
    assert "fake/" not in f"{error} {error!r} {error.args!r}"


def test_the_error_of_a_response_shows_no_credentials(
    mock_provider: MockProvider, api_server: ApiServer, raise_for_status: Any
) -> None:
    api_server.respond = lambda _request: (404, {}, b"")
    credential = mock_provider.credential(Decentro, authenticate_with="credentials", hosts=["127.0.0.1"])
    error = raise_for_status(credential, api_server.url)

    assert api_server.requests[0].headers["client_secret"] == SECRET
    assert SECRET not in f"{error} {error!r} {error.args!r}"


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_httpx_shows_no_token_of_the_query(
    mock_provider: MockProvider, api_server: ApiServer, library: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api_server.respond = lambda _request: (404, {}, b"")
    error = httpx_error(library, setu_whose_apis(mock_provider, api=QUERY), api_server.url)

    assert "access_token=fake%2F1" in api_server.requests[0].target
    assert "fake%2F1" not in f"{error} {error!r} {caplog.text}"
    assert "?***" in str(error)


@pytest.mark.parametrize("place", [place for place in PLACES if place != QUERY], ids=lambda place: place[1])
def test_the_logs_of_a_client_show_no_token_at_debug(
    mock_provider: MockProvider,
    api_server: ApiServer,
    client: ApiClient,
    caplog: pytest.LogCaptureFixture,
    place: tuple[str, str, str],
) -> None:
    caplog.set_level(logging.DEBUG)
    api_server.respond = lambda _request: (401, {}, b"")
    client.get(setu_whose_apis(mock_provider, api=place), api_server.url)

    assert len(api_server.requests) == 2
    assert "fake/" not in caplog.text
