"""The arguments of the command `gatepass`."""

import argparse
from pathlib import Path
from typing import Any

import gatepass
from gatepass._providers import installed

from ._terminal import printable

EXITS = "exit status: 0 done, 2 usage or settings, 3 refused, 4 over the quota, 5 unavailable"


class _Parser(argparse.ArgumentParser):
    """Its complaints repeat what was typed or pasted."""

    def error(self, message: str) -> Any:
        super().error(printable(message))


class _Version(argparse.Action):
    """Looks the version up only if it is wanted: most commands are short-lived."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"gatepass {version('gatepass')}")
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The commands with their options."""
    providers = installed()
    parser = _Parser(prog="gatepass", description=gatepass.__doc__, epilog=EXITS)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    environment = "sandbox, uat or production; `gatepass list` shows which a provider has"

    token = commands.add_parser("token", help="print an access token", epilog=EXITS)
    token.add_argument(
        "provider", choices=providers.commands, help="the provider, with the kind of token if it has several"
    )
    token.add_argument("environment", help=environment)
    token.add_argument(
        "--format",
        choices=["value", "header", "json", "env", "dotenv"],
        default="value",
        help="the token alone (value, if not given), the Authorization header, JSON with the time it "
        "expires, or a variable: for `eval` in a shell (env) or for a .env file (dotenv)",
    )

    secret = commands.add_parser("secret", help="read or reset the secret of an account", epilog=EXITS)
    secret.add_argument(
        "action", choices=["read", "reset"], help="after a reset the old secret is invalid at once"
    )
    secret.add_argument("provider", choices=providers.secrets, help="a provider whose tokens authorize this")
    secret.add_argument("environment", help=environment)
    secret.add_argument("account", metavar="ID", help="the id of the account whose secret it is")
    secret.add_argument("--days", type=int, help="until a secret that this request makes expires")
    secret.add_argument(
        "--out", type=Path, metavar="FILE", help="write the secret to this file (mode 0600) instead of stdout"
    )

    listing = commands.add_parser("list", help="providers, environments, and which variables are set")
    listing.add_argument("provider", nargs="?", choices=providers.commands, help="only this one")

    cache = commands.add_parser("cache", help="what this user's file store holds; no value is shown")
    cache.add_argument("action", choices=["list", "clear"], help="clear removes all tokens")

    generate = commands.add_parser(
        "generate", help="write a package of typed credentials for providers of your own"
    )
    generate.add_argument("specs", nargs="+", type=Path, metavar="SPEC.yaml", help="a spec of a provider")
    generate.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        required=True,
        help="a new folder, or one written before",
    )
    generate.add_argument("--package", metavar="NAME", help="gatepass_PROVIDER if not given")
    lint = commands.add_parser("lint", help="check specs: file, line, what is wrong and how to fix it")
    lint.add_argument("specs", nargs="+", type=Path, metavar="SPEC.yaml", help="a spec of a provider")

    emulator = commands.add_parser(
        "emulator",
        help="serve all providers on this machine, with fake credentials",
        epilog="Without COMMAND it serves until Ctrl-C.",
    )
    emulator.add_argument("--port", type=_port, help="8765 if not given, for a COMMAND any free port")
    emulator.add_argument(
        "--specs", type=Path, metavar="FOLDER", help="serve the YAML files of this folder instead"
    )
    emulator.add_argument("--env", action="store_true", help="only print the variables")
    emulator.add_argument(
        "--format",
        choices=["env", "dotenv"],
        default="env",
        help="print variables for `eval` in a shell (env, if not given) or for a .env file (dotenv)",
    )
    emulator.add_argument(
        "run",
        nargs="*",
        metavar="COMMAND",
        help="run this, after --, with variables that point every provider at the emulator",
    )
    return parser


def _port(given: str) -> int:
    port = int(given)
    if not 0 <= port <= 65_535:
        raise ValueError
    return port
