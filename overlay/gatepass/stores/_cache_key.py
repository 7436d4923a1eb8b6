"""Names for tokens in a store. They are keyed or slow hashes, so a password cannot be guessed from one."""

import hashlib
import hmac
import threading

from .._fork import reset_when_forked

SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**25}
"""16 MB and about 60 ms for each guess."""
REMEMBERED = 10_000


def keyed_hash(key: bytes, identity: str) -> str:
    """A name that only the owners of the key can compute."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


class SlowHash:
    """Computes names where there is no key; each is computed once for the process.

    Only one is computed at a time, because each needs 16 MB.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        reset_when_forked(self)

    def reset_after_fork(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, identity: str, seconds: float) -> str:
        """The name, or TimeoutError if others keep this one waiting for so many seconds."""
        name = self._names.get(identity)
        if name is not None:
            return name
        if not self._lock.acquire(timeout=seconds):
            raise TimeoutError("other names are being computed")
        try:
            name = self._names.get(identity)
            if name is None:
                if len(self._names) >= REMEMBERED:
                    self._names.clear()
                # No random salt: all hosts must find the same name. The identity differs for each account.
                hashed = hashlib.scrypt(identity.encode(), salt=b"gatepass cache key", dklen=32, **SCRYPT)
                name = self._names[identity] = hashed.hex()
            return name
        finally:
            self._lock.release()


slow_hash = SlowHash()
