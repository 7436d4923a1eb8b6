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


LATE = "a 401 for an old token: the client has a newer one by now, and repeats the request with that"
FLAGS = {
    "0": "setu: success is 0 in a string although there is a token",
    "no": "su: Status is No",
    "fail": "su: Status is fail in lower case, beside a token",
    "failed": "su: Status is the word failed although there is a token",
    "failure": "singleview: status is the word failure although there is a token",
    "error": "setu: success is the word error although there is a token",
}
PLACEHOLDER = (
    '{s["x-oai-name"]: s["url"].format(host="x.invalid") for s in spec.document["servers"]}.get(environment)'
)
BUGS: dict[str, tuple[str, dict[str, str]]] = {
    "a token goes to any host": (
        "setu: a token does not go to a host that the user did not allow",
        {"if httpx.URL(url).host not in self._hosts:": "if False:"},
    ),
    "a token goes to the hosts of every environment": (
        "setu: a token of the sandbox does not go to an API of production",
        {"not in self._hosts:": "not in {*self._hosts, *self._owners()}:"},
    ),
    "a token goes to the host of the base URL only": (
        "decentro: a token of the sandbox goes to the other host of the sandbox",
        {"not in self._hosts:": "!= httpx.URL(self.base_url).host:"},
    ),
    "a host that all environments share belongs to none": (
        "setuupi: a token of a live key goes to the host that both kinds of key share",
        {"for host in self._token_spec.shared_hosts}": "for host in ()}"},
    ),
    "a host that all environments share is that of all products": (
        "setuaa: a token does not go to an API of another login",
        {"if httpx.URL(url).host not in self._hosts:": 'if not url.split("/")[2].endswith("setu.co"):'},
    ),
    "the margin of the description is ignored": (
        "setuupi: in its last minute a token is not used",
        {"min(spec.margin, seconds / 2) if spec.margin else min": "min"},
    ),
    "a new token is requested although the API wants that of another login": (
        "setu: an API takes the tokens of another login: a new token would not help",
        {"if wrong and as_text": "if False and as_text"},
    ),
    "every 401 with a message is about another login": (
        "setu: a 401 with another message: the token is rejected",
        {"in wrong.condition.values:": "is not None:"},
    ),
    "APIs get no credential beside the token": (
        "setubillpay: an API gets the id of the partner beside the token",
        {", **beside}": "}"},
    ),
    "a value that only a failure has is ignored": (
        "singleviewpayouts: a 200 that is a rejection",
        {"not is_failure and ": ""},
    ),
    "a secret in HTTP Basic is escaped": (
        "sahamatilegacy: a secret with characters that a form would escape, and Basic does not",
        {
            '":".join(basic)': '":".join(map(urllib.parse.quote, basic))',
            "import uuid": "import urllib.parse\nimport uuid",
        },
    ),
    "an unknown environment is the sandbox": (
        "setu: an environment that does not exist",
        {
            "spec.servers.get(environment)": 'spec.servers["sandbox"]',
            "if environment not in spec.servers or base_url is None:": "if base_url is None:",
            "environment not in owners.get(host, {environment}):": "False:",
        },
    ),
    "a placeholder is used as a host": (
        "singleview: the host of production is a placeholder, which the user did not replace",
        {"spec.servers.get(environment)": PLACEHOLDER},
    ),
    "credentials go to the server of another environment": (
        "setu: the credentials of the sandbox do not go to the URL of production",
        {"if environment not in owners.get(host, {environment}):": "if False:"},
    ),
    "a late 401 costs a token": (
        f"setu: {LATE}",
        {"rejected is not None and rejected.value == self._token.value": "rejected is not None"},
    ),
    "a late 401 goes to the caller": (
        f"su: {LATE}",
        {
            "            token = self.token(token)\n": "            if token.value != self._token.value:\n"
            "                return response\n            token = self.token(token)\n"
        },
    ),
    "a request that replaces a secret is repeated after a 401": (
        "sahamati: a 401 to replacing: not repeated automatically",
        {"repeat=not extension.rotates": "repeat=True"},
    ),
    "a 408 is a rejection": ("setu: a 408", {"not in (408, 425)": "!= 425"}),
    "a 425 is a rejection": ("setu: a 425", {"not in (408, 425)": "!= 408"}),
    "every 2xx is a success": (
        "setu: a 201 with a token, which is not documented",
        {"200 <= status < 300 and str(status) in operation.responses": "200 <= status < 300"},
    ),
    **{
        f"{word} is not a false flag": (
            vector,
            {"not in FALSE_WORDS:": f'not in FALSE_WORDS - {{"{word}"}}:'},
        )
        for word, vector in FLAGS.items()
    },
    "a negative Retry-After is a time in the past": (
        "setu: a 429 with a negative Retry-After",
        {"value.isdigit()": 'value.lstrip("-").isdigit()'},
    ),
    "only Retry-After says how long a rate limit is remembered": (
        "setu: a 429 with a negative Retry-After",
        {
            "max(self._now() + REMEMBERED, error.retry_at or 0)": "error.retry_at or 0",
        },
    ),
    "Retry-After is not obeyed": (
        "setu: a 429 with Retry-After in seconds",
        {"max(self._now() + REMEMBERED, error.retry_at or 0)": "self._now() + REMEMBERED"},
    ),
    "an infinite lifetime is taken for one": (
        "setu: a lifetime that is infinite in a string",
        {"math.isfinite(number) and ": ""},
    ),
    "a JWT without iat begins in 1970": (
        "setu: a JWT with exp and no iat, and no lifetime declared",
        {"if issued_at and expires_at else 0": "if expires_at else 0"},
    ),
    "any error code is shown": (
        "setu: a 400 whose error code is an object",
        {"if isinstance(value, (str, int)) else None": "if value is not None else None"},
    ),
    "a request is repeated without its body": (
        "setu: an API responds with 401 to a POST: it is repeated with the same body",
        {
            "response\n        return self._send(request(token))\n": "response\n"
            "        again = request(token)\n"
            '        headers = {"authorization": again.headers["authorization"]}\n'
            "        return self._send(httpx.Request(again.method, again.url, headers=headers))\n"
        },
    ),
    "a POST is not repeated": (
        "setu: an API responds with 401 to a POST: it is repeated with the same body",
        {"or not repeat:": 'or not repeat or request(token).method == "POST":'},
    ),
    "the refresh token of a rejected token is used": (
        "decentro: an API rejects a token: its refresh token is as suspect, and the credentials are used",
        {'                self._refresh_token = ""': "                pass"},
    ),
    "every caller requests a token": (
        "setu: 20 callers at the same time: one request serves them all",
        {"with self._lock:": "if True:"},
    ),
    "callers wait for each other, and then request a token": (
        "su: 20 callers at the same time: one request serves them all",
        {"if self._now() < self._usable_until and not is_rejected:": "if False:"},
    ),
    "callers wait for a failure, and then try again": (
        "setu: 20 callers at the same time with wrong credentials: one request",
        {"if self._failure is not None and self._now() < self._failed_until:": "if False:"},
    ),
    "a quota is not counted": (
        "su: 40 tokens wanted at once: at most 30 are requested",
        {'if len(self._sent_at) >= spec.quota["tokens"]:': "if False:"},
    ),
    "a quota is counted wrongly by one": (
        "su: 40 tokens wanted at once: at most 30 are requested",
        {'>= spec.quota["tokens"]:': '> spec.quota["tokens"]:'},
    ),
    "to invalidate the token resets the quota": (
        "su: 40 tokens wanted at once: at most 30 are requested",
        {
            "    def invalidate(self) -> None:\n": "    def invalidate(self) -> None:\n"
            "        self._sent_at = []\n"
        },
    ),
    "a quota is never free again": (
        "su: 40 tokens wanted at once, and another one an hour later",
        {' if at > now - spec.quota["seconds"]]': "]"},
    ),
    "a quota is counted for each hour of the clock": (
        "su: the hour of the quota may begin at any time",
        {'at > now - spec.quota["seconds"]': "at // 3600 == now // 3600"},
    ),
}
"""Bug to the vector that finds it, and to what in the source makes it."""


@pytest.mark.parametrize("bug", BUGS)
def test_a_vector_finds_the_bug(bug: str) -> None:
    name, changes = BUGS[bug]
    source = SOURCE
    for before, after in changes.items():
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    namespace: dict[str, Any] = {"__name__": "mutant"}
    exec(compile(source, bug, "exec"), namespace)
    (vector,) = [vector for vector in ALL if str(vector) == name]

    with pytest.raises(AssertionError):
        check(ReferenceReplay(vector, namespace["ReferenceCache"]))
