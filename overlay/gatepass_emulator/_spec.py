"""A provider, read from its spec alone."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ._document import Document, SpecError
from ._operation import Operation, read_operations
from ._place import Json
from ._scheme import Scheme, read_scheme


@dataclass(frozen=True)
class Provider:
    """A provider: its environments, calls and kinds of token."""

    name: str
    environments: tuple[str, ...]
    operations: Mapping[str, Operation]
    schemes: Mapping[str, Scheme]
    document: Document = field(repr=False)

    def issuing(self, operation: Operation) -> list[Scheme]:
        """The kinds of token that a call issues or renews."""
        return [
            scheme
            for scheme in self.schemes.values()
            if operation.id in (scheme.operation, *scheme.also)
            or (scheme.refresh and operation.id == scheme.refresh.operation)
        ]


def load(specs: Path | None) -> dict[str, Provider]:
    """All providers of a folder of `*.yaml`, or of the installed package `gatepass_clients`."""
    if specs is not None:
        files = {file.stem: file for file in sorted(specs.glob("*.yaml"))}
        where = str(specs)
    else:
        found = importlib.util.find_spec("gatepass_clients")
        folders = list(found.submodule_search_locations or ()) if found else []
        files = {
            file.parent.name: file
            for folder in folders
            for file in sorted(Path(folder).glob("*/openapi.yaml"))
        }
        where = "the package gatepass_clients"
    if not files:
        raise SpecError(f"no specs in {where}")
    return {name: _read(name, file, file.stat().st_mtime_ns) for name, file in sorted(files.items())}


@functools.lru_cache(maxsize=64)
def _read(name: str, file: Path, _changed: int) -> Provider:
    """A spec is read once per process and change, so that many emulators start fast."""
    document = Document(name, file)
    try:
        return _provider(document)
    except SpecError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise document.error("#", f"not what OpenAPI and x-token allow ({error!r})") from error


def _provider(document: Document) -> Provider:
    servers = cast(list[Json], document.root.get("servers", []))
    environments = [document.follow(server).get("x-oai-name") for server in servers]
    if not environments or not all(isinstance(known, str) for known in environments):
        raise document.error("#/servers", "every server needs an x-oai-name")
    schemes = {
        key: read_scheme(document, key, node)
        for key, node in document.items(document.root, "components", "securitySchemes")
        if "x-token" in node
    }
    if not schemes:
        raise document.error("#/components/securitySchemes", "no scheme has x-token")
    operations = {operation.id: operation for operation in read_operations(document)}
    return Provider(document.name, tuple(cast(list[str], environments)), operations, schemes, document)
