from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...types import Response


def _get_kwargs(
    provider: str,
    environment: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/{provider}/{environment}/auth".format(
            provider=quote(str(provider), safe=""),
            environment=quote(str(environment), safe=""),
        ),
    }

    return _kwargs


@errors.hide_body
def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Any | ErrorResponse | None:
    if response.status_code == 204:
        response_204 = cast(Any, None)
        return response_204

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = ErrorResponse.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = ErrorResponse.from_dict(response.json())

        return response_404

    if response.status_code == 408:
        response_408 = ErrorResponse.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = ErrorResponse.from_dict(response.json())

        return response_413

    if response.status_code == 421:
        response_421 = ErrorResponse.from_dict(response.json())

        return response_421

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

    if response.status_code == 503:
        response_503 = ErrorResponse.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Response[Any | ErrorResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
) -> Response[Any | ErrorResponse]:
    """The headers of an API request, as headers of the response

     For `auth_request` of nginx, which copies the header `Authorization` into the request to an API.

    Args:
        provider (str):
        environment (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorResponse]
    """

    kwargs = _get_kwargs(
        provider=provider,
        environment=environment,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


def sync(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
) -> Any | ErrorResponse | None:
    """The headers of an API request, as headers of the response

     For `auth_request` of nginx, which copies the header `Authorization` into the request to an API.

    Args:
        provider (str):
        environment (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorResponse
    """

    return sync_detailed(
        provider=provider,
        environment=environment,
        client=client,
    ).parsed


async def asyncio_detailed(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
) -> Response[Any | ErrorResponse]:
    """The headers of an API request, as headers of the response

     For `auth_request` of nginx, which copies the header `Authorization` into the request to an API.

    Args:
        provider (str):
        environment (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Any | ErrorResponse]
    """

    kwargs = _get_kwargs(
        provider=provider,
        environment=environment,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


async def asyncio(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
) -> Any | ErrorResponse | None:
    """The headers of an API request, as headers of the response

     For `auth_request` of nginx, which copies the header `Authorization` into the request to an API.

    Args:
        provider (str):
        environment (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Any | ErrorResponse
    """

    return (
        await asyncio_detailed(
            provider=provider,
            environment=environment,
            client=client,
        )
    ).parsed
