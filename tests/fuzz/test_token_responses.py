"""Random responses of a provider lead to a usable token or a `TokenError`."""

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
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gatepass import Clock, Token, TokenError
from gatepass._workers import WorkerPool
from gatepass.testing import reset_quotas

if TYPE_CHECKING:
    from tests.helpers import FakeClock, MockProvider

MISSING = "\x00missing"
NUMBERS: list[Any] = [0, 1, -1, 60, 1800, 1e-9, 5e-324, 1e308, -1e308, 10**400, 2**63, 1e17, 86_400_000]
NUMBERS += [float("nan"), float("inf"), -0.0, 0.5, 1_800_000_000, 1_800_000_060, 1_800_000_000_000]
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
WRONG_TYPES: list[Any] = [None, True, False, [], {}, [[]], [{}], {"": None}, [1, "2"], {"token": "sandbox_a"}]


def _jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"sandbox_a.{part}.c"


numbers = st.sampled_from(NUMBERS)
jwts = st.builds(
    lambda iat, exp: _jwt({"iat": iat, "exp": exp}), numbers, numbers | st.sampled_from(WRONG_TYPES)
)
scalars = (
    st.sampled_from(NUMBERS + WORDS + WRONG_TYPES) | st.integers() | st.floats() | st.text(max_size=8) | jwts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
# A single choice for each, because most of the time is spent on choices.
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


def _paths(node: Any, parents: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield (*parents, key)
            yield from _paths(value, (*parents, key))


def _mutated(example: Any, changes: list[tuple[tuple[Any, ...], Any]]) -> Any:
    """A copy of the spec's example with fields removed or replaced."""
    body = copy.deepcopy(example)
    for (*parents, last), value in changes:
        node = body
        for part in parents:
            node = node.get(part) if isinstance(node, dict) else None
        if not isinstance(node, dict):
            continue
        if value == MISSING:
            node.pop(last, None)
        else:
            node[last] = value
    return body


def _bodies(example: Any) -> st.SearchStrategy[bytes]:
    paths = [*_paths(example), ("Data",), ("Status",), ("message",)]
    lifetimes = [path for path in paths if "expire" in path[-1].lower()]
    tokens = [path for path in paths if "token" in path[-1].lower()]
    change = st.tuples(
        st.sampled_from(paths + 8 * lifetimes + 2 * tokens), st.just(MISSING) | scalars | values
    )
    change |= st.tuples(st.sampled_from(lifetimes), numbers)
    mutated = st.lists(change, min_size=1, max_size=3).map(lambda changes: _mutated(example, changes))
    bodies = st.one_of(mutated, mutated, mutated, values).map(lambda body: json.dumps(body).encode())
    return st.one_of(bodies, bodies, bodies, st.binary(max_size=60))


def _outcome(credential: Any) -> Token | TokenError:
    try:
        token: Token = credential.token()
        return token
    except TokenError as error:
        return error


def test_random_responses_lead_to_a_usable_token_or_a_token_error(
    credential_class: Any, mock_provider: MockProvider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without a thread for each token, for which it would wait on a busy machine.
    monkeypatch.setattr(WorkerPool, "submit", lambda _pool, _service, _limit, flight: flight.run())
    without_sleep = Clock(monotonic=clock.clock.monotonic, time=clock.clock.time, sleep=lambda _seconds: None)
    credential = mock_provider.credential(credential_class, clock=without_sleep)
    bodies = _bodies(mock_provider.example_response(credential_class))
    outcomes: Counter[type] = Counter()

    @settings(
        max_examples=2000,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(status=statuses, headers=headers, body=bodies)
    def check(status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
        mock_provider.responses = [lambda _request: httpx.Response(status, headers=headers, content=body)]
        mock_provider.requests.clear()
        credential.invalidate()
        reset_quotas()
        outcome = _outcome(credential)
        outcomes[type(outcome)] += 1
        if isinstance(outcome, Token):
            assert re.fullmatch(r"[\x21-\x7e]+", outcome.value)
            assert clock.now < outcome.expires_at < math.inf
            assert outcome.warning is None or isinstance(outcome.warning, str)
        else:
            assert outcome.retry_at is not None
            assert clock.now <= outcome.retry_at < math.inf
            assert str(outcome).isprintable()
        assert 1 <= len(mock_provider.requests) <= 2

    check()
    assert {kind.__name__ for kind in outcomes} == {"Token", "Rejected", "RateLimited", "Unavailable"}
    assert outcomes[Token] > 200  # otherwise the responses would be too random to test much
