"""The reference cache passes every vector, and each way to break it fails one: the vectors find the bug."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any, Self

import pytest

from gatepass import ConfigError, TokenError
from gatepass_spec import Spec

from ..helpers import RUNNERS, FakeClock, MockProvider, call_in_threads
from . import reference_cache
from .reference_cache import ReferenceCache
from .replay import Outcome, Replay
from .test_vectors import check
from .vector import SPECS, Vector, vectors

ALL = list(vectors())
SOURCE = Path(reference_cache.__file__).read_text(encoding="utf-8")


@functools.cache
def read_spec(provider: str) -> Spec:
    return Spec.read(SPECS / f"{provider}.yaml")


class CountingLock:
    """A lock that sets an event when so many callers have come to it."""

    def __init__(self, callers: int, all_have_called: threading.Event) -> None:
        self._lock, self._missing = threading.Lock(), threading.Semaphore(callers - 1)
        self._all_have_called = all_have_called

    def __enter__(self) -> Self:
        if not self._missing.acquire(blocking=False):
            self._all_have_called.set()
        self._lock.acquire()
        return self

    def __exit__(self, *error: object) -> None:
        self._lock.release()


class ReferenceReplay(Replay):
    """A vector and the reference cache that makes its calls."""

    def __init__(self, vector: Vector, cache_class: Any = ReferenceCache) -> None:
        clock = FakeClock()
        super().__init__(vector, RUNNERS["sync"], MockProvider(clock), clock)
        self._cache_class = cache_class

    def _create_client(self) -> Any:
        call, settings = self.first_call, dict(self.first_call.get("settings", {}))
        self._days = settings.pop("days", None)
        return self._cache_class(
            read_spec(self.vector.provider),
            call["scheme"],
            call["environment"],
            call["given"],
            self._mock_provider,
            self._clock.time,
            **settings,
        )

    def _call_at_once(self, callers: int) -> list[Outcome]:
        self.credential._lock = CountingLock(callers, self._all_have_called)
        return call_in_threads(callers, self.call_credential)

    def call_credential(self) -> Outcome:
        request, cache = self.first_call["request"], self.credential
        try:
            if self.first_call["kind"] == "token":
                outcome: Outcome = cache.token()
                return outcome
            if self.first_call["kind"] == "api":
                url = request.get("url") or cache.base_url + request["path"]
                outcome = cache.send(request["method"], url, request.get("json"))
                return outcome
            operations = read_spec(self.vector.provider).operations().values()
            (operation,) = [one for one in operations if one.path == request["path"]]
            outcome = cache.secret(operation, self.first_call["given"]["entity_id"], self._days)
            return outcome
        except (ConfigError, TokenError) as error:
            return error


@pytest.mark.parametrize("vector", ALL, ids=str)
def test_the_reference_cache_passes_every_vector(vector: Vector) -> None:
    check(ReferenceReplay(vector))
