"""Somebody looks for secrets and tokens: wherever Python shows a thing, they are not there."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from gatepass import GatepassError, SahamatiUser, Secret, Setu, Token, TokenError
from gatepass.cli import CREDENTIALS as COMMANDS
from gatepass.cli import main
from gatepass_emulator import Emulator

from ..bad_input.shown import shown
from ..conftest import TLS, Time, Way, Wire, spec
from .crowd import settle

MARK = "fake-marker-of-a-secret"


class Search:
    """What must not be found, and where it was found all the same."""

    def __init__(self, emulator: Emulator, cls: Any) -> None:
        known = emulator.credentials(cls.facts.provider, "sandbox", cls.facts.scheme)
        self.hidden = [known[name] for name in cls.facts.secrets]

    def found(self, text: str) -> list[str]:
        assert all(len(one) > 10 for one in self.hidden)
        return [one for one in self.hidden if one in text]

    def add(self, token: Token) -> Token:
        self.hidden.append(token.value)
        return token


@pytest.fixture
def search(emulator: Emulator, cls: Any) -> Search:
    return Search(emulator, cls)


def test_in_the_text_of_a_thing(emulator: Emulator, time: Time, cls: Any, search: Search) -> None:
    credential = cls("sandbox", clock=time.clock)
    token = search.add(credential.token())
    noticed, secret = Token(token.value, token.expires_at, "fake"), Secret(search.hidden[0])

    for one in (credential, token, noticed, secret):
        text = f"{one} {one!r} {one!s} {one!a} {pprint.pformat(one)} {[one]} {json.dumps(one, default=repr)}"
        assert search.found(text + "%s %r" % (one, one)) == []  # noqa: UP031
    assert search.found(f"{token:>80} {secret:<80} {token:s}") == []


def test_in_whatever_hangs_on_a_credential(emulator: Emulator, time: Time, cls: Any, search: Search) -> None:
    (name,) = cls.facts.secrets
    as_argument = cls("sandbox", clock=time.clock, **{name: search.hidden[0]})
    for credential in (cls("sandbox", clock=time.clock), as_argument):
        search.add(credential.token())
        parts = list(reachable(credential))
        assert len(parts) > 20
        assert [type(one).__name__ for one in parts if search.found(repr(one))] == []


def reachable(root: Any) -> Iterator[Any]:
    """What a debugger or a crash reporter finds, step by step; a text is shown by whoever holds it."""
    waiting, seen = [root], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, (str, bytes, int, float, type, logging.Logger)):
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, (Token, Secret)):
            continue
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting += one
        elif type(one).__module__.startswith("gatepass"):
            slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
            waiting += [getattr(one, name, None) for name in [*slots, "__dict__"]]


def test_in_the_logs_of_every_library_at_debug(
    emulator: Emulator, time: Time, cls: Any, way: Way, search: Search, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    provider, credential = cls.facts.provider, cls("sandbox", clock=time.clock)
    dead = search.add(way.token(credential))
    emulator.revoke(dead.value)
    assert way.get(credential, f"{credential.base_url}/echo").status_code == 200
    search.add(way.token(credential))
    for fault in ({"status": 400}, {"status": 503}, {"cut": "middle"}, {"body": "<html>"}):
        time.pass_(0.75 * cls.facts.default_lifetime)
        emulator.fault(provider, "sandbox", times=1, **fault)
        with contextlib.suppress(TokenError):
            search.add(way.token(credential))
        settle()
        credential.forget()

    assert {"gatepass", "httpx", "httpcore"} <= {record.name.split(".")[0] for record in caplog.records}
    said = [f"{record.getMessage()} {record.args!r} {vars(record)!r}" for record in caplog.records]
    assert search.found(caplog.text + "\n".join(said)) == []


def test_in_the_log_of_a_loop_that_debugs(
    emulator: Emulator, time: Time, search: Search, cls: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.fault(cls.facts.provider, "sandbox", times=1, status=400)
    credential = cls("sandbox", clock=time.clock)

    async def careless() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.0
        task = asyncio.create_task(credential.atoken())
        await asyncio.wait([task])  # and nobody looks at what it raised

    asyncio.run(careless(), debug=True)

    assert any(record.name == "asyncio" for record in caplog.records)
    assert search.found(caplog.text) == []


FAULTS: dict[str, dict[str, Any]] = {
    "refused": {"status": 400},
    "too many": {"status": 429},
    "down": {"status": 503},
    "cut": {"cut": "middle"},
    "HTML": {"body": "<html>"},
    "no token": {"patch": {"/data": {}, "/payload": {}, "/accessToken": 7, "/access_token": 7}},
    "an odd token": {"token": f"{MARK} with blanks"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_in_an_error_its_causes_its_frames_and_its_pickle(
    emulator: Emulator, time: Time, cls: Any, way: Way, search: Search, fault: str
) -> None:
    emulator.fault(cls.facts.provider, "sandbox", **FAULTS[fault])
    with pytest.raises(TokenError) as caught:
        way.token(cls("sandbox", clock=time.clock))

    search.hidden.append(MARK)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True, compact=False)
    assert search.found(shown(caught.value)) == []
    assert search.found("\n".join(own_locals(report))) == []
    assert search.found(pickle.dumps(caught.value).decode("latin-1")) == []
    assert caught.value.__cause__ is caught.value.__context__ is None


def own_locals(report: traceback.TracebackException) -> Iterator[str]:
    """The locals that a traceback prints, those of tests left out."""
    for frame in report.stack:
        if "/tests/" not in frame.filename:
            yield from (frame.locals or {}).values()


def test_in_the_error_of_a_provider_that_sends_everything_back(wire: Wire, cls: Any, way: Way) -> None:
    (name,) = cls.facts.secrets

    def parrot(request: httpx.Request) -> httpx.Response:
        said = request.content + b"".join(b"%s: %s\n" % pair for pair in request.headers.raw)
        return httpx.Response(400, content=said, headers={"WWW-Authenticate": MARK})

    with pytest.raises(TokenError) as caught:
        way.token(wire.credential(cls, parrot, **{name: MARK}))

    assert MARK not in shown(caught.value)


def test_in_the_error_of_an_api_that_breaks_in_the_middle(
    emulator: Emulator, time: Time, cls: Any, way: Way, search: Search
) -> None:
    credential = cls("sandbox", clock=time.clock)
    search.add(way.token(credential))
    emulator.fault(cls.facts.provider, "sandbox", operation="echo", cut="before")
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        way.get(credential, f"{credential.base_url}/echo")

    assert search.found(shown(caught.value)) == []


def test_in_the_history_of_an_answer(
    emulator: Emulator, time: Time, cls: Any, way: Way, search: Search
) -> None:
    credential = cls("sandbox", clock=time.clock)
    emulator.revoke(way.token(credential).value)

    response = way.get(credential, f"{credential.base_url}/echo")

    asked = [response.request, *(one.request for one in response.history)]
    assert {request.url.path.rsplit("/", 1)[1] for request in asked} == {"echo"}
    search.add(way.token(credential))
    assert search.found(repr([response, response.request, response.request.headers])) == []


def schemas() -> Iterator[Any]:
    for provider in ("setu", "sahamati", "decentro", "su", "singleview"):
        for name, schema in spec(provider)["components"]["schemas"].items():
            for key, property_ in schema.get("properties", {}).items():
                if property_.get("format") == "password":
                    yield pytest.param(provider, name, key, id=f"{provider}.{name}.{key}")


@pytest.mark.parametrize(("provider", "name", "key"), list(schemas()))
def test_in_a_generated_model(provider: str, name: str, key: str) -> None:
    properties = spec(provider)["components"]["schemas"][name]["properties"]
    values = {one: said(schema) for one, schema in properties.items()} | {key: MARK}

    model = getattr(importlib.import_module(f"gatepass_clients.{provider}.models"), name).from_dict(values)

    assert model.to_dict()[key] == MARK
    assert MARK not in f"{model} {model!r} {pprint.pformat(model)} {[model]}"


def said(schema: Any) -> Any:
    """A value of the schema's type."""
    plain = {"string": "fake", "integer": 1, "number": 1.0, "boolean": True, "array": []}
    return schema.get("const", schema.get("enum", [plain.get(str(schema.get("type")), "fake")])[0])


