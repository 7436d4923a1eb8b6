"""What the clients really send and the emulator really answers is as the specs say: Prism stands between.

Its proxy lists, in the header `sl-violations` of a response, what is wrong with the request and the response.
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Thread
from types import ModuleType
from typing import Any

import httpx
import pytest

import node
from gatepass import Decentro, Rejected, SahamatiUser, Setu, Unavailable
from gatepass_clients.decentro import models as decentro
from gatepass_clients.decentro.api.token import generate_token_by_post
from gatepass_clients.sahamati import models as sahamati
from gatepass_clients.sahamati.api.secret import read_entity_secret, reset_entity_secret
from gatepass_clients.sahamati.api.token import generate_entity_token, generate_user_token
from gatepass_clients.setu import models as setu
from gatepass_clients.setu.api.token import generate_token as generate_setu_token
from gatepass_clients.singleview import models as singleview
from gatepass_clients.singleview.api.token import generate_token as generate_singleview_token
from gatepass_clients.su.api.token import generate_access_token
from gatepass_emulator import Emulator
from specs import SPECS, read
from tests.helpers import CREDENTIALS, TLS_CONTEXT, FakeClock

ENTITY = "fake-aa-1"
POST: dict[Any, dict[str, str]] = {Decentro: {"method": "POST"}}
"""The proxy does not pass on a GET with a body: there is a test about that."""

Through = Callable[..., Any]
Call = tuple[ModuleType, dict[str, Any]]
TYPED: dict[str, Callable[[dict[str, str]], list[Call]]] = {
    "setu": lambda known: [(generate_setu_token, {"body": setu.TokenRequest(**known)})],
    "singleview": lambda known: [
        (
            generate_singleview_token,
            {"body": singleview.TokenRequest(**known, grant_type="client_credentials")},
        )
    ],
    "decentro": lambda known: [
        (
            generate_token_by_post,
            {"body": decentro.TokenRequest.from_dict({"grant_type": "client_credentials", **known})},
        )
    ],
    "su": lambda known: [
        (
            generate_access_token,
            known | {"client_id": base64.b64encode(known["client_id"].encode()).decode()},
        )
    ],
    "sahamati": lambda known: [
        (
            generate_user_token,
            {"body": sahamati.UserTokenRequest(known["username"], known["password"])},
        ),
        (
            generate_entity_token,
            {"body": sahamati.EntityTokenRequest(known["entity_id"], known["secret"])},
        ),
        (read_entity_secret, {"body": sahamati.SecretRequest("2024-10-10T11:11:45Z", "fake-1", ENTITY)}),
        (reset_entity_secret, {"body": sahamati.SecretRequest("2024-10-10T11:11:45Z", "fake-2", ENTITY)}),
    ],
}
"""The requests of the generated clients, with valid credentials."""


@pytest.fixture(scope="module")
def proxies(session_emulator: Emulator) -> Iterator[dict[str, str]]:
    """The URL of a proxy before each provider's sandbox; all start at once, since each takes seconds."""
    ready = {provider: SimpleQueue[str]() for provider in session_emulator.environments}
    with ExitStack() as stack:
        for provider, found in ready.items():
            arguments = [
                str(SPECS / f"{provider}.yaml"),
                session_emulator.url(provider, "sandbox"),
                "--port",
                "0",
            ]
            process = subprocess.Popen(
                [node.command("prism"), "proxy", *arguments],
                env=node.variables(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            stack.enter_context(process)
            reader = Thread(target=follow, args=(process, found))
            reader.start()
            stack.callback(reader.join)
            stack.callback(process.terminate)
        urls = {provider: found.get() for provider, found in ready.items()}
        assert all(url.startswith("http://") for url in urls.values()), urls
        yield urls


def follow(process: subprocess.Popen[str], found: SimpleQueue[str]) -> None:
    """Read all that a proxy prints, so that it never waits for a reader; tell its URL, or why it ended."""
    printed = ""
    for line in process.stdout or ():
        printed += line
        if "listening on" in line:
            found.put(line.split()[-1])
    found.put(printed)


class Seen(httpx.HTTPTransport):
    """Sends real requests; records the status of each response, and the violations that the proxy found."""

    def __init__(self) -> None:
        super().__init__(verify=TLS_CONTEXT)
        self.responses: list[tuple[int, list[str]]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        self.responses.append((response.status_code, violations(response.headers)))
        return response


def violations(headers: Any) -> list[str]:
    return [
        f"{'.'.join(violation['location'])}: {violation['message']}"
        for violation in json.loads(headers.get("sl-violations", "[]"))
    ]


@pytest.fixture
def seen() -> Iterator[Seen]:
    with Seen() as transport:
        yield transport


@pytest.fixture
def through(proxies: dict[str, str], emulator: Emulator, clock: FakeClock, seen: Seen) -> Through:
    """Creates a credential whose requests go through the proxy."""

    def make(credential_class: Any, **options: Any) -> Any:
        url = proxies[credential_class.spec.provider]
        return credential_class(
            "sandbox", base_url=url, clock=clock.clock, transport=seen, timeout=60, **options
        )

    return make


def test_a_token_is_asked_for_and_granted_as_the_spec_says(
    credential_class: Any, through: Through, seen: Seen, emulator: Emulator
) -> None:
    through(credential_class, **POST.get(credential_class, {})).token()
    asyncio.run(through(credential_class, **POST.get(credential_class, {})).atoken())
    assert seen.responses == [(200, [])] * 2
    assert emulator.count(credential_class.spec.provider, "sandbox", status=200) == 2


def test_a_refusal_is_as_the_spec_says(
    credential_class: Any, through: Through, seen: Seen, emulator: Emulator
) -> None:
    with pytest.raises(Rejected) as caught:
        through(credential_class, **CREDENTIALS[credential_class], **POST.get(credential_class, {})).token()
    assert seen.responses == [(caught.value.status, [])]
    assert emulator.count(credential_class.spec.provider, "sandbox", status=caught.value.status) == 1


def test_a_refresh_is_as_the_spec_says(
    through: Through, seen: Seen, emulator: Emulator, clock: FakeClock
) -> None:
    credential = through(Decentro, method="POST")
    for _ in range(2):
        credential.token()
        clock.advance(900)
    assert seen.responses == [(200, [])] * 2
    assert [call.credentials.split("=")[0] for call in emulator.calls] == ["client_id", "refresh_token"]


def test_secrets_are_read_and_reset_as_the_spec_says(
    through: Through, seen: Seen, emulator: Emulator
) -> None:
    user = through(SahamatiUser)
    user.read_secret(ENTITY)
    user.reset_secret(ENTITY, days=100)
    asyncio.run(user.aread_secret(ENTITY))
    asyncio.run(user.areset_secret(ENTITY))
    assert seen.responses == [(200, [])] * 5
    assert emulator.count("sahamati", "sandbox", kind="secret", status=200) == 4


@pytest.mark.parametrize("provider", TYPED)
def test_a_typed_client_asks_and_is_answered_as_the_spec_says(
    provider: str, proxies: dict[str, str], emulator: Emulator, clock: FakeClock
) -> None:
    package = importlib.import_module(f"gatepass_clients.{provider}")
    user = SahamatiUser("sandbox", clock=clock.clock).token()
    emulator.listen((log := list[Any]()).append)

    async def ask(call: Any, client: Any, given: dict[str, Any]) -> Any:
        async with client:
            return await call.asyncio_detailed(client=client, **given)

    for call, given in TYPED[provider](emulator.credentials(provider, "sandbox")):
        options: Any = {
            "base_url": proxies[provider],
            "verify_ssl": TLS_CONTEXT,
            "timeout": httpx.Timeout(60),
        }
        if ".secret." in call.__name__:
            client = package.AuthenticatedClient(token=user.value, **options)
        else:
            client = package.Client(**options)
        with client:
            responses = [call.sync_detailed(client=client, **given)]
        responses.append(asyncio.run(ask(call, client, given)))
        results = [(response.status_code, violations(response.headers)) for response in responses]
        assert results == [(200, [])] * 2
        assert len(log) == 2
        log.clear()


def test_a_get_with_a_body_is_more_than_the_proxy_can(
    through: Through, seen: Seen, emulator: Emulator
) -> None:
    with pytest.raises(Unavailable):
        through(Decentro).token()
    assert {status for status, _ in seen.responses} == {501}
    assert emulator.calls == []


@pytest.mark.parametrize("provider", TYPED)
def test_a_request_that_breaks_the_spec_is_found(
    provider: str, proxies: dict[str, str], emulator: Emulator
) -> None:
    for operation in read(SPECS / f"{provider}.yaml").operations().values():
        body = None if operation.method == "get" else {"notInTheSpec": "fake"}
        url = proxies[provider] + operation.path
        response = httpx.request(operation.method, url, json=body, verify=TLS_CONTEXT, timeout=60)
        assert violations(response.headers)[0].startswith("request"), operation.id
        assert emulator.calls[-1].operation == operation.id


def test_a_reply_that_breaks_the_spec_is_found(through: Through, seen: Seen, emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", patch={"/data/token": 7})
    with pytest.raises(Unavailable):
        through(Setu).token()
    broken = "response.body.data.token: Response body property data.token must be string"
    assert seen.responses == [(200, [broken])]
