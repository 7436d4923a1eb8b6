"""Encryption of the records in a store: AES-256-GCM, bound to the key of the record."""

import base64
import contextlib
import hmac
import os
from typing import Any, Self

from .._errors import ConfigError

MAGIC = b"gp1"
"""The start of every encrypted record, before the nonce of 12 bytes."""
KEYGEN_COMMAND = "python -c 'import os, base64; print(base64.b64encode(os.urandom(32)).decode())'"


class Cipher:
    """Encrypts with the first of its keys and decrypts with any of them.

    Names are derived from the first key as well, so with a new first key each token is fetched again.
    """

    def __init__(self, keys: list[bytes]) -> None:
        self._keys = keys

    @classmethod
    def from_env(cls, key: str | list[str] | None) -> Self:
        """Read the keys, each the base64 of 32 bytes, from the argument or else from GATEPASS_KEY.

        The variable may have several keys with commas between them. Without argument and variable nothing
        is encrypted; ConfigError if one of them is given but empty, or not a key.
        """
        source = "key=" if key is not None else "GATEPASS_KEY"
        if key is None:
            value = os.environ.get("GATEPASS_KEY")
            if value is None:
                return cls([])
            key = [item for item in value.split(",") if item.strip()]
            if not key:
                raise ConfigError("GATEPASS_KEY is set but empty: give it a key, or unset it")
        items = key if isinstance(key, list) and key else [key]
        keys = [_decode_key(item, source) for item in items]
        try:
            import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
        except ImportError:
            raise ConfigError(f"{source} needs cryptography: pip install 'gatepass[crypto]'") from None
        return cls(keys)

    @property
    def enabled(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    @property
    def name_key(self) -> bytes | None:
        """The key for the names of records, derived from the first key; None without keys."""
        return hmac.digest(self._keys[0], b"gatepass cache key", "sha256") if self._keys else None

    def encrypt(self, data: bytes, name: str) -> bytes:
        """Encrypt a record so that it can be decrypted under this name only; without keys, return it."""
        if not self._keys:
            return data
        nonce = os.urandom(12)
        encrypted: bytes = _aes_gcm(self._keys[0]).encrypt(nonce, data, name.encode())
        return MAGIC + nonce + encrypted

    def decrypt(self, data: bytes, name: str) -> bytes | None:
        """Decrypt a record; None if it was changed or moved, or encrypted with a different key."""
        if not self._keys:
            return data
        from cryptography.exceptions import InvalidTag

        for key in self._keys if data.startswith(MAGIC) else ():
            with contextlib.suppress(InvalidTag, ValueError):
                plain: bytes = _aes_gcm(key).decrypt(data[3:15], data[15:], name.encode())
                return plain
        return None


def _decode_key(item: object, source: str) -> bytes:
    key = b""
    if isinstance(item, str):
        with contextlib.suppress(ValueError):
            key = base64.b64decode(item.strip(), altchars=b"-_", validate=True)
    if len(key) != 32:
        raise ConfigError(f"{source}: a key is the base64 of 32 bytes; make one with: {KEYGEN_COMMAND}")
    if not any(key):
        raise ConfigError(f"{source}: a key of zeros protects nothing; make one with: {KEYGEN_COMMAND}")
    return key


def _aes_gcm(key: bytes) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
