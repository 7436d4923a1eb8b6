"""Plays one vector: the wire gives its replies in order, and the credential is asked as its user would."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from gatepass import Secret, Token, TokenError

from ..conftest import CREDENTIALS, example
from .vector import Vector, field, operation, token_of

if TYPE_CHECKING:
    from ..conftest import Time, Way, Wire

CLASSES = {cls.facts.scheme: cls for cls in CREDENTIALS}
EVENTS: dict[str, Exception] = {
    "connection refused": httpx.ConnectError("nobody there"),
    "timeout": httpx.ReadTimeout("too late"),
    "cut": httpx.RemoteProtocolError("cut"),
}
DELAY = 3
"""Seconds that a reply with a token takes, so that it shows from when its life is counted."""
Outcome = Token | Secret | TokenError | httpx.Response


class Play:
    """A vector and the credential it is played to."""

    def __init__(self, vector: Vector, way: Way, wire: Wire, time: Time) -> None:
        self.vector, self._way, self._wire, self._time = vector, way, wire, time
        self.call = call = vector.exchanges[0].call
        self.sent: list[httpx.Request] = []
        """Every request as it was sent, but for the one by which the client got the token it holds."""
        self.asked_at = 0.0
        """When the last of them was sent."""
        settings = dict(call.get("settings", {}))
        self._days = settings.pop("days", None)
        time.now = vector.now
        cls = CLASSES[call["scheme"]]
        given = {name: call["given"][name] for name in cls.facts.credentials}
        self.credential = cls(call["environment"], clock=time.clock, transport=wire, **given, **settings)
        held = call.get("bearer")
        before = [self._grant(held)] if held is not None else []
        replies = [exchange.reply for exchange in vector.exchanges]
        if vector.verdict == "stale":
            replies += [
                {"status": 200, "json": body} for body in (self._grant(self.renewed), self._success())
            ]
        wire.answers = [*before, *map(self._answer, replies)]

    @property
    def renewed(self) -> str:
        """The token that follows on a dead one."""
        return str(self.call["bearer"]) + "-renewed"

    def outcome(self) -> Outcome:
        """What its user gets in the end: who asks at once, and again where the vector says so."""
        outcome = self.ask()
        for exchange in self.vector.exchanges:
            if exchange.after is not None:
                self._time.pass_(exchange.after)
                outcome = self.ask()
        return outcome

    def ask_after(self, seconds: float) -> Outcome:
        self._time.pass_(seconds)
        return self.ask()

    def ask(self) -> Outcome:
        """One call of the user's; an error is an outcome too."""
        request = self.call["request"]
        try:
            if self.call["kind"] == "token":
                return self._way.token(self.credential)
            if self.call["kind"] == "api":
                url = self.credential.base_url + request["path"]
                return self._way.send(self.credential, request["method"], url, self._wire)
            told = operation(self.vector.provider, request)["x-secret"]
            (whose,) = told["id"]
            ask = self._way.reset_secret if told["rotates"] else self._way.read_secret
            return ask(self.credential, self.call["given"][whose], days=self._days)
        except TokenError as error:
            return error

    def _answer(self, reply: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            # A copy: a request that is repeated is the same object with another token in it.
            copied = httpx.Request(
                request.method, request.url, headers=request.headers, content=request.content
            )
            self.sent.append(copied)
            self.asked_at = self._time.now
            if self.vector.verdict == "token":
                self._time.pass_(DELAY)
            if "event" in reply:
                raise EVENTS[reply["event"]]
            body, headers = reply.get("text", ""), dict(reply.get("headers", {}))
            if "json" in reply:
                body = json.dumps(reply["json"])
                headers.setdefault("content-type", "application/json")
            return httpx.Response(reply["status"], headers=headers, content=body.encode())

        return answer

    def _grant(self, value: str) -> dict[str, Any]:
        """The description's own reply with that token in it."""
        told = token_of(self.vector.provider, self.call["scheme"])
        reply: dict[str, Any] = copy.deepcopy(example(self.vector.provider, told["operation"]))
        place = told["value"] if isinstance(told["value"], str) else told["value"][0]
        *way, last = field(place)
        node = reply
        for name in way:
            node = node[name]
        node[last] = value
        return reply

    def _success(self) -> dict[str, Any]:
        """What comes back when the request of a dead token is repeated."""
        if self.call["kind"] == "api":
            return {}
        told = operation(self.vector.provider, self.call["request"])
        reply: dict[str, Any] = example(self.vector.provider, told["operationId"])
        return reply
