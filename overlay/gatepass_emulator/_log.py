"""The log of requests, without anything secret."""

import time
from dataclasses import dataclass
from typing import Literal

Kind = Literal["token", "secret", "echo", "other"]


@dataclass(frozen=True)
class Call:
    """One request that came in.

    `credentials` are masked, `token` is a fingerprint of the token that was issued or sent, and `status` is
    0 if the connection was closed before a response. A slow response is in the log before it is sent.
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
        fields = [at, f"{self.provider}/{self.environment}", self.method, self.path, str(self.status)]
        return printable(" ".join([*fields, self.credentials] if self.credentials else fields))


def printable(string: str) -> str:
    """Escape what a terminal would obey or hide; any web page can choose the path of a request."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in string
    )
