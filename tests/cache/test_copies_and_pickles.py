"""Copies and pickles of credentials have the settings, but neither secrets nor tokens."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

import pytest

from gatepass import Rejected, Sahamati, Setu
from gatepass_emulator import Emulator

from ..helpers import FakeClock
from ..timeouts import HANG_TIMEOUT

COPY_FUNCTIONS = [copy.copy, copy.deepcopy, lambda credential: pickle.loads(pickle.dumps(credential))]


def secret_from_a_vault() -> str:
    return os.environ["FAKE_VAULT"]


@pytest.mark.parametrize("copy_credential", COPY_FUNCTIONS)
def test_a_copy_has_the_settings_and_fetches_its_own_token(
    emulator: Emulator, credential_class: Any, copy_credential: Any
) -> None:
    credential = credential_class("sandbox", timeout=HANG_TIMEOUT)
    credential.token()

    other = copy_credential(credential)

    assert (other.environment, other.base_url) == (credential.environment, credential.base_url)
    assert repr(other) == repr(credential)
    assert other.token().value
    assert emulator.count(credential_class.spec.provider) == 2


@pytest.mark.parametrize("copy_credential", COPY_FUNCTIONS)
def test_a_copy_made_during_a_fetch_fetches_its_own_token(emulator: Emulator, copy_credential: Any) -> None:
    emulator.fault("setu", "sandbox", times=1, latency=0.1)
    arrived = threading.Event()
    emulator.listen(lambda _call: arrived.set())
    credential = Setu("sandbox")
    parent = threading.Thread(target=credential.token)
    parent.start()
    assert arrived.wait(HANG_TIMEOUT)

    assert copy_credential(credential).token().value

    parent.join()
    assert emulator.count("setu") == 2


def test_a_pickled_credential_works_in_another_process(emulator: Emulator) -> None:
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).token())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=pickle.dumps(Setu("sandbox")),
        capture_output=True,
        timeout=HANG_TIMEOUT,
    )

    assert done.stdout.startswith(b"Token(value=***")
    assert emulator.count("setu") == 1


def test_a_secret_is_never_in_a_pickle(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VAULT", emulator.variables()["SAHAMATI_SANDBOX_SECRET"])
    by_function = Sahamati("sandbox", secret=secret_from_a_vault)

    for credential in (Setu("sandbox"), by_function):
        hidden = [credential.token().value, os.environ["FAKE_VAULT"], os.environ["SETU_SANDBOX_SECRET"]]
        pickled = pickle.dumps(credential)
        assert [value for value in hidden if value.encode() in pickled] == []
        assert pickle.loads(pickled).token().value


def test_pickling_or_copying_a_secret_raises_and_names_the_alternative(emulator: Emulator) -> None:
    with pytest.raises(TypeError, match="give it as a variable") as caught:
        pickle.dumps(Setu("sandbox", secret="fake-hidden"))
    assert "fake-hidden" not in str(caught.value)
    with pytest.raises(TypeError, match="pickle the credential"):
        pickle.dumps(Setu("sandbox").token())
    with pytest.raises(TypeError, match="give it as a variable"):
        copy.copy(Setu("sandbox", secret="fake-hidden"))


def test_a_pickled_error_keeps_its_attributes_and_shows_no_secret(
    emulator: Emulator, clock: FakeClock
) -> None:
    credential = Setu("sandbox", secret="fake-hidden", clock=clock.clock)
    with pytest.raises(Rejected) as caught:
        credential.token()

    pickled = pickle.dumps(caught.value)
    unpickled = pickle.loads(pickled)

    assert (str(unpickled), vars(unpickled)) == (str(caught.value), vars(caught.value))
    assert b"fake-hidden" not in pickled
