"""The specs of the installed typed clients."""

import importlib.util
from importlib.metadata import entry_points
from pathlib import Path

from ._files import SERVICE_PACKAGE


def installed_specs() -> dict[str, Path]:
    """Provider to its spec: those of gatepass, and those of packages that `gatepass generate` wrote."""
    packages = [f"{entry.value}.clients" for entry in entry_points(group="gatepass.providers")]
    specs: dict[str, Path] = {}
    for package in ["gatepass_clients", *sorted(packages)]:
        for folder in _folders(package):
            files = [file for file in folder.glob("*/openapi.yaml") if file.parent.name != SERVICE_PACKAGE]
            found = {file.parent.name: file for file in files}
            specs = {**found, **specs}  # the first package that has a provider counts
    return specs


def _folders(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except Exception:  # of a package that cannot be imported, whatever it raises
        return []
    return [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
