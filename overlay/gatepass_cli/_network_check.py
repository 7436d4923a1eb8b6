"""The steps of `gatepass doctor` that need the network: it reaches the provider as token requests do."""

import contextlib
import socket
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

import gatepass
from gatepass._network import TokenNetwork
from gatepass._network_errors import PORTS, reason_of

from ._report import Report

TIMEOUT = 10.0
"""Seconds for the request."""
CLOCK_LIMIT = 60.0
"""Seconds by which a clock may be off before JWTs, quotas and TLS suffer."""
SETTINGS, REJECTED, NETWORK = 2, 3, 5
"""Exit statuses."""
Trace = Callable[[str, Mapping[str, Any]], None]


def check_network(report: Report, credential: Any) -> bool:
    """Send a request without credentials; whether there was a response."""
    url = httpx.URL(credential.base_url)
    steps = ("TCP", "TLS", "HTTP") if url.scheme == "https" else ("TCP", "HTTP")
    connected: dict[str, str] = {}
    headers: Mapping[str, str] = {}
    failure = ""
    with credential._connections.open(new=True) as connection:
        proxy = getattr(connection, "proxy", None)
        through = url if proxy is None else proxy.url
        if proxy is not None:
            report.note("proxy", f"{through.host}:{through.port or PORTS.get(through.scheme)}")
        if not _check_dns(report, through.host):
            return False
        request = httpx.Request("HEAD", url, headers={"User-Agent": "gatepass"})
        try:
            response = _send(connection, request, _tracer(connected))
            connected["HTTP"], headers = f"HEAD: {response.status_code}", response.headers
        except Exception as error:
            failure = reason_of(error, url, proxy.url if proxy else None)
    for step in steps:
        if step not in connected:
            report.failed(step, failure, NETWORK)
            return False
        report.ok(step, connected[step])
    if url.scheme == "http":
        report.note("TLS", "none: http:// is for this machine alone")
    _check_clock(report, headers.get("date"))
    return True


def check_api(report: Report, credential: Any, token: gatepass.Token) -> None:
    """Send the harmless request that the spec names for trying a token, if it names one."""
    probe = credential.spec.probe_url(credential.environment, credential.base_url)
    if probe is None:
        return
    url, options = httpx.URL(probe), credential._connections.options
    credential._hosts.check(url.scheme, url.raw_host)
    headers = {"User-Agent": "gatepass", **credential.headers(token)}
    try:
        with contextlib.closing(TokenNetwork(url, options)) as connection:
            status = _send(connection, httpx.Request("GET", url, headers=headers)).status_code
    except Exception as error:
        report.failed("API", reason_of(error, url, None), NETWORK)
        return
    text = f"GET {url.path}: {status}"
    if status in credential.spec.unauthorized:
        report.failed("API", f"{text}, so the new token is rejected", REJECTED)
    elif status >= 400:
        report.note("API", text)
    else:
        report.ok("API", f"{text}, so the token is accepted")


def _send(connection: Any, request: httpx.Request, trace: Trace | None = None) -> httpx.Response:
    """The response, whose body is not read."""
    deadline = time.monotonic() + TIMEOUT
    connection.remaining = lambda: deadline - time.monotonic()
    request.extensions = {"timeout": httpx.Timeout(TIMEOUT).as_dict()} | ({"trace": trace} if trace else {})
    with contextlib.closing(connection.handle_request(request)) as response:
        sent: httpx.Response = response
    return sent


def _check_dns(report: Report, host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a host name"
        report.failed("DNS", f"{host} cannot be resolved: {reason}", NETWORK)
        return False
    addresses = list(dict.fromkeys(str(address[4][0]) for address in found))
    report.ok("DNS", f"{host}: {', '.join(addresses)}")
    return True


def _tracer(connected: dict[str, str]) -> Trace:
    """Collects what httpcore says of a connection that it makes, by step."""
    started: dict[str, float] = {}

    def trace(event: str, info: Mapping[str, Any]) -> None:
        action, _, what = event.rpartition(".")
        started.setdefault(action, time.monotonic())
        milliseconds = 1000 * (time.monotonic() - started[action])
        if what == "complete" and action.endswith("connect_tcp"):
            address, port = info["return_value"].get_extra_info("server_addr")[:2]
            connected["TCP"] = f"connected to {address} port {port} in {milliseconds:.0f} ms"
        elif what == "complete" and action.endswith("start_tls"):
            tls = info["return_value"].get_extra_info("ssl_object")
            until = (tls.getpeercert() or {}).get("notAfter", "an unknown time")
            connected["TLS"] = f"{tls.version()} in {milliseconds:.0f} ms, the certificate ends {until}"

    return trace


def _check_clock(report: Report, date: str | None) -> None:
    try:
        offset = time.time() - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, TypeError):
        report.note("clock", "not compared: the response has no Date")
        return
    text = f"{abs(offset):.0f} s {'ahead of' if offset > 0 else 'behind'} the provider's"
    if abs(offset) <= CLOCK_LIMIT:
        report.ok("clock", text)
    else:
        report.failed("clock", f"{text}: set this machine's clock", SETTINGS)
