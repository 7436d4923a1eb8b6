"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_reply import ErrorReply
from .token_data import TokenData
from .token_reply import TokenReply
from .token_request import TokenRequest

mask(TokenRequest, "client_code")
mask(TokenReply)
mask(TokenData, "access_token")
mask(ErrorReply)

__all__ = (
    "ErrorReply",
    "TokenData",
    "TokenReply",
    "TokenRequest",
)
