"""Contains all the data models used in inputs/outputs"""

from ...masking import mask
from .api_headers import ApiHeaders
from .error_response import ErrorResponse
from .error_response_error import ErrorResponseError
from .header_values import HeaderValues
from .headers_response import HeadersResponse
from .health import Health
from .issuer_error import IssuerError
from .issuer_status import IssuerStatus
from .issuer_status_state import IssuerStatusState
from .metadata import Metadata
from .revocation import Revocation
from .revocation_request import RevocationRequest
from .status_response import StatusResponse
from .token_request import TokenRequest
from .token_request_grant_type import TokenRequestGrantType
from .token_response import TokenResponse

mask(TokenRequest, "client_secret")
mask(Revocation)
mask(RevocationRequest, "token", "client_secret")
mask(TokenResponse, "access_token")
mask(ApiHeaders)
mask(HeadersResponse)
mask(HeaderValues)
mask(Metadata)
mask(Health)
mask(StatusResponse)
mask(IssuerStatus)
mask(IssuerError)
mask(ErrorResponse)

__all__ = (
    "ApiHeaders",
    "ErrorResponse",
    "ErrorResponseError",
    "HeadersResponse",
    "HeaderValues",
    "Health",
    "IssuerError",
    "IssuerStatus",
    "IssuerStatusState",
    "Metadata",
    "Revocation",
    "RevocationRequest",
    "StatusResponse",
    "TokenRequest",
    "TokenRequestGrantType",
    "TokenResponse",
)
