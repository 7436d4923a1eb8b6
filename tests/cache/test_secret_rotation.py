"""A secret changes while the program runs: a rotation needs no restart."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from gatepass import Rejected, Sahamati, SahamatiUser, Setu, Token, TokenError
from gatepass_emulator import Emulator

from ..helpers import CALLERS, FakeClock, Runner, call_in_threads, wait_for_background_refreshes
from ..timeouts import HANG_TIMEOUT


class Vault:
    """Returns the given secrets one after another, and then the last one again."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        return self.secrets.pop(0) if len(self.secrets) > 1 else self.secrets[0]


@pytest.fixture
def valid_secret(emulator: Emulator) -> str:
    return emulator.variables()["SETU_SANDBOX_SECRET"]


def test_a_secret_function_is_called_once_for_20_calls(
    emulator: Emulator, clock: FakeClock, runner: Runner, valid_secret: str
) -> None:
    vault = Vault(valid_secret)
    credential = Setu("sandbox", secret=vault, clock=clock.clock)

    for _ in range(20):
        runner.token(credential)

    assert vault.calls == 1


def test_a_secret_that_changed_is_tried_within_the_same_call(
    emulator: Emulator, clock: FakeClock, runner: Runner, valid_secret: str
) -> None:
    vault = Vault("fake-old", valid_secret)

    assert runner.token(Setu("sandbox", secret=vault, clock=clock.clock)).value
    assert vault.calls == 2
    assert emulator.count("setu") == 2


def test_64_threads_during_a_rotation_cost_two_token_requests(
    emulator: Emulator, clock: FakeClock, valid_secret: str
) -> None:
    credential = Setu("sandbox", secret=Vault("fake-old", valid_secret), clock=clock.clock)

    assert len({token.value for token in call_in_threads(CALLERS, credential.token)}) == 1
    assert emulator.count("setu") == 2


def test_a_rejected_secret_is_sent_once_until_it_changes(
    emulator: Emulator, clock: FakeClock, runner: Runner, valid_secret: str
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=clock.clock)
    for _ in range(20):
        with pytest.raises(Rejected):
            runner.token(credential)
    assert emulator.count("setu") == 1

    vault.secrets = [valid_secret]
    assert runner.token(credential).value


def test_a_rejected_secret_is_looked_up_at_each_call_and_sent_once_a_minute(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=clock.clock)

    for _ in range(61):
        with pytest.raises(Rejected):
            runner.token(credential)
        clock.advance(1)

    assert emulator.count("setu") == 2
    assert vault.calls == 61 + 2  # and once more after each rejection


def test_64_callers_who_wait_at_once_share_one_lookup_of_a_rejected_secret(
    emulator: Emulator, clock: FakeClock
) -> None:
    waiting = threading.Event()

    def look_up() -> str:
        lookups.append(waiting.wait(HANG_TIMEOUT))
        return "fake-old"

    async def burst() -> list[BaseException | Token]:
        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, waiting.set)
        return await asyncio.gather(*(credential.atoken() for _ in range(CALLERS)), return_exceptions=True)

    lookups: list[bool] = []
    credential = Setu("sandbox", secret=look_up, clock=clock.clock)
    waiting.set()
    with pytest.raises(Rejected):
        credential.token()
    lookups.clear()
    waiting.clear()

    outcomes = asyncio.run(burst())

    assert {type(outcome) for outcome in outcomes} == {Rejected}
    assert lookups == [True]
    assert emulator.count("setu") == 1


def test_while_the_old_token_is_valid_a_rejected_secret_is_looked_up_once_a_second(
    emulator: Emulator, clock: FakeClock, runner: Runner, valid_secret: str
) -> None:
    vault = Vault(valid_secret)
    credential = Setu("sandbox", secret=vault, clock=clock.clock)
    first = runner.token(credential)
    clock.advance(0.85 * 1800)
    vault.secrets = ["fake-old"]
    runner.token(credential)
    wait_for_background_refreshes()
    vault.calls = 0

    for _ in range(10):
        assert runner.token(credential) == first
        wait_for_background_refreshes()
    assert vault.calls == 0

    clock.advance(1)
    for _ in range(10):
        assert runner.token(credential) == first
        wait_for_background_refreshes()
    assert vault.calls == 1
    assert emulator.count("setu") == 2


@pytest.mark.parametrize("status", [429, 503])
def test_the_secret_is_not_looked_up_again_after_a_rate_limit_or_an_outage(
    status: int, emulator: Emulator, clock: FakeClock, runner: Runner, valid_secret: str
) -> None:
    emulator.fault("setu", "sandbox", status=status, headers={"Retry-After": "50"})
    vault = Vault(valid_secret)
    credential = Setu("sandbox", secret=vault, clock=clock.clock)

    for _ in range(20):
        with pytest.raises(TokenError):
            runner.token(credential)
        clock.advance(2)

    assert vault.calls == 1


def test_a_rejected_secret_is_sent_again_after_another_was_tried(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=clock.clock)

    for secret in ("fake-old", "fake-other", "fake-old"):
        vault.secrets = [secret]
        for _ in range(5):
            with pytest.raises(Rejected):
                runner.token(credential)

    assert emulator.count("setu") == 3


def test_a_credential_whose_secret_is_read_from_sahamati_survives_a_reset(
    emulator: Emulator, clock: FakeClock, runner: Runner
) -> None:
    user = SahamatiUser("sandbox", clock=clock.clock)
    entity = emulator.credentials("sahamati", "sandbox", "entityToken")["entity_id"]
    credential = Sahamati("sandbox", secret=lambda: user.read_secret(entity).value, clock=clock.clock)
    runner.token(credential)

    runner.reset_secret(user, entity)
    credential.invalidate()

    assert runner.token(credential).value


def test_a_mounted_secret_file_is_read_again_after_a_rejection(
    emulator: Emulator,
    clock: FakeClock,
    runner: Runner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    valid_secret: str,
) -> None:
    mounted = tmp_path / "secret"
    mounted.write_text("fake-old\n")
    monkeypatch.delenv("SETU_SANDBOX_SECRET")
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(mounted))
    credential = Setu("sandbox", clock=clock.clock)
    with pytest.raises(Rejected):
        runner.token(credential)

    mounted.write_text(valid_secret + "\n")

    assert runner.token(credential).value
    assert emulator.count("setu") == 2
