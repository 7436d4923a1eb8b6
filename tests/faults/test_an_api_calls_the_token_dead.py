"""An API answers 401: the token may be dead, or it may be about something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import FileStore, Setu
from gatepass_emulator import Emulator

from ..conftest import TLS, Time, Way, Wire
from .crowd import CROWD, in_threads


def echo(credential: Any) -> str:
    return f"{credential.base_url}/echo"


def numbered(wire: Wire) -> Any:
    """A provider whose tokens are `fake-1`, `fake-2`, …"""

    def reply(_request: httpx.Request) -> Any:
        made = wire.reply(Setu)
        made["data"]["token"] = f"fake-{len(wire.requests)}"
        return made

    return reply


class Api(httpx.MockTransport):
    """An API that accepts some tokens, and does something in the middle of its first call."""

    def __init__(self, *accepted: str) -> None:
        super().__init__(self._answer)
        self.accepted = accepted
        self.seen: list[str] = []
        self.meanwhile: Any = None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        self.seen.append(token)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return httpx.Response(200 if token in self.accepted else 401)


def test_it_is_replaced_and_the_request_repeated_once(
    emulator: Emulator, time: Time, way: Way, cls: Any
) -> None:
    credential = cls("sandbox", clock=time.clock)
    dead = way.token(credential)
    emulator.revoke(dead.value)

    response = way.send(credential, "POST", echo(credential), json={"amount": 1})

    assert response.status_code == 200
    assert way.token(credential) != dead
    assert emulator.count(cls.facts.provider) == 2
    assert emulator.count(cls.facts.provider, kind="echo") == 2


def test_64_threads_get_401_for_a_revoked_token(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(credential.token().value)
    emulator.fault("setu", "sandbox", operation="echo", latency=0.05)
    limits = httpx.Limits(max_connections=CROWD)
    with httpx.Client(auth=credential, limits=limits, verify=TLS) as client:
        responses = in_threads(CROWD, lambda: client.get(echo(credential)))

    assert {response.status_code for response in responses} == {200}
    assert emulator.count("setu") == 2


def test_a_401_that_comes_late_is_repeated_with_the_token_at_hand(wire: Wire, time: Time, way: Way) -> None:
    credential, api = wire.credential(Setu, numbered(wire)), Api("fake-2")
    api.meanwhile = lambda: Way(None).get(credential, "https://uat.setu.co/other", api)

    assert way.get(credential, "https://uat.setu.co/first", api).status_code == 200
    assert api.seen == ["fake-1", "fake-1", "fake-2", "fake-2"]
    assert len(wire.requests) == 2


def test_a_late_401_is_repeated_although_another_api_refused_the_token_at_hand(
    wire: Wire, time: Time, way: Way
) -> None:
    credential, api, strict = wire.credential(Setu, numbered(wire)), Api("fake-2"), Api()
    api.meanwhile = lambda: Way(None).get(credential, "https://uat.setu.co/strict", strict)

    assert way.get(credential, "https://uat.setu.co/first", api).status_code == 200
    assert strict.seen == ["fake-1", "fake-2"]
    assert api.seen == ["fake-1", "fake-2"]
    assert len(wire.requests) == 2


def test_20_calls_to_an_api_that_answers_401_for_another_reason(
    emulator: Emulator, time: Time, way: Way
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=401)
    credential = Setu("sandbox", clock=time.clock)

    assert {way.get(credential, echo(credential)).status_code for _ in range(20)} == {401}
    assert emulator.count("setu") == 2


def test_if_the_fresh_token_is_refused_as_well_it_holds_off_for_longer_each_time(
    wire: Wire, time: Time, way: Way
) -> None:
    credential, api = wire.credential(Setu, numbered(wire)), Api()
    asked = []
    for seconds in (0, 61, 61, 60, 120, 121):
        time.pass_(seconds)
        way.get(credential, "https://uat.setu.co/", api)
        asked.append(len(wire.requests))

    assert asked == [2, 3, 3, 4, 4, 5]


def test_a_token_that_is_accepted_ends_the_holding_off(wire: Wire, time: Time, way: Way) -> None:
    credential, api = wire.credential(Setu, numbered(wire)), Api()
    way.get(credential, "https://uat.setu.co/", api)
    time.pass_(61)

    api.accepted = ("fake-3", "fake-4")
    assert way.get(credential, "https://uat.setu.co/", api).status_code == 200
    api.accepted = ("fake-4",)
    assert way.get(credential, "https://uat.setu.co/", api).status_code == 200
    assert len(wire.requests) == 4


def test_the_answer_stays_where_no_other_token_is_to_be_had(
    emulator: Emulator, time: Time, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(way.token(credential).value)
    emulator.fault("setu", "sandbox", status=503)

    assert way.get(credential, echo(credential)).status_code == 401
    assert any("there is no other" in record.message for record in caplog.records)


def test_an_older_token_of_the_store_that_is_rejected_too_is_replaced_by_the_next_request(
    emulator: Emulator, tmp_path: Path, time: Time, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", time.wall)
    first, second = (Setu("sandbox", store=FileStore(tmp_path), clock=time.clock) for _ in range(2))
    assert way.token(first) == way.token(second)
    second.forget()
    way.token(second)  # the store has this one now, and the first credential does not know it
    time.pass_(120)
    emulator.revoke()

    statuses = [way.send(first, "GET", echo(first)).status_code for _ in range(3)]

    assert statuses == [401, 200, 200]
    assert emulator.count("setu") == 3


def test_a_stream_that_is_used_up_is_not_repeated(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(way.token(credential).value)
    response = way.send(credential, "POST", echo(credential), content=way.stream(b"once"))

    assert response.status_code == 401
    assert emulator.count("setu", kind="echo") == 1


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500, 503])
def test_no_other_status_costs_a_token(emulator: Emulator, time: Time, way: Way, status: int) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=status)
    credential = Setu("sandbox", clock=time.clock)

    assert way.get(credential, echo(credential)).status_code == status
    assert emulator.count("setu", kind="echo") == 1
    assert emulator.count("setu") == 1


def test_64_threads_at_an_api_that_answers_401_for_another_reason(wire: Wire, time: Time) -> None:
    for _ in range(20):
        wire.requests.clear()
        credential, api = wire.credential(Setu, numbered(wire)), Api()
        with httpx.Client(auth=credential, transport=api, verify=TLS) as client:
            replies = in_threads(CROWD, lambda: client.get("https://uat.setu.co/"))

        assert {reply.status_code for reply in replies} == {401}
        assert len(wire.requests) == 2


def test_a_401_that_comes_after_the_newer_token_expired_too(wire: Wire, time: Time, way: Way) -> None:
    credential, api = wire.credential(Setu, numbered(wire)), Api("fake-3")

    def hours_later() -> None:
        time.pass_(1800)
        credential.token()
        time.pass_(1800)

    api.meanwhile = hours_later

    assert way.get(credential, "https://uat.setu.co/", api).status_code == 200
    assert api.seen == ["fake-1", "fake-3"]
