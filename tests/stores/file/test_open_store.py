"""The stores that a setting can name, and custom stores."""

from __future__ import annotations

import logging
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, RateLimited, Rejected, Setu, Su, TokenError, Unavailable
from gatepass.stores import CachedToken, FileStore, Lease, Lookup
from gatepass_emulator import Emulator

from ..helpers import StartProcesses


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder as XDG defines it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("source", ["store=", "GATEPASS_STORE"])
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
def test_the_argument_or_the_variable_names_the_store(
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    named: str | None,
    place: str | None,
    source: str,
) -> None:
    named = named and named.format(tmp_path)
    if named is not None and source == "GATEPASS_STORE":
        monkeypatch.setenv("GATEPASS_STORE", named)
    tokens = [Setu("sandbox", store=named if source == "store=" else None).token() for _ in range(2)]

    records = [path.parent for path in tmp_path.rglob("*.token")]
    assert records == ([] if place is None else [tmp_path / place])
    assert emulator.count("setu") == len({token.value for token in tokens}) == (2 if place is None else 1)


@pytest.mark.parametrize(
    "named", ["", "nonsense", "memory", "sqlite:///x.db", "/a/folder", ":", "http://127.0.0.1/"]
)
def test_an_unknown_store_is_an_error_before_any_io(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    with pytest.raises(ConfigError, match="store=: use memory:, file:, file:/FOLDER, redis:"):
        Setu("sandbox", store=named)
    monkeypatch.setenv("GATEPASS_STORE", named)
    with pytest.raises(ConfigError, match="GATEPASS_STORE: use memory:, file:, file:/FOLDER, redis:"):
        Setu("sandbox")
    assert (emulator.calls, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize("odd", [5, {}, object(), b"file:"])
def test_an_object_that_is_not_a_store_is_an_error(emulator: Emulator, odd: Any) -> None:
    with pytest.raises(ConfigError, match="store=: a store has acquire, publish and fail"):
        Setu("sandbox", store=odd)


def test_the_argument_takes_precedence_over_the_variable(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", f"file:{tmp_path / 'variable'}")
    Setu("sandbox", store=FileStore(tmp_path / "argument")).token()
    Setu("sandbox", store="memory:").token()
    assert [path.name for path in tmp_path.iterdir()] == ["argument"]


def test_a_user_without_a_home_folder_gets_an_error(
    emulator: Emulator, start_processes: StartProcesses, tmp_path: Path
) -> None:
    code = """
os.environ.update(GATEPASS_STORE='file:', XDG_CACHE_HOME='')
del os.environ['HOME']
if os.geteuid() == 0:
    os.setuid(54_321)  # an id without a name, as in containers
try:
    Setu('sandbox')
except Exception as error:
    report(type(error).__name__)
"""
    if os.geteuid() != 0:
        pytest.skip("this user has a home")
    assert start_processes(1, code).results() == ["ConfigError"]


class DictStore:
    """A custom store, as a user might write it, for the threads of a process."""

    def __init__(self) -> None:
        self._results: dict[str, CachedToken | TokenError] = {}
        self._leased: set[str] = set()
        self._requests: dict[str, list[float]] = {}
        self._changed = threading.Condition()

    def acquire(self, lookup: Lookup, seconds: float) -> CachedToken | Lease | TokenError | None:
        with self._changed:
            self._changed.wait_for(lambda: lookup.key not in self._leased, seconds)
            result, now = self._results.get(lookup.key), time.time()
            if (
                isinstance(result, CachedToken)
                and now < result.usable_until
                and result.fingerprint != lookup.exclude
            ):
                return result
            if isinstance(result, TokenError) and now < (result.retry_at or 0):
                return result
            if lookup.key in self._leased:
                return None
            times = self._requests.setdefault(lookup.account, [])
            if lookup.quota is not None:
                tokens, window = lookup.quota
                times[:] = [at for at in times if at > now - window]
                if len(times) >= tokens:
                    return lookup.rate_limited(times[-tokens] + window)
            times.append(now)
            self._leased.add(lookup.key)
            return Lease(lookup)

    def publish(self, lease: Lease, cached: CachedToken) -> None:
        self._end(lease, cached)

    def fail(self, lease: Lease, error: TokenError | None, *, sent: bool) -> None:
        if not sent:
            self._requests[lease.lookup.account].pop()
        self._end(lease, error)

    def _end(self, lease: Lease, outcome: CachedToken | TokenError | None) -> None:
        with self._changed:
            if outcome is not None:
                self._results[lease.lookup.key] = outcome
            self._leased.discard(lease.lookup.key)
            self._changed.notify_all()


def test_a_custom_store_shares_tokens_failures_and_the_quota(emulator: Emulator) -> None:
    store = DictStore()
    emulator.fault("setu", "sandbox", times=1, latency=0.1)
    with ThreadPoolExecutor(16) as pool:
        values = pool.map(lambda _: Setu("sandbox", store=store).token().value, range(16))
    assert (len(set(values)), emulator.count("setu")) == (1, 1)

    for _ in range(3):
        with pytest.raises(Rejected):
            Setu("sandbox", secret="fake-wrong", store=store).token()
    assert emulator.count("setu") == 2

    emulator.fault("su", "sandbox", times=28, status=200, patch={"/data/token": "sandbox_fake"})
    for number in range(28):
        Su("sandbox", client_secret=f"fake-{number}", store=store).token()
    with pytest.raises(RateLimited):
        Su("sandbox", store=store).token()
    assert emulator.count("su") == 28


class Broken(DictStore):
    """Raises in one of its methods, with a message that may contain a secret."""

    def __init__(self, method: str, error: BaseException) -> None:
        super().__init__()

        def broken(*_args: Any, **_options: Any) -> Any:
            raise error

        setattr(self, method, broken)

    def __repr__(self) -> str:
        return "Broken()"


@pytest.mark.parametrize(
    "error", [RuntimeError("fake-hidden"), TimeoutError(), OSError(28, "fake: no space")]
)
@pytest.mark.parametrize(
    "method",
    [
        "acquire",
        "publish",
    ],
)
def test_a_store_that_raises_causes_one_warning_and_fails_no_request(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, method: str, error: Exception
) -> None:
    store = Broken(method, error)
    credential = Setu("sandbox", store=store)
    tokens = set()
    for _ in range(3):
        store._leased.clear()  # as if the lease had expired
        credential.invalidate()
        tokens.add(credential.token().value)

    assert len(tokens) == 3
    (warning,) = (record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING)
    assert warning.startswith(f"setu sandbox: going on without Broken(): {type(error).__name__}")
    assert "hidden" not in warning


def test_a_store_that_raises_does_not_replace_the_providers_error(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.fault("setu", "sandbox", status=503)
    with pytest.raises(Unavailable, match="the provider failed") as caught:
        Setu("sandbox", store=Broken("fail", RuntimeError("fake-hidden"))).token()
    assert caught.value.retry_at is not None
    assert [record.levelname for record in caplog.records] == ["WARNING"]
