"""The quota of Su, 30 tokens in 60 minutes, of which two are reserved for tokens that an API rejects."""

import gc
import os
import threading

import httpx
import pytest

from gatepass import RateLimited, Su, Unavailable
from gatepass._quota import WINDOWS
from gatepass.testing import reset_quotas
from gatepass_emulator import Emulator

from ..helpers import FakeClock, MockProvider, Runner
from ..timeouts import HANG_TIMEOUT


def use_quota(credential: Su, tokens: int) -> None:
    for _ in range(tokens):
        credential.invalidate()
        credential.token()


def test_a_spent_quota_raises_before_any_request_and_says_until_when(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Su("sandbox", clock=clock.clock)
    first_at = clock.now
    use_quota(credential, 20)
    clock.advance(600)
    use_quota(credential, 8)

    credential.invalidate()
    with pytest.raises(RateLimited, match="the quota is spent") as caught:
        runner.token(credential)

    assert caught.value.retry_at == pytest.approx(first_at + 3600)
    assert caught.value.status is None
    assert emulator.count("su") == 28  # two are reserved
    clock.now = first_at + 3600
    assert runner.token(credential).value


def test_the_reserve_is_used_for_tokens_that_an_api_rejects(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    credential = Su("sandbox", clock=clock.clock)
    use_quota(credential, 28)

    for left in (1, 0):
        emulator.revoke(credential.token().value)
        assert runner.get(credential, f"{credential.base_url}/echo").status_code == 200
        assert credential.status().quota_left == left
    emulator.revoke(credential.token().value)
    assert runner.get(credential, f"{credential.base_url}/echo").status_code == 401

    assert emulator.count("su") == emulator.count("su", status=200) == 30


def test_the_reserve_is_used_even_after_a_refresh_was_rate_limited(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    rate_limited = threading.Event()
    credential = Su(
        "sandbox",
        clock=clock.clock,
        on_event=lambda event: rate_limited.set() if event.kind == "rate_limited" else None,
    )
    use_quota(credential, 28)
    clock.advance(0.85 * 3600)
    runner.token(credential)
    assert rate_limited.wait(HANG_TIMEOUT)
    assert credential.status().error is not None

    emulator.revoke(credential.token().value)

    assert runner.get(credential, f"{credential.base_url}/echo").status_code == 200
    assert emulator.count("su") == 29


def test_credentials_of_one_account_share_the_quota_across_a_rotation(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    use_quota(Su("sandbox", clock=clock.clock), 14)
    secret = os.environ["SU_SANDBOX_CLIENT_SECRET"]
    use_quota(Su("sandbox", client_secret=lambda: secret, clock=clock.clock), 14)

    with pytest.raises(RateLimited):
        runner.token(Su("sandbox", client_secret="fake-rotated", clock=clock.clock))
    assert emulator.count("su") == 28
    assert runner.token(Su("production", clock=clock.clock)).value


def test_a_request_with_an_unknown_outcome_counts_and_is_not_repeated(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    emulator.fault("su", "sandbox", disconnect="before")
    credential = Su("sandbox", clock=clock.clock)

    with pytest.raises(Unavailable):
        runner.token(credential)

    assert emulator.count("su") == 1
    assert credential.status().quota_left == 29


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ProxyError])
def test_a_request_that_was_never_sent_does_not_count(
    error: type[Exception], clock: FakeClock, runner: Runner, mock_provider: MockProvider
) -> None:
    def fail_to_connect(_request: httpx.Request) -> httpx.Response:
        raise error("fake")

    credential = mock_provider.credential(Su, fail_to_connect)

    with pytest.raises(Unavailable):
        runner.token(credential)

    assert len(mock_provider.requests) == 2  # it is safe to repeat
    assert credential.status().quota_left == 30


def test_a_quota_spent_by_another_process_is_learnt_from_the_response(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    use_quota(Su("sandbox", clock=clock.clock), 28)
    reset_quotas()
    credential = Su("sandbox", clock=clock.clock)
    use_quota(credential, 2)

    credential.invalidate()
    with pytest.raises(RateLimited) as caught:
        runner.token(credential)

    assert (caught.value.status, caught.value.code) == (422, "548")
    assert caught.value.retry_at == pytest.approx(clock.now + 60)
    assert emulator.count("su", status=422) == 1


def test_the_quota_of_an_account_is_dropped_once_no_request_counts(
    mock_provider: MockProvider, clock: FakeClock
) -> None:
    for number in range(50):
        mock_provider.credential(Su, client_id=f"fake-{number}.example").token()
    clock.advance(3599)
    assert mock_provider.credential(Su, client_id="fake-0.example").status().quota_left == 29
    assert len(WINDOWS) == 50

    clock.advance(1)
    use_quota(mock_provider.credential(Su), 28)
    mock_provider.requests.clear()  # requests reference their senders, and so the quotas
    gc.collect()

    assert len(WINDOWS) == 1
