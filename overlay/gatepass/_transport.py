"""The HTTP layer of token requests: an httpx transport with one deadline, a size limit and one retry."""

from __future__ import annotations

import contextlib
import random
import zlib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

import httpx

from ._classify import classify, parse_json, parse_retry_after
from ._clock import Clock
from ._differences import Responses, report_differences
from ._errors import RateLimited, TokenError, Unavailable
from ._network import TokenNetwork
from ._network_errors import reason_of
from ._paths import get_path
from ._safe_text import safe_code
from ._settings import Settings
from ._token import Secret

if TYPE_CHECKING:
    from ._exchange import RequestPolicy

SIZE_LIMIT = 1_000_000
"""Bytes of a response."""
CONNECT_ERRORS = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""After these nothing was sent."""
NETWORK_ERRORS = (*CONNECT_ERRORS, httpx.NetworkError, httpx.RemoteProtocolError)
RetryPolicy = Literal["never", "not sent", "unavailable"]
"""When a request is sent a second time: never, after a connect error, or after any network error and 5xx."""


class ParsedResponse(httpx.Response):
    """A response with its JSON, which is parsed once."""

    def __init__(self, request: httpx.Request, response: httpx.Response, body: bytes, document: Any) -> None:
        # The body is complete and decoded, so what describes its transfer does not hold any more.
        transfer = ("content-encoding", "content-length", "transfer-encoding")
        headers = [item for item in response.headers.multi_items() if item[0] not in transfer]
        super().__init__(response.status_code, headers=headers, content=body, request=request)
        self._document = document

    def json(self, **_options: Any) -> Any:
        return self._document


class TokenTransport(httpx.BaseTransport):
    """Sends one token request through the `connection`, and a second time where the policy allows it.

    It returns a success only. Any other response, and no response before the deadline (in seconds of the
    monotonic clock), is raised as a `TokenError`. The `window` counts each request before it is sent. What
    differs from `responses`, which are those of `TokenSpec`, is reported.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        connection: httpx.BaseTransport,
        policy: RequestPolicy,
        secrets: Collection[Secret],
        responses: Responses,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._connection = connection
        self._policy = policy
        self._response_deadline = policy.deadline
        self._secrets = [secret.value for secret in secrets]
        self._responses = responses
        self._proxy: httpx.URL | None = None
        if isinstance(connection, TokenNetwork):
            connection.remaining = lambda: self._response_deadline - clock.monotonic()
            self._proxy = connection.proxy.url if connection.proxy else None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        outcome, may_retry = self._attempt(request)
        delay = 0.1 + 0.2 * random.random()
        if may_retry and self._policy.deadline - self._clock.monotonic() > 2 * delay:
            self._clock.sleep(delay)
            outcome, _ = self._attempt(request)
        if isinstance(outcome, TokenError):
            raise outcome
        return outcome

    def _attempt(self, request: httpx.Request) -> tuple[httpx.Response | TokenError, bool]:
        """A success, or an error and whether the request may be sent again."""
        now, policy = self._clock.monotonic(), self._policy
        remaining = policy.deadline - now
        if remaining <= 0:
            return self._settings.error(Unavailable, "the request could not be sent in time"), False
        free_at = policy.window.acquire(now, use_reserve=policy.use_reserve) if policy.window else None
        if free_at is not None:
            error = self._settings.error(RateLimited, "the quota is spent")
            return error.copied(retry_at=self._clock.time() + free_at - now, unsent=True), False
        self._settings.emit("requested")
        self._set_timeouts(request, remaining)
        try:
            response = self._connection.handle_request(request)
            self._response_deadline = policy.deadline + remaining  # for a transport that does not trace
            with contextlib.closing(response):
                body = self._read(response)
        except TokenError as error:
            return error, False
        except Exception as error:
            not_sent = isinstance(error, CONNECT_ERRORS)
            if policy.window and not_sent:
                policy.window.release(now)
            failure = self._settings.error(Unavailable, reason_of(error, request.url, self._proxy))
            retried = {"never": (), "not sent": CONNECT_ERRORS, "unavailable": NETWORK_ERRORS}[policy.retry]
            return failure.copied(unsent=not_sent), isinstance(error, retried)
        document = parse_json(body)
        report_differences(self._settings, self._responses, response.status_code, document, self._secrets)
        meaning = classify(response.status_code, body, document, self._settings.spec)
        if meaning is None:
            return ParsedResponse(request, response, body, document), False
        may_retry = policy.retry == "unavailable" and response.status_code >= 500
        return self._error(*meaning, request, response, document), may_retry

    def _set_timeouts(self, request: httpx.Request, remaining: float) -> None:
        """A response that has begun may take as long again: its token is for the next caller."""
        # A transport tries the addresses of a host in turn, each for this long.
        request.extensions["timeout"] = httpx.Timeout(remaining, connect=remaining / 3).as_dict()
        self._response_deadline = self._policy.deadline

        def trace(event: str, details: Mapping[str, Any]) -> None:
            if event == "http11.receive_response_headers.started" and details["request"].method != b"CONNECT":
                self._response_deadline = self._policy.deadline + remaining

        request.extensions["trace"] = trace

    def _read(self, response: httpx.Response) -> bytes:
        body = b""
        for chunk in cast(httpx.SyncByteStream, response.stream):
            body += chunk
            if self._clock.monotonic() > self._response_deadline:
                raise self._settings.error(Unavailable, "the response did not end in time")
            if len(body) > SIZE_LIMIT:
                break
        if response.headers.get("Content-Encoding") in ("gzip", "deflate"):  # although it was not accepted
            body = zlib.decompressobj(wbits=47).decompress(body, SIZE_LIMIT + 1)
        if len(body) > SIZE_LIMIT:
            raise self._settings.error(Unavailable, f"the response is longer than {SIZE_LIMIT} bytes")
        return body

    def _error(
        self,
        kind: type[TokenError],
        reason: str,
        request: httpx.Request,
        response: httpx.Response,
        document: Any,
    ) -> TokenError:
        """The error with what the provider's support will ask for."""
        spec = self._settings.spec
        sent = request.content + b"\n".join(value for _, value in request.headers.raw)
        code = safe_code(get_path(document, spec.error_code), sent, self._secrets)
        trace = safe_code(get_path(document, spec.error_trace), sent, self._secrets)
        retry_at = parse_retry_after(response.headers.get("Retry-After"), self._clock.time())
        return self._settings.error(kind, reason, response.status_code, code, trace, retry_at)
