"""The package as a whole: what it exports, loads, states and ships."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import gatepass
import gatepass.stores

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "overlay" / "gatepass").rglob("*.py"))


def loaded_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after the code."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_everything_public_is_there_and_sorted() -> None:
    assert gatepass.__all__ == sorted(gatepass.__all__)
    assert all(getattr(gatepass, name) for name in gatepass.__all__)
    with pytest.raises(AttributeError, match="NoSuchThing"):
        gatepass.NoSuchThing  # noqa: B018


def test_the_stores_are_there_and_loaded_when_used() -> None:
    assert gatepass.FileStore is gatepass.stores.FileStore
    assert gatepass.RedisStore is gatepass.stores.RedisStore
    assert {"FileStore", "RedisStore"} <= set(gatepass.__all__)
    loaded = loaded_by("import gatepass")
    assert not any(name.startswith("gatepass.stores") for name in loaded)
    assert "redis" not in loaded_by("from gatepass import FileStore")


def test_the_version_is_that_of_the_distribution_and_read_when_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert gatepass.__version__ == project["version"]
    assert "importlib.metadata" not in loaded_by("import gatepass") - loaded_by("import httpx")
    assert "importlib.metadata" in loaded_by("import gatepass; gatepass.__version__")


def test_import_loads_no_provider_and_no_extra() -> None:
    loaded = loaded_by("import gatepass")

    for name in ("gatepass_emulator", "redis", "cryptography", "starlette", "yaml", "dateutil", "trio"):
        assert name not in loaded
    assert not any(name.startswith("gatepass_clients.") for name in loaded)


def test_import_costs_fewer_than_40_modules_over_httpx_alone() -> None:
    alone, ours = loaded_by("import httpx"), loaded_by("from gatepass import Setu")

    assert len(ours - alone) < 40


@pytest.mark.parametrize("used", ["Setu", "Sahamati", "Decentro", "Su", "SingleView"])
def test_only_the_client_that_is_used_is_loaded(used: str) -> None:
    made = "one('sandbox', **dict.fromkeys(one.facts.credentials, 'fake'))"
    loaded = loaded_by(f"from gatepass import {used} as one\n{made}")

    clients = {name.split(".")[1] for name in loaded if name.startswith("gatepass_clients.")}
    assert clients - {"facts", "hosts", "masking"} == {used.lower()}
    assert not {"gatepass_emulator", "redis", "cryptography", "dateutil", "trio"} & loaded


def test_the_overlay_states_no_address() -> None:
    found = [
        f"{path.name}: {address}"
        for path in SOURCES
        for address in re.findall(r"https?://[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
    ]
    assert found == []


def test_arrows_run_one_way() -> None:
    emulator = [path.read_text() for path in (ROOT / "overlay" / "gatepass_emulator").rglob("*.py")]
    clients = [path.read_text() for path in (ROOT / "generated").rglob("*.py")]

    assert not any(re.search(r"^\s*(from|import) gatepass(_clients)?\b", text, re.M) for text in emulator)
    assert not any(re.search(r"^\s*(from|import) gatepass(_emulator)?\b", text, re.M) for text in clients)
