"""Lets a RedisStore continue without one of its parts."""

import errno
import logging
import re
from collections.abc import Callable
from typing import TypeVar

from ._redis_client import RedisClient

log = logging.getLogger("gatepass")

Result = TypeVar("Result")


class FailureGuard:
    """Turns the failures of a part, the "host" or the "fleet", into one warning until it works again."""

    def __init__(self, part: str, client: RedisClient) -> None:
        self._part = part
        self._client = client
        self._failing = False

    def attempt(
        self, call: Callable[[], Result], *, reraise: bool = False, recovers: bool = True
    ) -> tuple[bool, Result | None]:
        """Return whether the call worked, and its result.

        With `reraise` a failure is raised as an OSError without secrets. After a call that works the next
        failure is a warning again, but not if the call alone does not show that the part `recovers`.
        """
        try:
            result = call()
        except Exception as error:
            reason = _describe(error)
        else:
            if recovers:
                self._failing = False
            return True, result
        if reraise:
            raise OSError(errno.EIO, f"redis: {reason}")
        if not self._failing:
            log.warning("RedisStore(%r): going on without the %s: %s", str(self._client), self._part, reason)
        self._failing = True
        return False, None


def _describe(error: Exception) -> str:
    """The type of the error and the server's own code: the rest of the message might contain a secret."""
    if isinstance(error, OSError) and error.errno == errno.EPROTO:  # ours
        return str(error.strerror)
    code = re.search(r"\b(?!ERR\b)[A-Z]{4,}\b", str(error))
    return f"{type(error).__name__} {code[0] if code else ''}".strip()
