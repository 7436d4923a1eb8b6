"""Replays a vector: a mock provider returns its replies in order, and a credential makes its calls."""

from __future__ import annotations

import asyncio
import copy
import json
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from gatepass import ConfigError, Secret, Token, TokenError

from ..helpers import CREDENTIALS, OTHER_CREDENTIALS, example_response
from ..timeouts import wait_for_event
from .vector import Vector, keys_of, operation, token_extension

if TYPE_CHECKING:
    from ..helpers import FakeClock, MockProvider, Runner

CLASSES = {kind.spec.scheme: kind for kind in CREDENTIALS | OTHER_CREDENTIALS}
EVENTS: dict[str, Exception] = {
    "connection refused": httpx.ConnectError("fake"),
    "timeout": httpx.ReadTimeout("fake"),
    "cut": httpx.RemoteProtocolError("fake"),
}
DELAY = 3
"""Seconds that a response with a token takes, so that the start of its lifetime can be checked."""
Outcome = Token | Secret | ConfigError | TokenError | httpx.Response


class Replay:
    """A vector and the credential that makes its calls."""

    def __init__(self, vector: Vector, runner: Runner, mock_provider: MockProvider, clock: FakeClock) -> None:
        self.vector, self._runner, self._mock_provider, self._clock = vector, runner, mock_provider, clock
        self.first_call = vector.exchanges[0].call
        self.sent: list[httpx.Request] = []
        """Copies of the requests, except for the one that fetched the `bearer` token of the vector."""
        self.sent_at: list[float] = []
        self.outcomes: list[Outcome] = []
        """What the user's calls led to, or those of all callers."""
        self._all_have_called = threading.Event()
        clock.now = vector.now
        replies = [exchange.reply for exchange in vector.exchanges]
        if vector.conclusion == "stale":
            bodies = (self._token_body(self.new_token), self._body_after_new_token())
            replies += [{"status": 200, "json": body} for body in bodies]
        self._responses = [self._responder(reply) for reply in replies]

    @property
    def new_token(self) -> str:
        """The token that replaces a rejected one."""
        return str(self.first_call["bearer"]) + "-renewed"

    def outcome(self) -> Outcome:
        """The outcome of the last call: the first is made at once, others after the seconds of the vector."""
        try:
            self._create_credential()
        except ConfigError as error:
            return error
        if self.vector.callers is not None:
            self.outcomes = self._call_at_once(self.vector.callers)
            return self.outcomes[0]
        for number, exchange in enumerate(self.vector.exchanges):
            self._clock.advance(exchange.after or 0)
            if self.vector.is_repeated:
                self._mock_provider.responses = [self._responses[number]]
            if number == 0 or exchange.after is not None:
                self._call(exchange.times)
        return self.outcomes[-1]

    def _call(self, times: int | None) -> None:
        for _ in range(times or 1):
            if times is not None:
                self.credential.invalidate()
            self.outcomes.append(self.call_credential())

    def _call_at_once(self, callers: int) -> list[Outcome]:
        """The outcomes of callers that all have called before the first response arrives."""
        return asyncio.run(self._call_in_tasks(callers))

    async def _call_in_tasks(self, callers: int) -> list[Outcome]:
        async def call() -> Outcome:
            try:
                token: Token = await self.credential.atoken()
            except TokenError as error:
                return error
            return token

        tasks = [asyncio.create_task(call()) for _ in range(callers)]
        await asyncio.sleep(0)  # each of them runs until it waits
        self._all_have_called.set()
        return [await task for task in tasks]

    def call_after(self, seconds: float) -> Outcome:
        self._clock.advance(seconds)
        return self.call_credential()

    def call_credential(self) -> Outcome:
        """Make one call; an error of gatepass is returned as an outcome."""
        request = self.first_call["request"]
        try:
            if self.first_call["kind"] == "token":
                return self._runner.token(self.credential)
            if self.first_call["kind"] == "api":
                url = request.get("url") or self.credential.base_url + request["path"]
                return self._runner.send(
                    self.credential, request["method"], url, self._mock_provider, json=request.get("json")
                )
            extension = operation(self.vector.provider, request)["x-gatepass-secret"]
            (entity,) = extension["id"]
            method = self._runner.reset_secret if extension["rotates"] else self._runner.read_secret
            return method(self.credential, self.first_call["given"][entity], days=self._days)
        except (ConfigError, TokenError) as error:
            return error

    def _create_credential(self) -> None:
        """Create the credential, and let it cache the `bearer` token of the vector."""
        self.credential, call = self._create_client(), self.first_call
        if "bearer" in call:
            self._mock_provider.responses = [self._token_body(call["bearer"], call["given"])]
            self.credential.token()
        self._mock_provider.responses = list(self._responses)

    def _create_client(self) -> Any:
        call = self.first_call
        settings = dict(call.get("settings", {}))
        self._days = settings.pop("days", None)
        credential_class = CLASSES[call["scheme"]]
        credentials = {name: call["given"][name] for name in credential_class.spec.credentials}
        return credential_class(
            call["environment"],
            clock=self._clock.clock,
            transport=self._mock_provider,
            **credentials,
            **settings,
        )

    def _responder(self, reply: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
        def respond(request: httpx.Request) -> httpx.Response:
            # A copy, because a repeated request is the same object with another token.
            copied = httpx.Request(
                request.method, request.url, headers=request.headers, content=request.content
            )
            self.sent.append(copied)
            self.sent_at.append(self._clock.now)
            if self.vector.callers is not None:
                if len(self.sent) == self.vector.callers:  # none of them waits for another
                    self._all_have_called.set()
                wait_for_event(self._all_have_called)
            if self.vector.conclusion == "token":
                self._clock.advance(DELAY)
            if self.vector.meanwhile is not None and len(self.sent) == 1:
                self._mock_provider.responses.insert(0, self._token_body(self.vector.meanwhile))
                self.credential.invalidate()
                self.credential.token()
            assert reply, "nothing must be sent"
            if "event" in reply:
                raise EVENTS[reply["event"]]
            body, headers = reply.get("text", ""), dict(reply.get("headers", {}))
            if "json" in reply:
                body = json.dumps(reply["json"])
                headers.setdefault("content-type", "application/json")
            return httpx.Response(reply["status"], headers=headers, content=body.encode())

        return respond

    def _token_body(self, value: str, given: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
        """The description's example of a token response, with this token and the given refresh token."""
        extension = token_extension(self.vector.provider, self.first_call["scheme"])
        body: dict[str, Any] = copy.deepcopy(example_response(self.vector.provider, extension["operation"]))
        put(body, extension["access_token"], value)
        if "refresh_token" in given:
            put(body, extension["refresh"]["from"], given["refresh_token"])
        return body

    def _body_after_new_token(self) -> dict[str, Any]:
        """The body of the response to a request that is repeated with a new token."""
        if self.first_call["kind"] == "api":
            return {}
        described = operation(self.vector.provider, self.first_call["request"])
        body: dict[str, Any] = example_response(self.vector.provider, described["operationId"])
        return body


def put(body: dict[str, Any], places: str | list[str], value: str) -> None:
    """Put a value into a body, at the first of the places."""
    *parents, last = keys_of(places if isinstance(places, str) else places[0])
    for key in parents:
        body = body[key]
    body[last] = value
