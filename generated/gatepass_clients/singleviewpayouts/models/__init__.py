"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_response import ErrorResponse
from .token_request import TokenRequest
from .token_response import TokenResponse

mask(TokenRequest, "client_code")
mask(TokenResponse, "access_token")
mask(ErrorResponse)

__all__ = (
    "ErrorResponse",
    "TokenRequest",
    "TokenResponse",
)
