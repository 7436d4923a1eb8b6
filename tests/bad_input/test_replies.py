"""A reply that nobody expects is a typed error, it shows nothing, and nothing of it is kept."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gatepass import (
    Decentro,
    GatepassError,
    Limited,
    Rejected,
    Sahamati,
    SahamatiUser,
    Setu,
    SingleView,
    Su,
    TokenError,
    Unavailable,
)

from .shown import shown

if TYPE_CHECKING:
    from gatepass_emulator import Emulator
    from tests.conftest import Time, Way, Wire

MARK = "fake-mark-of-the-body"
PLACES: dict[Any, tuple[str, ...]] = {
    Setu: ("data", "token"),
    Sahamati: ("accessToken",),
    SahamatiUser: ("accessToken",),
    Decentro: ("access_token",),
    Su: ("data", "token"),
    SingleView: ("payload", "access_token"),
}
GONE = object()


def with_token(reply: Any, cls: Any, token: object) -> Any:
    *way, last = PLACES[cls]
    node = reply
    for part in way:
        node = node[part]
    if token is GONE:
        del node[last]
    else:
        node[last] = token
    return reply


def check(error: type[GatepassError], credential: Any, cls: Any, way: Way, wire: Wire, time: Time) -> None:
    """The call fails so, shows nothing, is remembered for a while, and then a good reply is taken."""
    with pytest.raises(TokenError) as failed:
        way.token(credential)
    assert type(failed.value) is error
    assert (failed.value.provider, failed.value.environment) == (cls.facts.provider, "sandbox")
    text = shown(failed.value)
    assert MARK not in text
    assert "-hidden" not in text
    sent = len(wire.requests)
    with pytest.raises(error):
        way.token(credential)
    assert len(wire.requests) == sent
    wire.answers = [wire.reply(cls)]
    assert failed.value.retry_at is not None
    time.now = failed.value.retry_at
    assert way.token(credential).expires_at > time.now
    assert len(wire.requests) == sent + 1


def response(status: int, content: bytes = b"", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, stream=httpx.ByteStream(content), headers=names)


HTML = f"<html><body>{MARK}</body></html>".encode()
STATUSES: dict[str, tuple[Any, type[TokenError]]] = {
    "HTML": (HTML, Unavailable),
    "nothing": (b"", Unavailable),
    "blanks": (b" \r\n", Unavailable),
    "null": (b"null", Unavailable),
    "a list": (b'["' + MARK.encode() + b'"]', Unavailable),
    "a text": (b'"' + MARK.encode() + b'"', Unavailable),
    "a number": (b"1e999", Unavailable),
    "half of it": (b'{"data": {"token": "' + MARK.encode(), Unavailable),
    "two of it": (b"{}{}", Unavailable),
    "an empty object": (b"{}", Unavailable),
    "invalid UTF-8": (b'{"data": "\xff\xfe' + MARK.encode() + b'"}', Unavailable),
    "nested too deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Unavailable),
    "lists nested too deep": (b"[" * 100_000, Unavailable),
    "a number too long": (b'{"data": ' + b"9" * 5000 + b"}", Unavailable),
    "10 MB": (b'{"a": "' + b"x" * 10_000_000 + b'"}', Unavailable),
    "10 MB of blanks": (b" " * 10_000_000 + b"{}", Unavailable),
    "a gzip bomb": (response(200, gzip.compress(b" " * 10_000_000), content_encoding="gzip"), Unavailable),
    "no gzip at all": (response(200, HTML, content_encoding="gzip"), Unavailable),
    "half a gzip": (response(200, gzip.compress(HTML)[:-20], content_encoding="gzip"), Unavailable),
    "success as text": (response(200, b'{"success": "maybe"}'), Unavailable),
    "201": (response(201, HTML), Unavailable),
    "204": (response(204), Unavailable),
    "206": (response(206, HTML), Unavailable),
    "301": (response(301, location=f"https://elsewhere.example/{MARK}"), Unavailable),
    "302 without a place": (response(302), Unavailable),
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
    "429 in HTML": (response(429, HTML), Limited),
    "500 in HTML": (response(500, HTML), Unavailable),
    "502 in HTML": (response(502, HTML), Unavailable),
    "503 without a body": (response(503), Unavailable),
    "520": (response(520, HTML), Unavailable),
    "599": (response(599, b"{}"), Unavailable),
    "999": (response(999, HTML), Unavailable),
}


@pytest.mark.parametrize("answer", STATUSES)
def test_a_reply_that_is_none(answer: str, cls: Any, way: Way, wire: Wire, time: Time) -> None:
    reply, error = STATUSES[answer]
    check(error, wire.credential(cls, reply), cls, way, wire, time)


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(GONE, id="missing"),
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
def test_a_token_that_is_none(token: object, cls: Any, way: Way, wire: Wire, time: Time) -> None:
    import json

    reply = json.dumps(with_token(wire.reply(cls), cls, token)).encode()
    check(Unavailable, wire.credential(cls, reply), cls, way, wire, time)


@pytest.mark.parametrize("data", [None, [], "fake-mark-of-the-body", 7, [{}], {}], ids=repr)
@pytest.mark.parametrize(("cls", "key"), [(Setu, "data"), (Su, "data"), (SingleView, "payload")])
def test_an_envelope_of_the_wrong_type(
    cls: Any, key: str, data: object, way: Way, wire: Wire, time: Time
) -> None:
    check(Unavailable, wire.credential(cls, wire.reply(cls) | {key: data}), cls, way, wire, time)


@pytest.mark.parametrize("cls", [Setu, Su, SingleView])
def test_success_false(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    reply = wire.reply(cls) | {"success": False, "message": MARK}
    check(Rejected, wire.credential(cls, reply), cls, way, wire, time)


@pytest.mark.parametrize("cls", [Setu, Su, SingleView])
def test_success_false_and_nothing_else(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    check(Rejected, wire.credential(cls, {"success": False}), cls, way, wire, time)


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
def test_a_connection_that_fails(
    failure: type[Exception], cls: Any, way: Way, wire: Wire, time: Time
) -> None:
    def fail(_request: httpx.Request) -> Any:
        raise failure(MARK)

    check(Unavailable, wire.credential(cls, fail), cls, way, wire, time)


YEAR = 366 * 86_400


@pytest.mark.parametrize("declared", [1e308, "1e308", 1e17, 10**300], ids=range(4))
def test_a_lifetime_is_a_year_at_most(declared: object, way: Way, wire: Wire, time: Time) -> None:
    reply = wire.reply(Sahamati) | {"accessToken": "fake-opaque", "expiresIn": declared}
    credential = wire.credential(Sahamati, reply)

    assert way.token(credential).expires_at == time.now + YEAR

    time.pass_(YEAR)
    way.token(credential)
    assert len(wire.requests) == 2


def test_a_jwt_of_many_years_is_good_for_one(
    way: Way, wire: Wire, time: Time, jwt: Callable[..., str]
) -> None:
    reply = wire.reply(Sahamati) | {"accessToken": jwt(1e300), "expiresIn": 1e300}

    assert way.token(wire.credential(Sahamati, reply)).expires_at == time.now + YEAR


@pytest.mark.parametrize("length", [16_385, 100_000])
def test_a_token_that_no_header_has_room_for(length: int, cls: Any, way: Way, wire: Wire, time: Time) -> None:
    token = "sandbox_".ljust(length, "x")
    check(Unavailable, wire.credential(cls, with_token(wire.reply(cls), cls, token)), cls, way, wire, time)


def test_a_token_of_16_kb_is_taken(cls: Any, way: Way, wire: Wire) -> None:
    token = "sandbox_".ljust(16_384, "x")
    assert way.token(wire.credential(cls, with_token(wire.reply(cls), cls, token))).value == token


def test_a_good_reply_is_asked_for_at_once_after_forget(cls: Any, way: Way, wire: Wire) -> None:
    credential = wire.credential(cls, HTML, wire.reply(cls))
    with pytest.raises(Unavailable):
        way.token(credential)
    credential.forget()
    way.token(credential)
    assert len(wire.requests) == 2


def drip(wire: Wire, time: Time, prefix: bytes, seconds: float) -> Iterator[bytes]:
    """A body that never ends, one byte at a time."""
    yield prefix
    for _ in range(10_000):
        time.pass_(seconds)
        yield b" "
    pytest.fail("the reply was read on and on")


@pytest.mark.parametrize(
    ("prefix", "headers"),
    [
        (b"{", {}),
        # A gzip header whose file name never ends: there is never anything to unpack.
        (b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03", {"content-encoding": "gzip"}),
    ],
    ids=["plain", "gzip"],
)
def test_a_reply_that_drips_ends_soon_after_the_deadline(
    prefix: bytes, headers: dict[str, str], cls: Any, way: Way, wire: Wire, time: Time
) -> None:
    def slow(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=drip(wire, time, prefix, 0.5))

    begun = time.now
    credential = wire.credential(cls, slow, timeout=10)
    with pytest.raises(Unavailable):
        way.token(credential)
    assert len(wire.requests) == 1
    assert time.now - begun < 21  # a late response gets as much time again


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_gzip_bomb_does_not_fill_the_memory(coding: str, cls: Any, wire: Wire) -> None:
    bomb = gzip.compress(b" " * 100_000_000, compresslevel=1)
    for _ in range(coding.count(",")):
        bomb = gzip.compress(bomb)
    credential = wire.credential(cls, response(200, bomb, content_encoding=coding))
    tracemalloc.start()
    try:
        with pytest.raises(Unavailable):
            credential.token()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_header_that_makes_no_sense_is_no_trouble(cls: Any, way: Way, wire: Wire) -> None:
    import json

    body = json.dumps(wire.reply(cls)).encode()
    headers = {"content_type": "application/json; charset=nonsense", "retry_after": "soon"}
    assert way.token(wire.credential(cls, response(200, body, **headers))).value


@pytest.mark.parametrize("header", ["soon", "-5", "1e99", "9" * 400, "Thu, 99 Foo 2027", "²", ""])
def test_a_retry_after_that_makes_no_sense_is_not_obeyed(
    header: str, cls: Any, way: Way, wire: Wire, time: Time
) -> None:
    headers = [(b"Retry-After", header.encode())]
    limited = httpx.Response(429, headers=headers)
    with pytest.raises(Limited) as failed:
        way.token(wire.credential(cls, limited))
    assert failed.value.retry_at is not None
    assert time.now < failed.value.retry_at <= time.now + 86_400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("999999999", 86_400),
        ("9" * 30, 86_400),
        ("Fri, 15 Jan 2100 08:00:00 GMT", 86_400),
        ("Fri, 15 Jan 2010 08:00:00 GMT", 60),
    ],
)
def test_a_retry_after_is_a_day_at_most(
    header: str, seconds: float, cls: Any, way: Way, wire: Wire, time: Time
) -> None:
    with pytest.raises(Limited) as failed:
        way.token(wire.credential(cls, response(429, retry_after=header)))
    assert failed.value.retry_at == time.now + seconds


def test_a_reply_that_would_be_good_but_for_its_length(cls: Any, way: Way, wire: Wire, time: Time) -> None:
    reply = wire.reply(cls) | {"padding": "x" * 10_000_000}
    check(Unavailable, wire.credential(cls, reply), cls, way, wire, time)


# The same over real HTTP.

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
        ({"status": 429}, Limited),
        ({"cut": "before"}, Unavailable),
        ({"cut": "middle"}, Unavailable),
        (
            {"patch": {"/data": "remove", "/payload": "remove", "/accessToken": 7, "/access_token": []}},
            Unavailable,
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value.__name__,
)
def test_over_the_wire(
    fault: dict[str, Any],
    error: type[TokenError],
    cls: Any,
    way: Way,
    emulator: Emulator,
    time: Time,
) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", **fault)
    credential = cls("sandbox", clock=time.clock)
    with pytest.raises(TokenError) as failed:
        way.token(credential)
    assert type(failed.value) is error
    hidden = [MARK, *(emulator.credentials(provider, "sandbox")[name] for name in cls.facts.secrets)]
    text = shown(failed.value)
    assert [one for one in hidden if one in text] == []
    asked = emulator.count(provider)
    with pytest.raises(error):
        way.token(credential)
    assert emulator.count(provider) == asked
    running = emulator.credentials(provider, "sandbox")
    emulator.clear()
    assert emulator.credentials(provider, "sandbox") == running
    time.pass_(900)
    way.token(credential)
    assert emulator.count(provider, status=200) == 1


def test_a_slow_reply_over_the_wire_is_given_up_in_time(cls: Any, way: Way, emulator: Emulator) -> None:
    give_up(cls, way, emulator, latency=3600)


def test_a_dripping_reply_over_the_wire_is_given_up_in_time(cls: Any, way: Way, emulator: Emulator) -> None:
    give_up(cls, way, emulator, drip=0.01)


def give_up(cls: Any, way: Way, emulator: Emulator, **fault: Any) -> None:
    """Whatever the timeout is, it ends the call: 0.1 s unless the machine takes longer to send one."""
    emulator.fault(cls.facts.provider, "sandbox", **fault)
    for timeout in (0.1, 1.0, 10.0):
        with pytest.raises(Unavailable, match="in time"):
            way.token(cls("sandbox", timeout=timeout))
        if emulator.count(cls.facts.provider):
            break
    assert emulator.count(cls.facts.provider) == 1


def test_an_error_in_the_middle_of_a_request_shows_nothing(
    cls: Any, way: Way, emulator: Emulator, time: Time
) -> None:
    provider = cls.facts.provider
    emulator.fault(provider, "sandbox", body=HTML.decode())
    with pytest.raises(Unavailable) as failed:
        way.get(cls("sandbox", clock=time.clock), emulator.url(provider, "sandbox") + "/echo")
    hidden = [MARK, *(emulator.credentials(provider, "sandbox")[name] for name in cls.facts.secrets)]
    text = shown(failed.value)
    assert [one for one in hidden if one in text] == []
    assert emulator.count(provider, kind="echo") == 0


# What the calls for secrets get.


@pytest.mark.parametrize("call", ["read_secret", "reset_secret"])
@pytest.mark.parametrize(
    "answer",
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
def test_a_secret_that_is_none(answer: Any, call: str, way: Way, wire: Wire) -> None:
    user = wire.credential(SahamatiUser, wire.reply(SahamatiUser), answer)
    with pytest.raises(Unavailable) as failed:
        getattr(way, call)(user, "fake-aa-1")
    text = shown(failed.value)
    assert MARK not in text
    assert "-hidden" not in text
    assert "fake.sahamati.token" not in text
