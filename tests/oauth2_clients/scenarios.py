"""The scenarios of every client; each returns what was wrong, without secrets."""

from __future__ import annotations

from .client import ENVIRONMENT, Client, Setup, without_secrets

WRONG_KEY = "fake-wrong-key-0123456789"
DESCRIPTION = "the client id or its key is wrong: the key is in the service's key file"
"""The `error_description` of the service."""
SILENT = {"nginx", "oauth4webapi"}
"""Clients that do not show it: they read no more of a 401 than its headers."""


def call_api(client: Client, setup: Setup, provider: str) -> str:
    """The client gets a token and calls an API."""
    before = setup.emulator.count(provider, ENVIRONMENT, "echo")
    status, output, errors = client.run(setup, provider)
    problems: list[str] = []
    if (status, output) != (0, f"{provider}: 200\n"):
        problems.append(f"exit status {status}, and it does not print {provider}: 200")
    accepted = [call for call in setup.emulator.calls if call.kind == "echo" and call.provider == provider]
    if [call.status for call in accepted[before:]] != [200]:
        problems.append("not one API request that is accepted")
    token = setup.service.token(f"{provider}/{ENVIRONMENT}")
    return _report(problems, output + errors, setup.service.key, token)


def wrong_key(client: Client, setup: Setup) -> str:
    """The client has a wrong key, and the error of the library says so."""
    key_file = setup.service.folder / "wrong-key"
    key_file.write_text(f"{WRONG_KEY}\n", encoding="utf-8")
    before = len(setup.emulator.calls)
    status, output, errors = client.run(setup, "setu", key_file)
    problems: list[str] = []
    if status == 0 or ": 200" in output:
        problems.append(f"exit status {status} with a wrong key")
    if (DESCRIPTION in output + errors) == (client.name in SILENT):
        problems.append(f"it {'shows' if client.name in SILENT else 'does not show'} error_description")
    if len(setup.emulator.calls) != before:
        problems.append("a request to the provider or its API")
    return _report(problems, output + errors, WRONG_KEY)


def _report(problems: list[str], printed: str, *secrets: str) -> str:
    """The problems with what the client printed, without secrets; empty if there are none."""
    safe = without_secrets(printed, *secrets)
    if safe != printed:
        problems.append("it prints a key or a token")
    return f"{', '.join(problems)}\n{safe.rstrip()}" if problems else ""
