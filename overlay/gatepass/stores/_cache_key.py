"""Names for tokens in a store: keyed or slow hashes, from which a password cannot be guessed."""

import hashlib
import hmac
import threading

from .._fork import register_fork_reset

SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 2**25}
"""16 MB and about 60 ms for each guess."""
MAX_NAMES = 10_000


def keyed_hash(key: bytes, identity: str) -> str:
    """A name that only the owners of the key can compute."""
    return hmac.digest(key, identity.encode(), "sha256").hex()


class SlowHash:
    """Computes names for stores without a key, each of them once per process.

    Only one name is computed at a time, because each needs 16 MB.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        register_fork_reset(self)

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self._lock = threading.Lock()

    def __call__(self, identity: str, timeout: float) -> str:
        """The name; TimeoutError if other names are computed for `timeout` seconds."""
        name = self._names.get(identity)
        if name is not None:
            return name
        if not self._lock.acquire(timeout=timeout):
            raise TimeoutError("other names are being computed")
        try:
            name = self._names.get(identity)
            if name is None:
                if len(self._names) >= MAX_NAMES:
                    self._names.clear()
                # The salt is fixed so that all hosts compute the same name. The identity contains the
                # account, so equal passwords have different names all the same.
                hashed = hashlib.scrypt(identity.encode(), salt=b"gatepass cache key", dklen=32, **SCRYPT)
                name = self._names[identity] = hashed.hex()
            return name
        finally:
            self._lock.release()


slow_hash = SlowHash()
"""The names that this process has computed."""
