"""Text of a provider that may be shown: no control characters, and no part of a secret."""

import base64
import re
from collections.abc import Collection, Iterator

SECRET_PART = 8
"""So many characters in a row of a secret are taken for the secret."""
_PLAIN = re.compile(r"[\w .:/#-]{1,80}")


def safe_code(value: object, request: bytes, secrets: Collection[str]) -> str | None:
    """A provider's error code or trace id; None if it is long or unusual, or repeats what was sent.

    `request` is everything that was sent. A provider may quote it, and with it a secret.
    """
    if not isinstance(value, (str, int)) or not _PLAIN.fullmatch(str(value)):
        return None
    code = str(value)
    is_quote = len(code) > 5 and code.encode() in request
    return None if is_quote or any(reveals(code, secret) for secret in secrets) else code


def reveals(text: str, secret: str) -> bool:
    """Whether a text contains the secret or a part of it, in upper or lower case.

    The secret may be there as it is or as base64, alone or after something else, as in HTTP Basic. What is
    escaped for a URL or for JSON has characters that no code may have.
    """
    text = text.casefold()
    for form in map(str.casefold, _forms(secret)):
        parts = (text[start : start + SECRET_PART] for start in range(len(text) - SECRET_PART + 1))
        if form in text or any(part in form for part in parts):
            return True
    return False


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for offset, skipped in ((0, 0), (1, 2), (2, 3)):  # base64 encodes three bytes at a time
        encoded = base64.b64encode(bytes(offset) + secret.encode()).decode().rstrip("=")[skipped:]
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")
