"""The requests of the clients and the responses of the emulator conform to the specs: Prism checks them.

Its proxy lists in the header `sl-violations` of a response how the request and the response break the spec.
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
from gatepass_generator.reader import read
from repository import SPECS
from tests.helpers import CREDENTIALS, TLS_CONTEXT, FakeClock

ENTITY = "fake-aa-1"
POST: dict[Any, dict[str, str]] = {Decentro: {"method": "POST"}}
"""The proxy does not forward a GET with a body; a test shows it."""

NewCredential = Callable[..., Any]
TypedRequest = tuple[ModuleType, dict[str, Any]]
TYPED: dict[str, Callable[[dict[str, str]], list[TypedRequest]]] = {
    "setu": lambda account: [(generate_setu_token, {"body": setu.TokenRequest(**account)})],
    "singleview": lambda account: [
        (
            generate_singleview_token,
            {"body": singleview.TokenRequest(**account, grant_type="client_credentials")},
        )
    ],
    "decentro": lambda account: [
        (
            generate_token_by_post,
            {"body": decentro.TokenRequest.from_dict({"grant_type": "client_credentials", **account})},
        )
    ],
    "su": lambda account: [
        (
            generate_access_token,
            account | {"client_id": base64.b64encode(account["client_id"].encode()).decode()},
        )
    ],
    "sahamati": lambda account: [
        (
            generate_user_token,
            {"body": sahamati.UserTokenRequest(account["username"], account["password"])},
        ),
        (
            generate_entity_token,
            {"body": sahamati.EntityTokenRequest(account["entity_id"], account["secret"])},
        ),
        (read_entity_secret, {"body": sahamati.SecretRequest("2024-10-10T11:11:45Z", "fake-1", ENTITY)}),
        (reset_entity_secret, {"body": sahamati.SecretRequest("2024-10-10T11:11:45Z", "fake-2", ENTITY)}),
    ],
}
"""The requests of the generated clients, with valid credentials."""


@pytest.fixture(scope="module")
def proxies(session_emulator: Emulator) -> Iterator[dict[str, str]]:
    """Provider to URL of a proxy for its sandbox. All start at once, because each takes seconds."""
    ready = {provider: SimpleQueue[str]() for provider in session_emulator.environments}
    with ExitStack() as stack:
        for provider, lines in ready.items():
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
            reader = Thread(target=follow, args=(process, lines))
            reader.start()
            stack.callback(reader.join)
            stack.callback(process.terminate)
        urls = {provider: lines.get() for provider, lines in ready.items()}
        assert all(url.startswith("http://") for url in urls.values()), urls
        yield urls


def follow(process: subprocess.Popen[str], lines: SimpleQueue[str]) -> None:
    """Read the output of a proxy, so that it never blocks; puts its URL, and at the end all of the output."""
    printed = ""
    for line in process.stdout or ():
        printed += line
        if "listening on" in line:
            lines.put(line.split()[-1])
    lines.put(printed)


class RecordingTransport(httpx.HTTPTransport):
    """Sends requests; records the status of each response, and the violations that the proxy reports."""

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
def transport() -> Iterator[RecordingTransport]:
    with RecordingTransport() as transport:
        yield transport


@pytest.fixture
def new_credential(
    proxies: dict[str, str], emulator: Emulator, clock: FakeClock, transport: RecordingTransport
) -> NewCredential:
    """Creates a credential whose requests go through the proxy."""

    def make(credential_class: Any, **options: Any) -> Any:
        url = proxies[credential_class.spec.provider]
        return credential_class(
            "sandbox", base_url=url, clock=clock.clock, transport=transport, timeout=60, **options
        )

    return make


def test_a_token_request_and_its_response_conform_to_the_spec(
    credential_class: Any, new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator
) -> None:
    new_credential(credential_class, **POST.get(credential_class, {})).token()
    asyncio.run(new_credential(credential_class, **POST.get(credential_class, {})).atoken())
    assert transport.responses == [(200, [])] * 2
    assert emulator.count(credential_class.spec.provider, "sandbox", status=200) == 2


def test_a_rejection_conforms_to_the_spec(
    credential_class: Any, new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator
) -> None:
    with pytest.raises(Rejected) as caught:
        new_credential(
            credential_class, **CREDENTIALS[credential_class], **POST.get(credential_class, {})
        ).token()
    assert transport.responses == [(caught.value.status, [])]
    assert emulator.count(credential_class.spec.provider, "sandbox", status=caught.value.status) == 1


def test_a_refresh_conforms_to_the_spec(
    new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator, clock: FakeClock
) -> None:
    credential = new_credential(Decentro, method="POST")
    for _ in range(2):
        credential.token()
        clock.advance(900)
    assert transport.responses == [(200, [])] * 2
    assert [call.credentials.split("=")[0] for call in emulator.calls] == ["client_id", "refresh_token"]


def test_secret_requests_and_their_responses_conform_to_the_spec(
    new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator
) -> None:
    user = new_credential(SahamatiUser)
    user.read_secret(ENTITY)
    user.reset_secret(ENTITY, days=100)
    asyncio.run(user.aread_secret(ENTITY))
    asyncio.run(user.areset_secret(ENTITY))
    assert transport.responses == [(200, [])] * 5
    assert emulator.count("sahamati", "sandbox", kind="secret", status=200) == 4


@pytest.mark.parametrize("provider", TYPED)
def test_requests_and_responses_of_a_typed_client_conform_to_the_spec(
    provider: str, proxies: dict[str, str], emulator: Emulator, clock: FakeClock
) -> None:
    package = importlib.import_module(f"gatepass_clients.{provider}")
    user = SahamatiUser("sandbox", clock=clock.clock).token()
    emulator.listen((log := list[Any]()).append)

    async def request_async(call: Any, client: Any, arguments: dict[str, Any]) -> Any:
        async with client:
            return await call.asyncio_detailed(client=client, **arguments)

    for call, arguments in TYPED[provider](emulator.credentials(provider, "sandbox")):
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
            responses = [call.sync_detailed(client=client, **arguments)]
        responses.append(asyncio.run(request_async(call, client, arguments)))
        results = [(response.status_code, violations(response.headers)) for response in responses]
        assert results == [(200, [])] * 2
        assert len(log) == 2
        log.clear()


def test_the_proxy_cannot_forward_a_get_with_a_body(
    new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator
) -> None:
    with pytest.raises(Unavailable):
        new_credential(Decentro).token()
    assert {status for status, _ in transport.responses} == {501}
    assert emulator.calls == []


@pytest.mark.parametrize("provider", TYPED)
def test_a_request_that_breaks_the_spec_is_detected(
    provider: str, proxies: dict[str, str], emulator: Emulator
) -> None:
    for operation in read(SPECS / f"{provider}.yaml").operations().values():
        body = None if operation.method == "get" else {"notInTheSpec": "fake"}
        url = proxies[provider] + operation.path
        response = httpx.request(operation.method, url, json=body, verify=TLS_CONTEXT, timeout=60)
        assert violations(response.headers)[0].startswith("request"), operation.id
        assert emulator.calls[-1].operation == operation.id


def test_a_response_that_breaks_the_spec_is_detected(
    new_credential: NewCredential, transport: RecordingTransport, emulator: Emulator
) -> None:
    emulator.fault("setu", "sandbox", patch={"/data/token": 7})
    with pytest.raises(Unavailable):
        new_credential(Setu).token()
    broken = "response.body.data.token: Response body property data.token must be string"
    assert transport.responses == [(200, [broken])]
