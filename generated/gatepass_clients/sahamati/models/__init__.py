"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .entity_token_request import EntityTokenRequest
from .error_reply import ErrorReply
from .secret_reply import SecretReply
from .secret_request import SecretRequest
from .token_reply import TokenReply
from .user_token_request import UserTokenRequest

mask(UserTokenRequest, "password")
mask(EntityTokenRequest, "secret")
mask(TokenReply, "access_token")
mask(SecretRequest)
mask(SecretReply, "secret")
mask(ErrorReply)

__all__ = (
    "EntityTokenRequest",
    "ErrorReply",
    "SecretReply",
    "SecretRequest",
    "TokenReply",
    "UserTokenRequest",
)
