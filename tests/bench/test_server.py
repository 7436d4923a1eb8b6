"""The token server that everybody is measured with, as gatepass and as an OAuth2 library see it."""

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


def test_each_client_id_has_a_count_of_its_token_requests(server: Server, no_variables: None) -> None:
    one, other = credential(server, "one"), credential(server, "other")
    one.token()
    other.token()
    other.forget()
    other.token()
    assert (server.counts()["one"], server.counts()["other"], server.counts()["nobody"]) == (1, 2, 0)


@pytest.mark.parametrize("basic", [True, False])
@pytest.mark.parametrize("grant", ["client_credentials", "refresh_token"])
def test_plain_oauth2_is_answered_and_counted_the_same(server: Server, grant: str, basic: bool) -> None:
    client = f"fake-{grant}-{basic}"
    form = {"grant_type": grant} | ({} if basic else {"client_id": client, "client_secret": "fake-hidden"})
    reply = httpx.post(server.url + "/token", data=form, auth=(client, "fake-hidden") if basic else None)
    token = reply.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert status(server, token["access_token"]) == 200
    assert server.counts()[client] == 1


def test_a_token_is_refused_once_its_life_is_over(server: Server, no_variables: None) -> None:
    live = credential(server, "live").token().value
    server.set(lifetime=0.0)
    dead = httpx.post(server.url + "/token", data={"client_id": "dead"}).json()["access_token"]
    assert (status(server, live), status(server, dead), status(server, "fake-unknown")) == (200, 401, 401)
    assert status(server, CONSTANT) == 200


def test_a_token_call_takes_as_long_as_it_is_told(server: Server, no_variables: None) -> None:
    server.set(latency=0.2)
    began = time.monotonic()
    credential(server, "slow").token()
    assert time.monotonic() - began >= 0.2


def test_who_does_not_say_who_they_are_gets_no_token(server: Server) -> None:
    assert httpx.post(server.url + "/token", data={"grant_type": "client_credentials"}).status_code == 400
    assert httpx.get(server.url + "/elsewhere").status_code == 404
