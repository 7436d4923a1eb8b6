"""The arguments of the command `gatepass`."""

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

import gatepass
from gatepass._providers import installed

from ._completion import complete_environments
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
    variables = _Parser(add_help=False)
    variables.add_argument(
        "--env-file", type=Path, metavar="FILE", help="a .env file with variables that are not set"
    )

    token = commands.add_parser("token", help="print an access token", epilog=EXITS, parents=[variables])
    _add_account(token, providers.commands)
    token.add_argument(
        "--format",
        choices=["value", "header", "json", "env", "dotenv"],
        default="value",
        help="the token alone (value, if not given), the Authorization header, JSON with the time it "
        "expires (errors too), or a variable: for `eval` in a shell (env) or for a .env file (dotenv)",
    )
    token.add_argument(
        "--rejected",
        action="store_true",
        help="read a token from stdin that an API rejected, and print another one",
    )

    secret = commands.add_parser(
        "secret", help="read or reset the secret of an account", epilog=EXITS, parents=[variables]
    )
    secret.add_argument(
        "action", choices=["read", "reset"], help="after a reset the old secret is invalid at once"
    )
    _add_account(secret, providers.secrets)
    secret.add_argument("account", metavar="ID", help="the id of the account whose secret it is")
    secret.add_argument("--days", type=int, help="until a secret that this request makes expires")
    secret.add_argument(
        "--out", type=Path, metavar="FILE", help="write the secret to this file (mode 0600) instead of stdout"
    )

    listing = commands.add_parser(
        "list", help="providers, environments, and which variables are set", parents=[variables]
    )
    listing.add_argument("provider", nargs="?", choices=providers.commands, help="only this one")
    _add_prefix(listing)

    doctor = commands.add_parser(
        "doctor",
        help="check all that a token needs: variables, store, clock, network; no value is shown",
        epilog=EXITS,
        parents=[variables],
    )
    _add_account(doctor, providers.commands)
    doctor.add_argument(
        "--request",
        action="store_true",
        help="send one token request, which counts in the provider's quota, keep nothing of it, and compare "
        "the response with the spec",
    )

    cache = commands.add_parser(
        "cache", help="what this user's file store holds; no value is shown", parents=[variables]
    )
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
    helper = commands.add_parser(
        "credential-helper",
        help="print the headers for a URI, for Bazel and uv",
        epilog=f"{EXITS}; 1 if no credential, or more than one, is for the host",
        parents=[variables],
    )
    helper.add_argument(
        "action", choices=["get"], help='read {"uri": …} from stdin, and print {"headers": …, "expires": …}'
    )
    _add_serve(commands, variables)
    return parser


def _add_account(command: argparse.ArgumentParser, providers: Collection[str]) -> None:
    command.add_argument(
        "provider", choices=providers, help="the provider, with the kind of token if it has several"
    )
    environment = command.add_argument(
        "environment", help="sandbox, uat or production; `gatepass list` shows which a provider has"
    )
    complete_environments(environment)
    _add_prefix(command)


def _add_prefix(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--prefix", metavar="PREFIX", help="what the variables of this account begin with, such as SHOP_A"
    )


def _add_serve(commands: Any, variables: argparse.ArgumentParser) -> None:
    serve = commands.add_parser(
        "serve",
        help="serve tokens to programs in any language, by standard OAuth2",
        description="Serves the tokens of every credential whose variables are set, by standard OAuth2, on "
        "this machine only. It serves until Ctrl-C.",
        parents=[variables],
    )
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address, 127.0.0.1 if not given")
    serve.add_argument("--port", type=_port, default=8181, help="8181 if not given, 0 for any free one")
    serve.add_argument("--socket", type=Path, metavar="PATH", help="listen on a Unix socket as well")
    serve.add_argument("--no-tcp", action="store_true", help="listen on the Unix socket only")
    serve.add_argument(
        "--operations-port",
        type=_port,
        metavar="PORT",
        help="serve /livez, /readyz, /status and /metrics on this port and nowhere else",
    )
    serve.add_argument("--config", type=Path, metavar="FILE", help="clients with keys of their own, in TOML")
    serve.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="the key of the client gatepass, made if there is none; GATEPASS_SERVICE_KEY_FILE or "
        "~/.config/gatepass/service-key if not given",
    )


def _port(given: str) -> int:
    port = int(given)
    if not 0 <= port <= 65_535:
        raise ValueError
    return port
