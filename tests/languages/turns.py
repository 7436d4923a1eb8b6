"""What every caller must cope with, whatever its language: one turn is one run of it against the emulator."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gatepass
from gatepass_clients.facts import TokenFacts
from gatepass_emulator import Emulator

from ..patience import PATIENCE

CREDENTIALS: tuple[Any, ...] = (
    gatepass.Setu,
    gatepass.Sahamati,
    gatepass.Decentro,
    gatepass.Su,
    gatepass.SingleView,
)
PROVIDERS: tuple[str, ...] = tuple(cls.facts.provider for cls in CREDENTIALS)
ENVIRONMENT = "sandbox"
LIFE = 1234
"""Seconds; no provider's default, so a caller can know it from the reply alone."""
PASSED = PATIENCE
"""Seconds of a life that may have passed when the caller tells it: gatepass knows when a token ends."""
TOKEN = "fake+token/of.the/proof="
WRONG = "fake-wrong-secret"
CODE = "fake-code-4711"


@dataclass(frozen=True)
class Turn:
    """How the emulator answers, and the seconds that the caller must tell; None if it must be refused."""

    name: str
    life: int | None
    fault: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret: str = ""
    """In place of the right one."""


def turns(facts: TokenFacts) -> list[Turn]:
    token = facts.prefix.get(ENVIRONMENT, "") + TOKEN
    code = {"/" + "/".join(facts.error_code[0]): CODE}
    found = [
        Turn("a token", LIFE, {"token": token}),
        Turn("a token of unknown life", facts.default_lifetime, {"token": token, "lifetime": "remove"}),
        Turn("a wrong secret", None, {"patch": code}, secret=WRONG),
    ]
    if facts.provider == "su":
        spelt = {"token_type": "Bearer", "token": token, "expire_in": str(LIFE)}
        fault = {"token": token, "patch": {"/data": "remove", "/Data": spelt}}
        found.append(Turn("Data instead of data", LIFE, fault))
    if facts.provider == "singleview":
        life = facts.default_lifetime
        found.append(Turn("a life of 0", life, {"token": token, "example": "undeclared"}))
        found.append(Turn("a refusal with a 200", None, {"example": "refused", "patch": code}))
    return found


def play(
    emulator: Emulator, run: str, cls: Any, turn: Turn, folder: Path, variables: Mapping[str, str]
) -> str:
    """Run a caller once, by the shell command in the folder; says what was wrong, without secrets.

    `{p}` in the command is the provider, `{C}` its name as a class has it.
    """
    facts: TokenFacts = cls.facts
    emulator.clear()
    emulator.lifetime(facts.provider, ENVIRONMENT, LIFE)
    emulator.fault(facts.provider, ENVIRONMENT, times=1, **turn.fault)
    given = emulator.variables()
    hidden = [TOKEN, WRONG]
    for secret in facts.secrets:
        variable = f"{facts.provider}_{ENVIRONMENT}_{secret}".upper()
        hidden.append(given[variable])
        given[variable] = turn.secret or given[variable]
    done = subprocess.run(
        ["/bin/bash", "-c", run.format(p=facts.provider, C=cls.__name__)],
        cwd=folder,
        env={**variables, **given},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    wrong = [*_said(facts, turn, done), *_asked(facts, turn, emulator)]
    said = done.stdout + done.stderr
    for one in hidden:
        if one in said:
            wrong.append("it prints a secret or a token")
            said = said.replace(one, "***")
    return f"{turn.name}: {', '.join(wrong)}\n{said.rstrip()}" if wrong else ""


def _said(facts: TokenFacts, turn: Turn, done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    """What is wrong with the exit status and with what it printed."""
    if done.returncode != (turn.life is None):
        yield f"exit status {done.returncode}"
    if turn.life is None:
        if CODE not in done.stdout + done.stderr:
            yield f"it does not tell the provider's code {CODE}"
        return
    line = re.fullmatch(rf"{facts.provider}: a token for (\d+) s, the API answered 200\n", done.stdout)
    if line is None or not turn.life - PASSED <= int(line[1]) <= turn.life:
        yield f"it does not tell {turn.life} s and 200"


def _asked(facts: TokenFacts, turn: Turn, emulator: Emulator) -> Iterator[str]:
    """What is wrong with its calls: one for the token, and one to the API with the same token."""
    calls = [(call.provider, call.kind, call.status) for call in emulator.calls]
    if turn.life is None:
        if len(calls) != 1 or calls[0][:2] != (facts.provider, "token"):
            yield f"not one token call, but {calls}"
    elif calls != [(facts.provider, "token", 200), (facts.provider, "echo", 200)]:
        yield f"not one token call and one API call, but {calls}"
    elif len({call.token for call in emulator.calls}) != 1:
        yield "the API was shown another token"
