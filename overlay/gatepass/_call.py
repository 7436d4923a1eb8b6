"""One call of a generated client: bounded in time and size, and judged before it is parsed."""

import base64
import contextlib
import json
import random
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeVar, cast

import httpx

from gatepass_clients.facts import Ways, find

from ._clock import Clock
from ._errors import GatepassError, Limited, Rejected, TokenError, Unavailable
from ._network_errors import reason_of
from ._quota import Ledger
from ._settings import Settings
from ._token import Secret, Token

BODY_LIMIT = 1_000_000
REFUSALS = frozenset({"false", "0", "no", "fail", "failed", "failure", "error"})
SECRET_PART = 8
"""How many characters of a secret in an error code are taken for the secret."""
_PLAIN = re.compile(r"[\w .:/#-]{1,80}")
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_BROKEN = (*_UNSENT, httpx.NetworkError, httpx.RemoteProtocolError)

Result = TypeVar("Result")
Repeat = Literal["never", "unsent", "broken"]
"""After which failures a call is made once more: none, those before it was sent, those after too."""


class CallClient(httpx.Client):
    """What a generated client calls through: no redirects, one deadline.

    A reply that is no success never reaches the generated parser: it becomes one of our errors.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        deadline: float,
        repeat: Repeat,
        connection: httpx.BaseTransport,
        bearer: Token | None = None,
        secrets: Collection[Secret] = (),
        ledger: Ledger | None = None,
        urgent: bool = False,
    ) -> None:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "gatepass"}
        if bearer is not None:
            headers["Authorization"] = "Bearer " + bearer.value
        self._settings = settings
        self._clock = clock
        self._deadline = deadline
        self._response_deadline = deadline
        self._repeat = repeat
        from ._network import TokenNetwork  # loads httpcore, as httpx does with its first client

        self._proxy: httpx.URL | None = None
        if isinstance(connection, TokenNetwork):
            connection.remaining = self._remaining
            self._proxy = connection.proxy.url if connection.proxy else None
        else:
            # Processes forked from this one share the open connections of a user's transport, and would
            # read each other's tokens from them.
            headers["Connection"] = "close"
        super().__init__(base_url=settings.base_url, transport=connection, headers=headers)
        self._secrets = [secret.value for secret in secrets] + ([bearer.value] if bearer else [])
        self._ledger = ledger
        self._urgent = urgent

    def _remaining(self) -> float:
        return self._response_deadline - self._clock.boot()

    def call(self, client: Any, function: Callable[[Any], Result]) -> Result:
        """The result of a generated function; what its parser cannot read is `Unavailable`."""
        error: GatepassError
        try:
            return function(client.set_httpx_client(self))
        except GatepassError as known:
            error = known
        except Exception as unread:  # KeyError, TypeError, …: whatever a parser runs into
            reason = f"the reply is not what the spec describes ({type(unread).__name__})"
            error = self._settings.error(Unavailable, reason, 200)
        # Here, where no frame and no cause of the failed call hangs on it.
        raise error.copied()

    def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        """Send, once more where that is safe, and return a success read whole."""
        answer, again = self._try(request)
        delay = 0.1 + 0.2 * random.random()
        if again and self._deadline - self._clock.boot() > 2 * delay:
            self._clock.pause(delay)
            answer, _ = self._try(request)
        if isinstance(answer, TokenError):
            raise answer
        return answer

    def _try(self, request: httpx.Request) -> tuple[httpx.Response | TokenError, bool]:
        """A success, or an error and whether the call may be made once more."""
        now = self._clock.boot()
        remaining = self._deadline - now
        if remaining <= 0:  # whoever wanted this has gone
            return self._settings.error(Unavailable, "the request could not be sent in time"), False
        free_at = self._ledger.take(now, urgent=self._urgent) if self._ledger else None
        if free_at is not None:
            when = self._clock.wall() + free_at - now
            return self._settings.error(Limited, "the quota is spent", None, None, None, when, True), False
        # A response that comes after its callers have gone has a token for the next one.
        late = self._deadline + remaining
        self._settings.tell("requested")
        # A transport tries the addresses of a host in turn, each for so long.
        request.extensions["timeout"] = httpx.Timeout(remaining, connect=remaining / 3).as_dict()
        self._response_deadline = self._deadline

        def trace(event: str, details: Mapping[str, Any]) -> None:
            if event == "http11.receive_response_headers.started" and details["request"].method != b"CONNECT":
                self._response_deadline = late

        request.extensions["trace"] = trace
        try:
            response = super().send(request, stream=True)
            self._response_deadline = late  # of a transport that calls no trace
            with contextlib.closing(response):
                body = self._read(response)
        except TokenError as error:
            return error, False
        except Exception as error:
            if self._ledger and isinstance(error, _UNSENT):
                self._ledger.give_back(now)
            failure = self._settings.error(Unavailable, reason_of(error, request.url, self._proxy))
            return replace(failure, unsent=isinstance(error, _UNSENT)), self._may_repeat(error)
        refusal = self._judge(response, body)
        if refusal is None:
            return httpx.Response(200, content=body, request=request), False
        return refusal, self._repeat == "broken" and response.status_code >= 500

    def _may_repeat(self, error: Exception) -> bool:
        return self._repeat != "never" and isinstance(error, _UNSENT if self._repeat == "unsent" else _BROKEN)

    def _read(self, response: httpx.Response) -> bytes:
        body = b""
        for chunk in cast(httpx.SyncByteStream, response.stream):
            body += chunk
            if self._clock.boot() > self._response_deadline:
                raise self._settings.error(Unavailable, "the reply did not end in time")
            if len(body) > BODY_LIMIT:
                break
        if response.headers.get("Content-Encoding") in ("gzip", "deflate"):  # although nobody asked for it
            body = zlib.decompressobj(wbits=47).decompress(body, BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise self._settings.error(Unavailable, f"the reply is longer than {BODY_LIMIT} bytes")
        return body

    def _judge(self, response: httpx.Response, body: bytes) -> TokenError | None:
        """What a reply means that grants nothing; None for one that does."""
        status, facts = response.status_code, self._settings.facts
        document = _json(body)
        kind: type[TokenError] = Unavailable
        if status == 200 and isinstance(document, dict):
            if str(find(document, facts.success)).strip().casefold() not in REFUSALS:
                return None
            kind, reason = Rejected, "the provider refused although it answered 200"
        elif status == 200:
            reason = "the reply is not a JSON object"
        elif status in facts.limited or status == 429:
            kind, reason = Limited, "too many tokens were asked for"
        elif 400 <= status < 500 and status != 401 and not isinstance(document, dict):
            # Not of the provider, whose errors are JSON. Only a 401 speaks of the credentials by itself.
            content = "text" if body else "no content"
            content = "an HTML page" if body.lstrip()[:1] == b"<" else content
            reason = f"{content} instead of the provider's JSON: a proxy, a firewall or a wrong base_url?"
        elif status in (404, 405, 410):
            kind, reason = Rejected, "there is no such call at this address: check base_url"
        elif 400 <= status < 500 and status not in (408, 425):
            refused = "the credentials were refused" if status in facts.refused else "the call was refused"
            kind, reason = Rejected, refused
        elif 300 <= status < 400:
            reason = "a redirect, which is not followed: check base_url"
        else:
            reason = "the provider failed" if status >= 500 else "an answer nobody expects"
        return self._settings.error(
            kind,
            reason,
            status,
            self._plain(document, facts.error_code, response.request),
            self._plain(document, facts.error_trace, response.request),
            retry_at(response.headers.get("Retry-After"), self._clock.wall()),
        )

    def _plain(self, document: Any, ways: Ways, request: httpx.Request) -> str | None:
        """A provider's code or trace id, if it is short and plain enough to be one, and not what we sent."""
        value = find(document, ways)
        if not isinstance(value, (str, int)) or not _PLAIN.fullmatch(str(value)):
            return None
        text = str(value)
        sent = request.content + b"\n".join(value for _, value in request.headers.raw)
        repeated = len(text) > 5 and text.encode() in sent
        return None if repeated or any(_holds(text, secret) for secret in self._secrets) else text


def retry_at(header: str | None, now: float) -> float | None:
    """UTC epoch seconds of a `Retry-After`, given in seconds or as an HTTP date; a day at most."""
    text = (header or "").strip()
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        when = now + int(text) if text.isdigit() else parsedate_to_datetime(text).timestamp()
        return min(max(when, now), now + 86_400)
    return None


def _json(body: bytes) -> Any:
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(body)


def _holds(text: str, secret: str) -> bool:
    """Whether a text holds the secret or a part of it, in capitals or not.

    The secret as it is, and as base64, alone or with something before it as in HTTP Basic. What is
    escaped for a URL or for JSON has characters in it that no code may have.
    """
    text = text.casefold()
    for form in map(str.casefold, _forms(secret)):
        parts = [text[i : i + SECRET_PART] for i in range(len(text) - SECRET_PART + 1)]
        if form in text or any(part in form for part in parts):
            return True
    return False


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for before, skip in ((0, 0), (1, 2), (2, 3)):  # base64 takes three bytes at a time
        encoded = base64.b64encode(bytes(before) + secret.encode()).decode().rstrip("=")[skip:]
        yield encoded
        yield encoded.replace("+", "-").replace("/", "_")
