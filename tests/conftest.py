"""What the tests share: the emulator, a clock that only the test moves, and each way to ask."""

from __future__ import annotations

import asyncio
import base64
import copy
import functools
import json
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest
import trio
import yaml

from gatepass import Clock, Decentro, Sahamati, SahamatiUser, Secret, Setu, SingleView, Su, Token
from gatepass.testing import forget_quotas
from gatepass_emulator import Emulator
from gatepass_emulator._faults import send_reply

from .patience import be_patient

CREDENTIALS: dict[Any, dict[str, str]] = {
    Setu: {"client_id": "fake-client", "secret": "fake-setu-hidden"},
    Sahamati: {"entity_id": "fake-aa-1", "secret": "fake-entity-hidden"},
    SahamatiUser: {"username": "fake-user@aa-1.example", "password": "fake-user-hidden"},
    Decentro: {"client_id": "fake-client", "client_secret": "fake-decentro-hidden"},
    Su: {"client_id": "fake-domain.example", "client_secret": "fake-su-hidden"},
    SingleView: {
        "client_id": "fake-client",
        "client_code": "fake-code-hidden",
        "merchant_id": "fake-merchant",
    },
}
OPERATIONS: dict[Any, str] = {
    Setu: "generateToken",
    Sahamati: "generateEntityToken",
    SahamatiUser: "generateUserToken",
    Decentro: "generateToken",
    Su: "generateAccessToken",
    SingleView: "generateToken",
}
PREFIXES = ("SETU_", "SAHAMATI_", "DECENTRO_", "SU_", "SINGLEVIEW_", "GATEPASS_")
TLS = httpx.create_ssl_context()
"""Made once: making it costs more than most tests."""
# A shell without job control starts `command &` with Ctrl-C ignored, which children would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The servers are all on this machine; a proxy that is meant for other programs has no part in the tests.
for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
    del os.environ[name]
be_patient()

Answer = Any
"""A JSON body, bytes, a `httpx.Response`, or a function from the request to one (or that raises)."""


class Time:
    """A clock that only the test moves; since boot it tells other figures than on the wall."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slip = 0.0
        self.paused: list[float] = []
        self.clock = Clock(boot=lambda: self.now - 1_799_000_000, wall=self.wall, pause=self._pause)

    def wall(self) -> float:
        """What the clock on the wall shows, which somebody may have set wrong."""
        return self.now + self.slip

    def pass_(self, seconds: float) -> None:
        self.now += seconds

    def jump(self, seconds: float) -> None:
        """Set the clock on the wall, and no other."""
        self.slip += seconds

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    forget_quotas()
    return Time()


class Way:
    """One way to ask: the same test runs in each of them."""

    def __init__(self, run: Callable[[Callable[[], Awaitable[Any]]], Any] | None) -> None:
        self._run = run

    def token(self, credential: Any) -> Token:
        token: Token = self._run(credential.atoken) if self._run else credential.token()
        return token

    def stream(self, *chunks: bytes) -> Iterator[bytes] | AsyncIterator[bytes]:
        """A body that can be read once."""

        async def one_by_one() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk

        return one_by_one() if self._run else iter(chunks)

    def read_secret(self, user: SahamatiUser, entity: str, **options: Any) -> Secret:
        return self._secret(user.read_secret, user.aread_secret, entity, options)

    def reset_secret(self, user: SahamatiUser, entity: str, **options: Any) -> Secret:
        return self._secret(user.reset_secret, user.areset_secret, entity, options)

    def _secret(self, call: Any, acall: Any, entity: str, options: dict[str, Any]) -> Secret:
        made: Secret = self._run(lambda: acall(entity, **options)) if self._run else call(entity, **options)
        return made

    def get(self, auth: Any, url: str, transport: httpx.MockTransport | None = None) -> httpx.Response:
        return self.send(auth, "GET", url, transport)

    def send(
        self,
        auth: Any,
        method: str,
        url: str,
        transport: httpx.MockTransport | None = None,
        **request: Any,
    ) -> httpx.Response:
        if self._run is None:
            with httpx.Client(auth=auth, transport=transport, verify=TLS) as client:
                return client.request(method, url, **request)

        async def send() -> httpx.Response:
            async with httpx.AsyncClient(auth=auth, transport=transport, verify=TLS) as client:
                return await client.request(method, url, **request)

        response: httpx.Response = self._run(send)
        return response


async def _awaited(call: Callable[[], Awaitable[Any]]) -> Any:
    return await call()


@pytest.fixture(params=["sync", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> Way:
    return {
        "sync": Way(None),
        "asyncio": Way(lambda call: asyncio.run(_awaited(call))),
        "trio": Way(lambda call: trio.run(_awaited, call)),
    }[request.param]


@pytest.fixture(params=list(CREDENTIALS), ids=lambda cls: cls.__name__)
def cls(request: pytest.FixtureRequest) -> Any:
    """Each kind of credential."""
    return request.param


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a test wants each credential in each way, the first is asked in all ways, the others fewer.

    They share all code that knows of ways: for facts of a provider it is sync and asyncio, else sync.
    """
    first: dict[str, object] = {}

    def is_wanted(item: pytest.Item) -> bool:
        drawn = getattr(getattr(item, "callspec", None), "params", {})
        if "cls" not in drawn or "way" not in drawn:
            return True
        ways = ["sync", "asyncio"] if item.path.parent.name == "providers" else ["sync"]
        test = item.nodeid.partition("[")[0]
        return drawn["way"] in ways or first.setdefault(test, drawn["cls"]) is drawn["cls"]

    items[:] = filter(is_wanted, items)


