"""Signed assertions: JWTs that a client signs with its own key in place of a secret (RFC 7523)."""

import uuid

from ._errors import ConfigError


def sign_assertion(
    key: str,
    *,
    name: str,
    algorithm: str,
    issuer: str,
    subject: str,
    audience: str,
    seconds: int,
    at: float,
    key_id: str | None = None,
) -> str:
    """A JWT for one token request, issued `at` a time in UTC epoch seconds and valid for `seconds`.

    The key is a private key in PEM format; ConfigError, which has its name, if it cannot sign.
    """
    try:
        import jwt
    except ImportError:
        raise ConfigError("a signed assertion needs PyJWT: pip install 'gatepass[jwt]'") from None
    claims = {"iss": issuer, "sub": subject, "aud": audience, "jti": str(uuid.uuid4())}
    headers = {"kid": key_id} if key_id is not None else None
    try:
        return jwt.encode({**claims, "iat": int(at), "exp": int(at) + seconds}, key, algorithm, headers)
    except (ValueError, TypeError, jwt.PyJWTError, NotImplementedError):
        reason = f"it must be a private key for {algorithm} in PEM format, without a password"
    raise ConfigError(f"{name} cannot sign the assertion: {reason}")  # from here, without a cause
