"""A secret is asked for, and may have changed: a rotation needs no restart."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from gatepass import Rejected, Sahamati, SahamatiUser, Setu, Token, TokenError
from gatepass_emulator import Emulator

from ..conftest import Time, Way
from .crowd import CROWD, in_threads, settle


class Vault:
    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.secrets.pop(0) if len(self.secrets) > 1 else self.secrets[0]


@pytest.fixture
def right(emulator: Emulator) -> str:
    return emulator.variables()["SETU_SANDBOX_SECRET"]


def test_a_function_is_asked_on_the_slow_path_only(
    emulator: Emulator, time: Time, way: Way, right: str
) -> None:
    vault = Vault(right)
    credential = Setu("sandbox", secret=vault, clock=time.clock)

    for _ in range(20):
        way.token(credential)

    assert vault.asked == 1


def test_a_secret_changed_meanwhile_is_tried_in_the_same_breath(
    emulator: Emulator, time: Time, way: Way, right: str
) -> None:
    vault = Vault("fake-old", right)

    assert way.token(Setu("sandbox", secret=vault, clock=time.clock)).value
    assert vault.asked == 2
    assert emulator.count("setu") == 2


def test_64_threads_at_the_moment_of_a_rotation(emulator: Emulator, time: Time, right: str) -> None:
    credential = Setu("sandbox", secret=Vault("fake-old", right), clock=time.clock)

    assert len({token.value for token in in_threads(CROWD, credential.token)}) == 1
    assert emulator.count("setu") == 2


def test_a_refused_secret_is_asked_for_anew_but_sent_once(
    emulator: Emulator, time: Time, way: Way, right: str
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=time.clock)
    for _ in range(20):
        with pytest.raises(Rejected):
            way.token(credential)
    assert emulator.count("setu") == 1

    vault.secrets = [right]
    assert way.token(credential).value


def test_a_rejected_secret_is_looked_up_at_each_call_and_sent_once_a_minute(
    emulator: Emulator, time: Time, way: Way
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=time.clock)

    for _ in range(61):
        with pytest.raises(Rejected):
            way.token(credential)
        time.pass_(1)

    assert emulator.count("setu") == 2
    assert vault.asked == 61 + 2  # and once more after each rejection


def test_64_callers_who_wait_at_once_share_one_lookup_of_a_rejected_secret(
    emulator: Emulator, time: Time
) -> None:
    waiting = threading.Event()

    def look_up() -> str:
        lookups.append(waiting.wait(60))
        return "fake-old"

    async def burst() -> list[BaseException | Token]:
        asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, waiting.set)
        return await asyncio.gather(*(credential.atoken() for _ in range(CROWD)), return_exceptions=True)

    lookups: list[bool] = []
    credential = Setu("sandbox", secret=look_up, clock=time.clock)
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
    emulator: Emulator, time: Time, way: Way, right: str
) -> None:
    vault = Vault(right)
    credential = Setu("sandbox", secret=vault, clock=time.clock)
    first = way.token(credential)
    time.pass_(0.85 * 1800)
    vault.secrets = ["fake-old"]
    way.token(credential)
    settle()
    vault.asked = 0

    for _ in range(10):
        assert way.token(credential) == first
        settle()
    assert vault.asked == 0

    time.pass_(1)
    for _ in range(10):
        assert way.token(credential) == first
        settle()
    assert vault.asked == 1
    assert emulator.count("setu") == 2


@pytest.mark.parametrize("status", [429, 503])
def test_after_a_failure_that_is_not_the_secret_s_it_is_not_looked_up(
    status: int, emulator: Emulator, time: Time, way: Way, right: str
) -> None:
    emulator.fault("setu", "sandbox", status=status, headers={"Retry-After": "50"})
    vault = Vault(right)
    credential = Setu("sandbox", secret=vault, clock=time.clock)

    for _ in range(20):
        with pytest.raises(TokenError):
            way.token(credential)
        time.pass_(2)

    assert vault.asked == 1


def test_a_wrong_secret_that_comes_back_is_a_new_one_and_sent_again(
    emulator: Emulator, time: Time, way: Way
) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=time.clock)

    for secret in ("fake-old", "fake-other", "fake-old"):
        vault.secrets = [secret]
        for _ in range(5):
            with pytest.raises(Rejected):
                way.token(credential)

    assert emulator.count("setu") == 3


def test_an_entity_lives_through_the_reset_of_its_secret(emulator: Emulator, time: Time, way: Way) -> None:
    user = SahamatiUser("sandbox", clock=time.clock)
    entity = emulator.credentials("sahamati", "sandbox", "entityToken")["entity_id"]
    credential = Sahamati("sandbox", secret=lambda: user.read_secret(entity).value, clock=time.clock)
    way.token(credential)

    way.reset_secret(user, entity)
    credential.forget()

    assert way.token(credential).value


def test_a_mounted_file_is_read_again(
    emulator: Emulator, time: Time, way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str
) -> None:
    mounted = tmp_path / "secret"
    mounted.write_text("fake-old\n")
    monkeypatch.delenv("SETU_SANDBOX_SECRET")
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(mounted))
    credential = Setu("sandbox", clock=time.clock)
    with pytest.raises(Rejected):
        way.token(credential)

    mounted.write_text(right + "\n")

    assert way.token(credential).value
    assert emulator.count("setu") == 2
