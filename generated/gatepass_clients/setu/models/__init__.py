"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_detail import ErrorDetail
from .error_item import ErrorItem
from .error_reply import ErrorReply
from .token_data import TokenData
from .token_reply import TokenReply
from .token_request import TokenRequest

mask(TokenRequest, "secret")
mask(TokenReply)
mask(TokenData, "token")
mask(ErrorReply)
mask(ErrorDetail)
mask(ErrorItem)

__all__ = (
    "ErrorDetail",
    "ErrorItem",
    "ErrorReply",
    "TokenData",
    "TokenReply",
    "TokenRequest",
)
