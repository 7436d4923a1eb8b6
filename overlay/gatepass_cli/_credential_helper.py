"""`gatepass credential-helper`: the headers for a URI, by the protocol that Bazel and uv speak."""

import json
import sys
from typing import Any

from gatepass import ConfigError
from gatepass._api_headers import credential_helper_answer
from gatepass._configured import Account, read_configured
from gatepass._hosts import parse_url

INPUT_LIMIT = 1_000_000
NO_CREDENTIAL = 1
"""The exit status if no credential, or more than one, is for the URI."""


class NoCredential(ConfigError):
    """No credential, or more than one, is for the host of a URI."""


def answer_request() -> str:
    """The answer to the request on stdin. `NoCredential` if it is not clear which credential it is for."""
    credential = _credential_for(_read_uri())
    token = credential.token()
    return json.dumps(credential_helper_answer(credential.headers(token), token))


def _read_uri() -> str:
    try:
        request = json.loads(sys.stdin.read(INPUT_LIMIT))
        uri = request["uri"]
    except (ValueError, LookupError, TypeError, RecursionError):
        uri = None
    if not isinstance(uri, str) or parse_url(uri) is None:
        raise ConfigError('stdin must be JSON such as {"uri": "https://HOST/PATH"}')
    return uri


def _credential_for(uri: str) -> Any:
    """The configured credential whose tokens may be sent to a URI."""
    configured, url = read_configured(), parse_url(uri)
    accounts: dict[Account, Any] = {
        account: credential
        for account, credential in configured.credentials.items()
        if url is not None and credential._hosts.allows(url.scheme, url.raw_host)
    }
    # On this machine, and behind a gateway, several providers have one host and differ in the path.
    below = {
        account: credential
        for account, credential in accounts.items()
        if f"{uri}/".startswith(f"{credential.base_url}/")
    }
    accounts = below or accounts
    if len(accounts) == 1:
        return next(iter(accounts.values()))
    if accounts:
        names = " and ".join(" ".join(account) for account in accounts)
        raise NoCredential(f"more than one credential is for this host: {names}")
    missing = "; ".join(configured.problems.values())
    raise NoCredential(f"no credential is for this host: {missing or 'see gatepass list for the variables'}")
