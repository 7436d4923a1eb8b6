from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.error_response import ErrorResponse
from ...models.token_request import TokenRequest
from ...models.token_response import TokenResponse
from ...types import Response


def _get_kwargs(
    *,
    body: TokenRequest,
    company_id: str,
    sv_reference_id: str,
    date_time_stamp: str,
    device: str = "Web",
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    headers["CompanyId"] = company_id

    headers["SVReferenceID"] = sv_reference_id

    headers["DateTimeStamp"] = date_time_stamp

    headers["Device"] = device

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/api/svplatform/tokenOauth2",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


@errors.hide_body
def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ErrorResponse | TokenResponse | None:
    if response.status_code == 200:
        response_200 = TokenResponse.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = ErrorResponse.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = ErrorResponse.from_dict(response.json())

        return response_401

    if response.status_code == 429:
        response_429 = ErrorResponse.from_dict(response.json())

        return response_429

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
    body: TokenRequest,
    company_id: str,
    sv_reference_id: str,
    date_time_stamp: str,
    device: str = "Web",
) -> Response[ErrorResponse | TokenResponse]:
    """Generate an access token

     Exchanges the credentials of a company for a token [page]. That errors have the fields of
    `singleview.yaml` is
    assumed [unknown]; the codes begin with `MW-` [docs].

    Args:
        company_id (str):
        sv_reference_id (str):
        date_time_stamp (str):
        device (str):  Default: 'Web'.
        body (TokenRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TokenResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        company_id=company_id,
        sv_reference_id=sv_reference_id,
        date_time_stamp=date_time_stamp,
        device=device,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    company_id: str,
    sv_reference_id: str,
    date_time_stamp: str,
    device: str = "Web",
) -> ErrorResponse | TokenResponse | None:
    """Generate an access token

     Exchanges the credentials of a company for a token [page]. That errors have the fields of
    `singleview.yaml` is
    assumed [unknown]; the codes begin with `MW-` [docs].

    Args:
        company_id (str):
        sv_reference_id (str):
        date_time_stamp (str):
        device (str):  Default: 'Web'.
        body (TokenRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ErrorResponse | TokenResponse
    """

    return sync_detailed(
        client=client,
        body=body,
        company_id=company_id,
        sv_reference_id=sv_reference_id,
        date_time_stamp=date_time_stamp,
        device=device,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    company_id: str,
    sv_reference_id: str,
    date_time_stamp: str,
    device: str = "Web",
) -> Response[ErrorResponse | TokenResponse]:
    """Generate an access token

     Exchanges the credentials of a company for a token [page]. That errors have the fields of
    `singleview.yaml` is
    assumed [unknown]; the codes begin with `MW-` [docs].

    Args:
        company_id (str):
        sv_reference_id (str):
        date_time_stamp (str):
        device (str):  Default: 'Web'.
        body (TokenRequest):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        errors.UnreadableResponse: If the response is not what is documented.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ErrorResponse | TokenResponse]
    """

    kwargs = _get_kwargs(
        body=body,
        company_id=company_id,
        sv_reference_id=sv_reference_id,
        date_time_stamp=date_time_stamp,
        device=device,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    del kwargs  # tracebacks would show the secrets in it

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: TokenRequest,
    company_id: str,
    sv_reference_id: str,
    date_time_stamp: str,
    device: str = "Web",
) -> ErrorResponse | TokenResponse | None:
    """Generate an access token

     Exchanges the credentials of a company for a token [page]. That errors have the fields of
    `singleview.yaml` is
    assumed [unknown]; the codes begin with `MW-` [docs].

    Args:
        company_id (str):
        sv_reference_id (str):
        date_time_stamp (str):
        device (str):  Default: 'Web'.
        body (TokenRequest):

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
            body=body,
            company_id=company_id,
            sv_reference_id=sv_reference_id,
            date_time_stamp=date_time_stamp,
            device=device,
        )
    ).parsed
