"""An emulator of the specs of this repository, with a clock that the tests set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gatepass_emulator import Emulator

SPECS = Path(__file__).resolve().parents[2] / "specs"


class FakeClock:
    """Seconds since the epoch; a test changes them."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def started() -> Iterator[Emulator]:
    with Emulator(specs=SPECS) as emulator:
        yield emulator


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def emulator(started: Emulator, clock: FakeClock) -> Emulator:
    started.clock = clock
    started.clear()
    return started


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def api(emulator: Emulator, client: httpx.Client) -> ProviderApis:
    return ProviderApis(emulator, client)


class ProviderApis:
    """Sends the requests of the five providers without gatepass, as users would write them by hand."""

    def __init__(self, emulator: Emulator, client: httpx.Client) -> None:
        self.emulator = emulator
        self.client = client

    def setu(self, environment: str = "sandbox", **overrides: str) -> httpx.Response:
        credentials = self.emulator.credentials("setu", environment) | overrides
        body = {"clientID": credentials["client_id"], "secret": credentials["secret"]}
        return self.client.post(self.url("setu", environment) + "/auth/token", json=body)

    def su(self, environment: str = "sandbox", **overrides: str) -> httpx.Response:
        credentials = self.emulator.credentials("su", environment) | overrides
        headers = {
            "client-id": overrides.get("client_id", "ZmFrZS1kb21haW4uZXhhbXBsZQ=="),
            "client-secret": credentials["client_secret"],
        }
        path = "/SUAPI/jservice/auth/generate-access-token"
        return self.client.get(self.url("su", environment) + path, headers=headers)

    def decentro(self, method: str = "GET", **body: str) -> httpx.Response:
        credentials = self.emulator.credentials("decentro", "sandbox")
        body = body or {"grant_type": "client_credentials", **credentials}
        url = self.url("decentro", "sandbox") + "/v2/auth/token"
        return self.client.request(method, url, json=body)

    def sahamati_entity(self, **overrides: str) -> httpx.Response:
        credentials = self.emulator.credentials("sahamati", "uat") | overrides
        form = {"id": credentials["entity_id"], "secret": credentials["secret"]}
        return self.client.post(self.url("sahamati", "uat") + "/entity/token/generate", data=form)

    def sahamati_user(self) -> httpx.Response:
        form = self.emulator.credentials("sahamati", "uat", "userToken")
        return self.client.post(self.url("sahamati", "uat") + "/user/token/generate", data=form)

    def sahamati_secret(self, action: str, token: str, entity: str = "fake-aa-1") -> httpx.Response:
        body = {"ver": "1.0.0", "timestamp": "now", "txnId": "1", "entityId": entity}
        url = f"{self.url('sahamati', 'uat')}/entity/secret/{action}"
        headers = {"Authorization": f"Bearer {token}"}
        return self.client.post(url, json=body, headers=headers)

    def echo(
        self, provider: str, environment: str, token: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        headers = headers or {"Authorization": f"Bearer {token}"}
        return self.client.get(self.url(provider, environment) + "/echo", headers=headers)

    def url(self, provider: str, environment: str) -> str:
        return self.emulator.url(provider, environment)
