"""The emulator's methods over HTTP, for tests that run in another process."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ._message import TOO_LONG, read_body
from ._pages import Handler

if TYPE_CHECKING:
    from ._emulator import Emulator

METHODS = {
    "GET": ("calls", "count", "state", "variables"),
    "POST": ("fault", "clear_faults", "lifetime", "clear", "revoke"),
}


def control(emulator: "Emulator") -> Handler:
    """A handler that takes arguments from the query of a `GET` or the JSON body of a `POST`.

    It responds to wrong arguments with a 400.
    """

    async def handle(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in METHODS.get(request.method, ()):
            return JSONResponse({"error": f"there are {METHODS}"}, 404)
        try:
            body = await read_body(request)
            if body is None:
                return JSONResponse(TOO_LONG, 413, {"connection": "close"})
            arguments: dict[str, Any] = dict(request.query_params) or json.loads(body or b"{}")
            if name == "calls":
                return JSONResponse([asdict(call) for call in emulator.calls])
            for number in {"status", "after"} & set(arguments) if request.method == "GET" else ():
                arguments[number] = int(arguments[number])
            if name == "revoke" and "provider" in arguments:
                name = "revoke_all"
            return JSONResponse(getattr(emulator, name)(**arguments))
        except (RecursionError, TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return handle
