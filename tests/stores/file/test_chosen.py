"""Which store a setting names, and stores that users write themselves."""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Limited, Rejected, Setu, Su, TokenError, Unavailable
from gatepass.stores import Entry, FileStore, Lease, Wanted
from gatepass_emulator import Emulator

from .conftest import Gather


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What XDG calls the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("given", [True, False], ids=["store=", "GATEPASS_STORE"])
@pytest.mark.parametrize(
    ("named", "place"),
    [
        ("memory:", None),
        ("file:", "cache/gatepass"),
        ("file:{}/here", "here"),
        ("file://{}/here", "here"),
        (None, None),
    ],
)
def test_a_setting_names_the_store(
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: str | None,
    place: str | None,
    given: bool,
) -> None:
    named = named and named.format(tmp_path)
    if named is not None and not given:
        monkeypatch.setenv("GATEPASS_STORE", named)
    tokens = [Setu("sandbox", store=named if given else None).token() for _ in range(2)]

    records = [path.parent for path in tmp_path.rglob("*.token")]
    assert records == ([] if place is None else [tmp_path / place])
    assert emulator.count("setu") == len({token.value for token in tokens}) == (2 if place is None else 1)


@pytest.mark.parametrize(
    "named", ["", "nonsense", "memory", "sqlite:///x.db", "/a/folder", ":", "http://127.0.0.1/"]
)
def test_nonsense_is_said_before_anything_is_done(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    with pytest.raises(ConfigError, match="store=: use memory:, file:, file:/FOLDER, redis:"):
        Setu("sandbox", store=named)
    monkeypatch.setenv("GATEPASS_STORE", named)
    with pytest.raises(ConfigError, match="GATEPASS_STORE: use memory:, file:, file:/FOLDER, redis:"):
        Setu("sandbox")
    assert (emulator.calls, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize("odd", [5, {}, object(), b"file:"])
def test_what_is_no_store_is_said_at_once(emulator: Emulator, odd: Any) -> None:
    with pytest.raises(ConfigError, match="store=: a store has acquire, publish and fail"):
        Setu("sandbox", store=odd)


def test_the_argument_counts_before_the_variable(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", f"file:{tmp_path / 'variable'}")
    Setu("sandbox", store=FileStore(tmp_path / "argument")).token()
    Setu("sandbox", store="memory:").token()
    assert [path.name for path in tmp_path.iterdir()] == ["argument"]


def test_a_user_without_a_home_is_told_what_to_set(emulator: Emulator, crowd: Gather, tmp_path: Path) -> None:
    code = """
os.environ.update(GATEPASS_STORE='file:', XDG_CACHE_HOME='')
del os.environ['HOME']
if os.geteuid() == 0:
    os.setuid(54_321)  # as containers do: a number that nobody has given a name
try:
    Setu('sandbox')
except Exception as error:
    say(type(error).__name__)
"""
    if os.geteuid() != 0:
        pytest.skip("this user has a home")
    assert crowd(1, code).said() == ["ConfigError"]


class DictStore:
    """A store as a user writes it: here for the threads of a process."""

    def __init__(self) -> None:
        self._found: dict[str, Entry | TokenError] = {}
        self._asking: set[str] = set()
        self._asked: dict[str, list[float]] = {}
        self._changed = threading.Condition()

    def acquire(self, wanted: Wanted, seconds: float) -> Entry | Lease | TokenError | None:
        with self._changed:
            self._changed.wait_for(lambda: wanted.key not in self._asking, seconds)
            found, now = self._found.get(wanted.key), time.time()
            if isinstance(found, Entry) and now < found.dead_at and found.name != wanted.other_than:
                return found
            if isinstance(found, TokenError) and now < (found.retry_at or 0):
                return found
            if wanted.key in self._asking:
                return None
            times = self._asked.setdefault(wanted.account, [])
            if wanted.quota is not None:
                tokens, window = wanted.quota
                times[:] = [one for one in times if one > now - window]
                if len(times) >= tokens:
                    return wanted.limited(times[-tokens] + window)
            times.append(now)
            self._asking.add(wanted.key)
            return Lease(wanted)

    def publish(self, lease: Lease, entry: Entry) -> None:
        self._end(lease, entry)

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        if not sent:
            self._asked[lease.wanted.account].pop()
        self._end(lease, error)

    def _end(self, lease: Lease, outcome: Entry | TokenError | None) -> None:
        with self._changed:
            if outcome is not None:
                self._found[lease.wanted.key] = outcome
            self._asking.discard(lease.wanted.key)
            self._changed.notify_all()


def test_a_store_of_ones_own_in_40_lines(emulator: Emulator) -> None:
    store = DictStore()
    emulator.fault("setu", "sandbox", times=1, latency=0.1)
    with ThreadPoolExecutor(16) as pool:
        made = pool.map(lambda _: Setu("sandbox", store=store).token().value, range(16))
    assert (len(set(made)), emulator.count("setu")) == (1, 1)

    for _ in range(3):
        with pytest.raises(Rejected):
            Setu("sandbox", secret="fake-wrong", store=store).token()
    assert emulator.count("setu") == 2

    emulator.fault("su", "sandbox", times=28, status=200, patch={"/data/token": "sandbox_fake"})
    for number in range(28):
        Su("sandbox", client_secret=f"fake-{number}", store=store).token()
    with pytest.raises(Limited):
        Su("sandbox", store=store).token()
    assert emulator.count("su") == 28


class Broken(DictStore):
    """Raises in one of its calls, with a text that nobody may see."""

    def __init__(self, call: str, error: BaseException) -> None:
        super().__init__()

        def broken(*_arguments: Any, **_more: Any) -> Any:
            raise error

        setattr(self, call, broken)

    def __repr__(self) -> str:
        return "Broken()"


@pytest.mark.parametrize(
    "error", [RuntimeError("fake-hidden"), TimeoutError(), OSError(28, "fake: no space")]
)
@pytest.mark.parametrize(
    "call",
    [
        "acquire",
        "publish",
    ],
)
def test_a_store_that_raises_costs_one_warning_and_no_token(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, call: str, error: Exception
) -> None:
    store = Broken(call, error)
    credential = Setu("sandbox", store=store)
    tokens = set()
    for _ in range(3):
        store._asking.clear()  # what a lease that has run out does
        credential.forget()
        tokens.add(credential.token().value)

    assert len(tokens) == 3
    (warning,) = (one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING)
    assert warning.startswith(f"setu sandbox: going on without Broken(): {type(error).__name__}")
    assert "hidden" not in warning


def test_a_store_that_raises_leaves_the_error_as_it_is(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    with pytest.raises(Unavailable, match="the provider failed") as caught:
        Setu("sandbox", store=Broken("fail", RuntimeError("fake-hidden"))).token()
    assert caught.value.retry_at is not None
    assert [one.levelname for one in caplog.records] == ["WARNING"]
