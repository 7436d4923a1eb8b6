"""requests repeats a request in a hook of its response: what a program sees of that."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import requests

from gatepass import Setu
from gatepass_emulator import Emulator

from ..helpers import FakeClock


@pytest.fixture
def revoked(emulator: Emulator, clock: FakeClock) -> Setu:
    """A credential with a token that APIs reject."""
    credential = Setu("sandbox", clock=clock.clock)
    emulator.revoke(credential.token().value)
    return credential


@pytest.mark.parametrize("stream", [False, True])
def test_the_401_is_in_the_history_and_its_connection_is_used_again(
    revoked: Setu, caplog: pytest.LogCaptureFixture, stream: bool
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3")
    with requests.Session() as session:
        response = session.get(f"{revoked.base_url}/echo", auth=revoked, stream=stream, timeout=300)

        assert [past.status_code for past in response.history] == [401]
        assert response.request.headers["Authorization"] == f"Bearer {revoked.token().value}"
        assert response.json()
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_hooks_of_the_program_see_the_last_response_alone(revoked: Setu) -> None:
    statuses: list[int] = []

    def record(response: requests.Response, **_: Any) -> None:
        statuses.append(response.status_code)

    requests.get(f"{revoked.base_url}/echo", auth=revoked, hooks={"response": record}, timeout=300)

    assert statuses == [200]


def test_cookies_that_come_with_the_401_are_kept(emulator: Emulator, revoked: Setu) -> None:
    emulator.fault("setu", "sandbox", operation="echo", times=1, status=401, headers={"Set-Cookie": "fake=1"})
    with requests.Session() as session:
        session.auth = revoked
        assert session.get(f"{revoked.base_url}/echo", timeout=300).status_code == 200
        assert session.cookies["fake"] == "1"
