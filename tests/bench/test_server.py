"""The token server of the benchmark, as used by gatepass and by an OAuth2 library."""

import time
from collections.abc import Iterator

import httpx
import pytest

from bench.server import CONSTANT, Server
from gatepass import Setu


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.set(latency=0.0, lifetime=3600)
    return running


def credential(server: Server, name: str) -> Setu:
    return Setu("sandbox", client_id=name, secret="fake-hidden", base_url=server.url)


def status(server: Server, token: str) -> int:
    return httpx.get(server.url + "/api", headers={"Authorization": f"Bearer {token}"}).status_code


def test_each_client_id_has_a_count_of_its_token_requests(server: Server, clean_environment: None) -> None:
    first, second = credential(server, "first"), credential(server, "second")
    first.token()
    second.token()
    second.invalidate()
    second.token()
    assert (server.counts()["first"], server.counts()["second"], server.counts()["unknown"]) == (1, 2, 0)


@pytest.mark.parametrize("basic", [True, False])
@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_plain_oauth2_requests_are_served_and_counted_too(server: Server, grant: str, basic: bool) -> None:
    client = f"fake-{grant}-{basic}"
    form = {"grant_type": grant} | ({} if basic else {"client_id": client, "client_secret": "fake-hidden"})
    response = httpx.post(server.url + "/token", data=form, auth=(client, "fake-hidden") if basic else None)
    token = response.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert status(server, token["access_token"]) == 200
    assert server.counts()[client] == 1


def test_an_expired_token_is_rejected(server: Server, clean_environment: None) -> None:
    valid = credential(server, "valid").token().value
    server.set(lifetime=0.0)
    expired = httpx.post(server.url + "/token", data={"client_id": "expired"}).json()["access_token"]
    assert (status(server, valid), status(server, expired), status(server, "fake-unknown")) == (200, 401, 401)
    assert status(server, CONSTANT) == 200


def test_a_token_request_takes_the_configured_latency(server: Server, clean_environment: None) -> None:
    server.set(latency=0.2)
    began = time.monotonic()
    credential(server, "slow").token()
    assert time.monotonic() - began >= 0.2


def test_a_request_without_a_client_id_gets_no_token(server: Server) -> None:
    assert httpx.post(server.url + "/token", data={"grant_type": "client_credentials"}).status_code == 400
    assert httpx.get(server.url + "/elsewhere").status_code == 404
