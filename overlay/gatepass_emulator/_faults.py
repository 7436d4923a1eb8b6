"""Faults on request: what can go wrong between a client and a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ._place import Json
from ._spec import Provider


@dataclass(frozen=True)
class Fault:
    """One way in which a call goes wrong; the ways combine.

    `status` and `body` answer in place of the provider, so nothing is issued or counted against
    a quota. Everything else happens to a call that the provider served.
    """

    latency: float = 0.0
    """Seconds before the reply. The token is issued when the call arrives."""
    status: int | None = None
    """Answer with this status, and with the spec's example for it if there is one."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers to add, `Location` or `Retry-After` for example."""
    body: str | bytes | None = field(default=None, repr=False)
    """Answer with this body."""
    content_type: str = "text/html; charset=utf-8"
    """The content type of `body`."""
    cut: Literal["before", "middle"] | None = None
    """Close the connection before the reply, or in the middle of its body."""
    drip: float | None = None
    """Send the body byte by byte, with so many seconds between two."""
    example: str | None = None
    """Answer with the example of this name in the spec; a life of 0 that it tells stays 0."""
    success: Json = None
    """Put this at the spec's success flag; the token stays in the reply."""
    lifetime: Json = None
    """Say this lifetime, whatever its type; `"remove"` says none. The token lives as always."""
    token: str | None = field(default=None, repr=False)
    """Issue this token."""
    patch: Mapping[str, Json] = field(default_factory=dict[str, Json], repr=False)
    """JSON pointer to new value in the reply's body; `"remove"` takes it away."""

    @property
    def instead(self) -> bool:
        """Whether the call never gets to the provider."""
        return self.status is not None or self.body is not None


NO_FAULT = Fault()


def check_fault(provider: Provider, operation: str | None, fault: Fault) -> None:
    """ValueError if the provider has no such operation, or no place for what the fault changes."""
    if operation not in (None, "echo", *provider.operations):
        choices = ", ".join([*provider.operations, "echo"])
        raise ValueError(f"{provider.name} has no operation {operation!r}; there are {choices}")
    for word in ("success", "lifetime"):
        if getattr(fault, word) is not None and not any(
            getattr(scheme, word) for scheme in provider.schemes.values()
        ):
            raise ValueError(f"the spec of {provider.name} names no place for {word}")
    replies = [reply for call in provider.operations.values() for reply in call.replies.values()]
    if fault.example and not any(fault.example in reply.named for reply in replies):
        raise ValueError(f"the spec of {provider.name} has no example {fault.example!r}")


@dataclass
class _Planned:
    provider: str
    environment: str
    operation: str | None
    times: int | None
    fault: Fault


class Faults:
    """The faults that are planned; each call takes the oldest that fits it."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def plan(
        self,
        provider: str,
        environment: str,
        operation: str | None,
        times: int | None,
        fault: Fault,
    ) -> None:
        if times is None or times > 0:
            self._planned.append(_Planned(provider, environment, operation, times, fault))

    def take(self, provider: str, environment: str, operation: str) -> Fault:
        """The fault of this call. One that names no operation spares the echo API."""
        for planned in self._planned:
            named = planned.operation or ("" if operation == "echo" else operation)
            if (planned.provider, planned.environment, named) == (provider, environment, operation):
                if planned.times is not None:
                    planned.times -= 1
                    if not planned.times:
                        self._planned.remove(planned)
                return planned.fault
        return NO_FAULT

    def clear(self) -> None:
        self._planned.clear()
