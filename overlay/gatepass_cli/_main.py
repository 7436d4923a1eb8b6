"""The command `gatepass`: tokens, secrets and settings, from a shell.

Only what was asked for goes to stdout, all else goes to stderr, and no secret is ever an argument.
"""

import argparse
import functools
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import gatepass
from gatepass._clock import show_time
from gatepass._configured import shared_credential
from gatepass._environ import env_name, shared_env_name
from gatepass._options import check_prefix
from gatepass._providers import installed

from ._arguments import parser
from ._completion import complete
from ._env_file import read_env_file
from ._terminal import assignment, drop_output, print_line, print_value, reason_of, say
from ._token import print_token

EXIT = {
    gatepass.Rejected: 3,
    gatepass.RateLimited: 4,
    gatepass.Unavailable: 5,
    gatepass.GatepassError: 2,
}
PLAIN_URL = re.compile(r"https?://[!-~]+")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    command_line = parser()
    try:
        complete(command_line)
        options = command_line.parse_args(arguments)
        if sys.stdout is None:
            raise gatepass.ConfigError("stdout is closed")
        if getattr(options, "env_file", None) is not None:
            read_env_file(options.env_file)
        return HANDLERS[options.command](options)
    except BrokenPipeError:  # the reader has enough, as in `gatepass list | head`
        drop_output()
        return 0
    except gatepass.GatepassError as error:
        say(str(error))
        retry_at = getattr(error, "retry_at", None)
        if retry_at is not None:
            say(f"not before {show_time(retry_at, time.time())}")
        return next(status for kind, status in EXIT.items() if isinstance(error, kind))
    except (OSError, UnicodeEncodeError) as error:
        drop_output()
        say(reason_of(error))
        return 2
    except KeyboardInterrupt:
        return 130


def _secret(options: argparse.Namespace) -> int:
    request = _secret_request(options)
    if options.out is None:
        secret = request()
        _print_secret(options, lambda: print_value(secret.value))
    else:
        from ._output_file import OutputFile

        with OutputFile(options.out) as out:  # a bad path must not cost a secret that was just reset
            secret = request()
            _print_secret(options, lambda: out.write(f"{secret.value}\n"))
    if secret.expires_at is not None:
        say(f"valid until {show_time(secret.expires_at, time.time())}")
    return 0


def _secret_request(options: argparse.Namespace) -> Callable[[], gatepass.Secret]:
    """The request of the arguments; ConfigError if the provider does not have it."""
    credential = shared_credential(
        installed().secrets[options.provider], options.environment, prefix=options.prefix
    )
    request = getattr(credential, f"{options.action}_secret", None)
    if request is None:
        raise gatepass.ConfigError(f"{options.provider} has no request to {options.action} a secret")
    days = {} if options.days is None else {"days": options.days}
    if not days.keys() <= request.__annotations__.keys():
        raise gatepass.ConfigError(f"--days: {options.provider} decides how long a secret is valid")
    return functools.partial(request, options.account, **days)


def _print_secret(options: argparse.Namespace, write: Callable[[], None]) -> None:
    """Write the secret; if that fails after a reset, say how to get the new one."""
    try:
        write()
    except (OSError, UnicodeEncodeError, gatepass.GatepassError) as error:
        if options.action == "read":
            raise
        arguments = ["secret", "read", options.provider, options.environment, options.account]
        arguments += ["--prefix", options.prefix] if options.prefix else []
        hint = (
            f"the secret was reset; `{shlex.join(['gatepass', *arguments])}` prints the secret that is valid"
        )
        raise gatepass.GatepassError(f"{reason_of(error)}; {hint}") from None


def _list(options: argparse.Namespace) -> int:
    providers, prefix = installed(), options.prefix
    check_prefix(prefix)
    for command in [options.provider] if options.provider else providers.commands:
        name = providers.commands[command]
        provider = providers.modules[name]
        for environment, url in providers.servers[provider].items():
            variables = [
                env_name(provider, environment, each, prefix) for each in providers.credentials[name]
            ]
            shared = shared_env_name((provider, environment), "base_url", prefix)
            print_line(f"{command} {environment}  {_address(os.environ.get(shared, url))}")
            for variable in (*variables, shared):
                from_file = "from file" if f"{variable}_FILE" in os.environ else "-"
                state = "set" if variable in os.environ else from_file
                print_line(f"    {variable:<40} {state}")
    return 0


def _address(url: str | None) -> str:
    """A base URL for people; what stands in its variable by mistake may be a secret."""
    if url is None:
        return "no public host: give a base URL"
    if not PLAIN_URL.fullmatch(url) or {"@", "?", "#"} & set(url):
        return "not a plain https://HOST/PATH, so it is not shown"
    return url


def _cache(options: argparse.Namespace) -> int:
    from gatepass.stores import FileStore, open_store

    store = open_store(os.environ.get("GATEPASS_STORE", "file:"))
    if not isinstance(store, FileStore):
        raise gatepass.ConfigError("GATEPASS_STORE names no file store: there is nothing to list or clear")
    if options.action == "clear":
        say(f"{store.clear()} removed")
        return 0
    for line in store.describe():
        print_line(line)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from ._doctor import examine

    return examine(options.provider, options.environment, options.prefix, with_request=options.request)


def _generate(options: argparse.Namespace) -> int:
    generator = _generator()
    try:
        package = generator.generate_package(options.specs, options.out, options.package)
    except ValueError as error:  # SpecError
        for line in str(error).splitlines():
            say(line)
        raise gatepass.ConfigError(f"{options.out} is unchanged") from None
    say(f"{options.out}: the package {package}: pip install -e {shlex.quote(str(options.out))}")
    return 0


def _lint(options: argparse.Namespace) -> int:
    findings = _generator().lint(options.specs)
    for finding in findings:
        print_line(finding)
    say(f"{_count(findings, 'finding')} in {_count(options.specs, 'spec')}")
    return 1 if findings else 0


def _count(items: Sequence[object], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def _generator() -> Any:
    try:
        from gatepass_generator import package
    except ImportError as error:
        hint = "pip install 'gatepass[generate]'"
        raise gatepass.ConfigError(f"this command needs {error.name}: {hint}") from None
    return package


def _emulator(options: argparse.Namespace) -> int:
    try:
        from gatepass_emulator import run
    except ImportError as error:
        hint = "pip install 'gatepass[emulator]'"
        raise gatepass.ConfigError(f"the emulator needs {error.name}: {hint}") from None
    if options.env and options.run:
        raise gatepass.ConfigError("--env only prints the variables: leave out the option or the command")

    def assign(name: str, value: str) -> str:
        return assignment(name, value, options.format)

    return run(options.port, options.specs, options.env, options.run, assign)


def _credential_helper(_: argparse.Namespace) -> int:
    from ._credential_helper import NO_CREDENTIAL, NoCredential, answer_request

    try:
        print_value(answer_request())
    except NoCredential as error:
        say(str(error))
        return NO_CREDENTIAL
    return 0


def _serve(options: argparse.Namespace) -> int:
    try:
        from gatepass_service import serve
    except ImportError as error:
        hint = "pip install 'gatepass[service]'"
        raise gatepass.ConfigError(f"the token service needs {error.name}: {hint}") from None
    return serve(options, say)


HANDLERS = {
    "token": print_token,
    "secret": _secret,
    "list": _list,
    "doctor": _doctor,
    "cache": _cache,
    "generate": _generate,
    "lint": _lint,
    "emulator": _emulator,
    "serve": _serve,
    "credential-helper": _credential_helper,
}
