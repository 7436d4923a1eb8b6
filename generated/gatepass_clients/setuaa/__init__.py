"""A client library for accessing Setu AA access tokens"""

from ..masking import mask
from .client import AuthenticatedClient, Client
from .types import Response

mask(AuthenticatedClient, "token", "_headers", "_cookies", "_httpx_args")
mask(Client, "_headers", "_cookies", "_httpx_args")
mask(Response, "content", "headers")

__all__ = (
    "AuthenticatedClient",
    "Client",
)
