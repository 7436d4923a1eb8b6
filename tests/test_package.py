"""The package as a whole: its exports, imports and version."""

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


def modules_imported_by(code: str) -> set[str]:
    """The modules of a new interpreter after it has run the code."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_every_public_name_exists_and_all_is_sorted() -> None:
    assert gatepass.__all__ == sorted(gatepass.__all__)
    assert all(getattr(gatepass, name) for name in gatepass.__all__)
    with pytest.raises(AttributeError, match="NoSuchName"):
        gatepass.NoSuchName  # noqa: B018


def test_the_stores_are_imported_only_when_used() -> None:
    assert gatepass.FileStore is gatepass.stores.FileStore
    assert gatepass.RedisStore is gatepass.stores.RedisStore
    assert {"FileStore", "RedisStore"} <= set(gatepass.__all__)
    loaded = modules_imported_by("import gatepass")
    assert not any(name.startswith("gatepass.stores") for name in loaded)
    assert "redis" not in modules_imported_by("from gatepass import FileStore")


def test_the_version_is_that_of_the_distribution_and_read_only_when_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert gatepass.__version__ == project["version"]
    assert "importlib.metadata" not in modules_imported_by("import gatepass") - modules_imported_by(
        "import httpx"
    )
    assert "importlib.metadata" in modules_imported_by("import gatepass; gatepass.__version__")


def test_importing_gatepass_imports_no_provider_and_no_extra() -> None:
    loaded = modules_imported_by("import gatepass, gatepass_providers")

    for name in ("gatepass_emulator", "redis", "cryptography", "starlette", "yaml", "dateutil", "trio"):
        assert name not in loaded
    assert not any(name.startswith(("gatepass_clients", "gatepass_providers.")) for name in loaded)


def test_importing_a_credential_class_adds_fewer_than_40_modules_to_httpx() -> None:
    alone, ours = modules_imported_by("import httpx"), modules_imported_by("from gatepass import Setu")

    assert len(ours - alone) < 40


@pytest.mark.parametrize("used", ["Setu", "Sahamati", "Decentro", "Su", "SingleView"])
def test_a_credential_imports_its_provider_alone_and_its_first_request_the_client(used: str) -> None:
    construct = (
        "import gatepass, httpx\n"
        "transport = httpx.MockTransport(lambda request: httpx.Response(401))\n"
        f"credentials = dict.fromkeys(gatepass.{used}.spec.credentials, 'fake')\n"
        f"credential = gatepass.{used}('sandbox', **credentials, transport=transport)\n"
    )
    constructed = modules_imported_by(construct)
    requested = modules_imported_by(f"{construct}try: credential.token()\nexcept gatepass.Rejected: pass")

    def below(package: str, names: set[str]) -> set[str]:
        return {name.split(".")[1] for name in names if name.startswith(f"{package}.")}

    assert below("gatepass_providers", constructed) == {used.lower()}
    assert below("gatepass_providers", requested) == {used.lower()}
    assert below("gatepass_clients", constructed) == set()
    assert below("gatepass_clients", requested) - {"masking"} == {used.lower()}
    assert not {"gatepass_emulator", "redis", "cryptography", "dateutil", "trio"} & constructed
    assert not {"gatepass_emulator", "redis", "cryptography", "dateutil"} & requested


def test_the_overlay_contains_no_url() -> None:
    urls = [
        f"{path.name}: {url}"
        for path in SOURCES
        for url in re.findall(r"https?://[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
    ]
    assert urls == []


def test_imports_between_packages_point_one_way() -> None:
    emulator = [path.read_text() for path in (ROOT / "overlay" / "gatepass_emulator").rglob("*.py")]
    reader = [path.read_text() for path in (ROOT / "overlay" / "gatepass_spec").rglob("*.py")]
    clients = [path.read_text() for path in (ROOT / "generated" / "gatepass_clients").rglob("*.py")]
    clients += [path.read_text() for path in (ROOT / "generated" / "gatepass_pages").rglob("*.py")]

    imports = [line for text in reader for line in re.findall(r"^ *(?:from|import) gatepass\S*", text, re.M)]
    assert imports == ["from gatepass._paths"]
    assert not any(re.search(r"^\s*(from|import) gatepass(_clients)?\b", text, re.M) for text in emulator)
    assert not any(
        re.search(r"^\s*(from|import) gatepass(_emulator|_providers)?\b", text, re.M) for text in clients
    )
