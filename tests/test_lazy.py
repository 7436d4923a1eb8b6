"""Lazy credentials: nothing is read until the first use, which is then like that of any other credential."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepass import ConfigError, Decentro, SahamatiUser, Secret, Setu
from gatepass_emulator import Emulator

from .helpers import MockProvider, Runner, call_in_threads, error_report
from .timeouts import HANG_TIMEOUT

HIDDEN = "fake-hidden-value"
COPY_FUNCTIONS = [copy.copy, copy.deepcopy, lambda credential: pickle.loads(pickle.dumps(credential))]


def is_read(credential: object) -> bool:
    return "_settings" in vars(credential)


def secret_of_a_vault() -> str:
    return "fake"


@pytest.mark.usefixtures("clean_environment")
def test_nothing_is_read_before_the_first_use(credential_class: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEPASS_STORE", "no store")

    lazy = credential_class.lazy("no environment", timeout="no number", verify="/no/file")

    assert isinstance(lazy, credential_class)
    assert isinstance(lazy, httpx.Auth)
    assert not isinstance(lazy, (list, dict, str))
    assert repr(lazy) == f"{lazy}" == f"{credential_class.__name__}.lazy()"
    assert not is_read(lazy)


def test_each_use_raises_the_error_of_the_constructor_until_it_is_corrected(
    runner: Runner, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = os.environ["SETU_SANDBOX_SECRET"]
    monkeypatch.delenv("SETU_SANDBOX_SECRET")
    lazy = Setu.lazy("sandbox")
    with pytest.raises(ConfigError) as eager:
        Setu("sandbox")

    for use in (
        lambda: lazy.validate(),
        lambda: lazy.environment,
        lambda: lazy.status(),
        lambda: lazy.invalidate(),
        lambda: runner.token(lazy),
        lambda: runner.get(lazy, f"{emulator.url('setu', 'sandbox')}/echo"),
    ):
        with pytest.raises(ConfigError) as caught:
            use()
        assert str(caught.value) == str(eager.value)
    monkeypatch.setenv("SETU_SANDBOX_SECRET", secret)

    assert runner.get(lazy, f"{emulator.url('setu', 'sandbox')}/echo").status_code == 200
    assert emulator.count("setu") == 1


def test_after_its_first_use_it_is_like_any_other(emulator: Emulator, credential_class: Any) -> None:
    lazy, eager = credential_class.lazy("sandbox"), credential_class("sandbox")

    lazy.validate()

    assert type(lazy) is credential_class
    assert vars(lazy).keys() == vars(eager).keys()
    assert repr(lazy) == repr(eager)
    assert emulator.count(credential_class.spec.provider) == 0
    assert lazy.token() is lazy.token()
    assert emulator.count(credential_class.spec.provider) == 1


def test_the_first_use_may_be_a_secret_request(emulator: Emulator) -> None:
    assert isinstance(SahamatiUser.lazy("uat").read_secret("fake-aa-1"), Secret)


def test_the_first_request_of_a_credential_with_options_has_them(mock_provider: MockProvider) -> None:
    decentro = Decentro.lazy(
        "sandbox",
        client_id="fake",
        client_secret="fake",
        authenticate_with="credentials",
        transport=mock_provider,
    )
    api = httpx.MockTransport(lambda request: httpx.Response(200, json=dict(request.headers)))
    with httpx.Client(auth=decentro, transport=api) as client:
        sent = client.get(decentro.base_url).json()

    assert sent["client_id"] == "fake"
    assert "authorization" not in sent


def test_threads_that_use_it_first_at_the_same_moment_share_one_token(emulator: Emulator) -> None:
    for _ in range(20):
        lazy = Setu.lazy("sandbox")
        tokens = call_in_threads(8, lambda lazy=lazy: lazy.token())  # type: ignore[misc]
        assert len({token.value for token in tokens}) == 1
    assert emulator.count("setu") == 20


def test_a_thread_that_is_late_uses_what_another_thread_has_made(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first thread stops while it makes the credential, until the second has done so."""
    first_reads, second_is_done = threading.Event(), threading.Event()
    make, threads = Setu.__init__, []

    def paused(self: Setu, *first: Any, **arguments: Any) -> None:
        make(self, *first, **arguments)
        threads.append(threading.current_thread())
        if len(threads) == 1:
            first_reads.set()
            assert second_is_done.wait(HANG_TIMEOUT)

    monkeypatch.setattr(Setu, "__init__", paused)
    lazy = Setu.lazy("sandbox")
    values = []
    first = threading.Thread(target=lambda: values.append(lazy.token().value))
    first.start()
    assert first_reads.wait(HANG_TIMEOUT)
    values.append(lazy.token().value)
    second_is_done.set()
    first.join()

    assert len(threads) == 2
    assert values[0] == values[1]
    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("clean_environment")
@pytest.mark.parametrize("copy_credential", COPY_FUNCTIONS)
def test_a_copy_of_one_that_was_not_used_is_lazy(copy_credential: Any) -> None:
    other = copy_credential(Setu.lazy("sandbox", secret=secret_of_a_vault, client_id="fake", timeout=5))

    assert not is_read(other)
    assert repr(other) == "Setu.lazy()"
    assert (other.environment, other._timeout) == ("sandbox", 5.0)


@pytest.mark.parametrize("copy_credential", COPY_FUNCTIONS)
def test_a_copy_of_one_that_was_used_is_like_a_copy_of_any_other(
    emulator: Emulator, copy_credential: Any
) -> None:
    lazy = Setu.lazy("sandbox")
    lazy.token()

    assert copy_credential(lazy).token().value != lazy.token().value


def test_it_is_pickled_without_a_secret_or_not_at_all() -> None:
    with pytest.raises(TypeError, match=r"Setu.lazy\(\) is not pickled with its secret"):
        pickle.dumps(Setu.lazy("sandbox", secret=HIDDEN))


@pytest.mark.usefixtures("clean_environment")
def test_it_shows_no_secret() -> None:
    for lazy in (Setu.lazy("sandbox", secret=HIDDEN), Setu.lazy("sandbox", HIDDEN)):  # type: ignore[call-arg]
        assert HIDDEN not in f"{lazy!r} {vars(lazy)} {lazy.__dict__}"
        with pytest.raises(ConfigError) as caught:
            lazy.validate()
        assert HIDDEN not in error_report(caught.value)


def test_a_settings_module_is_imported_without_variables(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(
        "import os\nfrom gatepass import Setu\n"
        "os.environ['STAGE'] = 'sandbox'\n"
        "SETU = Setu.lazy(Setu.environment_of(os.environ['STAGE']))\n"
    )
    program = "import settings\ntry: settings.SETU.validate()\nexcept Exception as error: print(error)"
    bare = {name: value for name, value in os.environ.items() if not name.startswith("SETU_")}
    use = "import settings; print(settings.SETU.token().expires_at)"

    def run(program: str, variables: dict[str, str]) -> str:
        command = [sys.executable, "-c", program]
        done = subprocess.run(
            command, cwd=tmp_path, env=variables, capture_output=True, text=True, timeout=HANG_TIMEOUT
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert run(program, bare).startswith("set SETU_SANDBOX_CLIENT_ID ")
    assert float(run(use, dict(os.environ))) > 0
    assert emulator.count("setu") == 1


def test_the_code_of_lazy_credentials_is_loaded_only_for_them() -> None:
    program = "import sys; from gatepass import Setu; print('gatepass._lazy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
