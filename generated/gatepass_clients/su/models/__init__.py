"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_reply import ErrorReply
from .token_data import TokenData
from .token_reply import TokenReply

mask(TokenReply)
mask(TokenData, "token")
mask(ErrorReply)

__all__ = (
    "ErrorReply",
    "TokenData",
    "TokenReply",
)
