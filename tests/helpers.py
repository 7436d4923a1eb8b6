"""Helpers that tests of several folders share."""

from __future__ import annotations

import asyncio
import copy
import functools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import yaml

from gatepass import (
    Clock,
    Decentro,
    Sahamati,
    SahamatiLegacy,
    SahamatiUser,
    Secret,
    Setu,
    SetuAA,
    SetuBillPay,
    SetuUPI,
    SingleView,
    SingleViewPayouts,
    Su,
    Token,
)
from gatepass._workers import POOL
from gatepass_emulator._faults import send_response

from .timeouts import wait_for

CREDENTIALS: dict[Any, dict[str, str]] = {
    Setu: {"client_id": "fake-client", "secret": "fake-setu-hidden"},
    Sahamati: {"entity_id": "fake-aa-1", "secret": "fake-entity-hidden"},
    SahamatiUser: {"username": "fake-user@aa-1.example", "password": "fake-user-hidden"},
    Decentro: {"client_id": "fake-client", "client_secret": "fake-decentro-hidden"},
    Su: {"client_id": "fake-domain.example", "client_secret": "fake-su-hidden"},
    SingleView: {
        "client_id": "fake-client",
        "client_code": "fake-code-hidden",
        "merchant_id": "fake-merchant",
    },
}
OTHER_CREDENTIALS: dict[Any, dict[str, str]] = {
    SetuUPI: {"client_id": "fake-client", "secret": "fake-setuupi-hidden"},
    SetuAA: {"client_id": "fake-client", "secret": "fake-setuaa-hidden"},
    SetuBillPay: {"client_id": "fake-client", "secret": "fake-billpay-hidden", "partner_id": "fake-partner"},
    SingleViewPayouts: {
        "client_id": "fake-client",
        "client_code": "fake-payouts-hidden",
        "company_id": "FAKECOMPANY",
    },
    SahamatiLegacy: {"entity_id": "fake-aa-1", "secret": "fake-legacy-hidden"},
}
"""Other logins of the same companies. No provider has code of its own, so most tests leave them out."""
TOKEN_OPERATIONS: dict[Any, str] = {
    Setu: "generateToken",
    Sahamati: "generateEntityToken",
    SahamatiUser: "generateUserToken",
    Decentro: "generateToken",
    Su: "generateAccessToken",
    SingleView: "generateToken",
    SetuUPI: "logIn",
    SetuAA: "logIn",
    SetuBillPay: "generateToken",
    SingleViewPayouts: "generateToken",
    SahamatiLegacy: "requestToken",
}
TLS_CONTEXT = httpx.create_ssl_context()
"""Created once, because that takes longer than most tests."""
CALLERS = 64
TESTS = str(Path(__file__).resolve().parent)
MockResponse = Any
"""A JSON body, bytes, a `httpx.Response`, or a function that takes the request and returns one or raises."""


