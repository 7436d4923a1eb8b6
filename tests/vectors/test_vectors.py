"""Every vector of `specs/vectors`: what a credential sends, and what it concludes from the responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import pytest

from gatepass import ConfigError, RateLimited, Rejected, Secret, Token, TokenError, Unavailable

from ..helpers import RUNNERS, load_spec
from .replay import Outcome, Replay
from .vector import Vector, keys_of, token_extension, vectors

if TYPE_CHECKING:
    from ..helpers import FakeClock, MockProvider

ALL = list(vectors())
SAMPLE = list(
    {(vector.provider, vector.conclusion): vector for vector in ALL if vector.callers is None}.values()
)
"""One vector for each provider and conclusion."""
ERRORS: dict[str, type[TokenError]] = {
    "rejected": Rejected,
    "rate_limited": RateLimited,
    "unavailable": Unavailable,
}


@pytest.mark.parametrize("vector", [vector for vector in ALL if vector.callers is None], ids=str)
def test_every_vector_synchronously(vector: Vector, mock_provider: MockProvider, clock: FakeClock) -> None:
    check(Replay(vector, RUNNERS["sync"], mock_provider, clock))


@pytest.mark.parametrize("vector", SAMPLE, ids=str)
def test_a_sample_of_vectors_with_asyncio(
    vector: Vector, mock_provider: MockProvider, clock: FakeClock
) -> None:
    check(Replay(vector, RUNNERS["asyncio"], mock_provider, clock))


@pytest.mark.parametrize("vector", [vector for vector in ALL if vector.callers is not None], ids=str)
def test_every_vector_with_callers_at_the_same_time(
    vector: Vector, mock_provider: MockProvider, clock: FakeClock
) -> None:
    check(Replay(vector, RUNNERS["asyncio"], mock_provider, clock))


def check(replay: Replay) -> None:
    outcome = replay.outcome()
    conclusion, details = replay.vector.conclusion, replay.vector.details
    if conclusion == "stale":
        check_replaced(replay, outcome)
        return
    if conclusion == "refused":
        assert isinstance(outcome, ConfigError), outcome
        assert replay.sent == []
        return
    if replay.vector.callers is not None:
        assert len(replay.outcomes) == replay.vector.callers
        assert len({getattr(other, "value", str(other)) for other in replay.outcomes}) == 1
    if replay.vector.is_repeated:
        check_quota(replay)
    else:
        check_sent(replay)
    if conclusion == "token":
        check_token(replay, outcome, details)
    elif conclusion == "secret":
        check_secret(outcome, details)
    elif conclusion == "accepted":
        status = replay.vector.exchanges[-1].reply["status"]
        if isinstance(outcome, ConfigError):  # in place of a response that says: use another login
            assert f"does not take the token of this login ({status})" in str(outcome)
        else:
            assert isinstance(outcome, httpx.Response), outcome
            assert outcome.status_code == status
    else:
        check_error(replay, outcome, details)


def check_sent(replay: Replay) -> None:
    """The requests are those of the vector; only an unavailable provider may get the last one again."""
    calls = [exchange.call for exchange in replay.vector.exchanges]
    if replay.vector.conclusion == "unavailable" and "once" not in replay.vector.details:
        calls += [calls[-1]] * (len(replay.sent) - len(calls))
    assert [sent.url.path for sent in replay.sent] == [base_url(replay, call).path for call in calls]
    for sent, call in zip(replay.sent, calls, strict=True):
        check_request(sent, call["request"], base_url(replay, call))


def check_quota(replay: Replay) -> None:
    """No window has more requests than the quota, and the first call gets a token."""
    assert isinstance(replay.outcomes[0], Token), replay.outcomes[0]
    for sent in replay.sent:
        check_request(sent, replay.first_call["request"], base_url(replay, replay.first_call))
    quota = token_extension(replay.vector.provider, replay.first_call["scheme"])["quota"]
    for start in replay.sent_at:
        window = [at for at in replay.sent_at if start <= at < start + quota["seconds"]]
        assert len(window) <= quota["tokens"]


def base_url(replay: Replay, call: dict[str, Any]) -> httpx.URL:
    """The URL of a call: its own, or its path below the `base_url` setting or the environment's server."""
    if "url" in call["request"]:
        return httpx.URL(call["request"]["url"])
    servers = {server["x-oai-name"]: server["url"] for server in load_spec(replay.vector.provider)["servers"]}
    base = call.get("settings", {}).get("base_url") or servers[call["environment"]]
    return httpx.URL(base + call["request"]["path"])


