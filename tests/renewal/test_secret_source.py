"""Secrets that are asked for, and may have changed."""

import threading
from pathlib import Path

import pytest

from gatepass import Rejected, Sahamati, SahamatiUser, Setu, Unavailable
from gatepass_emulator import Emulator

from ..conftest import Time, Way


class Vault:
    def __init__(self, *secrets: str) -> None:
        self.secrets = list(secrets)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.secrets.pop(0) if len(self.secrets) > 1 else self.secrets[0]


def test_a_function_is_asked_on_the_slow_path_only(emulator: Emulator, time: Time, way: Way) -> None:
    vault = Vault(emulator.variables()["SETU_SANDBOX_SECRET"])
    credential = Setu("sandbox", secret=vault, clock=time.clock)

    for _ in range(20):
        way.token(credential)

    assert vault.asked == 1


def test_a_secret_changed_meanwhile_is_tried_in_the_same_breath(
    emulator: Emulator, time: Time, way: Way
) -> None:
    vault = Vault("fake-old", emulator.variables()["SETU_SANDBOX_SECRET"])

    assert way.token(Setu("sandbox", secret=vault, clock=time.clock)).value
    assert vault.asked == 2
    assert emulator.count("setu") == 2


def test_a_refused_secret_is_asked_for_anew_but_sent_once(emulator: Emulator, time: Time, way: Way) -> None:
    vault = Vault("fake-old")
    credential = Setu("sandbox", secret=vault, clock=time.clock)
    for _ in range(20):
        with pytest.raises(Rejected):
            way.token(credential)
    assert emulator.count("setu") == 1

    vault.secrets = [emulator.variables()["SETU_SANDBOX_SECRET"]]
    time.pass_(1)
    assert way.token(credential).value


def test_an_entity_lives_through_the_reset_of_its_secret(emulator: Emulator, time: Time, way: Way) -> None:
    user = SahamatiUser("sandbox", clock=time.clock)
    entity = emulator.credentials("sahamati", "sandbox", "entityToken")["entity_id"]
    credential = Sahamati("sandbox", secret=lambda: user.read_secret(entity).value, clock=time.clock)
    way.token(credential)

    way.reset_secret(user, entity)
    credential.forget()

    assert way.token(credential).value


def test_a_mounted_file_is_read_again(
    emulator: Emulator, time: Time, way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = tmp_path / "secret"
    mounted.write_text("fake-old\n")
    monkeypatch.delenv("SETU_SANDBOX_SECRET")
    monkeypatch.setenv("SETU_SANDBOX_SECRET_FILE", str(mounted))
    credential = Setu("sandbox", clock=time.clock)
    mounted.write_text(emulator.variables()["SETU_SANDBOX_SECRET"] + "\n")

    assert way.token(credential).value


def test_a_vault_that_fails_tells_nothing_of_what_it_knows(emulator: Emulator, time: Time, way: Way) -> None:
    def broken() -> str:
        raise OSError("fake-vault-secret")

    with pytest.raises(Unavailable, match="OSError") as caught:
        way.token(Setu("sandbox", secret=broken, clock=time.clock))

    assert "fake-vault-secret" not in repr(caught.value)
    assert caught.value.__context__ is None
    assert emulator.count("setu") == 0


def test_a_vault_that_hangs_costs_each_caller_no_more_than_its_timeout(
    emulator: Emulator, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepass._flight.GRACE", 0.05)
    answers = threading.Event()

    def slow() -> str:
        answers.wait(10)
        return emulator.variables()["SETU_SANDBOX_SECRET"]

    credential = Setu("sandbox", secret=slow, timeout=0.05)
    try:
        with pytest.raises(Unavailable, match="no token within"):
            way.token(credential)
        with pytest.raises(Unavailable, match="no token within"):  # remembered, not waited for again
            way.token(credential)
        assert emulator.count("setu") == 0
    finally:
        answers.set()
