"""The log of calls, from which nobody can learn a secret."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["token", "secret", "echo", "other"]


@dataclass(frozen=True)
class Call:
    """One call that came in.

    `credentials` are masked, `token` is a fingerprint of the token that was issued or shown, and
    `status` is 0 if the connection was cut before a reply. A call is logged when it arrives, so a
    slow reply is in the log before it is sent.
    """

    at: float
    provider: str
    environment: str
    operation: str
    method: str
    path: str
    status: int
    credentials: str = ""
    kind: Kind = "other"
    token: str = ""

    def __str__(self) -> str:
        """The line that the command prints."""
        at = time.strftime("%H:%M:%S", time.localtime(self.at))
        said = [at, f"{self.provider}/{self.environment}", self.method, self.path, str(self.status)]
        return " ".join([*said, self.credentials] if self.credentials else said)


class Log:
    """The calls in the order of their arrival; the owner's lock guards it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.listener: Callable[[Call], None] | None = None

    def add(self, call: Call) -> None:
        self.calls.append(call)
        if self.listener is not None:
            self.listener(call)

    def count(self, provider: str, environment: str | None, kind: str | None, status: int | None) -> int:
        return sum(
            call.provider == provider
            and environment in (None, call.environment)
            and kind in (None, call.kind)
            and status in (None, call.status)
            for call in self.calls
        )


def mask_path(path: str) -> str:
    """A path without what may be a token or a secret that somebody put there."""
    steps = path.split("/")
    return "/".join("…" if len(step) > 40 or "fake-" in step else step for step in steps)