@pytest.fixture
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stands in the variables of whoever runs the tests is not for them."""
    for name in list(os.environ):
        if name.upper().startswith(PREFIXES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(
    running: Emulator,
    time: Time,
    no_variables: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Emulator:
    """The emulator as if just started, and the variables that point every credential at it."""
    running.clock = time.clock.wall
    running.listen(lambda _call: None)
    running.clear()
    for name, value in running.variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    return running


class Gate:
    """Holds back what the emulator answers, although the request has arrived, until it is opened."""

    def __init__(self) -> None:
        self.arrived = threading.Event()
        """Set when the first request has arrived that is held back."""
        self._left: float = 0
        self._opened = threading.Event()

    def close(self, requests: float = float("inf")) -> None:
        """Hold back the responses to so many requests from now on, or to all."""
        self._left = requests
        self._opened.clear()

    def open(self) -> None:
        self._left = 0
        self._opened.set()

    async def send(self, reply: Any, *rest: Any) -> None:
        """In place of the emulator's own function, on its loop."""
        if self._left > 0:
            self._left -= 1
            self.arrived.set()
            while not self._opened.is_set():  # noqa: ASYNC110 - other threads set it
                await asyncio.sleep(0.001)
        await send_reply(reply, *rest)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A gate that is closed until the test opens it."""
    gate = Gate()
    gate.close()
    monkeypatch.setattr("gatepass_emulator._server.send_reply", gate.send)
    yield gate
    gate.open()


class Wire(httpx.MockTransport):
    """Stands at a provider's real address: keeps what was sent there, and answers as it is told.

    Each call takes the next answer, and the last one is for all that follow.
    """

    def __init__(self, time: Time) -> None:
        super().__init__(self._answer)
        self.time = time
        self.requests: list[httpx.Request] = []
        self.answers: list[Answer] = []

    def credential(self, cls: Any, *answers: Answer, environment: str = "sandbox", **options: Any) -> Any:
        """A credential whose token calls come here; without answers it gets the spec's own example."""
        self.answers = list(answers) or [self.reply(cls, environment)]
        return cls(environment, **CREDENTIALS[cls] | {"clock": self.time.clock, "transport": self} | options)

    def reply(self, cls: Any, environment: str = "sandbox") -> Any:
        """The 200 of the token call as the spec shows it."""
        reply = copy.deepcopy(example(cls.facts.provider, OPERATIONS[cls]))
        if cls is Su and environment == "production":
            reply["data"]["token"] = "live_fake+token/of+the/documentation="
        return reply

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


@pytest.fixture
def wire(time: Time, no_variables: None) -> Wire:
    return Wire(time)


@functools.cache
def spec(provider: str) -> Any:
    text = (files("gatepass_clients") / provider / "openapi.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@functools.cache
def example(provider: str, operation: str) -> Any:
    """The first example of an operation's 200."""
    document = spec(provider)
    calls = [call for path in document["paths"].values() for call in path.values()]
    reply = next(call for call in calls if call["operationId"] == operation)["responses"]["200"]
    if "$ref" in reply:
        reply = document["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
    content = reply["content"]["application/json"]
    return content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]


@pytest.fixture
def jwt() -> Callable[..., str]:
    """Makes a JWT that nobody signed, with claims of its own or a life of so many seconds."""

    def make(seconds: float = 300, **claims: Any) -> str:
        told = {"iat": 1_800_000_000, "exp": 1_800_000_000 + seconds} | claims
        parts = ({"alg": "none"}, told)
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, "fake"])

    return make
