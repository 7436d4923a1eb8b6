"""`gatepass.testing`: the fake credential for the tests of programs that use gatepass."""

import asyncio
import copy
import inspect
import pickle
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Credential, GatepassError, RateLimited, Rejected, Status, Token, Unavailable
from gatepass.testing import FakeCredential

from .helpers import Runner


def test_a_fake_credential_sends_no_token_request_and_counts_calls(runner: Runner) -> None:
    headers: list[str] = []

    def api(request: httpx.Request) -> httpx.Response:
        headers.append(request.headers["Authorization"])
        return httpx.Response(200)

    fake: Credential = FakeCredential("fake-value")

    assert runner.get(fake, "https://api.invalid/", httpx.MockTransport(api)).status_code == 200
    assert runner.token(fake).value == "fake-value"
    assert headers == ["Bearer fake-value"]
    assert getattr(fake, "calls") == 2  # noqa: B009
    fake.invalidate()
    fake.close()
    assert repr(fake) == "FakeCredential()"


def test_a_fake_credential_raises_its_error(runner: Runner) -> None:
    fake = FakeCredential(error=Unavailable("fake outage"))

    with pytest.raises(Unavailable, match="fake outage"):
        runner.token(fake)


OWN_CLASSES = [kind for kind in Credential.__mro__ if kind.__module__.startswith("gatepass")]
SURFACE = sorted({name for kind in OWN_CLASSES for name in vars(kind) if not name.startswith("_")})
ARGUMENTS: dict[str, Any] = {
    "Token": Token("fake-token", 4e9),
    "httpx.Request": httpx.Request("GET", "https://api.invalid/"),
    "Token | str": "fake-token",
    "str": "sandbox",
}
"""What to call a method of a credential with, by the type of the parameter."""


async def first_of(steps: AsyncIterator[Any]) -> Any:
    return await anext(steps)


def use(member: Any) -> Any:
    """Call a method with what its parameters need, and wait for the result."""
    if not callable(member):
        return member
    parameters = inspect.signature(member).parameters.values()
    needed = [
        parameter
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.kind in (0, 1)
    ]
    result = member(*(ARGUMENTS[parameter.annotation] for parameter in needed))
    if inspect.iscoroutine(result):
        return asyncio.run(result)
    if inspect.isasyncgen(result):
        return asyncio.run(first_of(result))
    return next(result) if inspect.isgenerator(result) else result


@pytest.mark.parametrize("name", SURFACE)
def test_all_of_a_credential_can_be_used_on_a_fake_one_without_a_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("it connects to a host"))
    own, base = inspect.getattr_static(FakeCredential, name), inspect.getattr_static(Credential, name)

    use(getattr(FakeCredential(), name))

    assert type(own) is type(base)
    if callable(base):
        assert inspect.signature(own) == inspect.signature(base)


def test_the_surface_that_is_compared_is_not_empty() -> None:
    assert {"token", "atoken", "status", "invalidate", "close", "async_auth_flow", "lazy"} <= set(SURFACE)


def test_a_fake_credential_takes_any_environment_from_a_setting() -> None:
    assert FakeCredential.environment_of("uat") == "uat"
    assert FakeCredential.lazy("fake-value").token().value == "fake-value"


def test_a_fake_credential_has_an_environment_a_base_url_and_a_status() -> None:
    fake = FakeCredential()

    assert (fake.environment, fake.base_url) == ("sandbox", "http://localhost")
    status = fake.status()
    assert isinstance(status, Status)
    assert (status.state, status.error, status.quota_left) == ("fresh", None, None)
    assert 3500 < status.seconds_left <= 3600
    assert fake.calls == 0


def test_a_fake_credential_has_the_given_environment_and_base_url() -> None:
    fake = FakeCredential(environment="production", base_url="https://api.example/v1")

    assert (fake.environment, fake.base_url) == ("production", "https://api.example/v1")
    with httpx.Client(
        auth=fake, base_url=fake.base_url, transport=httpx.MockTransport(lambda _: httpx.Response(204))
    ) as client:
        assert str(client.get("/data").request.url) == "https://api.example/v1/data"


@pytest.mark.parametrize("error", [RateLimited("fake", retry_at=4e9), OSError("fake")])
def test_the_status_of_a_fake_credential_with_an_error(error: Exception) -> None:
    status = FakeCredential(error=error).status()

    assert (status.state, status.seconds_left) == ("rejected", 0.0)
    assert isinstance(status.error, RateLimited) == isinstance(error, RateLimited)


@pytest.mark.parametrize(
    "copy_credential", [copy.copy, copy.deepcopy, lambda credential: pickle.loads(pickle.dumps(credential))]
)
def test_a_fake_credential_can_be_copied_and_pickled(copy_credential: Any) -> None:
    fake = copy_credential(FakeCredential("fake-value", environment="uat", error=Rejected("fake")))

    assert fake.environment == "uat"
    with pytest.raises(Rejected):
        fake.token()
    assert copy_credential(FakeCredential("fake-value")).token().value == "fake-value"


@pytest.mark.parametrize("wrong", [{"valeu": "fake"}, {"environment": 3}, {"base_url": 3}, {"value": None}])
def test_a_fake_credential_validates_its_arguments(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        FakeCredential(**wrong)


@pytest.mark.parametrize("kind", [RateLimited, Rejected, Unavailable])
def test_the_message_of_an_error_with_few_arguments(kind: Any) -> None:
    assert str(kind("fake")) == "fake"
    assert str(kind("fake", status=429)) == "fake (HTTP 429)"
    assert str(kind("fake", "setu")) == "setu: fake"
    assert str(kind("fake", "setu", "sandbox")) == "setu sandbox: fake"
    assert isinstance(kind("fake"), GatepassError)
