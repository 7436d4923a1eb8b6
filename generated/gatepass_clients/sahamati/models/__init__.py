"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .entity_token_request import EntityTokenRequest
from .error_response import ErrorResponse
from .secret_request import SecretRequest
from .secret_response import SecretResponse
from .token_response import TokenResponse
from .user_token_request import UserTokenRequest

mask(UserTokenRequest, "password")
mask(EntityTokenRequest, "secret")
mask(TokenResponse, "access_token")
mask(SecretRequest)
mask(SecretResponse, "secret")
mask(ErrorResponse)

__all__ = (
    "EntityTokenRequest",
    "ErrorResponse",
    "SecretRequest",
    "SecretResponse",
    "TokenResponse",
    "UserTokenRequest",
)
