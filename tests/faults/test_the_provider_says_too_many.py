"""The provider says: too many tokens. Nobody asks again before it said so."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from gatepass import Limited, Setu, Su
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .crowd import CROWD, failure_of, in_threads, settle


@pytest.mark.parametrize(("cls", "status"), [(Setu, 429), (Su, 422)])
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "HTTP date"])
def test_no_call_before_retry_after(
    emulator: Emulator, time: Time, way: Way, cls: Any, status: int, as_date: bool
) -> None:
    header = formatdate(time.now + 300, usegmt=True) if as_date else "300"
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", times=1, status=status, headers={"Retry-After": header})
    credential = cls("sandbox", clock=time.clock)
    began = time.now

    for _ in range(10):
        with pytest.raises(Limited) as caught:
            way.token(credential)
        assert caught.value.retry_at == began + 300
        time.pass_(29)
    assert emulator.count(provider) == 1

    time.pass_(11)
    assert way.token(credential).value
    assert emulator.count(provider) == 2


def test_64_threads_are_told_by_one_call(emulator: Emulator, time: Time) -> None:
    emulator.fault("setu", "sandbox", status=429, latency=0.05)
    credential = Setu("sandbox", clock=time.clock)

    errors = in_threads(CROWD, lambda: failure_of(credential.token))

    assert {type(error) for error in errors} == {Limited}
    assert len({id(error) for error in errors}) == CROWD
    assert emulator.count("setu") == 1
    assert time.paused == []


def test_where_the_provider_names_no_time_it_is_a_minute(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", status=429)
    with pytest.raises(Limited) as caught:
        way.token(Setu("sandbox", clock=time.clock))

    assert caught.value.retry_at == time.now + 60


def test_the_old_token_is_served_meanwhile(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Setu("sandbox", clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=429, headers={"Retry-After": "100"})

    for _ in range(9):
        assert way.token(credential) == first
        settle()
        time.pass_(10)

    assert emulator.count("setu") == 2


def test_an_api_that_says_too_many_is_left_to_its_caller(emulator: Emulator, time: Time, way: Way) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=429)
    credential = Setu("sandbox", clock=time.clock)

    assert way.get(credential, f"{credential.base_url}/echo").status_code == 429
    assert emulator.count("setu") == 1
