"""Where calls come in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from ._answer import Answer, example
from ._calls import Call, Kind, mask_path
from ._desk import Desk
from ._echo import echo
from ._faults import Fault
from ._guarded_call import guarded_call
from ._operation import Operation
from ._place import MISSING, put, steps
from ._request import Received
from ._state import State
from ._token_call import token_call
from ._wire import Outgoing, Wire, encoded


class Counter:
    """Where calls come in: takes the fault of a call, lets the desk answer, keeps the log."""

    def __init__(self, state: State, wire: Wire) -> None:
        self.state = state
        self.wire = wire

    def serve(self, desk: Desk, here: dict[str, Operation], received: Received) -> ASGIApp:
        """Serve a path of the spec."""
        operation = here.get(received.method)
        if operation is None:
            headers = {"allow": ", ".join(sorted(here))}
            answer = Answer(405, {"error": "method not allowed"}, headers=headers)
            with self.state.lock:
                self._log(desk, "", received, answer)
            return JSONResponse(answer.body, answer.status, answer.headers)
        with self.state.lock:
            fault = self._fault(desk, operation.id)
            if fault.instead:
                answer = _disturbed(desk, operation, received, fault)
            else:
                issuing = desk.provider.issuing(operation)
                answer = (
                    token_call(desk, operation, received, fault)
                    if issuing
                    else guarded_call(desk, operation, received)
                )
            _disguise(desk, operation, answer, fault)
            return self._out(desk, operation.id, received, answer, fault)

    def echo(self, desk: Desk, received: Received) -> ASGIApp:
        """Serve the echo API."""
        with self.state.lock:
            fault = self._fault(desk, "echo")
            if fault.instead:
                answer = Answer(fault.status or 200, {"error": "a fault on request"}, kind="echo")
            else:
                answer = echo(desk, received)
            return self._out(desk, "echo", received, answer, fault)

    def unknown(self, request: Request) -> Response:
        """Nothing is served here."""
        provider, _, rest = request.url.path.removeprefix("/").partition("/")
        environment, _, path = rest.partition("/")
        found = self.state.providers.get(provider)
        if found and environment in found.environments:
            call = Call(
                self.state.clock(),
                provider,
                environment,
                "",
                request.method,
                mask_path(f"/{path}"),
                404,
            )
            with self.state.lock:
                self.state.log.add(call)
        return JSONResponse({"error": "no provider, environment and path like this"}, 404)

    def _fault(self, desk: Desk, operation: str) -> Fault:
        return self.state.faults.take(desk.provider.name, desk.environment, operation)

    def _out(self, desk: Desk, operation: str, received: Received, answer: Answer, fault: Fault) -> ASGIApp:
        body = encoded(answer.body)
        headers = {"content-type": answer.media, **answer.headers}
        if fault.body is not None:
            body = fault.body if isinstance(fault.body, bytes) else fault.body.encode()
            headers["content-type"] = fault.content_type
        headers |= {name.lower(): text for name, text in fault.headers.items()}
        self._log(desk, operation, received, answer, cut=fault.cut == "before")
        return Outgoing(self.wire, fault, answer.status, headers, body)

    def _log(self, desk: Desk, operation: str, received: Received, answer: Answer, cut: bool = False) -> None:
        base = f"/{desk.provider.name}/{desk.environment}"
        call = Call(
            at=self.state.clock(),
            provider=desk.provider.name,
            environment=desk.environment,
            operation=operation,
            method=received.method,
            path=mask_path(received.path.removeprefix(base)),
            status=0 if cut else answer.status,
            credentials=answer.credentials,
            kind=answer.kind,
            token=answer.token,
        )
        self.state.log.add(call)


def _disturbed(desk: Desk, operation: Operation, received: Received, fault: Fault) -> Answer:
    """A reply that does not come from the provider, though it may look as if."""
    token = bool(desk.provider.issuing(operation))
    kind: Kind = "token" if token else "secret" if operation.secret else "other"
    masked = desk.masked(operation, received)
    return example(operation.reply(str(fault.status or 200)), kind, masked, fault.example)


def _disguise(desk: Desk, operation: Operation, answer: Answer, fault: Fault) -> None:
    """Change a reply as the fault says."""
    for scheme in desk.provider.issuing(operation)[:1] if answer.status < 300 else []:
        for places, value in ((scheme.success, fault.success), (scheme.lifetime, fault.lifetime)):
            if places and value is not None:
                there = [at for at in places if at.find(answer.body, answer.headers) is not MISSING]
                (there or places)[0].put(value, answer.body, answer.headers)
    for pointer, value in fault.patch.items():
        put(answer.body, steps(pointer), value)
