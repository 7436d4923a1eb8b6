from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.token_response import TokenResponse
from ...types import Response


def _get_kwargs(
    *,
    client_id: str,
    client_secret: str,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["client-id"] = client_id

    headers["client-secret"] = client_secret

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/SUAPI/jservice/auth/generate-access-token",
    }

    _kwargs["headers"] = headers
    return _kwargs


@errors.hide_body
def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | TokenResponse | None:
    if response.status_code == 200:
        response_200 = TokenResponse.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 422:
        response_422 = ErrorResponse.from_dict(response.json())

        return response_422

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | TokenResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    client_id: str,
    client_secret: str,
) -> Response[ErrorResponse | TokenResponse]:
    """Generate an access token

     Exchanges the two headers for a token; there is no body [page]. The path is [docs].
    Each request counts toward the 30 tokens an hour, so do not repeat one whose outcome is not known.

    Args:
        client_id (str):
        client_secret (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TokenResponse]
    """

    kwargs = _get_kwargs(
        client_id=client_id,
        client_secret=client_secret,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    client_id: str,
    client_secret: str,
) -> ErrorResponse | TokenResponse | None:
    """Generate an access token

     Exchanges the two headers for a token; there is no body [page]. The path is [docs].
    Each request counts toward the 30 tokens an hour, so do not repeat one whose outcome is not known.

    Args:
        client_id (str):
        client_secret (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TokenResponse
    """

    return sync_detailed(
        client=client,
        client_id=client_id,
        client_secret=client_secret,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    client_id: str,
    client_secret: str,
) -> Response[ErrorResponse | TokenResponse]:
    """Generate an access token

     Exchanges the two headers for a token; there is no body [page]. The path is [docs].
    Each request counts toward the 30 tokens an hour, so do not repeat one whose outcome is not known.

    Args:
        client_id (str):
        client_secret (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TokenResponse]
    """

    kwargs = _get_kwargs(
        client_id=client_id,
        client_secret=client_secret,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    client_id: str,
    client_secret: str,
) -> ErrorResponse | TokenResponse | None:
    """Generate an access token

     Exchanges the two headers for a token; there is no body [page]. The path is [docs].
    Each request counts toward the 30 tokens an hour, so do not repeat one whose outcome is not known.

    Args:
        client_id (str):
        client_secret (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TokenResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            client_id=client_id,
            client_secret=client_secret,
        )
    ).parsed
