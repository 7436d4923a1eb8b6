"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .api import Api
from .error_response import ErrorResponse
from .token_request import TokenRequest
from .token_request_grant_type import TokenRequestGrantType
from .token_response import TokenResponse

mask(TokenRequest, "client_secret", "refresh_token")
mask(Api)
mask(TokenResponse, "access_token", "refresh_token")
mask(ErrorResponse)

__all__ = (
    "Api",
    "ErrorResponse",
    "TokenRequest",
    "TokenRequestGrantType",
    "TokenResponse",
)
