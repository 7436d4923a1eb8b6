"""Tests the specs in other languages: generates clients and runs the callers of tests/languages.

python scripts/languages.py [--require] [NAME...]    all languages and OAuth2 clients by default

A caller is a program for users to copy. Its first line has the command that generates its client; that
command is run in a temporary folder. The callers are then run against the emulator, with a lifetime that no
provider has, with an undeclared one and with a wrong secret. In the table, "by POST" is a caller that works
with an alternative request, because its client cannot send the provider's own; "-" is a provider without a
caller in the language. What clients cannot do is checked too, with the `limits` program of a language. A
second table has the OAuth2 clients of tests/oauth2_clients, which get their tokens from the token service.
What cannot be built on this machine is reported as skipped; `--require` (or GATEPASS_REQUIRE_LANGUAGES=1)
makes that an error.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import twins
from builds import build_environment, line, missing, run_commands, without_proxy
from gatepass_emulator import Emulator
from gatepass_spec import Spec, SpecError
from oauth2_clients import CLIENTS
from oauth2_clients import test as test_oauth2_clients
from repository import ROOT, load_specs
from toolchains import LANGUAGES

sys.path.insert(0, str(ROOT))

from tests.languages.limits import measure
from tests.languages.scenarios import OTHER_PROVIDERS, PROVIDERS, credentials, run_caller, scenarios

CALLERS = ROOT / "tests" / "languages"
COLUMNS = (*PROVIDERS, *OTHER_PROVIDERS, "seconds")


def main() -> int:
    every = [*LANGUAGES, *(name for name in CLIENTS if name not in LANGUAGES)]
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("name", nargs="*", help=", ".join(every))
    parser.add_argument("--require", action="store_true", help="fail if one of them cannot be built here")
    options = parser.parse_args()
    if unknown := set(options.name) - set(every):
        parser.error(f"no callers in {', '.join(sorted(unknown))}; use {', '.join(every)}")
    try:
        specs = load_specs()  # generators would fetch or open what a spec refers to
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    required = options.require or os.environ.get("GATEPASS_REQUIRE_LANGUAGES") == "1"
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        variables = build_environment(folder)
        absent: dict[str, str] = {}
        present: list[list[str]] = []
        for table in (LANGUAGES, CLIENTS):
            names = [name for name in table if name in options.name or not options.name]
            reasons = {name: missing(table[name], variables) for name in names}
            absent |= {name: reason for name, reason in reasons.items() if reason}
            present.append([name for name in names if not reasons[name]])
        languages, clients = present
        failures = list(test(languages, folder, variables, specs)) if languages else []
        if languages and clients:
            print()
        if clients:
            failures += test_oauth2_clients(clients, folder / "oauth2", variables)
    for name, reason in absent.items():
        print(f"{'failed' if required else 'skipped'}: {name} ({reason})")
    for failure in failures:
        print(f"\n{failure}")
    count = f"{len(languages)} languages, {len(clients)} OAuth2 clients"
    print(f"\n{count}, {len(failures)} failures, {time.monotonic() - began:.0f} s")
    return 1 if failures or (absent and required) else 0


def test(
    names: Sequence[str], folder: Path, variables: Mapping[str, str], specs: Sequence[Spec]
) -> Iterator[str]:
    """Print the table, each row as soon as its language is done, and yield the failures."""
    print(line(COLUMNS, "", *COLUMNS))
    with Emulator() as emulator, ThreadPoolExecutor(2) as pool:
        builds = pool.map(lambda name: build(name, folder / name, variables, specs), names)
        for name, (output, seconds) in zip(names, builds, strict=True):
            began = time.monotonic()
            if output:
                cells = {provider: "not run" for provider in providers(name)}
                cells |= {provider: "failed" for provider in cells if re.search(rf"\b{provider}\b", output)}
                failures = [output]
            else:
                cells, failures = run(emulator, name, folder / name, without_proxy(variables), specs)
            cells["seconds"] = f"{seconds + time.monotonic() - began:.0f}"
            print(line(COLUMNS, name, *(cells.get(column, "-") for column in COLUMNS)), flush=True)
            yield from (f"{name}, {failure}" for failure in failures)


def run(
    emulator: Emulator, name: str, folder: Path, variables: Mapping[str, str], specs: Sequence[Spec]
) -> tuple[dict[str, str], list[str]]:
    """Run the callers and the `limits` program of a language: a cell for each provider, and the failures."""
    language = LANGUAGES[name]
    alternatives = {
        id for spec in specs for token in spec.token_extensions.values() for id in token.alternatives
    }
    cells, failures = {}, []
    for credential_class in credentials(name):
        cell = "ok"
        for scenario in scenarios(credential_class.spec):
            failure = run_caller(emulator, language.run, credential_class, scenario, folder, variables)
            if failure:
                failures.append(f"{credential_class.spec.provider}: {failure}")
                cell = "failed"
            used = [call.method for call in emulator.calls if call.operation in alternatives]
            if used and cell == "ok":
                cell = f"by {used[0]}"
        cells[credential_class.spec.provider] = cell
    if language.limits:
        command = language.run.format(p="limits", C="Limits")
        sahamati = next(spec for spec in specs if spec.name == "sahamati")
        limits = measure(emulator, command, folder, variables, sahamati)
        if limits != language.limits:
            failures.append(f"limits: {limits}, but scripts/toolchains.py has {language.limits}")
    return cells, failures


def providers(name: str) -> list[str]:
    """The providers with a caller in the language."""
    return [credential_class.spec.provider for credential_class in credentials(name)]


def build(name: str, folder: Path, variables: Mapping[str, str], specs: Sequence[Spec]) -> tuple[str, float]:
    """Generate the clients of a language and build its callers.

    Returns the command that failed and its output, or an empty string; and the seconds that it took.
    """
    began = time.monotonic()
    shutil.copytree(CALLERS / name, folder)
    (folder / "openapi-3.0").mkdir()
    for spec in specs:
        (folder / f"{spec.name}.yaml").write_text(spec.text, encoding="utf-8")
        (folder / "openapi-3.0" / f"{spec.name}.yaml").write_text(twins.twin(spec), encoding="utf-8")
    commands = []
    for provider in providers(name):
        caller = folder / f"{provider}.{LANGUAGES[name].extension}"
        first = caller.read_text(encoding="utf-8").partition("\n")[0]
        commands += re.findall(r"made by: (?:npx )?(.+)", first)
    output = run_commands(filter(None, [*commands, LANGUAGES[name].build]), folder, variables)
    return output, time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
