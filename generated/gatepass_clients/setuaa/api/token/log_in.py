from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.login_request import LoginRequest
from ...models.login_response import LoginResponse
from ...types import Response


def _get_kwargs(
    *,
    body: LoginRequest,
    client_header: str = "bridge",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["client"] = client_header

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/users/login",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


@errors.hide_body
def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | LoginResponse | None:
    if response.status_code == 200:
        response_200 = LoginResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | LoginResponse]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
    client_header: str = "bridge",
) -> Response[ErrorResponse | LoginResponse]:
    """Log in

     Exchanges a client id and a secret for a token [page]. Wrong credentials get a 400 or a 401: the
    fields of the
    400 are on the page [page], the 401 is assumed [unknown].

    Args:
        client_header (str):  Default: 'bridge'.
        body (LoginRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | LoginResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        client_header=client_header,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
    client_header: str = "bridge",
) -> ErrorResponse | LoginResponse | None:
    """Log in

     Exchanges a client id and a secret for a token [page]. Wrong credentials get a 400 or a 401: the
    fields of the
    400 are on the page [page], the 401 is assumed [unknown].

    Args:
        client_header (str):  Default: 'bridge'.
        body (LoginRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | LoginResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        client_header=client_header,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
    client_header: str = "bridge",
) -> Response[ErrorResponse | LoginResponse]:
    """Log in

     Exchanges a client id and a secret for a token [page]. Wrong credentials get a 400 or a 401: the
    fields of the
    400 are on the page [page], the 401 is assumed [unknown].

    Args:
        client_header (str):  Default: 'bridge'.
        body (LoginRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | LoginResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        client_header=client_header,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: LoginRequest,
    client_header: str = "bridge",
) -> ErrorResponse | LoginResponse | None:
    """Log in

     Exchanges a client id and a secret for a token [page]. Wrong credentials get a 400 or a 401: the
    fields of the
    400 are on the page [page], the 401 is assumed [unknown].

    Args:
        client_header (str):  Default: 'bridge'.
        body (LoginRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | LoginResponse
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            client_header=client_header,
        )
    ).parsed