def check_request(sent: httpx.Request, expected: dict[str, Any], url: httpx.URL) -> None:
    assert (sent.method, sent.url) == (expected["method"], url)
    generated = expected.get("free", [])
    for name, value in expected.get("headers", {}).items():
        assert sent.headers.get(name) == value or (name in generated and sent.headers.get(name)), name
    assert sent.headers.get("content-type", "").partition(";")[0] == expected.get("media_type", "")
    if "form" in expected:
        assert dict(parse_qsl(sent.content.decode(), strict_parsing=True)) == expected["form"]
    elif "json" in expected:
        body = json.loads(sent.content)
        assert body.keys() == expected["json"].keys()
        filled = [name for name in generated if name in body]
        assert {**body, **{name: expected["json"][name] for name in filled}} == expected["json"]
        assert all(body[name] for name in filled)
    else:
        assert sent.content == b""


def check_token(replay: Replay, outcome: Outcome, details: dict[str, Any]) -> None:
    assert isinstance(outcome, Token), outcome
    assert outcome.value == details["value"]
    assert outcome.expires_at == replay.sent_at[-1] + details["seconds"]
    assert outcome.warning == details.get("warning")
    refresh = token_extension(replay.vector.provider, replay.first_call["scheme"]).get("refresh")
    if refresh is not None:
        replay.call_after(details["seconds"])
        (name,) = keys_of(refresh["token"])
        assert json.loads(replay.sent[-1].content).get(name) == details.get("refresh_token")


def check_secret(outcome: Outcome, details: dict[str, Any]) -> None:
    assert isinstance(outcome, Secret), outcome
    assert outcome.value == details["value"]
    expires_at = details.get("expires_at")
    assert outcome.expires_at == (expires_at and pytest.approx(expires_at, rel=0, abs=0.001))
    assert outcome.warning == details.get("warning")


def check_error(replay: Replay, outcome: Outcome, details: dict[str, Any]) -> None:
    assert type(outcome) is ERRORS[replay.vector.conclusion], outcome
    # At the end of a quota no request is sent, so there is no status.
    reply = {} if replay.vector.is_repeated else replay.vector.exchanges[-1].reply
    actual = (outcome.status, outcome.code, outcome.trace)
    assert actual == (reply.get("status"), details.get("code"), details.get("trace"))
    if "retry_after" in details:
        assert outcome.retry_at == replay.vector.now + details["retry_after"]
    assert outcome.retry_at is None or outcome.retry_at >= replay.vector.now
    if replay.vector.conclusion != "unavailable" and replay.first_call["kind"] == "token":
        requests = len(replay.sent)
        assert type(replay.call_credential()) is type(outcome)
        assert type(replay.call_after(details.get("retry_after", 1) - 1)) is type(outcome)
        assert len(replay.sent) == requests


def token_path(replay: Replay) -> str:
    """The path of the request for a token of the vector's scheme."""
    provider = replay.vector.provider
    wanted = token_extension(provider, replay.first_call["scheme"])["operation"]
    operations = load_spec(provider)["paths"].items()
    paths = [path for path, item in operations for node in item.values() if node["operationId"] == wanted]
    return str(paths[0])


def check_replaced(replay: Replay, outcome: Outcome) -> None:
    """One new token is requested, and the same request is repeated with it."""
    assert len(replay.sent) == 3, outcome
    first, token_request, second = replay.sent
    url = base_url(replay, replay.first_call)
    check_request(first, replay.first_call["request"], url)
    assert token_request.url.path == httpx.URL(replay.credential.base_url + token_path(replay)).path
    repeated = {**replay.first_call["request"], "headers": {"authorization": "Bearer " + replay.new_token}}
    check_request(second, repeated, url)
    assert isinstance(outcome, (httpx.Response, Secret)), outcome
