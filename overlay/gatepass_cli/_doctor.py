"""`gatepass doctor`: everything that a token needs, step by step; no value is shown."""

import contextlib
import hashlib
import logging
import os
import platform
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import gatepass
from gatepass._clock import show_time
from gatepass._configured import shared_credential
from gatepass._environ import env_name
from gatepass._exchange import RequestPolicy
from gatepass._providers import installed
from gatepass._quota import SlidingWindow, ordinary
from gatepass._settings import Settings
from gatepass.stores import Lease, Lookup

from ._network_check import check_api, check_network
from ._report import Report
from ._terminal import print_line

TIMEOUT, STORE_TIMEOUT = 10.0, 3.0
"""Seconds for each step."""
LEASE_KEY = hashlib.sha256(b"gatepass doctor").hexdigest()
"""Nobody else asks a store for this; a lease shows that it can be read and written."""
STATUS = {gatepass.Rejected: 3, gatepass.RateLimited: 4, gatepass.Unavailable: 5}
SETTINGS = 2


def examine(provider: str, environment: str, prefix: str | None, *, with_request: bool) -> int:
    """Check each step and print what came of it; returns the exit status."""
    report = Report()
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    report.note("version", f"gatepass {version('gatepass')}, {system}, {_utc(time.time())}")
    name = installed().commands[provider]
    differences: list[str] = []

    def listen(event: gatepass.Event) -> None:
        differences.extend(event.differences)

    try:
        credential = shared_credential(name, environment, prefix=prefix, on_event=listen)
    except gatepass.ConfigError as error:
        report.failed("settings", str(error), SETTINGS)
        return report.status
    _check_variables(report, credential, prefix)
    _check_hosts(report, credential)
    _check_store(report, credential)
    reached = check_network(report, credential)
    if not with_request:
        report.note("token", "not requested; --request sends one token request")
    elif reached:
        _check_token(report, credential, differences)
    return report.status


def _check_variables(report: Report, credential: Any, prefix: str | None) -> None:
    spec, environment = credential.spec, credential.environment
    variables = {name: env_name(spec.provider, environment, name, prefix) for name in spec.credentials}
    sources = [name if name in os.environ else f"{name}_FILE" for name in variables.values()]
    report.ok("variables", ", ".join(sources))
    for name in sorted(spec.secrets):
        for other in spec.servers:
            variable = env_name(spec.provider, other, name, prefix)
            if other != environment and os.environ.get(variables[name], "") == os.environ.get(variable):
                report.note("variables", f"{variables[name]} has the same value as {variable}: is it right?")


def _check_hosts(report: Report, credential: Any) -> None:
    settings, spec = credential._settings, credential.spec
    known = spec.servers[credential.environment]
    report.ok("base URL", credential.base_url + ("" if known is None else _other_than(known, settings)))
    report.ok("hosts", "tokens go to " + ", ".join(sorted(settings.hosts.names)) + " alone")


def _other_than(known: str, settings: Any) -> str:
    return "" if known.rstrip("/") == settings.base_url else f", instead of {known}"


def _check_store(report: Report, credential: Any) -> None:
    store = credential._settings.store
    if "GATEPASS_STORE" not in os.environ:
        report.note("store", "GATEPASS_STORE is not set: each process of a program has tokens of its own")
    if store is None:
        return
    is_encrypted = bool(os.environ.get("GATEPASS_KEY"))
    report.ok("key", "GATEPASS_KEY encrypts what is stored" if is_encrypted else "none: nothing is encrypted")
    with _warnings() as warnings:
        try:
            lease = store.acquire(Lookup(LEASE_KEY, LEASE_KEY), STORE_TIMEOUT)
            if isinstance(lease, Lease):
                store.fail(lease, None, sent=False)
        except Exception as error:
            reason = isinstance(error, OSError) and error.strerror
            warnings.append(f"{store!r}: {type(error).__name__}{f': {reason}' if reason else ''}")
    if warnings:
        report.failed("store", "; ".join(warnings), SETTINGS)
    else:
        report.ok("store", f"{store!r} can be read and written")


@contextlib.contextmanager
def _warnings() -> Iterator[list[str]]:
    """What gatepass logs meanwhile."""
    messages: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("gatepass")
    propagates, log.propagate = log.propagate, False
    log.addHandler(handler)
    try:
        yield messages
    finally:
        log.removeHandler(handler)
        log.propagate = propagates


def _check_token(report: Report, credential: Any, differences: list[str]) -> None:
    """Request a token, count it in the quota and keep nothing else of it: no process learns of a failure."""
    settings, sent_at = credential._settings, time.time()
    where = f"{credential.base_url}{credential.spec.path}"
    try:
        with _counted(settings) as window:
            policy = RequestPolicy(time.monotonic() + TIMEOUT, "never", window)
            cached = credential._exchange.fetch(settings.resolve_secrets(), None, policy)
    except gatepass.TokenError as error:
        details = {"status": error.status, "code": error.code, "trace": error.trace}
        shown = "".join(f", {name} {value}" for name, value in details.items() if value is not None)
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        report.failed("token", f"{error.reason}{shown}: {where} at {_utc(sent_at)}", status)
    except gatepass.ConfigError as error:
        report.failed("token", str(error), SETTINGS)
    else:
        report.ok("token", f"issued in {time.time() - sent_at:.1f} s, {_validity(cached.token)}")
        if cached.token.warning:
            report.note("token", cached.token.warning)
        if not differences:
            report.ok("response", "as the spec describes it")
        check_api(report, credential, cached.token)
    if differences:
        form = 'the issue form "The provider answered something else" asks for these lines'
        report.note("response", f"not what the spec says; {form}:")
        for line in differences:
            print_line(f"{'':18} {credential.spec.provider} {credential.spec.path}: {line}")


@contextlib.contextmanager
def _counted(settings: Settings) -> Iterator[SlidingWindow | None]:
    """The window that counts the request, where a store does not count it; RateLimited if it is spent."""
    store, quota = settings.store, settings.spec.quota
    lookup = Lookup(
        LEASE_KEY, settings.account_key, quota=ordinary(quota) if quota else None, label=settings.label
    )
    leased = None
    if store is not None and quota is not None:
        with contextlib.suppress(Exception):  # that of the store is reported before
            leased = store.acquire(lookup, STORE_TIMEOUT)
    if isinstance(leased, gatepass.TokenError):
        raise leased
    try:
        yield None if leased else settings.window
    finally:
        if store is not None and isinstance(leased, Lease):
            with contextlib.suppress(Exception):  # it broke meanwhile: the lease ends by itself
                store.fail(leased, None, sent=True)


def _validity(token: gatepass.Token) -> str:
    return f"valid until {show_time(token.expires_at, time.time())}"


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
