"""A small token cache that passes every vector: synchronous, for one process, configured by a spec alone.

It is written for reading, not for use. It has no retries, no refresh in the background and no reserve of the
quota, because no vector asks for them. Results and errors are gatepass's types, so that one test checks both.
"""

from __future__ import annotations

import base64
import json
import math
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from gatepass import ConfigError, RateLimited, Rejected, Secret, Token, TokenError, Unavailable
from gatepass_spec import JsonPath, JsonPaths, Operation, Spec, as_text, decoded_pattern, get_path, is_base64
from gatepass_spec import request_schema as schema_at

FALSE_WORDS = {"false", "0", "no", "fail", "failed", "failure", "error"}
REMEMBERED = 60
"""Seconds for which a rejection or a rate limit is remembered."""


class ReferenceCache:
    """Keeps the token of one account, and sends requests to APIs with it."""

    def __init__(
        self,
        spec: Spec,
        scheme: str,
        environment: str,
        given: Mapping[str, str],
        transport: httpx.BaseTransport,
        now: Callable[[], float],
        **settings: Any,
    ) -> None:
        self._spec, self._token_spec, self._environment = spec, spec.token_extensions[scheme], environment
        self._given, self._transport, self._now, self._settings = given, transport, now, settings
        base_url = settings.get("base_url") or spec.servers.get(environment)
        if environment not in spec.servers or base_url is None:
            raise ConfigError("there is no such environment, or the user has to give its base_url")
        self.base_url: str = base_url
        host, owners = httpx.URL(base_url).host, self._owners()
        if environment not in owners.get(host, {environment}):
            raise ConfigError(f"{host} is the host of another environment")
        self._hosts = {host, *(name for name, environments in owners.items() if environment in environments)}
        self._lock = threading.Lock()
        self._sent_at: list[float] = []
        self._usable_until = self._failed_until = -math.inf
        self._token, self._refresh_token = Token("", 0), ""
        self._failure: TokenError | None = None

    def _owners(self) -> dict[str, set[str]]:
        """Host to the environments that it serves."""
        owners = {host: set(self._spec.servers) for host in self._token_spec.shared_hosts}
        for environment, url in self._spec.servers.items():
            servers = [httpx.URL(url).host] if url else []
            for host in (*servers, *self._token_spec.hosts.get(environment, [])):
                owners.setdefault(host, set()).add(environment)
        return owners

    def invalidate(self) -> None:
        self._usable_until = self._failed_until = -math.inf
        self._refresh_token = ""

    def token(self, rejected: Token | None = None) -> Token:
        """A token other than the rejected one. One caller requests it, the others wait for that."""
        with self._lock:
            is_rejected = rejected is not None and rejected.value == self._token.value
            if self._now() < self._usable_until and not is_rejected:
                return self._token
            if self._failure is not None and self._now() < self._failed_until:
                raise self._failure
            if is_rejected:
                self._refresh_token = ""  # as suspect as the token that it came with
            try:
                return self._fetch()
            except (Rejected, RateLimited) as error:
                self._failure = error
                self._failed_until = max(self._now() + REMEMBERED, error.retry_at or 0)
                raise

    def _fetch(self) -> Token:
        spec = self._token_spec
        if spec.refresh is not None and self._refresh_token:
            try:
                return self._request_token(
                    {**spec.refresh.constants, spec.refresh.token: self._refresh_token}
                )
            except Rejected:
                pass  # the credentials always serve
        values: dict[JsonPath, Any] = {
            path: self._given[name] for path, name in spec.credential_places.items()
        }
        options = {
            path: self._settings[name] for name, path in spec.options.items() if name in self._settings
        }
        made = {path: self._made(kind) for path, kind in spec.generated.items()}
        return self._request_token({**values, **spec.constants, **options, **made})

    def _made(self, kind: str) -> str:
        """What the client makes for a request."""
        now = datetime.fromtimestamp(self._now(), UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        made = {
            "now": now + "Z",
            "datetime": now[:19],
            "uuid": str(uuid.uuid4()),
            "id": uuid.uuid4().hex[:16],
        }
        return made[kind]

    def _request_token(self, values: Mapping[JsonPath, Any]) -> Token:
        spec, operations, method = self._token_spec, self._spec.operations(), self._settings.get("method", "")
        logins = [operations[name] for name in spec.logins]
        operation = next((login for login in logins if login.method == method.lower()), logins[0])
        now = self._now()
        if spec.quota:
            self._sent_at = [at for at in self._sent_at if at > now - spec.quota["seconds"]]
            if len(self._sent_at) >= spec.quota["tokens"]:
                raise RateLimited("the quota is spent", retry_at=self._sent_at[0] + spec.quota["seconds"])
        self._sent_at.append(now)
        message = self._checked(self._send(self._request(operation, values)), operation)
        value = get_path(message, spec.access_token)
        if not isinstance(value, str) or not re.fullmatch("[!-~]{1,16384}", value):
            raise Unavailable("no token in the response", status=200)
        if not value.startswith(spec.prefix.get(self._environment, "")):
            raise Rejected("a token of another environment", status=200)
        seconds = self._lifetime(get_path(message, spec.expires_in), value)
        self._token = Token(value, now + seconds, _string(message, spec.warning) or None)
        margin = min(spec.margin, seconds / 2) if spec.margin else min(60, seconds / 10)
        self._usable_until = now + seconds - margin
        self._refresh_token = _string(message, spec.refresh.source) if spec.refresh else ""
        return self._token

    def _lifetime(self, expires_in: object, token: str) -> float:
        """Seconds: the smaller of what the response and the JWT declare."""
        default, seconds = self._token_spec.default_expires_in, _number(expires_in)
        assert default is not None, "no spec of this folder has a token that never expires"
        if seconds > 500 * default:
            seconds /= 1000
        claims: Any = None
        if self._token_spec.jwt and token.count(".") == 2:
            claims = _claims(token)
        issued_at, expires_at = (_number(get_path(claims, ((name,),))) for name in ("iat", "exp"))
        lifetime = expires_at - issued_at if issued_at and expires_at else 0
        return min([value for value in (seconds, lifetime) if value >= 1] or [default])

    def _checked(self, response: httpx.Response, operation: Operation) -> dict[str, Any]:
        """The message of a success; any other response is raised as an error."""
        spec, status, document = self._token_spec, response.status_code, _json(response.content)
        message = {"header": dict(response.headers), "body": document}
        kind: type[TokenError] = Unavailable
        if 200 <= status < 300 and str(status) in operation.responses:
            if isinstance(document, dict):
                is_failure = as_text(get_path(message, spec.failure.paths)) in spec.failure.values
                if not is_failure and as_text(get_path(message, spec.success.paths)) not in FALSE_WORDS:
                    return message
                kind = Rejected
        elif status == 429 or str(status) in spec.rate_limited:
            kind = RateLimited
        elif 400 <= status < 500 and status not in (408, 425):
            # Without JSON it is not from the provider but from a firewall.
            kind = Rejected if status == 401 or isinstance(document, dict) else Unavailable
        code, trace = (get_path(message, paths) for paths in (spec.error_code, spec.error_trace))
        code, trace = (str(value) if isinstance(value, (str, int)) else None for value in (code, trace))
        raise kind("no token", "", "", status, code, trace, self._retry_at(response))

    def _retry_at(self, response: httpx.Response) -> float | None:
        value = response.headers.get("retry-after", "")
        try:
            return self._now() + int(value) if value.isdigit() else parsedate_to_datetime(value).timestamp()
        except ValueError:
            return None

    def _request(
        self, operation: Operation, values: Mapping[JsonPath, Any], token: Token | None = None
    ) -> httpx.Request:
        headers = {} if token is None else {"authorization": self._token_spec.api.prefix + token.value}
        body: dict[str, Any] = {}
        basic = [values[path] for path in (("basic", "username"), ("basic", "password")) if path in values]
        if basic:
            headers["authorization"] = "Basic " + base64.b64encode(":".join(basic).encode()).decode()
        for path, value in values.items():
            if path[0] == "basic":
                continue
            schema = schema_at(self._spec, operation, path)
            if is_base64(schema) and re.search(decoded_pattern(schema) or "", value):
                value = base64.b64encode(value.encode()).decode()
            (headers if path[0] == "header" else body)[path[-1]] = value
        media = next(iter(operation.request_body.get("content", {})), "")
        content: dict[str, Any] = {"data": body} if "form" in media else {"json": body} if media else {}
        return httpx.Request(operation.method, self.base_url + operation.path, headers=headers, **content)

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._transport.handle_request(request)
        except httpx.TransportError:
            raise Unavailable("no response") from None

    def send(self, method: str, url: str, body: object = None) -> httpx.Response:
        """Send a request to an API, and once more with another token if it rejects the first."""
        if httpx.URL(url).host not in self._hosts:
            raise ConfigError(f"{url} is not of this environment")
        if self._settings.get("authenticate_with") == "credentials":
            names = self._token_spec.alternative_header_names
            headers = {header: self._given[name] for name, header in names.items()}
            return self._send(httpx.Request(method, url, headers=headers, json=body))
        prefix = self._token_spec.api.prefix
        beside = {header: self._given[name] for name, header in self._token_spec.also_send.items()}
        return self._send_with_token(
            lambda token: httpx.Request(
                method, url, headers={"authorization": prefix + token.value, **beside}, json=body
            )
        )

    def _send_with_token(
        self, request: Callable[[Token], httpx.Request], *, repeat: bool = True
    ) -> httpx.Response:
        token = self.token()
        response = self._send(request(token))
        if response.status_code not in self._token_spec.unauthorized or not repeat:
            return response
        wrong = self._token_spec.wrong_token
        message = {"body": _json(response.content)}
        if wrong and as_text(get_path(message, wrong.condition.paths)) in wrong.condition.values:
            return response
        try:
            token = self.token(token)
        except TokenError:
            return response
        return self._send(request(token))

    def secret(self, operation: Operation, account: str, days: int | None) -> Secret:
        """Read or replace a secret, as the operation does."""
        extension = self._spec.secret_extension(operation)
        assert extension is not None
        values: dict[JsonPath, Any] = dict.fromkeys(extension.id.values(), account)
        values |= extension.constants
        values |= {path: self._made(kind) for path, kind in extension.generated.items()}
        if extension.days is not None and days is not None:
            values[extension.days] = days
        response = self._send_with_token(
            lambda token: self._request(operation, values, token), repeat=not extension.rotates
        )
        message = self._checked(response, operation)
        value, warning = _string(message, extension.secret), _string(message, extension.warning)
        if not value:
            raise Unavailable("no secret in the response", status=200)
        expires_at: float | None = _number(get_path(message, extension.expires_at))
        expires_at = expires_at / 1000 if expires_at and expires_at > 1e11 else expires_at
        return Secret(value, expires_at or _date(_string(message, extension.expires_date)), warning or None)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _claims(token: str) -> Any:
    try:
        return _json(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    except ValueError:
        return None


def _string(message: object, paths: JsonPaths) -> str:
    value = get_path(message, paths)
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    """A number of at least 1; 0 if it is none."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) and value is not True else 0.0
    except ValueError:
        return 0.0
    return number if math.isfinite(number) and number >= 1 else 0.0


def _date(value: str) -> float | None:
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
