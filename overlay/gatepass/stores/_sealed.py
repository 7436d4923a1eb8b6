"""Encryption of what a store keeps: AES-256-GCM, bound to the key it stands under."""

import base64
import contextlib
import hmac
import os
from typing import Any, Self

from .._errors import ConfigError

MAGIC = b"gp1"
KEYGEN_COMMAND = "python -c 'import os, base64; print(base64.b64encode(os.urandom(32)).decode())'"


class Seal:
    """Closes and opens records; the first of several keys closes, all of them open.

    The first key also makes the names: with another first key each token is fetched once more.
    """

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys

    @classmethod
    def of(cls, given: str | list[str] | None) -> Self:
        """From base64 keys of 32 bytes, or from GATEPASS_KEY (several with commas between them).

        Without either there is no key; one that is given but empty is an error.
        """
        origin = "key=" if given is not None else "GATEPASS_KEY"
        if given is None:
            variable = os.environ.get("GATEPASS_KEY")
            if variable is None:
                return cls([])
            given = [item for item in variable.split(",") if item.strip()]
            if not given:
                raise ConfigError("GATEPASS_KEY is set but empty: give it a key, or unset it")
        items = given if isinstance(given, list) and given else [given]
        keys = [_decoded(item, origin) for item in items]
        try:
            import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
        except ImportError:
            raise ConfigError(f"{origin} needs cryptography: pip install 'gatepass[crypto]'") from None
        return cls(keys)

    @property
    def closes(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._keys)

    @property
    def name_key(self) -> bytes | None:
        """The key for the names of records, derived from the first key."""
        return hmac.digest(self._keys[0], b"gatepass cache key", "sha256") if self._keys else None

    def closed(self, data: bytes, name: str) -> bytes:
        """Encrypted so that it opens under this name only; as it is without a key."""
        if not self._keys:
            return data
        nonce = os.urandom(12)
        sealed: bytes = _cipher(self._keys[0]).encrypt(nonce, data, name.encode())
        return MAGIC + nonce + sealed

    def opened(self, data: bytes, name: str) -> bytes | None:
        """The record, or None if it was changed, moved, or closed with a key that is not ours."""
        if not self._keys:
            return data
        from cryptography.exceptions import InvalidTag

        for key in self._keys if data.startswith(MAGIC) else ():
            try:
                plain: bytes = _cipher(key).decrypt(data[3:15], data[15:], name.encode())
                return plain
            except (InvalidTag, ValueError):
                continue
        return None


def _decoded(item: object, origin: str) -> bytes:
    key = b""
    if isinstance(item, str):
        with contextlib.suppress(ValueError):
            key = base64.b64decode(item.strip(), altchars=b"-_", validate=True)
    if len(key) != 32:
        raise ConfigError(f"{origin}: a key is the base64 of 32 bytes; make one with: {KEYGEN_COMMAND}")
    if not any(key):
        raise ConfigError(f"{origin}: a key of zeros protects nothing; make one with: {KEYGEN_COMMAND}")
    return key


def _cipher(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