def test_in_the_log_of_the_emulator(
    emulator: Emulator, time: Time, cls: Any, way: Way, search: Search
) -> None:
    told: list[str] = []
    emulator.listen(lambda call: told.append(f"{call} {call!r}"))
    (name,) = cls.facts.secrets
    with pytest.raises(TokenError):
        way.token(cls("sandbox", clock=time.clock, **{name: MARK}))
    credential = cls("sandbox", clock=time.clock)
    search.add(way.token(credential))
    way.get(credential, f"{credential.base_url}/echo/{search.hidden[0]}")
    if cls is SahamatiUser:
        search.hidden.append(way.read_secret(credential, "fake-aa-1").value)

    search.hidden.append(MARK)
    assert len(told) >= 3
    assert search.found("\n".join(told) + repr(emulator.calls)) == []
    control = httpx.get(f"{emulator.base_url}/_emulator/calls", verify=TLS).text
    assert search.found(control) == []


@pytest.mark.parametrize("fault", ["refused", "too many", "HTML", "no token", "an odd token"])
def test_on_the_terminal_of_the_command_line(
    emulator: Emulator, cls: Any, search: Search, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = next(command for command, name in COMMANDS.items() if name == cls.__name__)
    emulator.fault(cls.facts.provider, "sandbox", **FAULTS[fault])

    assert main(["token", provider, "sandbox"]) in (3, 4, 5)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"gatepass: {cls.facts.provider} sandbox: ")
    search.hidden.append(MARK)
    assert search.found(err) == []


@pytest.mark.parametrize("style", ["value", "header", "json", "env"])
def test_a_token_is_on_stdout_and_not_beside_it(
    emulator: Emulator, cls: Any, search: Search, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = next(command for command, name in COMMANDS.items() if name == cls.__name__)

    assert main(["token", provider, "sandbox", "--format", style]) == 0

    out, err = capsys.readouterr()
    assert search.found(out + err) == []
    token = out.strip().removeprefix("Authorization: Bearer ").split("'")[-2 if "'" in out else -1]
    assert len(token) > 20
    assert token not in err


def test_in_what_a_bug_leaves_behind(
    wire: Wire, way: Way, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def bug(*_: object) -> None:
        raise AssertionError(f"fake bug with {MARK}")

    monkeypatch.setattr("gatepass._credential.lifetime", bug)
    with pytest.raises(GatepassError, match="unexpected AssertionError") as caught:
        way.token(wire.credential(Setu, secret=MARK))

    assert MARK not in shown(caught.value)
    assert capsys.readouterr() == ("", "")
