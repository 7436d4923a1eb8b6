"""The command `gatepass`: a token, a secret or a look around, from a shell.

Only what was asked for goes to stdout, talk goes to stderr, and no secret is ever an argument.
"""

import argparse
import contextlib
import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gatepass

from ._settings import variable
from .stores import FileStore, open_store

CREDENTIALS = {
    "setu": "Setu",
    "sahamati": "Sahamati",
    "sahamati-user": "SahamatiUser",
    "decentro": "Decentro",
    "su": "Su",
    "singleview": "SingleView",
}
EXIT = {
    gatepass.Rejected: 3,
    gatepass.Limited: 4,
    gatepass.Unavailable: 5,
    gatepass.GatepassError: 2,
}
EXITS = "exit status: 0 done, 2 usage or settings, 3 refused, 4 over the quota, 5 unavailable"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the answer is its exit status."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        status = command(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read has enough, as in `gatepass list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except gatepass.GatepassError as error:
        print(f"gatepass: {error}", file=sys.stderr)
        retry_at = getattr(error, "retry_at", None)
        if retry_at is not None:
            print(f"gatepass: not before {retry_at:.0f} (UTC epoch)", file=sys.stderr)
        return next(status for kind, status in EXIT.items() if isinstance(error, kind))
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gatepass", description=gatepass.__doc__, epilog=EXITS)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    token = commands.add_parser("token", help="print an access token", epilog=EXITS)
    token.add_argument("provider", choices=CREDENTIALS)
    token.add_argument("environment")
    token.add_argument("--format", choices=["value", "header", "json", "env"], default="value")
    token.set_defaults(command=_token)

    secret = commands.add_parser("secret", help="read or reset the secret of an entity", epilog=EXITS)
    secret.add_argument("action", choices=["read", "reset"], help="reset kills the old secret at once")
    secret.add_argument("provider", choices=["sahamati"])
    secret.add_argument("environment")
    secret.add_argument("entity_id")
    secret.add_argument("--days", type=int, help="until a secret made by this call expires")
    secret.add_argument("--out", type=Path, help="write it to this file (0600) instead of stdout")
    secret.set_defaults(command=_secret)

    listing = commands.add_parser("list", help="providers, environments, and which variables are set")
    listing.set_defaults(command=_list)

    cache = commands.add_parser("cache", help="what this user's file store holds; no value is shown")
    cache.add_argument("action", choices=["list", "clear"])
    cache.set_defaults(command=_cache)

    emulator = commands.add_parser(
        "emulator",
        help="serve all providers on this machine, with fake credentials",
        epilog="after --, a command to run with the variables set that point every provider here",
    )
    emulator.add_argument("--port", type=int)
    emulator.add_argument("--specs", type=Path, help="folder of YAML files to serve instead")
    emulator.add_argument("--env", action="store_true", help="only print the variables")
    emulator.add_argument("run", nargs="*", metavar="COMMAND")
    emulator.set_defaults(command=_emulator)
    return parser


def _credential(provider: str, environment: str) -> Any:
    """It shares its tokens in files unless GATEPASS_STORE says otherwise: a command lives shortly."""
    store = None if "GATEPASS_STORE" in os.environ else "file:"
    return getattr(gatepass, CREDENTIALS[provider])(environment, store=store)


def _token(options: argparse.Namespace) -> int:
    credential = _credential(options.provider, options.environment)
    token = credential.token()
    if token.notice:
        print(f"gatepass: {token.notice}", file=sys.stderr)
    facts = {"provider": options.provider, "environment": credential.environment}
    name = variable(credential.facts, credential.environment, "access_token")
    text = {
        "value": token.value,
        "header": f"Authorization: Bearer {token.value}",
        "json": json.dumps({**facts, "token": token.value, "expires_at": int(token.expires_at)}),
        "env": f"{name}={shlex.quote(token.value)}",
    }
    print(text[options.format])
    print(f"gatepass: good until {token.expires_at:.0f} (UTC epoch)", file=sys.stderr)
    return 0


def _secret(options: argparse.Namespace) -> int:
    user = _credential("sahamati-user", options.environment)
    call = user.read_secret if options.action == "read" else user.reset_secret
    # Opened first: a file that cannot be written must not cost a secret that was just reset.
    with _private_file(options.out) if options.out else contextlib.nullcontext(sys.stdout) as out:
        secret = call(options.entity_id, days=options.days)
        print(secret.value, file=out)
    if secret.expires_at is not None:
        print(f"gatepass: expires at {secret.expires_at:.0f} (UTC epoch)", file=sys.stderr)
    return 0


@contextlib.contextmanager
def _private_file(path: Path) -> Iterator[Any]:
    """A file that only its owner may read, and that takes its name when it is whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise gatepass.ConfigError(f"--out {path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            yield out
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _list(_options: argparse.Namespace) -> int:
    for provider, name in CREDENTIALS.items():
        facts = getattr(gatepass, name).facts
        for environment, url in facts.servers.items():
            base_url = os.environ.get(variable(facts, environment, "base_url"), url)
            print(f"{provider} {environment}  {base_url or 'no public host: give a base URL'}")
            for each in (*facts.credentials, "base_url"):
                wanted = variable(facts, environment, each)
                from_file = "from file" if f"{wanted}_FILE" in os.environ else "-"
                state = "set" if wanted in os.environ else from_file
                print(f"    {wanted:<40} {state}")
    return 0


def _cache(options: argparse.Namespace) -> int:
    store = open_store(os.environ.get("GATEPASS_STORE", "file:"))
    if not isinstance(store, FileStore):
        raise gatepass.ConfigError("GATEPASS_STORE names no file store: there is nothing to list or clear")
    if options.action == "clear":
        print(f"gatepass: {store.clear()} removed", file=sys.stderr)
        return 0
    for line in store.contents():
        print(line)
    return 0


def _emulator(options: argparse.Namespace) -> int:
    try:
        from gatepass_emulator import run
    except ImportError as error:
        hint = "pip install 'gatepass[emulator]'"
        raise gatepass.ConfigError(f"the emulator needs {error.name}: {hint}") from None
    return run(options.port, options.specs, options.env, options.run)
