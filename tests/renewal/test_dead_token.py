"""An API says that the token is dead."""

from typing import Any

import httpx
import pytest

from gatepass import Setu
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .test_crowd import in_threads


def echo(credential: Any) -> str:
    return f"{credential.base_url}/echo"


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


def test_64_threads_learn_it_at_once_and_one_renews(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(credential.token().value)
    emulator.fault("setu", "sandbox", operation="echo", latency=0.05)
    with httpx.Client(auth=credential, limits=httpx.Limits(max_connections=64)) as client:
        responses = in_threads(64, lambda: client.get(echo(credential)))

    assert {response.status_code for response in responses} == {200}
    assert emulator.count("setu") == 2


def test_if_the_fresh_token_is_refused_as_well_it_is_not_about_the_token(
    emulator: Emulator, time: Time, way: Way
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=401)
    credential = Setu("sandbox", clock=time.clock)

    statuses = {way.get(credential, echo(credential)).status_code for _ in range(20)}
    assert statuses == {401}
    assert emulator.count("setu") == 2

    time.pass_(61)
    way.get(credential, echo(credential))
    assert emulator.count("setu") == 3

    time.pass_(61)  # the second time it holds off for twice as long
    way.get(credential, echo(credential))
    assert emulator.count("setu") == 3


def test_the_answer_stays_where_no_other_token_is_to_be_had(
    emulator: Emulator, time: Time, way: Way, caplog: pytest.LogCaptureFixture
) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(way.token(credential).value)
    emulator.fault("setu", "sandbox", status=503)

    assert way.get(credential, echo(credential)).status_code == 401
    assert any("there is no other" in record.message for record in caplog.records)


def test_a_stream_that_is_used_up_is_not_repeated(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    emulator.revoke(way.token(credential).value)
    response = way.send(credential, "POST", echo(credential), content=way.stream(b"once"))

    assert response.status_code == 401
    assert emulator.count("setu", kind="echo") == 1
