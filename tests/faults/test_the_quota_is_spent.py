"""Su allows 30 tokens in 60 minutes: what happens near that figure."""

import gc
import os
import threading

import httpx
import pytest

from gatepass import Limited, Su, Unavailable
from gatepass._quota import LEDGERS
from gatepass.testing import forget_quotas
from gatepass_emulator import Emulator

from ..conftest import Time, Way, Wire
from ..patience import PATIENCE


def spend(credential: Su, tokens: int) -> None:
    for _ in range(tokens):
        credential.forget()
        credential.token()


def test_the_caller_is_told_before_the_wire_and_when(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Su("sandbox", clock=time.clock)
    first_at = time.now
    spend(credential, 20)
    time.pass_(600)
    spend(credential, 8)

    credential.forget()
    with pytest.raises(Limited, match="the quota is spent") as caught:
        way.token(credential)

    assert caught.value.retry_at == pytest.approx(first_at + 3600)
    assert caught.value.status is None
    assert emulator.count("su") == 28  # two are kept back
    time.now = first_at + 3600
    assert way.token(credential).value


def test_the_reserve_serves_a_token_that_an_api_calls_dead(emulator: Emulator, time: Time, way: Way) -> None:
    credential = Su("sandbox", clock=time.clock)
    spend(credential, 28)

    for left in (1, 0):
        emulator.revoke(credential.token().value)
        assert way.get(credential, f"{credential.base_url}/echo").status_code == 200
        assert credential.status().quota_left == left
    emulator.revoke(credential.token().value)
    assert way.get(credential, f"{credential.base_url}/echo").status_code == 401

    assert emulator.count("su") == emulator.count("su", status=200) == 30


def test_the_reserve_is_there_although_a_renewal_was_just_told_no(
    emulator: Emulator, time: Time, way: Way
) -> None:
    told_no = threading.Event()
    credential = Su(
        "sandbox", clock=time.clock, on_event=lambda one: told_no.set() if one.kind == "limited" else None
    )
    spend(credential, 28)
    time.pass_(0.85 * 3600)
    way.token(credential)
    assert told_no.wait(PATIENCE)
    assert credential.status().error is not None

    emulator.revoke(credential.token().value)

    assert way.get(credential, f"{credential.base_url}/echo").status_code == 200
    assert emulator.count("su") == 29


def test_credentials_of_one_account_share_it_and_a_rotation_does_not_renew_it(
    emulator: Emulator, time: Time, way: Way
) -> None:
    spend(Su("sandbox", clock=time.clock), 14)
    secret = os.environ["SU_SANDBOX_CLIENT_SECRET"]
    spend(Su("sandbox", client_secret=lambda: secret, clock=time.clock), 14)

    with pytest.raises(Limited):
        way.token(Su("sandbox", client_secret="fake-rotated", clock=time.clock))
    assert emulator.count("su") == 28
    assert way.token(Su("production", clock=time.clock)).value


def test_a_call_whose_outcome_is_unknown_counts_and_is_not_repeated(
    emulator: Emulator, time: Time, way: Way
) -> None:
    emulator.fault("su", "sandbox", cut="before")
    credential = Su("sandbox", clock=time.clock)

    with pytest.raises(Unavailable):
        way.token(credential)

    assert emulator.count("su") == 1
    assert credential.status().quota_left == 29


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ProxyError])
def test_a_call_that_never_went_out_does_not_count(
    error: type[Exception], time: Time, way: Way, wire: Wire
) -> None:
    def refused(_request: httpx.Request) -> httpx.Response:
        raise error("fake")

    credential = wire.credential(Su, refused)

    with pytest.raises(Unavailable):
        way.token(credential)

    assert len(wire.requests) == 2  # it is safe to repeat
    assert credential.status().quota_left == 30


def test_another_process_has_spent_it(emulator: Emulator, time: Time, way: Way) -> None:
    spend(Su("sandbox", clock=time.clock), 28)
    forget_quotas()
    credential = Su("sandbox", clock=time.clock)
    spend(credential, 2)

    credential.forget()
    with pytest.raises(Limited) as caught:
        way.token(credential)

    assert (caught.value.status, caught.value.code) == (422, "548")
    assert caught.value.retry_at == pytest.approx(time.now + 60)
    assert emulator.count("su", status=422) == 1


def test_the_quota_of_an_account_is_kept_while_a_request_counts_and_no_longer(wire: Wire, time: Time) -> None:
    for number in range(50):
        wire.credential(Su, client_id=f"fake-{number}.example").token()
    time.pass_(3599)
    assert wire.credential(Su, client_id="fake-0.example").status().quota_left == 29
    assert len(LEDGERS) == 50

    time.pass_(1)
    spend(wire.credential(Su), 28)
    wire.requests.clear()  # they lead to what sent them, and so to the quotas
    gc.collect()

    assert len(LEDGERS) == 1
