"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_detail import ErrorDetail
from .error_response import ErrorResponse
from .token_request import TokenRequest
from .token_response import TokenResponse

mask(TokenRequest, "secret")
mask(TokenResponse, "token")
mask(ErrorResponse)
mask(ErrorDetail)

__all__ = (
    "ErrorDetail",
    "ErrorResponse",
    "TokenRequest",
    "TokenResponse",
)
