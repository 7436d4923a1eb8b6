"""The keys with which clients sign assertions; the emulator checks the assertions with them."""

from collections.abc import Callable
from functools import cache

from gatepass_spec import Assertion, SpecError

try:
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )
except ImportError as error:
    raise SpecError(f"a spec with an assertion needs {error.name}: pip install 'gatepass[jwt]'") from None


@cache
def private_key(algorithm: str, provider: str, environment: str) -> str:
    """A key of its own for each provider and environment, in PEM format with \\n in place of line breaks."""
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm.startswith("ES")
        else rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem.replace("\n", "\\n")


def is_signed(value: str, assertion: Assertion, credential: Callable[[str], str]) -> bool:
    """Whether this is the assertion of the right client, signed with its key.

    Its times are not checked against the clock of this machine, because the emulator may have another.
    """
    pem = credential(assertion.key).replace("\\n", "\n").encode()
    try:
        claims = jwt.decode(
            value,
            load_pem_private_key(pem, None).public_key(),  # type: ignore[arg-type]
            algorithms=[assertion.algorithm],
            options={
                "require": ["iss", "sub", "aud", "jti", "iat", "exp"],
                "verify_aud": False,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
    except jwt.PyJWTError:
        return False
    key_id = jwt.get_unverified_header(value).get("kid")
    return (
        claims["iss"] == credential(assertion.issuer)
        and claims["sub"] == credential(assertion.subject)
        and (assertion.audience is None or claims["aud"] == assertion.audience)
        and 0 < claims["exp"] - claims["iat"] <= assertion.expires_in
        and (assertion.key_id is None or key_id == credential(assertion.key_id))
    )
