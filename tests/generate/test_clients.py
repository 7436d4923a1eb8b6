"""The generated packages contain their specs and show no secrets."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from pprint import pformat
from typing import Any

import attrs
import httpx
import pytest
import rich
from hypothesis.vendor.pretty import pretty as hypothesis_repr
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

import gatepass_clients
from gatepass import SahamatiUser
from gatepass_clients.sahamati import AuthenticatedClient
from gatepass_clients.sahamati.api.secret import read_entity_secret
from gatepass_clients.sahamati.models import SecretRequest, SecretResponse
from gatepass_emulator import Emulator

from ..helpers import load_spec
from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
PACKAGES = [module.name for module in pkgutil.iter_modules(gatepass_clients.__path__) if module.ispkg]
PROVIDERS = PACKAGES
HIDDEN = "fake-hidden-value"


def secret_fields() -> Iterator[tuple[str, str, str]]:
    for provider in PROVIDERS:
        for name, schema in load_spec(provider)["components"]["schemas"].items():
            for field, attribute in schema.get("properties", {}).items():
                if attribute.get("format") == "password":
                    yield provider, name, field


def model(provider: str, name: str) -> Any:
    return getattr(importlib.import_module(f"gatepass_clients.{provider}.models"), name)


def test_every_spec_has_its_client_and_the_client_its_spec() -> None:
    specs = {path.stem.replace("-", "_"): path.read_bytes() for path in (ROOT / "specs").glob("*.yaml")}
    carried = {path.parent.name: path.read_bytes() for path in (ROOT / "generated").rglob("openapi.yaml")}

    assert carried == specs
    assert sorted(carried) == sorted(PROVIDERS)


def secret_model(provider: str, name: str, field: str) -> Any:
    """A model with a secret in a field, and in one that the spec does not know."""
    schema = load_spec(provider)["components"]["schemas"][name]
    example = dict.fromkeys(schema.get("required", []), "other")
    if "grant_type" in example:
        example["grant_type"] = "client_credentials"
    return model(provider, name).from_dict({**example, field: HIDDEN, "notInTheSpec": HIDDEN})


def unmasked(provider: str) -> Iterator[Any]:
    """The other classes of a client, with a secret in each."""
    package = importlib.import_module(f"gatepass_clients.{provider}")
    headers = httpx.Headers({"Set-Cookie": HIDDEN})
    yield package.AuthenticatedClient(base_url="https://provider.invalid", token=HIDDEN)
    yield package.Client(base_url="https://provider.invalid", headers={"Authorization": HIDDEN})
    yield package.Response(200, HIDDEN.encode(), headers, None)


def every_secret() -> Iterator[Any]:
    for provider in PROVIDERS:
        yield from unmasked(provider)
    for provider, name, field in secret_fields():
        yield secret_model(provider, name, field)


def printed(value: Any) -> str:
    """What rich writes to a terminal."""
    file = StringIO()
    Console(file=file, width=400).print(value)
    return file.getvalue()


def inspected(value: Any) -> str:
    file = StringIO()
    rich.inspect(value, console=Console(file=file, width=400), private=True, dunder=True)
    return file.getvalue()


def traced(value: Any) -> str:
    """A traceback that shows local variables, here a model and a list of it."""
    values = [value]
    try:
        values[1]
    except IndexError:
        return printed(Traceback(show_locals=True))
    raise AssertionError


@pytest.mark.parametrize("render", [pretty_repr, printed, inspected, traced, hypothesis_repr, pformat])
def test_no_pretty_printer_shows_a_secret(render: Callable[[Any], str]) -> None:
    for value in every_secret():
        text = render(value)

        assert type(value).__name__ in text
        assert HIDDEN not in text


def test_a_failed_comparison_shows_no_secret(tmp_path: Path) -> None:
    secrets = [HIDDEN + "-1", HIDDEN + "-2"]
    (tmp_path / "test_it.py").write_text(
        "from gatepass_clients.sahamati.models import SecretResponse\n"
        "def test_it():\n"
        f"    first, second = (SecretResponse.from_dict({{'secret': text}}) for text in {secrets})\n"
        "    assert first == first != second\n"
        "    assert first == second\n"
    )
    command = [sys.executable, "-m", "pytest", "-vv", "--tb=short", "-p", "no:cacheprovider", str(tmp_path)]

    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600)

    assert "assert SecretResponse(" in process.stdout
    assert HIDDEN not in process.stdout


@pytest.mark.parametrize(("provider", "name", "field"), list(secret_fields()))
def test_a_model_does_not_show_its_secrets(provider: str, name: str, field: str) -> None:
    instance = secret_model(provider, name, field)

    assert HIDDEN in instance.to_dict().values()
    assert HIDDEN not in repr(instance) + str(instance) + f"{instance}"
    assert "***" in repr(instance)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_clients_responses_and_errors_do_not_show_their_secrets(provider: str) -> None:
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
        base_url=user.base_url, token="", httpx_args={"auth": user}, timeout=httpx.Timeout(HANG_TIMEOUT)
    )
    entity = emulator.credentials("sahamati", "uat", "entityToken")["entity_id"]
    body = SecretRequest(timestamp="2024-07-16T11:33:34.509Z", txn_id="fake", entity_id=entity)

    with client:
        response = read_entity_secret.sync(client=client, body=body)

    assert isinstance(response, SecretResponse)
    assert response.secret == emulator.variables()["SAHAMATI_UAT_SECRET"]
