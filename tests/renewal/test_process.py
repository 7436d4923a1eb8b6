"""Forks, pickles and copies."""

import copy
import os
import pickle
import threading
import time as real_time
from typing import Any

import pytest

from gatepass import Sahamati, Setu
from gatepass_emulator import Emulator

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


def secret_from_a_vault() -> str:
    return os.environ["FAKE_VAULT"]


def in_child(work: Any) -> int:
    """Run work in a forked child, at most ten seconds; the answer is its exit status."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    for _ in range(1000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        real_time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -1


def test_a_fork_in_the_middle_of_a_renewal_does_not_hang_the_child(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", latency=0.3)
    credential = Setu("sandbox")
    parent = threading.Thread(target=credential.token)
    parent.start()
    while not emulator.count("setu"):
        real_time.sleep(0.001)

    assert in_child(credential.token) == 0

    parent.join()
    assert emulator.count("setu") == 2  # one for each process


def test_a_fork_while_the_lock_is_held_does_not_hang_the_child(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    with credential._renewal._lock:
        assert in_child(credential.token) == 0


def test_a_child_goes_on_with_the_token_of_its_parent(emulator: Emulator) -> None:
    credential = Setu("sandbox")
    credential.token()

    assert in_child(credential.token) == 0

    assert emulator.count("setu") == 1


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_has_the_settings_and_asks_for_itself(emulator: Emulator, copied: Any) -> None:
    credential = Setu("sandbox", timeout=3)
    credential.token()

    other = copied(credential)

    assert (other.environment, other.base_url) == (credential.environment, credential.base_url)
    assert other.token().value
    assert emulator.count("setu") == 2


def test_a_secret_is_never_in_a_pickle(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_VAULT", emulator.variables()["SAHAMATI_SANDBOX_SECRET"])
    by_function = Sahamati("sandbox", secret=secret_from_a_vault)
    by_function.token()

    for credential in (Setu("sandbox"), by_function):
        pickled = pickle.dumps(credential)
        assert os.environ["FAKE_VAULT"].encode() not in pickled
        assert os.environ["SETU_SANDBOX_SECRET"].encode() not in pickled
        assert pickle.loads(pickled).token().value
    with pytest.raises(TypeError, match="give it as a variable"):
        pickle.dumps(Setu("sandbox", secret="fake-secret"))
    with pytest.raises(TypeError, match="pickle the credential"):
        pickle.dumps(by_function.token())
