"""The provider responds "too many requests": no token request is sent before the time it names."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from gatepass import RateLimited, Setu, Su
from gatepass_emulator import Emulator

from ..helpers import (
    CALLERS,
    FakeClock,
    Runner,
    call_in_threads,
    error_raised_by,
    parametrize_credentials,
    wait_for_background_refreshes,
)


@parametrize_credentials(("credential_class", "status"), [(Setu, 429), (Su, 422)])
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "HTTP date"])
def test_no_token_request_before_retry_after(
    emulator: Emulator, clock: FakeClock, runner: Runner, credential_class: Any, status: int, as_date: bool
) -> None:
    header = formatdate(clock.now + 300, usegmt=True) if as_date else "300"
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", times=1, status=status, headers={"Retry-After": header})
    credential = credential_class("sandbox", clock=clock.clock)
    began = clock.now

    for _ in range(10):
        with pytest.raises(RateLimited) as caught:
            runner.token(credential)
        assert caught.value.retry_at == began + 300
        clock.advance(29)
    assert emulator.count(provider) == 1

    clock.advance(11)
    assert runner.token(credential).value
    assert emulator.count(provider) == 2


def test_64_threads_share_one_rate_limited_response(emulator: Emulator, clock: FakeClock) -> None:
    emulator.fault("setu", "sandbox", status=429, latency=0.05)
    credential = Setu("sandbox", clock=clock.clock)

    errors = call_in_threads(CALLERS, lambda: error_raised_by(credential.token))

    assert {type(error) for error in errors} == {RateLimited}
    assert len({id(error) for error in errors}) == CALLERS
    assert emulator.count("setu") == 1
    assert clock.sleeps == []


def test_without_retry_after_the_back_off_is_a_minute(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", status=429)
    with pytest.raises(RateLimited) as caught:
        runner.token(Setu("sandbox", clock=clock.clock))

    assert caught.value.retry_at == clock.now + 60


def test_the_valid_token_is_served_during_a_rate_limit(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Setu("sandbox", clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    emulator.fault("setu", "sandbox", status=429, headers={"Retry-After": "100"})

    for _ in range(9):
        assert runner.token(credential) == first
        wait_for_background_refreshes()
        clock.advance(10)

    assert emulator.count("setu") == 2


def test_a_429_of_an_api_is_returned_to_the_caller(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("setu", "sandbox", operation="echo", status=429)
    credential = Setu("sandbox", clock=clock.clock)

    assert runner.get(credential, f"{credential.base_url}/echo").status_code == 429
    assert emulator.count("setu") == 1
