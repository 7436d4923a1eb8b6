"""`gatepass token`."""

import argparse
import json
import math
import sys
import time
from typing import Any

import gatepass
from gatepass._clock import show_time
from gatepass._configured import shared_credential
from gatepass._environ import env_name
from gatepass._providers import installed

from ._terminal import assignment, print_line, print_value, say

INPUT_LIMIT = 1_000_000
"""Characters of stdin; no token is longer."""
WORDS = {
    gatepass.Rejected: "rejected",
    gatepass.RateLimited: "rate_limited",
    gatepass.Unavailable: "unavailable",
    gatepass.ConfigError: "config",
}


def print_token(options: argparse.Namespace) -> int:
    """Print a token in the format of the options; as JSON, an error is printed too."""
    try:
        credential = shared_credential(
            installed().commands[options.provider], options.environment, prefix=options.prefix
        )
        token = _other_token(credential) if options.rejected else credential.token()
        _print(options, credential, token)
    except gatepass.GatepassError as error:
        if options.format == "json":
            print_line(_error_as_json(options, error))
        raise
    return 0


def _print(options: argparse.Namespace, credential: Any, token: gatepass.Token) -> None:
    if token.warning:
        say(token.warning)
    spec = {"provider": options.provider, "environment": credential.environment}
    name = env_name(credential.spec.provider, credential.environment, "access_token", options.prefix)
    if options.format == "header":
        shown = "\n".join(f"{header}: {value}" for header, value in credential.headers(token).items())
    elif options.format == "json":
        shown = json.dumps({**spec, "token": token.value, "expires_at": int(token.expires_at)})
    elif options.format == "value":
        shown = token.value
    else:
        shown = assignment(name, token.value, options.format)
    print_value(shown)
    say(f"valid until {show_time(token.expires_at, time.time())}")


def _other_token(credential: Any) -> gatepass.Token:
    """Another token than the one on stdin, which an API rejected."""
    rejected = sys.stdin.read(INPUT_LIMIT).strip()
    if not rejected:
        raise gatepass.ConfigError("--rejected: write the token that an API rejected to stdin")
    token: gatepass.Token | None = credential.replace_rejected(rejected)
    if token is None:
        raise credential.status().error or gatepass.Unavailable("there is no other token")
    return token


def _error_as_json(options: argparse.Namespace, error: gatepass.GatepassError) -> str:
    retry_at = getattr(error, "retry_at", None)
    fields = {
        "provider": options.provider,
        "environment": options.environment,
        "error": next((word for kind, word in WORDS.items() if isinstance(error, kind)), "failed"),
        "message": str(error),
        "code": getattr(error, "code", None),
        "trace": getattr(error, "trace", None),
        "retry_at": math.ceil(retry_at) if retry_at is not None else None,
    }
    return json.dumps(fields)
