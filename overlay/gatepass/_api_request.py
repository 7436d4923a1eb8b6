"""Puts a token into a request to an API, where the security scheme of the spec has it."""

from __future__ import annotations

from http.cookies import SimpleCookie

import httpx

from ._token import Token

AUTHORIZATION = ("header", "Authorization", "Bearer ")


class TokenUrl(httpx.URL):
    """A URL with a token in its query, which `str` does not show: httpx logs each URL."""

    def __str__(self) -> str:
        return str(httpx.URL(self).copy_with(query=None)) + "?***"

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def put_token(request: httpx.Request, token: Token, api: tuple[str, str, str]) -> httpx.Request:
    """The request with this token in place of an earlier one: `api` is as in `TokenSpec`."""
    part, name, prefix = api
    if part == "header":
        request.headers[name] = prefix + token.value
    elif part == "query":
        request.url = TokenUrl(request.url.copy_set_param(name, token.value))
    else:
        cookies = SimpleCookie(request.headers.get("Cookie", ""))
        cookies.pop(name, None)
        others = [f"{cookie.key}={cookie.coded_value}" for cookie in cookies.values()]
        request.headers["Cookie"] = "; ".join([*others, f"{name}={token.value}"])
    return request
