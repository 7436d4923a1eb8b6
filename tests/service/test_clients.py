"""Clients with keys of their own may use what the configuration allows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepass import ConfigError
from gatepass_emulator import Emulator
from gatepass_service._configuration import read_clients

from .conftest import Serve
from .process import GRANT

KEY = "fake-key-of-billing-0123456789abcdef"


def configure(folder: Path, text: str, key: str = KEY) -> Path:
    """A configuration file, and beside it the file with the key that it names."""
    (folder / "billing-key").write_text(f"{key}\n")
    (folder / "billing-key").chmod(0o600)
    file = folder / "service.toml"
    file.write_text(text)
    return file


ALLOWED = """
[clients.billing]
key_file = "billing-key"
allow = ["setu/sandbox", "su/*"]
"""


def test_a_client_gets_what_it_is_allowed(serve: Serve, emulator: Emulator, tmp_path: Path) -> None:
    service = serve("--config", str(configure(tmp_path, ALLOWED)))
    billing = ("billing", KEY)

    for account in ("setu/sandbox", "su/sandbox", "su/production"):
        assert service.post(f"/{account}/token", auth=billing).status_code == 200
    refused = service.post("/setu/production/token", auth=billing)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    assert "client billing may not use setu/production" in refused.json()["error_description"]
    assert service.post("/setu/production/revoke", {"token": "fake"}, auth=billing).status_code == 400
    for path in ("headers", "auth"):
        assert service.get(f"/setu/production/{path}", auth=billing).status_code == 403
    assert emulator.count("setu", "production") == 0
    assert service.post("/setu/production/token").status_code == 200  # of the client gatepass


def test_the_keys_of_clients_are_not_exchanged(serve: Serve, tmp_path: Path) -> None:
    service = serve("--config", str(configure(tmp_path, ALLOWED)))

    for auth in (("billing", service.key), ("gatepass", KEY)):
        assert service.post("/setu/sandbox/token", auth=auth).status_code == 401


def test_the_log_names_the_client(serve: Serve, tmp_path: Path) -> None:
    service = serve("--config", str(configure(tmp_path, ALLOWED)))
    service.post("/setu/sandbox/token", auth=("billing", KEY))
    service.post("/setu/sandbox/token", {**GRANT, "client_id": "other"}, auth=None)

    service.stop()

    requests = [entry for entry in service.log() if entry["message"] == "request"]
    assert [(entry["client"], entry["status"]) for entry in requests] == [("billing", 200), ("", 401)]


WRONG = {
    "an unknown table": ("[client.billing]\n", r":1: client: unknown 'client': did you mean clients\?"),
    "an unknown word": (
        '[clients.billing]\nkey_file = "billing-key"\nalow = ["su/*"]\n',
        r":3: clients.billing.alow: unknown 'alow': did you mean allow\?",
    ),
    "no key": ('[clients.billing]\nallow = ["su/*"]\n', r":1: clients.billing.key_file: name the file"),
    "no allow list": (
        '[clients.billing]\nkey_file = "billing-key"\n',
        r":1: clients.billing.allow: list what",
    ),
    "an empty allow list": (
        '[clients.billing]\nkey_file = "billing-key"\nallow = []\n',
        r":3: clients.billing.allow: list what",
    ),
    "an unknown provider": (
        '[clients.billing]\nkey_file = "billing-key"\nallow = ["seto/sandbox"]\n',
        r":3: clients.billing.allow: unknown 'seto': did you mean setu\?",
    ),
    "an unknown environment": (
        '[clients.billing]\nkey_file = "billing-key"\nallow = ["setu/uat"]\n',
        r":3: clients.billing.allow: unknown 'uat': use \* or production or sandbox",
    ),
    "no environment": (
        '[clients.billing]\nkey_file = "billing-key"\nallow = ["setu"]\n',
        r":3: clients.billing.allow: 'setu': write PROVIDER/ENVIRONMENT",
    ),
    "a number": (
        '[clients.billing]\nkey_file = "billing-key"\nallow = [7]\n',
        r":3: clients.billing.allow: 7: write PROVIDER/ENVIRONMENT",
    ),
    "the default client": (
        "[clients.gatepass]\n",
        r":1: clients.gatepass: this is the client of the local key",
    ),
    "a client that is no table": ('[clients]\nbilling = "x"\n', r":2: clients.billing: write a table"),
    "clients that are no tables": ("clients = 7\n", r":1: clients: write a table for each client"),
    "a client id with a colon": ('[clients."a:b"]\n', r":1: clients.a:b: a client id is up to 64"),
    "no TOML": ("[clients\n", r"not TOML: .*line 1"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named_with_its_line_and_fix(text: str, message: str, tmp_path: Path) -> None:
    file = configure(tmp_path, text)

    with pytest.raises(ConfigError, match=rf"{file}:? ?{message}"):
        read_clients(file)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_clients(tmp_path / "service.toml")


def test_a_weak_key_is_refused_and_not_shown(tmp_path: Path) -> None:
    file = configure(tmp_path, ALLOWED, key="fake-short")

    with pytest.raises(ConfigError, match="a key is one line of 32 or more") as raised:
        read_clients(file)
    assert "fake-short" not in str(raised.value)
