"""The scenarios that every caller must handle, in any language: each is a run against the emulator."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gatepass
from gatepass._token_spec import TokenSpec
from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT

CREDENTIALS: tuple[Any, ...] = (
    gatepass.Setu,
    gatepass.Sahamati,
    gatepass.Decentro,
    gatepass.Su,
    gatepass.SingleView,
)
OTHERS: tuple[Any, ...] = (
    gatepass.SetuUPI,
    gatepass.SetuAA,
    gatepass.SetuBillPay,
    gatepass.SingleViewPayouts,
    gatepass.SahamatiLegacy,
)
"""Other logins of the same companies."""
LANGUAGES_OF_OTHERS = ("curl", "python", "go", "typescript", "java", "ruby", "php")
"""Languages with callers for the other logins; the rest show what other generators make of five specs."""
PROVIDERS: tuple[str, ...] = tuple(credential_class.spec.provider for credential_class in CREDENTIALS)
OTHER_PROVIDERS: tuple[str, ...] = tuple(credential_class.spec.provider for credential_class in OTHERS)
BY_TOKEN_ALONE: tuple[str, ...] = tuple(
    credential_class.spec.provider
    for credential_class in CREDENTIALS + OTHERS
    if not credential_class.spec.also_send
)
"""Providers whose APIs want nothing beside the token, so that a program needs the token service only."""
IN_JWT_ALONE = ("setuupi", "setuaa")
"""Providers whose responses have no lifetime, so that only the token itself may declare one."""
ENVIRONMENT = "sandbox"
LIFETIME = 1234
"""Seconds; not a default of any provider, so a caller can only get it from the response."""
MAX_ELAPSED = HANG_TIMEOUT
"""Seconds of the lifetime that may have passed when a caller prints it: gatepass has only its end."""
TOKEN = "fake+token/of.the/proof="
WRONG_SECRET = "fake-wrong-secret"
CODE = "fake-code-4711"


@dataclass(frozen=True)
class Scenario:
    """A response of the emulator, and the lifetime that the caller must print; None for a rejection."""

    name: str
    lifetime: int | None
    fault: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret: str = ""
    """The secret to send instead of the valid secret."""


def credentials(language: str) -> tuple[Any, ...]:
    """The classes whose providers have a caller in the language."""
    return CREDENTIALS + OTHERS if language in LANGUAGES_OF_OTHERS else CREDENTIALS


def scenarios(spec: TokenSpec) -> list[Scenario]:
    token = spec.prefix.get(ENVIRONMENT, "") + TOKEN
    code = {"/" + "/".join(spec.error_code[0]): CODE}
    default = spec.default_lifetime
    in_jwt_alone = spec.provider in IN_JWT_ALONE
    undeclared = {"token": token} if in_jwt_alone else {"token": token, "lifetime": "remove"}
    cases = [
        Scenario("a token", LIFETIME, {} if in_jwt_alone else {"token": token}),
        Scenario("a token of unknown lifetime", default, undeclared),
        Scenario("a wrong secret", None, {"patch": code}, secret=WRONG_SECRET),
    ]
    if spec.provider == "su":
        data = {"token_type": "Bearer", "token": token, "expire_in": str(LIFETIME)}
        fault = {"token": token, "patch": {"/data": "remove", "/Data": data}}
        cases.append(Scenario("Data instead of data", LIFETIME, fault))
    if spec.provider == "singleview":
        cases.append(Scenario("a lifetime of 0", default, {"token": token, "example": "undeclared"}))
    if spec.provider in ("singleview", "singleviewpayouts"):
        cases.append(Scenario("a rejection with a 200", None, {"example": "rejected", "patch": code}))
    return cases


def run_caller(
    emulator: Emulator,
    command: str,
    credential_class: Any,
    scenario: Scenario,
    folder: Path,
    variables: Mapping[str, str],
) -> str:
    """Run a caller once, with the shell command in the folder; returns what was wrong, without secrets.

    `{p}` in the command is the provider, `{C}` the name of its class.
    """
    spec: TokenSpec = credential_class.spec
    emulator.clear()
    emulator.lifetime(spec.provider, ENVIRONMENT, LIFETIME)
    emulator.fault(spec.provider, ENVIRONMENT, times=1, **scenario.fault)
    credentials = emulator.variables()
    secrets = [TOKEN, WRONG_SECRET]
    for name in spec.secrets:
        variable = f"{spec.provider}_{ENVIRONMENT}_{name}".upper()
        secrets.append(credentials[variable])
        credentials[variable] = scenario.secret or credentials[variable]
    done = subprocess.run(
        ["/bin/bash", "-c", command.format(p=spec.provider, C=credential_class.__name__)],
        cwd=folder,
        env={**variables, **credentials},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    problems = [*_output_problems(spec, scenario, done), *_request_problems(spec, scenario, emulator)]
    output = done.stdout + done.stderr
    secrets += [call.token for call in emulator.calls if call.token]
    for secret in secrets:
        if secret in output:
            problems.append("it prints a secret or a token")
            output = output.replace(secret, "***")
    return f"{scenario.name}: {', '.join(problems)}\n{output.rstrip()}" if problems else ""


def _output_problems(
    spec: TokenSpec, scenario: Scenario, done: subprocess.CompletedProcess[str]
) -> Iterator[str]:
    """What is wrong with the exit status and the output."""
    if done.returncode != (scenario.lifetime is None):
        yield f"exit status {done.returncode}"
    if scenario.lifetime is None:
        if CODE not in done.stdout + done.stderr:
            yield f"it does not print the provider's code {CODE}"
        return
    line = re.fullmatch(rf"{spec.provider}: a token for (\d+) s, the API responded with 200\n", done.stdout)
    if line is None or not scenario.lifetime - MAX_ELAPSED <= int(line[1]) <= scenario.lifetime:
        yield f"it does not print {scenario.lifetime} s and 200"


def _request_problems(spec: TokenSpec, scenario: Scenario, emulator: Emulator) -> Iterator[str]:
    """What is wrong with the requests: one for the token, and one to the API with the same token."""
    requests = [(call.provider, call.kind, call.status) for call in emulator.calls]
    if scenario.lifetime is None:
        if len(requests) != 1 or requests[0][:2] != (spec.provider, "token"):
            yield f"not one token request, but {requests}"
    elif requests != [(spec.provider, "token", 200), (spec.provider, "echo", 200)]:
        yield f"not one token request and one API request, but {requests}"
    elif len({call.token for call in emulator.calls}) != 1:
        yield "the API got another token"
