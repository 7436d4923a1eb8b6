"""Sends API requests with each HTTP client that a credential works with."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar

import aiohttp
import anyio
import httpx
import httpx2
import requests

from ..helpers import CALLERS, RUNNERS, TLS_CONTEXT, Runner
from ..timeouts import HANG_TIMEOUT

Run = Callable[[Callable[[], Awaitable[Any]]], Any]


@dataclass
class ApiResponse:
    """What the tests look at of a response."""

    status_code: int
    body: bytes = b""


class ApiClient(Runner):
    """Calls a credential, and sends API requests with an HTTP client."""

    strips_kept_headers: ClassVar[bool] = True
    """Whether a redirect to another host is followed without credentials in headers; else `ConfigError`."""

    keeps_token_on_allowed_hosts: ClassVar[bool] = False
    """Whether a redirect to another host that is allowed is followed with the token."""

    def file(self, file: BinaryIO) -> Any:
        """A request body that is an open file."""
        return file

    def send(  # type: ignore[override]
        self,
        auth: Any,
        method: str,
        url: str,
        *,
        json: Any = None,
        content: Any = None,
        headers: dict[str, str] | None = None,
        follow_redirects: bool = False,
        **options: Any,
    ) -> ApiResponse:
        """Send one request; `options` are the client's own."""
        options |= {
            "json": json,
            "content": content,
            "headers": headers,
            "follow_redirects": follow_redirects,
        }
        return self.send_many(auth, 1, method, url, **options)[0]

    def get(self, auth: Any, url: str, **options: Any) -> ApiResponse:  # type: ignore[override]
        return self.send(auth, "GET", url, **options)

    def send_many(self, auth: Any, count: int, method: str, url: str, **options: Any) -> list[ApiResponse]:
        """Send requests at the same moment, through one client that has the credential."""
        raise NotImplementedError

    def _in_threads(self, count: int, send: Callable[[], ApiResponse]) -> list[ApiResponse]:
        barrier = threading.Barrier(count)

        def call(_: int) -> ApiResponse:
            barrier.wait()
            return send()

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(call, range(count)))


class HttpxClient(ApiClient):
    """httpx, or httpx2 with the same interface."""

    strips_kept_headers = False

    def __init__(self, library: Any, run: Run | None) -> None:
        super().__init__(run)
        self._library = library

    def file(self, file: BinaryIO) -> Any:
        return self.stream(file.read()) if self.is_async else file  # httpx reads no file in an event loop

    def send_many(self, auth: Any, count: int, method: str, url: str, **options: Any) -> list[ApiResponse]:
        settings = {
            "auth": auth,
            "verify": TLS_CONTEXT,
            "timeout": HANG_TIMEOUT,
            "limits": self._library.Limits(max_connections=CALLERS),
        }
        if self._run is None:
            with self._library.Client(**settings) as client:
                return self._in_threads(count, lambda: self._response(client.request(method, url, **options)))
        responses: list[ApiResponse] = []

        async def send() -> None:
            async with self._library.AsyncClient(**settings) as client:
                if count == 1:
                    await add(client)
                    return
                async with anyio.create_task_group() as group:
                    for _ in range(count):
                        group.start_soon(add, client)

        async def add(client: Any) -> None:
            responses.append(self._response(await client.request(method, url, **options)))

        self._run(send)
        return responses

    def _response(self, response: Any) -> ApiResponse:
        return ApiResponse(response.status_code, response.content)


class RequestsClient(ApiClient):
    """requests: one session, whose credential all threads use."""

    def __init__(self) -> None:
        super().__init__(None)

    def send_many(
        self,
        auth: Any,
        count: int,
        method: str,
        url: str,
        *,
        content: Any = None,
        follow_redirects: bool = False,
        **options: Any,
    ) -> list[ApiResponse]:
        options |= {"data": content, "allow_redirects": follow_redirects, "timeout": HANG_TIMEOUT}
        with requests.Session() as session:
            session.auth = auth
            session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=CALLERS))
            return self._in_threads(count, lambda: self._response(session.request(method, url, **options)))

    def _response(self, response: requests.Response) -> ApiResponse:
        return ApiResponse(response.status_code, response.content)


class AiohttpClient(ApiClient):
    """aiohttp: the credential is a middleware."""

    keeps_token_on_allowed_hosts = True

    def send_many(
        self,
        auth: Any,
        count: int,
        method: str,
        url: str,
        *,
        content: Any = None,
        follow_redirects: bool = False,
        **options: Any,
    ) -> list[ApiResponse]:
        assert self._run is not None
        options |= {"data": content, "allow_redirects": follow_redirects}

        async def send() -> list[ApiResponse]:
            timeout = aiohttp.ClientTimeout(total=HANG_TIMEOUT)
            async with aiohttp.ClientSession(middlewares=[auth], timeout=timeout) as session:
                return list(await asyncio.gather(*(one(session) for _ in range(count))))

        async def one(session: aiohttp.ClientSession) -> ApiResponse:
            async with session.request(method, url, **options) as response:
                return ApiResponse(response.status, await response.read())

        responses: list[ApiResponse] = self._run(send)
        return responses


CLIENTS: dict[str, ApiClient] = {
    **{f"httpx {name}": HttpxClient(httpx, runner._run) for name, runner in RUNNERS.items()},
    **{f"httpx2 {name}": HttpxClient(httpx2, runner._run) for name, runner in RUNNERS.items()},
    "requests": RequestsClient(),
    "aiohttp": AiohttpClient(RUNNERS["asyncio"]._run),
}
