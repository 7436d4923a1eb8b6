"""`gatepass serve`."""

import argparse
import contextlib
import os
from collections.abc import Callable

import gatepass
from gatepass import ConfigError
from gatepass._configured import read_configured

from ._access import Access
from ._app import make_app
from ._clients import DEFAULT_CLIENT, Client, Clients
from ._configuration import read_clients
from ._issuer import Issuer
from ._key_file import default_key_file, read_or_make_key
from ._listeners import address_of, close_listener, inherited_listeners, listen_tcp, listen_unix
from ._log import start_logging
from ._metrics import Metrics
from ._server import run_server

HOST, PORT = "127.0.0.1", 8181


def serve(options: argparse.Namespace, say: Callable[[str], None]) -> int:
    """Serve until it is stopped; ConfigError if it cannot start. `say` prints a line for people."""
    if not hasattr(os, "geteuid"):
        raise ConfigError("the token service needs Linux or macOS: its keys are in files of one user")
    key_file = options.key_file or default_key_file()
    clients = [Client(DEFAULT_CLIENT, read_or_make_key(key_file))]
    clients += read_clients(options.config) if options.config is not None else []
    metrics = Metrics(gatepass.__version__)
    configured = read_configured(lambda account: {"on_event": metrics.counter_of(account)})
    issuers = {
        account: Issuer(*account, credential) for account, credential in configured.credentials.items()
    }
    metrics.watch(issuers.values())
    with contextlib.ExitStack() as listening:
        listeners = inherited_listeners()
        if not listeners and not options.no_tcp:
            listeners.append(listen_tcp(options.host, options.port))
        if options.socket is not None:
            listeners.append(listen_unix(options.socket))
        if not listeners:
            raise ConfigError("--no-tcp leaves nothing to listen on: name a --socket")
        operations_port = None
        if options.operations_port is not None:
            operations = listen_tcp(options.host, options.operations_port)
            operations_port = operations.getsockname()[1]
            listeners.append(operations)
        for listener in listeners:
            is_ours = listener.family.name == "AF_UNIX" and listener.getsockname() == str(options.socket)
            listening.callback(close_listener, listener, options.socket if is_ours else None)
        access = Access(issuers, configured.problems, Clients(clients))
        for account in issuers:
            say(f"serving {'/'.join(account)}")
        for account, problem in configured.problems.items():
            say(f"not serving {'/'.join(account)}: {problem}")
        if not issuers:
            say("no credential is configured, so the service is not ready: see `gatepass list`")
        say(f"the secret of the client {DEFAULT_CLIENT} is in {key_file}")
        say(f"listening on {' and '.join(map(address_of, listeners))}, Ctrl-C stops")
        log = start_logging()
        listening.callback(log.close)
        run_server(make_app(access, metrics, operations_port), listeners)
    return 0
