"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .api import Api
from .error_reply import ErrorReply
from .token_reply import TokenReply
from .token_request import TokenRequest
from .token_request_grant_type import TokenRequestGrantType

mask(TokenRequest, "client_secret", "refresh_token")
mask(Api)
mask(TokenReply, "access_token", "refresh_token")
mask(ErrorReply)

__all__ = (
    "Api",
    "ErrorReply",
    "TokenReply",
    "TokenRequest",
    "TokenRequestGrantType",
)
