"""The clients of the service: who they are, and which tokens they may ask for."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import unquote_plus

from starlette.requests import Request

from gatepass._configured import Account

from ._errors import invalid_client, invalid_request

DEFAULT_CLIENT = "gatepass"
"""The client whose secret is the local key."""


class Client(NamedTuple):
    """A client, by the hash of its key: no error report can show more."""

    id: str
    key_digest: bytes
    allow: tuple[Account, ...] = (("*", "*"),)
    """Providers and environments, or `*` for all."""

    def may_use(self, provider: str, environment: str) -> bool:
        return any(
            allowed[0] in ("*", provider) and allowed[1] in ("*", environment) for allowed in self.allow
        )


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


class Clients:
    """All clients by their ids."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self._clients = {client.id: client for client in clients}

    def authenticate(self, request: Request, form: Mapping[str, str]) -> Client:
        """The client that a request is of, by HTTP Basic or the form (RFC 6749, section 2.3.1)."""
        client_id, key = _credentials(request, form)
        client = self._clients.get(client_id)
        expected = client.key_digest if client is not None else bytes(32)
        if not hmac.compare_digest(digest(key), expected) or client is None:
            raise invalid_client("the client id or its key is wrong: the key is in the service's key file")
        request.state.client = client.id
        return client


def _credentials(request: Request, form: Mapping[str, str]) -> tuple[str, str]:
    """The client id and its key, from the header or the form, but not from both."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1 or (headers and "client_secret" in form):
        raise invalid_request("the client authenticates twice: send one Authorization header, or the form")
    if not headers:
        if "client_id" not in form or "client_secret" not in form:
            how = "by HTTP Basic, or with client_id and client_secret in the form"
            raise invalid_client(f"authenticate with the client id and its key, {how}")
        return form["client_id"], form["client_secret"]
    client_id, key = _basic(headers[0])
    if form.get("client_id", client_id) != client_id:
        raise invalid_request("client_id in the form is another one than in the Authorization header")
    return client_id, key


def _basic(header: str) -> tuple[str, str]:
    """The client id and its key from a header of HTTP Basic; both are percent-encoded."""
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, colon, key = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        pair = unquote_plus(client_id, errors="strict"), unquote_plus(key, errors="strict")
    except ValueError:
        colon, pair = "", ("", "")
    if scheme.lower() != "basic" or not colon:
        raise invalid_client("the Authorization header must be HTTP Basic, of the client id and its key")
    return pair
