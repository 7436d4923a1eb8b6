"""Whatever a provider answers: a token that can be used, or a `TokenError`."""

from __future__ import annotations

import base64
import copy
import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gatepass import Clock, Decentro, Sahamati, SahamatiUser, Setu, SingleView, Su, Token, TokenError
from gatepass.testing import forget_quotas

if TYPE_CHECKING:
    from tests.conftest import Time, Wire

GONE = "\x00gone"
FIGURES: list[Any] = [0, 1, -1, 60, 1800, 1e-9, 5e-324, 1e308, -1e308, 10**400, 2**63, 1e17, 86_400_000]
FIGURES += [float("nan"), float("inf"), -0.0, 0.5, 1_800_000_000, 1_800_000_060, 1_800_000_000_000]
WORDS: list[Any] = ["", " ", "0", "0000", "3600", " 60 ", "1e999", "nan", "-1", "1_0", "٣", "5e-324", "1e308"]
WORDS += [
    "true",
    "false",
    "Fail",
    "Success",
    "soon",
    "a\nb",
    "é",
    "\ud800",
    "sandbox_",
    "sandbox_a",
    "live_a",
    "a.b.c",
]
OTHERS: list[Any] = [None, True, False, [], {}, [[]], [{}], {"": None}, [1, "2"], {"token": "sandbox_a"}]


def _jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"sandbox_a.{part}.c"


figures = st.sampled_from(FIGURES)
jwts = st.builds(lambda iat, exp: _jwt({"iat": iat, "exp": exp}), figures, figures | st.sampled_from(OTHERS))
scalars = st.sampled_from(FIGURES + WORDS + OTHERS) | st.integers() | st.floats() | st.text(max_size=8) | jwts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
# One draw each, as most of the time goes into drawing.
statuses = st.sampled_from(
    [200] * 60 + [201, 204, 301, 400, 401, 403, 404, 422, 429, 429, 500, 503, 520, 100, 999]
)
headers = st.sampled_from(
    [()] * 60
    + [
        ((b"Retry-After", text),)
        for text in (b"", b"7", b"-1", b"9" * 30, b"\xff", b"Fri, 15 Jan 2027 08:02:00 GMT")
    ]
    + [
        ((b"Content-Encoding", text),)
        for text in (b"gzip", b"br", b"deflate", b"gzip, gzip", b"none", b"\xff")
    ]
    + [((b"Content-Type", b"text/html; charset=\xff"),), ((b"Location", b"/x"), (b"Set-Cookie", b"\x00"))]
)


def _places(node: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*here, key)
            yield from _places(value, (*here, key))


def _mutated(example: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    """A copy of the spec's own example with fields taken away, replaced or spelt otherwise."""
    reply = copy.deepcopy(example)
    for (*way, last), value in changes:
        node = reply
        for part in way:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            continue
        if value == GONE:
            node.pop(last, None)
        else:
            node[last] = value
    return reply


def _bodies(example: Any) -> st.SearchStrategy[bytes]:
    places = [*_places(example), ("Data",), ("Status",), ("message",)]
    lifetimes = [place for place in places if "expire" in place[-1].lower()]
    tokens = [place for place in places if "token" in place[-1].lower()]
    change = st.tuples(st.sampled_from(places + 8 * lifetimes + 2 * tokens), st.just(GONE) | scalars | values)
    change |= st.tuples(st.sampled_from(lifetimes), figures)
    mutated = st.lists(change, min_size=1, max_size=3).map(lambda changes: _mutated(example, changes))
    bodies = st.one_of(mutated, mutated, mutated, values).map(lambda body: json.dumps(body).encode())
    return st.one_of(bodies, bodies, bodies, st.binary(max_size=60))


def _hold(cls: Any, wire: Wire, time: Time) -> None:
    unhurried = Clock(boot=time.clock.boot, wall=time.clock.wall, pause=lambda _seconds: None)
    credential = wire.credential(cls, clock=unhurried)
    bodies = _bodies(wire.reply(cls))
    seen: Counter[type] = Counter()

    @settings(
        max_examples=2000,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(status=statuses, headers=headers, body=bodies)
    def holds(status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
        wire.answers = [lambda _request: httpx.Response(status, headers=headers, content=body)]
        wire.requests.clear()
        credential.forget()
        forget_quotas()
        outcome = _outcome(credential)
        seen[type(outcome)] += 1
        if isinstance(outcome, Token):
            assert re.fullmatch(r"[\x21-\x7e]+", outcome.value)
            assert time.now < outcome.expires_at < math.inf
            assert outcome.notice is None or isinstance(outcome.notice, str)
        else:
            assert outcome.retry_at is not None
            assert time.now <= outcome.retry_at < math.inf
            assert str(outcome).isprintable()
        assert 1 <= len(wire.requests) <= 2

    holds()
    assert {one.__name__ for one in seen} == {"Token", "Rejected", "Limited", "Unavailable"}
    assert seen[Token] > 200  # else the replies are too wild to try what matters


def _outcome(credential: Any) -> Token | TokenError:
    try:
        token: Token = credential.token()
        return token
    except TokenError as error:
        return error


def test_setu(wire: Wire, time: Time) -> None:
    _hold(Setu, wire, time)


def test_sahamati(wire: Wire, time: Time) -> None:
    _hold(Sahamati, wire, time)


def test_sahamati_user(wire: Wire, time: Time) -> None:
    _hold(SahamatiUser, wire, time)


def test_decentro(wire: Wire, time: Time) -> None:
    _hold(Decentro, wire, time)


def test_su(wire: Wire, time: Time) -> None:
    _hold(Su, wire, time)


def test_singleview(wire: Wire, time: Time) -> None:
    _hold(SingleView, wire, time)
