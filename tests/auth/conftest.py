"""Each test runs with every HTTP client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .clients import CLIENTS, ApiClient
from .server import ApiServer


@pytest.fixture(params=list(CLIENTS))
def client(request: pytest.FixtureRequest) -> ApiClient:
    return CLIENTS[request.param]


@pytest.fixture
def api_server() -> Iterator[ApiServer]:
    with ApiServer().running() as server:
        yield server