class FakeClock:
    """A clock that only the test advances; its monotonic time differs from its wall-clock time."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.wall_clock_offset = 0.0
        self.sleeps: list[float] = []
        self.clock = Clock(monotonic=lambda: self.now - 1_799_000_000, time=self.time, sleep=self._sleep)

    def time(self) -> float:
        return self.now + self.wall_clock_offset

    def advance(self, seconds: float) -> None:
        self.now += seconds

    def shift_wall_clock(self, seconds: float) -> None:
        self.wall_clock_offset += seconds

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


class Runner:
    """Calls a credential and sends requests: synchronously, or with the `run` of an async library."""

    def __init__(self, run: Callable[[Callable[[], Awaitable[Any]]], Any] | None) -> None:
        self._run = run

    @property
    def is_async(self) -> bool:
        return self._run is not None

    def token(self, credential: Any) -> Token:
        token: Token = self._run(credential.atoken) if self._run else credential.token()
        return token

    def stream(self, *chunks: bytes) -> Iterator[bytes] | AsyncIterator[bytes]:
        """A request body that can be read only once."""

        async def async_chunks() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        return async_chunks() if self._run else iter(chunks)

    def read_secret(self, user: SahamatiUser, entity: str, **options: Any) -> Secret:
        return self._secret(user.read_secret, user.aread_secret, entity, options)

    def reset_secret(self, user: SahamatiUser, entity: str, **options: Any) -> Secret:
        return self._secret(user.reset_secret, user.areset_secret, entity, options)

    def _secret(self, method: Any, async_method: Any, entity: str, options: dict[str, Any]) -> Secret:
        secret: Secret = (
            self._run(lambda: async_method(entity, **options)) if self._run else method(entity, **options)
        )
        return secret

    def get(self, auth: Any, url: str, transport: httpx.MockTransport | None = None) -> httpx.Response:
        return self.send(auth, "GET", url, transport)

    def send(
        self,
        auth: Any,
        method: str,
        url: str,
        transport: httpx.MockTransport | None = None,
        **request: Any,
    ) -> httpx.Response:
        if self._run is None:
            with httpx.Client(auth=auth, transport=transport, verify=TLS_CONTEXT) as client:
                return client.request(method, url, **request)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(auth=auth, transport=transport, verify=TLS_CONTEXT) as client:
                return await client.request(method, url, **request)

        response: httpx.Response = self._run(send)
        return response


async def _await(function: Callable[[], Awaitable[Any]]) -> Any:
    return await function()


RUNNERS = {
    "sync": Runner(None),
    "asyncio": Runner(lambda function: asyncio.run(_await(function))),
    "trio": Runner(lambda function: trio.run(_await, function)),
}


SYNC_AND_ASYNCIO = ("sync", "asyncio")


def parametrize_credentials(
    names: str | tuple[str, ...] = "credential_class",
    rows: Iterable[Any] = tuple(CREDENTIALS),
    *,
    other_runners: Iterable[str] = ("sync",),
) -> pytest.MarkDecorator:
    """Parametrize a test with rows that begin with a credential class, and with `runner`.

    The rows of the first class are combined with all runners, those of the other classes with
    `other_runners`, because no provider has code of its own for asyncio or trio.
    """
    names = (names,) if isinstance(names, str) else names
    rows = [row if isinstance(row, tuple) else (row,) for row in rows]
    combinations = [
        (*row, runner) for row in rows for runner in (RUNNERS if row[0] is rows[0][0] else other_runners)
    ]
    return pytest.mark.parametrize((*names, "runner"), combinations, indirect=["runner"])


class PausedResponses:
    """Holds back responses of the emulator after it has received the requests, until `resume()`."""

    def __init__(self) -> None:
        self.request_arrived = threading.Event()
        """Set when the first request has arrived whose response is held back."""
        self._remaining: float = 0
        self._resumed = threading.Event()

    def pause(self, responses: float = float("inf")) -> None:
        """Hold back the given number of responses from now on; without it, all."""
        self._remaining = responses
        self._resumed.clear()

    def resume(self) -> None:
        self._remaining = 0
        self._resumed.set()

    async def send(self, response: Any, *rest: Any) -> None:
        """Replaces the emulator's own function, on the emulator's loop."""
        if self._remaining > 0:
            self._remaining -= 1
            self.request_arrived.set()
            while not self._resumed.is_set():  # noqa: ASYNC110 - other threads set it
                await asyncio.sleep(0.001)
        await send_response(response, *rest)


class MockProvider(httpx.MockTransport):
    """Stands in for a provider at its real address: records requests and returns the given responses.

    Each request takes the next response; the last response is used for all that follow.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(self._respond)
        self.clock = clock
        self.requests: list[httpx.Request] = []
        self.responses: list[MockResponse] = []

    def credential(
        self, credential_class: Any, *responses: MockResponse, environment: str = "sandbox", **options: Any
    ) -> Any:
        """A credential whose token requests come here; the default response is the spec's own example."""
        self.responses = list(responses) or [self.example_response(credential_class, environment)]
        return credential_class(
            environment,
            **(CREDENTIALS | OTHER_CREDENTIALS)[credential_class]
            | {"clock": self.clock.clock, "transport": self}
            | options,
        )

    def example_response(self, credential_class: Any, environment: str = "sandbox") -> Any:
        """A copy of the JSON body of the spec's 200 response with a token."""
        operation = TOKEN_OPERATIONS[credential_class]
        body = copy.deepcopy(example_response(credential_class.spec.provider, operation))
        if credential_class is Su and environment == "production":
            body["data"]["token"] = "live_fake+token/of+the/documentation="
        return body

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if callable(response):
            response = response(request)
        if isinstance(response, bytes):
            return httpx.Response(200, content=response)
        return response if isinstance(response, httpx.Response) else httpx.Response(200, json=response)


@functools.cache
def load_spec(provider: str) -> Any:
    path = files("gatepass_clients") / provider / "openapi.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@functools.cache
def example_response(provider: str, operation_id: str) -> Any:
    """The JSON body of the first example of an operation's 200 response."""
    document = load_spec(provider)
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    operation = next(operation for operation in operations if operation["operationId"] == operation_id)
    response = operation["responses"]["200"]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    content = response["content"]["application/json"]
    return content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]


def call_in_threads(count: int, function: Callable[[], Any]) -> list[Any]:
    """Call the function from `count` threads that all start at the same moment."""
    barrier = threading.Barrier(count)

    def call() -> Any:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(count)]]


async def tokens_of_asyncio_tasks(count: int, credential: Any) -> list[Token]:
    return list(await asyncio.gather(*(credential.atoken() for _ in range(count))))


async def tokens_of_trio_tasks(count: int, credential: Any) -> list[Token]:
    tokens: list[Token] = []

    async def add_token() -> None:
        tokens.append(await credential.atoken())

    async with trio.open_nursery() as nursery:
        for _ in range(count):
            nursery.start_soon(add_token)
    return tokens


def wait_for_background_refreshes() -> None:
    wait_for(lambda: POOL.is_idle)


def error_raised_by(function: Callable[[], Any]) -> Exception:
    try:
        function()
    except Exception as error:
        return error
    raise AssertionError("it did not fail")


def error_report(error: BaseException) -> str:
    """Everything that a log, a traceback with locals or a crash report can show of an error.

    That is its text, its causes and contexts, and the locals of every frame that is not a test's.
    """
    seen: set[int] = set()
    parts: list[str] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        parts += [str(current), repr(current), repr(current.args), repr(vars(current))]
        parts += getattr(current, "__notes__", [])
        parts += [_safe_repr(value) for value in frame_locals(current)]
        waiting += [current.__cause__, current.__context__]
    return "\n".join(parts)


def frame_locals(error: BaseException) -> list[object]:
    """The locals of the frames in an error's traceback, except for frames of tests."""
    values: list[object] = []
    traceback = error.__traceback__
    while traceback is not None:
        frame = traceback.tb_frame
        if not frame.f_code.co_filename.startswith(TESTS):
            values += frame.f_locals.values()
        traceback = traceback.tb_next
    return values


def attributes(node: object) -> list[object]:
    """The values of the attributes of an object, in slots or not."""
    slots = {name for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ())}
    return [getattr(node, name, None) for name in [*sorted(slots - {"__weakref__"}), "__dict__"]]


def _safe_repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # an object that is only half constructed may have no repr
        return f"no repr: {type(error).__name__}"
