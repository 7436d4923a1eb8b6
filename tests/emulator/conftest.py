"""An emulator of the specs of this repository, with a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator

SPECS = Path(__file__).resolve().parents[2] / "specs"


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def started() -> Iterator[Emulator]:
    with Emulator(specs=SPECS) as emulator:
        yield emulator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def emulator(started: Emulator, clock: Clock) -> Emulator:
    started.clock = clock
    started.clear()
    return started


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def desk(emulator: Emulator, client: httpx.Client) -> Desk:
    return Desk(emulator, client)


class Desk:
    """The token calls of the five providers, as their callers would write them by hand."""

    def __init__(self, emulator: Emulator, client: httpx.Client) -> None:
        self.emulator = emulator
        self.client = client

    def setu(self, environment: str = "sandbox", **other: str) -> httpx.Response:
        known = self.emulator.credentials("setu", environment) | other
        body = {"clientID": known["client_id"], "secret": known["secret"]}
        return self.client.post(self.url("setu", environment) + "/auth/token", json=body)

    def su(self, environment: str = "sandbox", **other: str) -> httpx.Response:
        known = self.emulator.credentials("su", environment) | other
        headers = {
            "client-id": other.get("client_id", "ZmFrZS1kb21haW4uZXhhbXBsZQ=="),
            "client-secret": known["client_secret"],
        }
        path = "/SUAPI/jservice/auth/generate-access-token"
        return self.client.get(self.url("su", environment) + path, headers=headers)

    def decentro(self, method: str = "GET", **body: str) -> httpx.Response:
        known = self.emulator.credentials("decentro", "sandbox")
        body = body or {"grant_type": "client_credentials", **known}
        url = self.url("decentro", "sandbox") + "/v2/auth/token"
        return self.client.request(method, url, json=body)

    def entity(self, **other: str) -> httpx.Response:
        known = self.emulator.credentials("sahamati", "uat") | other
        form = {"id": known["entity_id"], "secret": known["secret"]}
        return self.client.post(self.url("sahamati", "uat") + "/entity/token/generate", data=form)

    def user(self) -> httpx.Response:
        form = self.emulator.credentials("sahamati", "uat", "userToken")
        return self.client.post(self.url("sahamati", "uat") + "/user/token/generate", data=form)

    def secret(self, verb: str, token: str, entity: str = "fake-aa-1") -> httpx.Response:
        body = {"ver": "1.0.0", "timestamp": "now", "txnId": "1", "entityId": entity}
        url = f"{self.url('sahamati', 'uat')}/entity/secret/{verb}"
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post(url, json=body, headers=headers)

    def echo(
        self, provider: str, environment: str, token: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = headers or {"Authorization": f"Bearer {token}"}
        return self.client.get(self.url(provider, environment) + "/echo", headers=headers)

    def url(self, provider: str, environment: str) -> str:
        return self.emulator.url(provider, environment)
