"""Credentials are copied and pickled: the settings travel, secrets and tokens do not."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

from gatepass import Sahamati, Setu
from gatepass_emulator import Emulator

from ..conftest import Time
from ..patience import PATIENCE

COPIES = [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]


def secret_from_a_vault() -> str:
    return os.environ["FAKE_VAULT"]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_has_the_settings_and_asks_for_itself(emulator: Emulator, cls: Any, copied: Any) -> None:
    credential = cls("sandbox", timeout=PATIENCE)
    credential.token()

    other = copied(credential)

    assert (other.environment, other.base_url) == (credential.environment, credential.base_url)
    assert repr(other) == repr(credential)
    assert other.token().value
    assert emulator.count(cls.facts.provider) == 2


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_made_in_the_middle_of_a_renewal(emulator: Emulator, copied: Any) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.1)
    arrived = threading.Event()
    emulator.listen(lambda _call: arrived.set())
    credential = Setu("sandbox")
    parent = threading.Thread(target=credential.token)
    parent.start()
    assert arrived.wait(PATIENCE)

    assert copied(credential).token().value

    parent.join()
    assert emulator.count("setu") == 2


def test_a_pickle_wakes_in_another_process(emulator: Emulator) -> None:
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).token())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(Setu("sandbox")),
        capture_output=True,
        timeout=PATIENCE,
    )

    assert done.stdout.startswith(b"Token(value=***")
    assert emulator.count("setu") == 1


def test_a_secret_is_never_in_a_pickle(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VAULT", emulator.variables()["SAHAMATI_SANDBOX_SECRET"])
    by_function = Sahamati("sandbox", secret=secret_from_a_vault)

    for credential in (Setu("sandbox"), by_function):
        hidden = [credential.token().value, os.environ["FAKE_VAULT"], os.environ["SETU_SANDBOX_SECRET"]]
        pickled = pickle.dumps(credential)
        assert [one for one in hidden if one.encode() in pickled] == []
        assert pickle.loads(pickled).token().value


def test_what_cannot_travel_without_a_secret_says_how_it_could(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="give it as a variable") as caught:
        pickle.dumps(Setu("sandbox", secret="fake-hidden"))
    assert "fake-hidden" not in str(caught.value)
    with pytest.raises(TypeError, match="pickle the credential"):
        pickle.dumps(Setu("sandbox").token())
    with pytest.raises(TypeError, match="give it as a variable"):
        copy.copy(Setu("sandbox", secret="fake-hidden"))


def test_an_error_travels_whole_and_without_a_secret(emulator: Emulator, time: Time) -> None:
    credential = Setu("sandbox", secret="fake-hidden", clock=time.clock)
    with pytest.raises(Exception, match="refused") as caught:
        credential.token()

    pickled = pickle.dumps(caught.value)
    woken = pickle.loads(pickled)

    assert (str(woken), vars(woken)) == (str(caught.value), vars(caught.value))
    assert b"fake-hidden" not in pickled
