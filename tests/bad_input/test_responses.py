"""An unexpected response is a typed error that shows nothing of it, and nothing of it is cached."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import (
    Decentro,
    GatepassError,
    RateLimited,
    Rejected,
    Sahamati,
    SahamatiUser,
    Setu,
    SingleView,
    Su,
    TokenError,
    Unavailable,
)

from ..helpers import error_report, parametrize_credentials
from ..timeouts import HANG_TIMEOUT

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.helpers import FakeClock, MockProvider, Runner

MARK = "fake-mark-of-the-body"
TOKEN_PATHS: dict[Any, tuple[str, ...]] = {
    Setu: ("data", "token"),
    Sahamati: ("accessToken",),
    SahamatiUser: ("accessToken",),
    Decentro: ("access_token",),
    Su: ("data", "token"),
    SingleView: ("payload", "access_token"),
}
MISSING = object()


def with_token(body: Any, credential_class: Any, token: object) -> Any:
    *parents, last = TOKEN_PATHS[credential_class]
    node = body
    for part in parents:
        node = node[part]
    if token is MISSING:
        del node[last]
    else:
        node[last] = token
    return body


def check_failure(
    error: type[GatepassError],
    credential: Any,
    credential_class: Any,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
) -> None:
    """The call fails with the error and shows nothing; the failure is cached until its retry time."""
    with pytest.raises(TokenError) as caught:
        runner.token(credential)
    assert type(caught.value) is error
    assert (caught.value.provider, caught.value.environment) == (credential_class.spec.provider, "sandbox")
    text = error_report(caught.value)
    assert MARK not in text
    assert "-hidden" not in text
    sent = len(mock_provider.requests)
    with pytest.raises(error):
        runner.token(credential)
    assert len(mock_provider.requests) == sent
    mock_provider.responses = [mock_provider.example_response(credential_class)]
    assert caught.value.retry_at is not None
    clock.now = caught.value.retry_at
    assert runner.token(credential).expires_at > clock.now
    assert len(mock_provider.requests) == sent + 1


def response(status: int, content: bytes = b"", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, stream=httpx.ByteStream(content), headers=names)


HTML = f"<html><body>{MARK}</body></html>".encode()
UNUSABLE_RESPONSES: dict[str, tuple[Any, type[TokenError]]] = {
    "HTML": (HTML, Unavailable),
    "nothing": (b"", Unavailable),
    "blanks": (b" \r\n", Unavailable),
    "null": (b"null", Unavailable),
    "a list": (b'["' + MARK.encode() + b'"]', Unavailable),
    "a string": (b'"' + MARK.encode() + b'"', Unavailable),
    "a number": (b"1e999", Unavailable),
    "truncated JSON": (b'{"data": {"token": "' + MARK.encode(), Unavailable),
    "two JSON values": (b"{}{}", Unavailable),
    "an empty object": (b"{}", Unavailable),
    "invalid UTF-8": (b'{"data": "\xff\xfe' + MARK.encode() + b'"}', Unavailable),
    "objects nested too deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Unavailable),
    "lists nested too deep": (b"[" * 100_000, Unavailable),
    "a number too long": (b'{"data": ' + b"9" * 5000 + b"}", Unavailable),
    "10 MB": (b'{"a": "' + b"x" * 10_000_000 + b'"}', Unavailable),
    "10 MB of blanks": (b" " * 10_000_000 + b"{}", Unavailable),
    "a gzip bomb": (response(200, gzip.compress(b" " * 10_000_000), content_encoding="gzip"), Unavailable),
    "not gzip at all": (response(200, HTML, content_encoding="gzip"), Unavailable),
    "truncated gzip": (response(200, gzip.compress(HTML)[:-20], content_encoding="gzip"), Unavailable),
    "an unknown success word": (response(200, b'{"success": "maybe"}'), Unavailable),
    "201": (response(201, HTML), Unavailable),
    "204": (response(204), Unavailable),
    "206": (response(206, HTML), Unavailable),
    "301": (response(301, location=f"https://elsewhere.example/{MARK}"), Unavailable),
    "302 without a location": (response(302), Unavailable),
    "307": (response(307, location="/login"), Unavailable),
    "304": (response(304), Unavailable),
    "403 in HTML": (response(403, HTML), Unavailable),
    "404": (response(404, b"{}"), Rejected),
    "404 in HTML": (response(404, HTML), Unavailable),
    "405": (response(405, b"{}"), Rejected),
    "405 without a body": (response(405), Unavailable),
    "401 in HTML": (response(401, HTML), Rejected),
    "408": (response(408), Unavailable),
    "418": (response(418, b"{}"), Rejected),
    "429 in HTML": (response(429, HTML), RateLimited),
    "500 in HTML": (response(500, HTML), Unavailable),
    "502 in HTML": (response(502, HTML), Unavailable),
    "503 without a body": (response(503), Unavailable),
    "520": (response(520, HTML), Unavailable),
    "599": (response(599, b"{}"), Unavailable),
    "999": (response(999, HTML), Unavailable),
}


@pytest.mark.parametrize("name", UNUSABLE_RESPONSES)
@parametrize_credentials()
def test_an_unusable_response_is_a_typed_error(
    name: str, credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body, error = UNUSABLE_RESPONSES[name]
    check_failure(
        error,
        mock_provider.credential(credential_class, body),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(MISSING, id="missing"),
        None,
        7,
        True,
        "",
        " ",
        pytest.param([MARK], id="list"),
        pytest.param({"token": MARK}, id="object"),
        f"{MARK}\nX-Injected: 1",
        f"{MARK}\r\n",
        f"sandbox_{MARK}\n",
        f"sandbox_{MARK} ",
        f"sandbox_{MARK}\x00",
        f"sandbox_{MARK}é",
        f"sandbox_{MARK}\ud800",
    ],
)
@parametrize_credentials()
def test_an_unusable_token_is_unavailable(
    token: object, credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = json.dumps(
        with_token(mock_provider.example_response(credential_class), credential_class, token)
    ).encode()
    check_failure(
        Unavailable,
        mock_provider.credential(credential_class, body),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@pytest.mark.parametrize("data", [None, [], "fake-mark-of-the-body", 7, [{}], {}], ids=repr)
@parametrize_credentials(("credential_class", "key"), [(Setu, "data"), (Su, "data"), (SingleView, "payload")])
def test_an_envelope_of_the_wrong_type_is_unavailable(
    credential_class: Any,
    key: str,
    data: object,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
) -> None:
    check_failure(
        Unavailable,
        mock_provider.credential(
            credential_class, mock_provider.example_response(credential_class) | {key: data}
        ),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@parametrize_credentials("credential_class", [Setu, Su, SingleView])
def test_success_false_is_a_rejection_even_with_a_token(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = mock_provider.example_response(credential_class) | {"success": False, "message": MARK}
    check_failure(
        Rejected,
        mock_provider.credential(credential_class, body),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@parametrize_credentials("credential_class", [Setu, Su, SingleView])
def test_success_false_alone_is_a_rejection(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    check_failure(
        Rejected,
        mock_provider.credential(credential_class, {"success": False}),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.ReadTimeout,
        httpx.WriteTimeout,
        httpx.PoolTimeout,
        httpx.ReadError,
        httpx.RemoteProtocolError,
        httpx.DecodingError,
        httpx.UnsupportedProtocol,
        httpx.ProxyError,
        httpx.InvalidURL,
        OSError,
    ],
)
@parametrize_credentials()
def test_a_failed_connection_is_unavailable(
    failure: type[Exception],
    credential_class: Any,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
) -> None:
    def fail(_request: httpx.Request) -> Any:
        raise failure(MARK)

    check_failure(
        Unavailable,
        mock_provider.credential(credential_class, fail),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


YEAR = 366 * 86_400


@pytest.mark.parametrize("declared", [1e308, "1e308", 1e17, 10**300], ids=range(4))
def test_a_declared_lifetime_is_limited_to_a_year(
    declared: object, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = mock_provider.example_response(Sahamati) | {"accessToken": "fake-opaque", "expiresIn": declared}
    credential = mock_provider.credential(Sahamati, body)

    assert runner.token(credential).expires_at == clock.now + YEAR

    clock.advance(YEAR)
    runner.token(credential)
    assert len(mock_provider.requests) == 2


def test_the_lifetime_of_a_jwt_is_limited_to_a_year(
    runner: Runner, mock_provider: MockProvider, clock: FakeClock, make_jwt: Callable[..., str]
) -> None:
    body = mock_provider.example_response(Sahamati) | {"accessToken": make_jwt(1e300), "expiresIn": 1e300}

    assert runner.token(mock_provider.credential(Sahamati, body)).expires_at == clock.now + YEAR


@pytest.mark.parametrize("length", [16_385, 100_000])
@parametrize_credentials()
def test_a_token_longer_than_16_kb_is_unavailable(
    length: int, credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    token = "sandbox_".ljust(length, "x")
    check_failure(
        Unavailable,
        mock_provider.credential(
            credential_class,
            with_token(mock_provider.example_response(credential_class), credential_class, token),
        ),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


@parametrize_credentials()
def test_a_token_of_16_kb_is_accepted(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    token = "sandbox_".ljust(16_384, "x")
    assert (
        runner.token(
            mock_provider.credential(
                credential_class,
                with_token(mock_provider.example_response(credential_class), credential_class, token),
            )
        ).value
        == token
    )


@parametrize_credentials()
def test_after_invalidate_a_failure_is_retried_at_once(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    credential = mock_provider.credential(
        credential_class, HTML, mock_provider.example_response(credential_class)
    )
    with pytest.raises(Unavailable):
        runner.token(credential)
    credential.invalidate()
    runner.token(credential)
    assert len(mock_provider.requests) == 2


def trickle(mock_provider: MockProvider, clock: FakeClock, prefix: bytes, seconds: float) -> Iterator[bytes]:
    """An endless body, one byte at a time."""
    yield prefix
    for _ in range(10_000):
        clock.advance(seconds)
        yield b" "
    pytest.fail("the response was read without end")


@pytest.mark.parametrize(
    ("prefix", "headers"),
    [
        (b"{", {}),
        # A gzip header with an endless file name: there is never anything to decompress.
        (b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03", {"content-encoding": "gzip"}),
    ],
    ids=["plain", "gzip"],
)
@parametrize_credentials()
def test_an_endless_response_is_abandoned_soon_after_the_deadline(
    prefix: bytes,
    headers: dict[str, str],
    credential_class: Any,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=trickle(mock_provider, clock, prefix, 0.5))

    began = clock.now
    credential = mock_provider.credential(credential_class, slow, timeout=10)
    with pytest.raises(Unavailable):
        runner.token(credential)
    assert len(mock_provider.requests) == 1
    assert clock.now - began < 21  # a late response gets as much time again


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_gzip_bomb_does_not_fill_the_memory(
    coding: str, credential_class: Any, mock_provider: MockProvider
) -> None:
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=1)
    for _ in range(coding.count(",")):
        bomb = gzip.compress(bomb)
    credential = mock_provider.credential(credential_class, response(200, bomb, content_encoding=coding))
    tracemalloc.start()
    try:
        with pytest.raises(Unavailable):
            credential.token()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@parametrize_credentials()
def test_nonsensical_headers_of_a_good_response_are_ignored(
    credential_class: Any, runner: Runner, mock_provider: MockProvider
) -> None:
    body = json.dumps(mock_provider.example_response(credential_class)).encode()
    headers = {"content_type": "application/json; charset=nonsense", "retry_after": "soon"}
    assert runner.token(mock_provider.credential(credential_class, response(200, body, **headers))).value


@pytest.mark.parametrize("header", ["soon", "-5", "1e99", "9" * 400, "Thu, 99 Foo 2027", "²", ""])
@parametrize_credentials()
def test_a_nonsensical_retry_after_leads_to_a_back_off_of_at_most_a_day(
    header: str, credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    headers = [(b"Retry-After", header.encode())]
    limited = httpx.Response(429, headers=headers)
    with pytest.raises(RateLimited) as caught:
        runner.token(mock_provider.credential(credential_class, limited))
    assert caught.value.retry_at is not None
    assert clock.now < caught.value.retry_at <= clock.now + 86_400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("999999999", 86_400),
        ("9" * 30, 86_400),
        ("Fri, 15 Jan 2100 08:00:00 GMT", 86_400),
        ("Fri, 15 Jan 2010 08:00:00 GMT", 60),
    ],
)
@parametrize_credentials()
def test_retry_after_is_limited_to_a_day(
    header: str,
    seconds: float,
    credential_class: Any,
    runner: Runner,
    mock_provider: MockProvider,
    clock: FakeClock,
) -> None:
    with pytest.raises(RateLimited) as caught:
        runner.token(mock_provider.credential(credential_class, response(429, retry_after=header)))
    assert caught.value.retry_at == clock.now + seconds


@parametrize_credentials()
def test_a_valid_response_that_is_too_long_is_unavailable(
    credential_class: Any, runner: Runner, mock_provider: MockProvider, clock: FakeClock
) -> None:
    body = mock_provider.example_response(credential_class) | {"padding": "x" * 10_000_000}
    check_failure(
        Unavailable,
        mock_provider.credential(credential_class, body),
        credential_class,
        runner,
        mock_provider,
        clock,
    )


# The same over real HTTP, from the emulator


@pytest.fixture
def patient_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers wait for the error of the request, however late a busy machine has it."""
    monkeypatch.setattr("gatepass._flight.GRACE", HANG_TIMEOUT)


