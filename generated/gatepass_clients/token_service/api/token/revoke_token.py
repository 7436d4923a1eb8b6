from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.revocation import Revocation
from ...models.revocation_request import RevocationRequest
from ...types import Response


def _get_kwargs(
    provider: str,
    environment: str,
    *,
    body: RevocationRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/{provider}/{environment}/revoke".format(
            provider=quote(str(provider), safe=""),
            environment=quote(str(environment), safe=""),
        ),
    }

    _kwargs["data"] = body.to_dict()
    headers["Content-Type"] = "application/x-www-form-urlencoded"

    _kwargs["headers"] = headers
    return _kwargs


@errors.hide_body
def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | Revocation | None:
    if response.status_code == 200:
        response_200 = Revocation.from_dict(response.json())

        return response_200

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

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ErrorResponse | Revocation]:
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
    body: RevocationRequest,
) -> Response[ErrorResponse | Revocation]:
    """Say that an API rejected a token

     If it is the token that is served, another one takes its place. It has the same effect on the back-
    off as a 401
    has inside a program: if APIs reject the next token as well, none is requested for a while. To say
    it twice, or
    of an unknown token, has no effect. An error of the provider is the response to the next token
    request.

    Args:
        provider (str):
        environment (str):
        body (RevocationRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Revocation]
    """

    kwargs = _get_kwargs(
        provider=provider,
        environment=environment,
        body=body,
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
    body: RevocationRequest,
) -> ErrorResponse | Revocation | None:
    """Say that an API rejected a token

     If it is the token that is served, another one takes its place. It has the same effect on the back-
    off as a 401
    has inside a program: if APIs reject the next token as well, none is requested for a while. To say
    it twice, or
    of an unknown token, has no effect. An error of the provider is the response to the next token
    request.

    Args:
        provider (str):
        environment (str):
        body (RevocationRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Revocation
    """

    return sync_detailed(
        provider=provider,
        environment=environment,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
    body: RevocationRequest,
) -> Response[ErrorResponse | Revocation]:
    """Say that an API rejected a token

     If it is the token that is served, another one takes its place. It has the same effect on the back-
    off as a 401
    has inside a program: if APIs reject the next token as well, none is requested for a while. To say
    it twice, or
    of an unknown token, has no effect. An error of the provider is the response to the next token
    request.

    Args:
        provider (str):
        environment (str):
        body (RevocationRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | Revocation]
    """

    kwargs = _get_kwargs(
        provider=provider,
        environment=environment,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


async def asyncio(
    provider: str,
    environment: str,
    *,
    client: AuthenticatedClient,
    body: RevocationRequest,
) -> ErrorResponse | Revocation | None:
    """Say that an API rejected a token

     If it is the token that is served, another one takes its place. It has the same effect on the back-
    off as a 401
    has inside a program: if APIs reject the next token as well, none is requested for a while. To say
    it twice, or
    of an unknown token, has no effect. An error of the provider is the response to the next token
    request.

    Args:
        provider (str):
        environment (str):
        body (RevocationRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | Revocation
    """

    return (
        await asyncio_detailed(
            provider=provider,
            environment=environment,
            client=client,
            body=body,
        )
    ).parsed
