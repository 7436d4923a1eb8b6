"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .error_response import ErrorResponse
from .login_request import LoginRequest
from .login_response import LoginResponse

mask(LoginRequest, "secret")
mask(LoginResponse, "access_token", "refresh_token")
mask(ErrorResponse)

__all__ = (
    "ErrorResponse",
    "LoginRequest",
    "LoginResponse",
)
