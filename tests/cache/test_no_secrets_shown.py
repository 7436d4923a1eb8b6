"""Secrets and tokens are shown nowhere: reprs, logs, errors, tracebacks, generated models, the terminal."""

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
from gatepass_cli import main
from gatepass_emulator import Emulator
from gatepass_providers import COMMANDS

from ..helpers import (
    TLS_CONTEXT,
    FakeClock,
    MockProvider,
    Runner,
    attributes,
    error_report,
    load_spec,
    parametrize_credentials,
    wait_for_background_refreshes,
)

MARK = "fake-marker-of-a-secret"


class Search:
    """Values that must not be shown, and a search for them."""

    def __init__(self, emulator: Emulator, credential_class: Any) -> None:
        credentials = emulator.credentials(
            credential_class.spec.provider, "sandbox", credential_class.spec.scheme
        )
        self.hidden = [credentials[name] for name in credential_class.spec.secrets]

    def find(self, text: str) -> list[str]:
        assert all(len(value) > 10 for value in self.hidden)
        return [value for value in self.hidden if value in text]

    def add(self, token: Token) -> Token:
        self.hidden.append(token.value)
        return token


@pytest.fixture
def search(emulator: Emulator, credential_class: Any) -> Search:
    return Search(emulator, credential_class)


def test_no_secret_in_str_repr_and_format(
    emulator: Emulator, clock: FakeClock, credential_class: Any, search: Search
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    token = search.add(credential.token())
    token_with_warning, secret = Token(token.value, token.expires_at, "fake"), Secret(search.hidden[0])

    for value in (credential, token, token_with_warning, secret):
        text = f"{value} {value!r} {value!s} {value!a} {pprint.pformat(value)} {[value]}"
        text += json.dumps(value, default=repr)
        assert search.find(text + "%s %r" % (value, value)) == []  # noqa: UP031
    assert search.find(f"{token:>80} {secret:<80} {token:s}") == []


def test_no_secret_in_repr_of_anything_reachable_from_a_credential(
    emulator: Emulator, clock: FakeClock, credential_class: Any, search: Search
) -> None:
    (name,) = credential_class.spec.secrets
    as_argument = credential_class("sandbox", clock=clock.clock, **{name: search.hidden[0]})
    for credential in (credential_class("sandbox", clock=clock.clock), as_argument):
        search.add(credential.token())
        parts = list(reachable(credential))
        assert len(parts) > 20
        assert [type(part).__name__ for part in parts if search.find(repr(part))] == []


def reachable(root: Any) -> Iterator[Any]:
    """Every object that a debugger or crash reporter reaches; the repr of its owner shows a string."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, (str, bytes, int, float, type, logging.Logger)):
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, (Token, Secret)):
            continue
        if isinstance(node, Mapping):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, (list, tuple, set, frozenset)):
            waiting += node
        elif type(node).__module__.startswith("gatepass"):
            waiting += attributes(node)


@parametrize_credentials()
def test_no_secret_in_the_logs_of_every_library_at_debug(
    emulator: Emulator,
    clock: FakeClock,
    credential_class: Any,
    runner: Runner,
    search: Search,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.DEBUG)
    provider, credential = credential_class.spec.provider, credential_class("sandbox", clock=clock.clock)
    revoked = search.add(runner.token(credential))
    emulator.revoke(revoked.value)
    assert runner.get(credential, f"{credential.base_url}/echo").status_code == 200
    search.add(runner.token(credential))
    for fault in ({"status": 400}, {"status": 503}, {"disconnect": "middle"}, {"body": "<html>"}):
        clock.advance(0.75 * credential_class.spec.default_lifetime)
        emulator.fault(provider, "sandbox", times=1, **fault)
        with contextlib.suppress(TokenError):
            search.add(runner.token(credential))
        wait_for_background_refreshes()
        credential.invalidate()

    assert {"gatepass", "httpx", "httpcore"} <= {record.name.split(".")[0] for record in caplog.records}
    records = [f"{record.getMessage()} {record.args!r} {vars(record)!r}" for record in caplog.records]
    assert search.find(caplog.text + "\n".join(records)) == []


def test_no_secret_in_the_log_of_an_asyncio_loop_in_debug_mode(
    emulator: Emulator,
    clock: FakeClock,
    search: Search,
    credential_class: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.fault(credential_class.spec.provider, "sandbox", times=1, status=400)
    credential = credential_class("sandbox", clock=clock.clock)

    async def ignore_exception() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.0
        task = asyncio.create_task(credential.atoken())
        await asyncio.wait([task])  # its exception is never retrieved

    asyncio.run(ignore_exception(), debug=True)

    assert any(record.name == "asyncio" for record in caplog.records)
    assert search.find(caplog.text) == []


FAULTS: dict[str, dict[str, Any]] = {
    "rejected": {"status": 400},
    "rate limited": {"status": 429},
    "down": {"status": 503},
    "disconnected": {"disconnect": "middle"},
    "HTML": {"body": "<html>"},
    "no token": {"patch": {"/data": {}, "/payload": {}, "/accessToken": 7, "/access_token": 7}},
    "an invalid token": {"token": f"{MARK} with blanks"},
}


@pytest.mark.parametrize("fault", FAULTS)
@parametrize_credentials()
def test_no_secret_in_an_error_its_causes_its_frames_and_its_pickle(
    emulator: Emulator, clock: FakeClock, credential_class: Any, runner: Runner, search: Search, fault: str
) -> None:
    emulator.fault(credential_class.spec.provider, "sandbox", **FAULTS[fault])
    with pytest.raises(TokenError) as caught:
        runner.token(credential_class("sandbox", clock=clock.clock))

    search.hidden.append(MARK)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True, compact=False)
    assert search.find(error_report(caught.value)) == []
    assert search.find("\n".join(own_locals(report))) == []
    assert search.find(pickle.dumps(caught.value).decode("latin-1")) == []
    assert caught.value.__cause__ is caught.value.__context__ is None


def own_locals(report: traceback.TracebackException) -> Iterator[str]:
    """The locals that a traceback prints, except in frames of tests."""
    for frame in report.stack:
        if "/tests/" not in frame.filename:
            yield from (frame.locals or {}).values()


@parametrize_credentials()
def test_no_secret_in_the_error_for_a_provider_that_echoes_the_request(
    mock_provider: MockProvider, credential_class: Any, runner: Runner
) -> None:
    (name,) = credential_class.spec.secrets

    def echo(request: httpx.Request) -> httpx.Response:
        content = request.content + b"".join(b"%s: %s\n" % pair for pair in request.headers.raw)
        return httpx.Response(400, content=content, headers={"WWW-Authenticate": MARK})

    with pytest.raises(TokenError) as caught:
        runner.token(mock_provider.credential(credential_class, echo, **{name: MARK}))

    assert MARK not in error_report(caught.value)


@parametrize_credentials()
def test_no_secret_in_the_error_for_an_api_that_closes_the_connection(
    emulator: Emulator, clock: FakeClock, credential_class: Any, runner: Runner, search: Search
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    search.add(runner.token(credential))
    emulator.fault(credential_class.spec.provider, "sandbox", operation="echo", disconnect="before")
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        runner.get(credential, f"{credential.base_url}/echo")

    assert search.find(error_report(caught.value)) == []


@parametrize_credentials()
def test_no_secret_in_the_history_of_a_response(
    emulator: Emulator, clock: FakeClock, credential_class: Any, runner: Runner, search: Search
) -> None:
    credential = credential_class("sandbox", clock=clock.clock)
    emulator.revoke(runner.token(credential).value)

    response = runner.get(credential, f"{credential.base_url}/echo")

    requests = [response.request, *(earlier.request for earlier in response.history)]
    assert {request.url.path.rsplit("/", 1)[1] for request in requests} == {"echo"}
    search.add(runner.token(credential))
    assert search.find(repr([response, response.request, response.request.headers])) == []


def schemas() -> Iterator[Any]:
    for provider in ("setu", "sahamati", "decentro", "su", "singleview"):
        for name, schema in load_spec(provider)["components"]["schemas"].items():
            for key, property_ in schema.get("properties", {}).items():
                if property_.get("format") == "password":
                    yield pytest.param(provider, name, key, id=f"{provider}.{name}.{key}")


@pytest.mark.parametrize(("provider", "name", "key"), list(schemas()))
def test_no_secret_in_a_generated_model(provider: str, name: str, key: str) -> None:
    properties = load_spec(provider)["components"]["schemas"][name]["properties"]
    values = {name: value_for(schema) for name, schema in properties.items()} | {key: MARK}

    model = getattr(importlib.import_module(f"gatepass_clients.{provider}.models"), name).from_dict(values)

    assert model.to_dict()[key] == MARK
    assert MARK not in f"{model} {model!r} {pprint.pformat(model)} {[model]}"


def value_for(schema: Any) -> Any:
    """A value of the schema's type."""
    plain = {"string": "fake", "integer": 1, "number": 1.0, "boolean": True, "array": []}
    return schema.get("const", schema.get("enum", [plain.get(str(schema.get("type")), "fake")])[0])


@parametrize_credentials()
def test_no_secret_in_the_log_of_the_emulator(
    emulator: Emulator, clock: FakeClock, credential_class: Any, runner: Runner, search: Search
) -> None:
    logged: list[str] = []
    emulator.listen(lambda call: logged.append(f"{call} {call!r}"))
    (name,) = credential_class.spec.secrets
    with pytest.raises(TokenError):
        runner.token(credential_class("sandbox", clock=clock.clock, **{name: MARK}))
    credential = credential_class("sandbox", clock=clock.clock)
    search.add(runner.token(credential))
    runner.get(credential, f"{credential.base_url}/echo/{search.hidden[0]}")
    if credential_class is SahamatiUser:
        search.hidden.append(runner.read_secret(credential, "fake-aa-1").value)

    search.hidden.append(MARK)
    assert len(logged) >= 3
    assert search.find("\n".join(logged) + repr(emulator.calls)) == []
    control = httpx.get(f"{emulator.base_url}/_emulator/calls", verify=TLS_CONTEXT).text
    assert search.find(control) == []


@pytest.mark.parametrize("fault", ["rejected", "rate limited", "HTML", "no token", "an invalid token"])
def test_no_secret_on_the_terminal_of_the_command_line(
    emulator: Emulator, credential_class: Any, search: Search, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = next(command for command, name in COMMANDS.items() if name == credential_class.__name__)
    emulator.fault(credential_class.spec.provider, "sandbox", **FAULTS[fault])

    assert main(["token", provider, "sandbox"]) in (3, 4, 5)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"gatepass: {credential_class.spec.provider} sandbox: ")
    search.hidden.append(MARK)
    assert search.find(err) == []


@pytest.mark.parametrize("style", ["value", "header", "json", "env"])
def test_a_token_is_on_stdout_and_not_beside_it(
    emulator: Emulator, credential_class: Any, search: Search, style: str, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = next(command for command, name in COMMANDS.items() if name == credential_class.__name__)

    assert main(["token", provider, "sandbox", "--format", style]) == 0

    out, err = capsys.readouterr()
    assert search.find(out + err) == []
    token = out.strip().removeprefix("Authorization: Bearer ").split("'")[-2 if "'" in out else -1]
    assert len(token) > 20
    assert token not in err


def test_no_secret_in_the_error_for_a_bug_of_gatepass(
    mock_provider: MockProvider,
    runner: Runner,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def bug(*_: object, **_options: object) -> None:
        raise AssertionError(f"fake bug with {MARK}")

    monkeypatch.setattr("gatepass._exchange.token_lifetime", bug)
    with pytest.raises(GatepassError, match="unexpected AssertionError") as caught:
        runner.token(mock_provider.credential(Setu, secret=MARK))

    assert MARK not in error_report(caught.value)
    assert capsys.readouterr() == ("", "")
