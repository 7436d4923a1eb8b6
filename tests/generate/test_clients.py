"""What the generated packages show and carry."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

import gatepass_clients
from gatepass import SahamatiUser
from gatepass_clients.sahamati import AuthenticatedClient
from gatepass_clients.sahamati.api.secret import read_entity_secret
from gatepass_clients.sahamati.models import SecretReply, SecretRequest
from gatepass_emulator import Emulator

from ..conftest import spec
from ..patience import PATIENCE

ROOT = Path(__file__).parents[2]
PACKAGES = [module.name for module in pkgutil.iter_modules(gatepass_clients.__path__) if module.ispkg]
PROVIDERS = [name for name in PACKAGES if name != "facts"]
HIDDEN = "fake-hidden-value"


def secret_fields() -> Iterator[tuple[str, str, str]]:
    for provider in PROVIDERS:
        for name, schema in spec(provider)["components"]["schemas"].items():
            for field, one in schema.get("properties", {}).items():
                if one.get("format") == "password":
                    yield provider, name, field


def model(provider: str, name: str) -> Any:
    return getattr(importlib.import_module(f"gatepass_clients.{provider}.models"), name)


def test_every_spec_has_its_client_and_the_client_its_spec() -> None:
    specs = {path.stem: path.read_bytes() for path in (ROOT / "specs").glob("*.yaml")}
    carried = {path.parent.name: path.read_bytes() for path in (ROOT / "generated").rglob("openapi.yaml")}

    assert carried == specs
    assert sorted(carried) == sorted(PROVIDERS)


@pytest.mark.parametrize(("provider", "name", "field"), list(secret_fields()))
def test_a_model_does_not_show_its_secrets(provider: str, name: str, field: str) -> None:
    example = {other: "other" for other in spec(provider)["components"]["schemas"][name].get("required", [])}
    if "grant_type" in example:
        example["grant_type"] = "client_credentials"
    one = model(provider, name).from_dict({**example, field: HIDDEN, "notInTheSpec": HIDDEN})

    assert HIDDEN in one.to_dict().values()
    assert HIDDEN not in repr(one) + str(one) + f"{one}"
    assert "***" in repr(one)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_client_and_a_response_do_not_show_theirs(provider: str) -> None:
    module = importlib.import_module(f"gatepass_clients.{provider}")
    response_class = importlib.import_module(f"gatepass_clients.{provider}.types").Response
    client = module.AuthenticatedClient(base_url="https://provider.invalid", token=HIDDEN)
    client.get_httpx_client().close()
    response = response_class(200, HIDDEN.encode(), httpx.Headers({"Set-Cookie": HIDDEN}), None)
    error = importlib.import_module(f"gatepass_clients.{provider}.errors").UnexpectedStatus(
        500, HIDDEN.encode()
    )

    assert client.token == HIDDEN
    assert HIDDEN not in repr(client) + repr(response) + repr(error) + str(error)
    assert attrs.has(type(client))


def test_a_typed_client_takes_a_credential_as_its_auth(emulator: Emulator) -> None:
    user = SahamatiUser("uat")
    client = AuthenticatedClient(
        base_url=user.base_url, token="", httpx_args={"auth": user}, timeout=httpx.Timeout(PATIENCE)
    )
    entity = emulator.credentials("sahamati", "uat", "entityToken")["entity_id"]
    body = SecretRequest(timestamp="2024-07-16T11:33:34.509Z", txn_id="fake", entity_id=entity)

    with client:
        reply = read_entity_secret.sync(client=client, body=body)

    assert isinstance(reply, SecretReply)
    assert reply.secret == emulator.variables()["SAHAMATI_UAT_SECRET"]