NO_TOKEN = {"/data": "remove", "/payload": "remove", "/accessToken": 7, "/access_token": []}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 502, "body": HTML.decode()}, Unavailable),
        ({"body": HTML.decode()}, Unavailable),
        ({"body": ""}, Unavailable),
        ({"body": b"\xff\xfe\x00"}, Unavailable),
        ({"body": b"x" * 10_000_000}, Unavailable),
        ({"body": gzip.compress(b" " * 10_000_000), "headers": {"Content-Encoding": "gzip"}}, Unavailable),
        ({"status": 204}, Unavailable),
        ({"status": 520}, Unavailable),
        ({"status": 302, "headers": {"Location": "/setu/sandbox/echo"}}, Unavailable),
        ({"status": 404}, Rejected),
        ({"status": 429}, RateLimited),
        ({"disconnect": "before"}, Unavailable),
        ({"disconnect": "middle"}, Unavailable),
        (
            {"patch": {"/data": "remove", "/payload": "remove", "/accessToken": 7, "/access_token": []}},
            Unavailable,
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value.__name__,
)
@parametrize_credentials()
def test_a_faulty_response_of_the_emulator_is_a_typed_error(
    fault: dict[str, Any],
    error: type[TokenError],
    credential_class: Any,
    runner: Runner,
    emulator: Emulator,
    clock: FakeClock,
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", **fault)
    credential = credential_class("sandbox", clock=clock.clock)
    with pytest.raises(TokenError) as caught:
        runner.token(credential)
    assert type(caught.value) is error
    hidden = [
        MARK,
        *(emulator.credentials(provider, "sandbox")[name] for name in credential_class.spec.secrets),
    ]
    text = error_report(caught.value)
    assert [value for value in hidden if value in text] == []
    requests = emulator.count(provider)
    with pytest.raises(error):
        runner.token(credential)
    assert emulator.count(provider) == requests
    credentials = emulator.credentials(provider, "sandbox")
    emulator.clear()
    assert emulator.credentials(provider, "sandbox") == credentials
    clock.advance(900)
    runner.token(credential)
    assert emulator.count(provider, status=200) == 1


@parametrize_credentials()
@pytest.mark.usefixtures("patient_callers")
def test_a_late_response_of_the_emulator_is_abandoned_at_the_timeout(
    credential_class: Any, runner: Runner, emulator: Emulator
) -> None:
    check_timeout(credential_class, runner, emulator, latency=3600)


@parametrize_credentials()
@pytest.mark.usefixtures("patient_callers")
def test_a_trickling_response_of_the_emulator_is_abandoned_at_the_timeout(
    credential_class: Any, runner: Runner, emulator: Emulator
) -> None:
    check_timeout(credential_class, runner, emulator, trickle=0.01)


def check_timeout(credential_class: Any, runner: Runner, emulator: Emulator, **fault: Any) -> None:
    """A short timeout ends the call; a longer one is tried if this machine was too slow to send a request."""
    emulator.fault(credential_class.spec.provider, "sandbox", **fault)
    for timeout in (0.1, 1.0, 10.0):
        with pytest.raises(Unavailable, match="in time"):
            runner.token(credential_class("sandbox", timeout=timeout))
        if emulator.count(credential_class.spec.provider):
            break
    assert emulator.count(credential_class.spec.provider) == 1


@parametrize_credentials()
def test_a_token_error_during_an_api_request_shows_no_secret(
    credential_class: Any, runner: Runner, emulator: Emulator, clock: FakeClock
) -> None:
    provider = credential_class.spec.provider
    emulator.fault(provider, "sandbox", body=HTML.decode())
    with pytest.raises(Unavailable) as caught:
        runner.get(
            credential_class("sandbox", clock=clock.clock), emulator.url(provider, "sandbox") + "/echo"
        )
    hidden = [
        MARK,
        *(emulator.credentials(provider, "sandbox")[name] for name in credential_class.spec.secrets),
    ]
    text = error_report(caught.value)
    assert [value for value in hidden if value in text] == []
    assert emulator.count(provider, kind="echo") == 0


# Responses to requests for secrets


@pytest.mark.parametrize("call", ["read_secret", "reset_secret"])
@pytest.mark.parametrize(
    "response_to_secret_request",
    [
        HTML,
        b"",
        b"{}",
        b"[]",
        {"secret": None},
        {"secret": 7},
        {"secret": ""},
        {"secret": ["fake-mark-of-the-body"]},
        response(204),
        response(520, HTML),
        response(302, location="/"),
    ],
    ids=range(11),
)
def test_an_unusable_secret_is_unavailable(
    response_to_secret_request: Any, call: str, runner: Runner, mock_provider: MockProvider
) -> None:
    user = mock_provider.credential(
        SahamatiUser, mock_provider.example_response(SahamatiUser), response_to_secret_request
    )
    with pytest.raises(Unavailable) as caught:
        getattr(runner, call)(user, "fake-aa-1")
    text = error_report(caught.value)
    assert MARK not in text
    assert "-hidden" not in text
    assert "fake.sahamati.token" not in text
