"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_detail import ErrorDetail
from .error_item import ErrorItem
from .error_response import ErrorResponse
from .token_data import TokenData
from .token_request import TokenRequest
from .token_response import TokenResponse

mask(TokenRequest, "secret")
mask(TokenResponse)
mask(TokenData, "token")
mask(ErrorResponse)
mask(ErrorDetail)
mask(ErrorItem)

__all__ = (
    "ErrorDetail",
    "ErrorItem",
    "ErrorResponse",
    "TokenData",
    "TokenRequest",
    "TokenResponse",
)
