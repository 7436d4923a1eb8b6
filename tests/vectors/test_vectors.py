"""Every vector of `specs/vectors`: what a credential sends, and what it concludes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest

from gatepass import Limited, Rejected, Secret, Token, TokenError, Unavailable

from ..conftest import Way, spec
from .play import Outcome, Play
from .vector import Vector, field, token_of, vectors

if TYPE_CHECKING:
    from ..conftest import Time, Wire

ALL = list(vectors())
SAMPLE = list({(one.provider, one.verdict): one for one in ALL}.values())
"""One for each provider and conclusion."""
ERRORS: dict[str, type[TokenError]] = {"refused": Rejected, "limited": Limited, "unavailable": Unavailable}


@pytest.mark.parametrize("vector", ALL, ids=str)
def test_sync(vector: Vector, wire: Wire, time: Time) -> None:
    check(Play(vector, Way(None), wire, time))


@pytest.mark.parametrize("vector", SAMPLE, ids=str)
def test_async(vector: Vector, wire: Wire, time: Time) -> None:
    async def awaited(call: Callable[[], Awaitable[Any]]) -> Any:
        return await call()

    check(Play(vector, Way(lambda call: asyncio.run(awaited(call))), wire, time))


def check(play: Play) -> None:
    outcome = play.outcome()
    verdict, told = play.vector.verdict, play.vector.verdict_of
    if verdict == "stale":
        check_replaced(play, outcome)
        return
    check_sent(play)
    if verdict == "token":
        check_token(play, outcome, told)
    elif verdict == "secret":
        check_secret(outcome, told)
    elif verdict == "accepted":
        assert isinstance(outcome, httpx.Response), outcome
        assert outcome.status_code == play.vector.exchanges[-1].reply["status"]
    else:
        check_error(play, outcome, told)


def check_sent(play: Play) -> None:
    """Each request is as the vector has it, and none is sent too often."""
    calls = [exchange.call for exchange in play.vector.exchanges]
    if play.vector.verdict == "unavailable" and "once" not in play.vector.verdict_of:
        calls += [calls[-1]] * (len(play.sent) - len(calls))
    assert [sent.url.path for sent in play.sent] == [base_url(play, call).path for call in calls]
    for sent, call in zip(play.sent, calls, strict=True):
        check_request(sent, call["request"], base_url(play, call))


def base_url(play: Play, call: dict[str, Any]) -> httpx.URL:
    """Where a call goes: its path below the server of its environment, or the one its user chose."""
    servers = {one["x-oai-name"]: one["url"] for one in spec(play.vector.provider)["servers"]}
    base = call.get("settings", {}).get("base_url") or servers[call["environment"]]
    return httpx.URL(base + call["request"]["path"])


def check_request(sent: httpx.Request, told: dict[str, Any], url: httpx.URL) -> None:
    assert (sent.method, sent.url) == (told["method"], url)
    for name, value in told.get("headers", {}).items():
        assert sent.headers.get(name) == value, name
    assert sent.headers.get("content-type", "").partition(";")[0] == told.get("media_type", "")
    if "form" in told:
        assert dict(parse_qsl(sent.content.decode(), strict_parsing=True)) == told["form"]
    elif "json" in told:
        body = json.loads(sent.content)
        assert body.keys() == told["json"].keys()
        made = told.get("free", [])
        assert {**body, **{name: told["json"][name] for name in made}} == told["json"]
        assert all(body[name] for name in made)
    else:
        assert sent.content == b""


def check_token(play: Play, outcome: Outcome, told: dict[str, Any]) -> None:
    assert isinstance(outcome, Token), outcome
    assert outcome.value == told["value"]
    assert outcome.expires_at == play.asked_at + told["seconds"]
    assert outcome.notice == told.get("notice")
    refresh = token_of(play.vector.provider, play.call["scheme"]).get("refresh")
    if refresh is not None:
        play.ask_after(told["seconds"])
        (name,) = field(refresh["token"])
        assert json.loads(play.sent[-1].content).get(name) == told.get("refresh_token")


def check_secret(outcome: Outcome, told: dict[str, Any]) -> None:
    assert isinstance(outcome, Secret), outcome
    assert outcome.value == told["value"]
    expires_at = told.get("expires_at")
    assert outcome.expires_at == (expires_at and pytest.approx(expires_at, rel=0, abs=0.001))
    assert outcome.notice == told.get("notice")


def check_error(play: Play, outcome: Outcome, told: dict[str, Any]) -> None:
    assert type(outcome) is ERRORS[play.vector.verdict], outcome
    reply = play.vector.exchanges[-1].reply
    found = (outcome.status, outcome.code, outcome.trace)
    assert found == (reply.get("status"), told.get("code"), told.get("trace"))
    if "retry_after" in told:
        assert outcome.retry_at == play.vector.now + told["retry_after"]
    if play.vector.verdict != "unavailable" and play.call["kind"] == "token":
        asked = len(play.sent)
        assert type(play.ask()) is type(outcome)
        assert len(play.sent) == asked


def check_replaced(play: Play, outcome: Outcome) -> None:
    """One new token, and the same request once more with it."""
    first, renewal, second = play.sent
    url = base_url(play, play.call)
    check_request(first, play.call["request"], url)
    assert renewal.url.path == httpx.URL(play.credential.base_url + play.credential.facts.path).path
    assert (second.method, second.url) == (first.method, first.url)
    assert second.headers["authorization"] == "Bearer " + play.renewed
    assert not isinstance(outcome, TokenError), outcome
