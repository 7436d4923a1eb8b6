"""`gatepass serve` of tests/service, which notes in a file that a token request has arrived."""

import os
import runpy
from pathlib import Path
from typing import Any

import uvicorn

_requests = os.open(os.environ["TEST_REQUESTS"], os.O_WRONLY | os.O_APPEND)


class _Config(uvicorn.Config):
    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(_noting(app), **options)


def _noting(app: Any) -> Any:
    async def note(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].endswith("/token"):
            os.write(_requests, b".")
        await app(scope, receive, send)

    return note


uvicorn.Config = _Config  # type: ignore[assignment, misc]
runpy.run_path(str(Path(__file__).parents[1] / "service" / "program.py"), run_name="__main__")
