"""`gatepass.testing`: what users of gatepass put into their own tests."""

import copy
import pickle
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Credential, GatepassError, Limited, Rejected, Setu, Status, Unavailable
from gatepass.testing import FakeCredential

from .conftest import Way


def test_a_fake_credential_asks_nobody_and_counts(way: Way) -> None:
    seen: list[str] = []

    def api(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200)

    fake: Credential = FakeCredential("fake-value")

    assert way.get(fake, "https://api.invalid/", httpx.MockTransport(api)).status_code == 200
    assert way.token(fake).value == "fake-value"
    assert seen == ["Bearer fake-value"]
    assert getattr(fake, "calls") == 2  # noqa: B009
    fake.forget()
    fake.close()
    assert repr(fake) == "FakeCredential()"


def test_a_fake_credential_can_be_out_of_order(way: Way) -> None:
    fake = FakeCredential(error=Unavailable("fake outage"))

    with pytest.raises(Unavailable, match="fake outage"):
        way.token(fake)


def public(kind: type[Credential]) -> set[str]:
    return {name for name in (*dir(kind), *Credential.__annotations__) if not name.startswith("_")}


def test_a_fake_credential_has_all_that_a_credential_has() -> None:
    fake = FakeCredential()

    assert {name for name in public(Setu) if not hasattr(fake, name)} == set()
    assert (fake.environment, fake.base_url) == ("sandbox", "http://localhost")
    status = fake.status()
    assert isinstance(status, Status)
    assert (status.state, status.error, status.quota_left) == ("fresh", None, None)
    assert 3500 < status.seconds_left <= 3600
    assert fake.calls == 0


def test_a_fake_credential_may_be_of_another_environment_and_host() -> None:
    fake = FakeCredential(environment="production", base_url="https://api.example/v1")

    assert (fake.environment, fake.base_url) == ("production", "https://api.example/v1")
    with httpx.Client(
        auth=fake, base_url=fake.base_url, transport=httpx.MockTransport(lambda _: httpx.Response(204))
    ) as client:
        assert str(client.get("/data").request.url) == "https://api.example/v1/data"


@pytest.mark.parametrize("error", [Limited("fake", retry_at=4e9), OSError("fake")])
def test_the_status_of_a_fake_credential_that_is_out_of_order(error: Exception) -> None:
    status = FakeCredential(error=error).status()

    assert (status.state, status.seconds_left) == ("refused", 0.0)
    assert isinstance(status.error, Limited) == isinstance(error, Limited)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_fake_credential_is_copied(copied: Any) -> None:
    fake = copied(FakeCredential("fake-value", environment="uat", error=Rejected("fake")))

    assert fake.environment == "uat"
    with pytest.raises(Rejected):
        fake.token()
    assert copied(FakeCredential("fake-value")).token().value == "fake-value"


@pytest.mark.parametrize("wrong", [{"valeu": "fake"}, {"environment": 3}, {"base_url": 3}, {"value": None}])
def test_a_fake_credential_checks_what_it_is_given(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        FakeCredential(**wrong)


@pytest.mark.parametrize("kind", [Limited, Rejected, Unavailable])
def test_an_error_that_a_test_makes_reads_well(kind: Any) -> None:
    assert str(kind("fake")) == "fake"
    assert str(kind("fake", status=429)) == "fake (HTTP 429)"
    assert str(kind("fake", "setu")) == "setu: fake"
    assert str(kind("fake", "setu", "sandbox")) == "setu sandbox: fake"
    assert isinstance(kind("fake"), GatepassError)
