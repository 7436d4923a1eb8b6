"""The installed providers: those of gatepass, and those of packages of the entry-point group."""

import functools
import logging
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NamedTuple

import gatepass_providers

log = logging.getLogger("gatepass")

GROUP = "gatepass.providers"
"""Such an entry point names a package that `gatepass generate` wrote."""


class Providers(NamedTuple):
    """The tables of all packages as one, by the name of a class or of a command."""

    packages: tuple[ModuleType, ...]
    classes: Mapping[str, ModuleType]
    """Class to the package that it is in."""
    modules: Mapping[str, str]
    """Class to provider."""
    commands: Mapping[str, str]
    """Name on the command line to class."""
    credentials: Mapping[str, tuple[str, ...]]
    """Class to the names of its credentials."""
    secrets: Mapping[str, str]
    """Name on the command line to the class that reads and resets secrets."""
    servers: Mapping[str, Mapping[str, str | None]]
    """Provider to the base URLs of its environments."""

    def credential_class(self, name: str) -> Any:
        """The class with this name, imported now."""
        return getattr(self.classes[name], name)


@functools.cache
def installed() -> Providers:
    """All providers; a package that cannot be used is left out with a warning."""
    from importlib.metadata import entry_points  # it takes longer to import than most of gatepass

    packages = [gatepass_providers]
    for entry in sorted(entry_points(group=GROUP)):
        try:
            package = entry.load()
            taken = set(package.COMMANDS) & {name for other in packages for name in other.COMMANDS}
            taken |= set(package.MODULES) & {name for other in packages for name in other.MODULES}
        except Exception as error:
            log.warning("the providers of %s cannot be used (%s)", entry.value, type(error).__name__)
            continue
        if taken:
            log.warning("%s is left out: another package has %s", entry.value, " and ".join(sorted(taken)))
        else:
            packages.append(package)
    return Providers(
        packages=tuple(packages),
        classes={name: package for package in packages for name in package.MODULES},
        modules=_table(packages, "MODULES"),
        commands=_table(packages, "COMMANDS"),
        credentials=_table(packages, "CREDENTIALS"),
        secrets=_table(packages, "SECRETS"),
        servers=_table(packages, "SERVERS"),
    )


def _table(packages: list[ModuleType], name: str) -> dict[str, Any]:
    return {key: value for package in packages for key, value in getattr(package, name).items()}
