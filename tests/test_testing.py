"""`gatepass.testing`: what users of gatepass put into their own tests."""

import httpx
import pytest

from gatepass import Credential, Unavailable
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
