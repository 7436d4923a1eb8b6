"""Everything that changes while the emulator runs, behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ._accounts import Credential, credentials
from ._calls import Log
from ._checks import check
from ._faults import Faults
from ._issuer import Issuer
from ._spec import Provider


@dataclass(frozen=True)
class Rotation:
    """How often a secret was reset, and when last."""

    number: int
    at: float


class State:
    """Accounts, tokens, faults and the log of one emulator."""

    def __init__(self, providers: Mapping[str, Provider], clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.providers = providers
        self.credentials: Mapping[str, Mapping[str, Credential]] = {
            name: credentials(provider) for name, provider in providers.items()
        }
        for name, provider in providers.items():
            check(provider, self.credentials[name])
        self.issuer = Issuer()
        self.faults = Faults()
        self.log = Log()
        self.lifetimes: dict[tuple[str, str], float] = {}
        self._rotations: dict[tuple[str, str, str], Rotation] = {}
        self._started = clock()

    def known(self, provider: str, environment: str | None = None) -> Provider:
        """The provider; ValueError lists the choices if it or the environment is unknown."""
        if provider not in self.providers:
            raise ValueError(f"no provider {provider!r}; there are {', '.join(self.providers)}")
        found = self.providers[provider]
        if environment is not None and environment not in found.environments:
            choices = ", ".join(found.environments)
            raise ValueError(f"{provider} has no environment {environment!r}; there are {choices}")
        return found

    def secret(self, provider: str, environment: str, name: str) -> str:
        """The value of a credential that holds now."""
        value = self.credentials[provider][name].value(provider, environment)
        number = self.rotation(provider, environment, name).number
        return f"{value}-{number}" if number else value

    def rotation(self, provider: str, environment: str, name: str) -> Rotation:
        return self._rotations.get((provider, environment, name), Rotation(0, self._started))

    def rotate(self, provider: str, environment: str, name: str) -> None:
        """Make a new secret; the old one is refused from now on, tokens live on."""
        number = self.rotation(provider, environment, name).number + 1
        self._rotations[provider, environment, name] = Rotation(number, self.clock())

    def clear(self) -> None:
        """Back to how it was at the start."""
        self.issuer.clear()
        self.faults.clear()
        self.log.calls.clear()
        self.lifetimes.clear()
        self._started = self.clock()
        self._rotations.clear()
