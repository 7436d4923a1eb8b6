"""Wrong requests get the error of the RFC, with a description that says how to fix it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import httpx
import pytest

from .process import GRANT, Service

FORM = "application/x-www-form-urlencoded"
TOKEN, REVOKE, HEADERS = "/setu/sandbox/token", "/setu/sandbox/revoke", "/setu/sandbox/headers"


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(text.encode()).decode()}"}


BAD: dict[str, tuple[str, dict[str, Any], int, str, str]] = {
    "no grant type": (TOKEN, {"data": {"scope": ""}}, 400, "invalid_request", "grant_type is missing"),
    "an empty body": (TOKEN, {"content": b""}, 400, "invalid_request", "grant_type is missing"),
    "an unknown grant": (
        TOKEN,
        {"data": {"grant_type": "password"}},
        400,
        "unsupported_grant_type",
        "use grant_type=client_credentials",
    ),
    "a repeated parameter": (
        TOKEN,
        {"content": b"grant_type=client_credentials&grant_type=client_credentials"},
        400,
        "invalid_request",
        "grant_type is repeated",
    ),
    "a scope": (TOKEN, {"data": {**GRANT, "scope": "read"}}, 400, "invalid_scope", "send no scope"),
    "JSON": (TOKEN, {"json": GRANT}, 400, "invalid_request", f"Content-Type: {FORM}"),
    "no content type": (
        TOKEN,
        {"content": b"grant_type=client_credentials", "headers": {"Content-Type": ""}},
        400,
        "invalid_request",
        f"Content-Type: {FORM}",
    ),
    "a file": (TOKEN, {"files": {"grant_type": b"x"}}, 400, "invalid_request", f"Content-Type: {FORM}"),
    "a body that is not UTF-8": (
        TOKEN,
        {"content": b"grant_type=%ff"},
        400,
        "invalid_request",
        "percent-encode it as UTF-8",
    ),
    "raw bytes": (TOKEN, {"content": b"\xff\x00"}, 400, "invalid_request", "percent-encode it as UTF-8"),
    "a query": (f"{TOKEN}?grant_type=client_credentials", {}, 400, "invalid_request", "in the body"),
    "a wrong key": (TOKEN, {"auth": ("gatepass", "fake-wrong")}, 401, "invalid_client", "key is wrong"),
    "an unknown client": (TOKEN, {"auth": ("other", "fake-wrong")}, 401, "invalid_client", "key is wrong"),
    "an empty key": (TOKEN, {"auth": ("gatepass", "")}, 401, "invalid_client", "key is wrong"),
    "no client": (TOKEN, {"auth": None}, 401, "invalid_client", "authenticate with the client id"),
    "a client without a key": (
        TOKEN,
        {"auth": None, "data": {**GRANT, "client_id": "gatepass"}},
        401,
        "invalid_client",
        "authenticate with the client id",
    ),
    "a bearer token": (
        TOKEN,
        {"auth": None, "headers": {"Authorization": "Bearer fake-token"}},
        401,
        "invalid_client",
        "must be HTTP Basic",
    ),
    "Basic that is not base64": (
        TOKEN,
        {"auth": None, "headers": {"Authorization": "Basic ***"}},
        401,
        "invalid_client",
        "must be HTTP Basic",
    ),
    "Basic without a colon": (
        TOKEN,
        {"auth": None, "headers": basic("gatepass")},
        401,
        "invalid_client",
        "must be HTTP Basic",
    ),
    "two keys": (
        TOKEN,
        {"data": {**GRANT, "client_id": "gatepass", "client_secret": "fake-wrong"}},
        400,
        "invalid_request",
        "authenticates twice",
    ),
    "two client ids": (
        TOKEN,
        {"data": {**GRANT, "client_id": "other"}},
        400,
        "invalid_request",
        "client_id in the form is another one",
    ),
    "an unknown provider": ("/other/sandbox/token", {}, 404, "invalid_request", "there are decentro"),
    "an unknown environment": (
        "/setu/uat/token",
        {},
        404,
        "invalid_request",
        "there are sandbox, production",
    ),
    "no environment": ("/setu/token", {}, 404, "invalid_request", "no such path"),
    "an empty environment": ("/setu//token", {}, 404, "invalid_request", "no such path"),
    "a slash at the end": (f"{TOKEN}/", {}, 404, "invalid_request", "no such path"),
    "a path of more": ("/setu/sandbox/token/x", {}, 404, "invalid_request", "no such path"),
    "no token": (REVOKE, {"data": {"token_type_hint": "access_token"}}, 400, "invalid_request", "token is"),
    "a long body": (TOKEN, {"content": b"x" * 16_385}, 413, "invalid_request", "longer than 16384 bytes"),
}


@pytest.mark.parametrize(("path", "request_", "status", "error", "advice"), BAD.values(), ids=BAD)
def test_a_wrong_request_gets_the_error_of_the_rfc(
    shared_service: Service, path: str, request_: dict[str, Any], status: int, error: str, advice: str
) -> None:
    request_ = {"auth": shared_service.auth, **request_}
    if not {"data", "content", "json", "files"} & set(request_):
        request_["data"] = GRANT
    if "content" in request_:
        request_["headers"] = {"Content-Type": FORM, **request_.get("headers", {})}

    response = shared_service.client.post(f"{shared_service.url}{path}", **request_)

    body = response.json()
    assert (response.status_code, body["error"]) == (status, error)
    assert advice in body["error_description"]
    assert response.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in response.headers) == (status == 401)


def test_two_authorization_headers_are_an_invalid_request(shared_service: Service) -> None:
    headers = [*basic(":".join(shared_service.auth)).items()] * 2

    response = shared_service.client.post(f"{shared_service.url}{TOKEN}", headers=headers, data=GRANT)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


def test_parameters_that_the_service_does_not_know_are_ignored(shared_service: Service) -> None:
    body = b"resource=a&resource=b&audience=c&grant_type=client_credentials&scope="

    response = shared_service.client.post(
        f"{shared_service.url}{TOKEN}",
        content=body,
        headers={"Content-Type": f"{FORM}; charset=UTF-8"},
        auth=shared_service.auth,
    )

    assert response.status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_10_mb_is_refused_before_it_is_read(shared_service: Service, chunked: bool) -> None:
    """The connection is closed at once; how much the client managed to send does not matter."""
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 10000000"
    head = f"POST {TOKEN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\n{length}\r\n\r\n"
    body = b"8000\r\n" + b"x" * 0x8000 + b"\r\n" if chunked else b""

    response = shared_service.exchange(head.encode() + body)

    assert response.startswith(b"HTTP/1.1 413 ")
    assert json.loads(response.partition(b"\r\n\r\n")[2])["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", TOKEN, "POST"),
        ("PUT", REVOKE, "POST"),
        ("POST", HEADERS, "GET, HEAD"),
        ("DELETE", "/livez", "GET, HEAD"),
        ("OPTIONS", TOKEN, "POST"),
    ],
)
def test_another_method_is_answered_with_those_that_there_are(
    shared_service: Service, method: str, path: str, allowed: str
) -> None:
    response = shared_service.client.request(method, f"{shared_service.url}{path}", auth=shared_service.auth)

    assert (response.status_code, response.json()["error"]) == (405, "invalid_request")
    assert ", ".join(sorted(response.headers["allow"].split(", "))) == allowed


BROWSERS = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8181"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Mode": "navigate"},
    {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Storage-Access": "active"},
]


@pytest.mark.parametrize("headers", BROWSERS, ids=str)
@pytest.mark.parametrize(
    ("method", "path"), [("POST", TOKEN), ("GET", HEADERS), ("GET", "/metrics"), ("OPTIONS", TOKEN)]
)
def test_a_browser_gets_nothing(
    shared_service: Service, headers: dict[str, str], method: str, path: str
) -> None:
    response = shared_service.client.request(
        method, f"{shared_service.url}{path}", headers=headers, auth=shared_service.auth
    )

    assert response.status_code == 403
    assert "answers no browser" in response.json()["error_description"]
    assert not any(name.startswith("access-control") for name in response.headers)


def test_fetch_of_node_is_no_browser(shared_service: Service) -> None:
    headers = {"Sec-Fetch-Mode": "cors"}  # which it sends alone
    response = shared_service.client.get(
        f"{shared_service.url}{HEADERS}", headers=headers, auth=shared_service.auth
    )

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:80", 200),
        ("127.0.0.1", 200),
        ("127.8.8.8:9", 200),
        ("[::1]", 200),
        ("[::1]:8181", 200),
        ("", 421),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.localhost", 421),
        ("127.0.0.1.evil.example:8181", 421),
        ("10.0.0.1", 421),
        ("0.0.0.0", 421),
        ("2130706433", 421),
        ("0177.0.0.1", 421),
        ("[::ffff:10.0.0.1]", 421),
        ("::1", 421),
        ("[127.0.0.1]", 421),
        ("[fe80::1%25lo]", 421),
        ("localhost:123456", 421),
        ("localhost:", 421),
        ("localhost:80:80", 421),
        ("user@localhost", 421),
        ("localhost/", 421),
        ("127.0.0.1:٣", 421),
    ],
)
def test_only_names_of_this_machine_are_answered(shared_service: Service, host: str, status: int) -> None:
    request = f"GET /livez HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

    response = shared_service.exchange(request.encode())

    assert int(response.split()[1]) in (status, 400 if status == 421 else status)  # h11 refuses some itself


def test_redirects_are_never_sent(shared_service: Service) -> None:
    for path in ("/setu/sandbox/token/", "//evil.example/", "/setu/sandbox", "/livez/"):
        response = httpx.get(f"{shared_service.url}{path}")
        assert response.status_code == 404
