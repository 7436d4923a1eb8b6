"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_response import ErrorResponse
from .token_data import TokenData
from .token_response import TokenResponse

mask(TokenResponse)
mask(TokenData, "token")
mask(ErrorResponse)

__all__ = (
    "ErrorResponse",
    "TokenData",
    "TokenResponse",
)
