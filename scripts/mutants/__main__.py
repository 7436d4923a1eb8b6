"""Random mutants of the core and of the file store, and whether the tests notice them: `make mutants`.

cosmic-ray changes one place in a copy of the repository, and the tests of that module must then fail. Of a
mutant that survives the diff is shown: either a test is missing, or the mutant behaves like the original.
"""

import argparse
import ast
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import use_db

ROOT = Path(__file__).parents[2]
TOKENS = ["tests/faults", "--ignore-glob=*_deadline.py", "-k", "not trio"]
REQUESTS = ["tests/bad_input", "tests/providers", "-k", "not trio"]
REQUESTS += [
    f"tests/faults/test_{name}.py" for name in ("the_provider_is_down", "the_provider_says_too_many")
]
REQUESTS += [
    f"tests/faults/test_{name}.py" for name in ("the_credentials_are_refused", "why_a_request_failed")
]
NETWORK = [
    f"tests/faults/test_{name}.py" for name in ("a_token_request_ends_at_its_deadline", "a_proxy_is_set")
]
NETWORK += [f"tests/faults/test_{name}.py" for name in ("a_host_has_a_dead_address", "a_private_network")]
NETWORK += ["tests/faults/test_connections_of_token_requests.py"]
FILE_STORE = ["tests/stores/file"]
MODULES = {
    "_renewal.py": [*TOKENS, "tests/stores/file/test_quota.py"],
    "_call.py": [*REQUESTS, "tests/faults/test_the_quota_is_spent.py"],
    "_network.py": [*NETWORK, "tests/faults/test_why_a_request_failed.py", "-k", "not trio"],
    "_settings.py": [*REQUESTS, "tests/faults/test_a_secret_changes.py"],
    "_quota.py": ["tests/stores/test_quota_window.py", "tests/faults/test_the_quota_is_spent.py"],
    "stores/_file.py": FILE_STORE,
    "stores/_protocol.py": FILE_STORE,
}
"""Modules of the package, and the tests that must notice a change of them."""
PYTEST = ["-m", "pytest", "-x", "-q", "-n", "2", "-p", "no:cacheprovider"]
Position = tuple[int, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="mutants in all; the default is 40")
    parser.add_argument("--seed", type=int, default=None, help="draws the mutants of another run again")
    parser.add_argument(
        "--python", type=Path, default=ROOT / ".venv/bin/python", help="has what the tests need"
    )
    parser.add_argument("--module", choices=MODULES, help="only mutants of this one")
    options = parser.parse_args()
    python = options.python.absolute()  # the tests run in another folder
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    modules = [options.module] if options.module else list(MODULES)
    with tempfile.TemporaryDirectory(prefix="gatepass-mutants-") as folder:
        Path(folder).chmod(0o755)  # some tests read it as another user
        shutil.copytree(ROOT, f"{folder}/copy", ignore=shutil.ignore_patterns(".*", "__pycache__", "dist"))
        os.chdir(f"{folder}/copy")
        os.environ["PYTHONPATH"] = os.pathsep.join(
            str(Path(part).resolve()) for part in ("overlay", "generated")
        )
        mutants = draw(modules, random.Random(seed), options.count, Path(folder))
        print(f"seed {seed}: {len(mutants)} mutants", flush=True)
        limits: dict[str, float] = {}
        killed, drawn = Counter[str](), Counter[str]()
        for name, mutations in mutants:
            command = [str(python), *PYTEST, *MODULES[name]]
            if name not in limits:
                limits[name] = 120 + 3 * baseline(command)
            result = mutate_and_test(mutations, shlex.join(command), limits[name])
            drawn[name] += 1
            killed[name] += result.is_killed
            where = f"{name}:{mutations[0].start_pos[0]} {mutations[0].operator_name.rpartition('/')[2]}"
            print(f"{'killed  ' if result.is_killed else 'SURVIVED'}  {where}", flush=True)
            if not result.is_killed:
                print(result.diff, flush=True)
    for name in drawn:
        print(f"{name:22} {killed[name]} of {drawn[name]} killed")
    return 0


def draw(modules: list[str], random_: random.Random, count: int, folder: Path) -> list[tuple[str, Any]]:
    """So many places of the modules, and for each place one of its mutants; type hints are left out."""
    places: dict[tuple[str, Position], list[Any]] = {}
    for name in modules:
        path = Path("overlay/gatepass") / name
        hints = type_hints(path.read_text(encoding="utf-8"))
        with use_db(folder / "mutants.sqlite") as database:
            init([path], database, {})
            items = [item.mutations for item in database.work_items]
        for mutations in sorted(items, key=lambda found: (found[0].operator_name, found[0].occurrence)):
            start = tuple(mutations[0].start_pos)
            if not any(first <= start < last for first, last in hints):
                places.setdefault((name, start), []).append(mutations)
    chosen = random_.sample(sorted(places), min(count, len(places)))
    return [(name, random_.choice(places[name, start])) for name, start in sorted(chosen)]


def type_hints(source: str) -> list[tuple[Position, Position]]:
    """Where the hints stand, which no test runs."""
    hints: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            hints.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            hints.append(node.annotation)
    return [
        ((hint.lineno, hint.col_offset), (hint.end_lineno or 0, hint.end_col_offset or 0))
        for hint in hints
        if hint is not None
    ]


def baseline(command: list[str]) -> float:
    """The seconds that the tests take without a mutant; they must pass."""
    begun = time.monotonic()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"these tests fail without a mutant: {shlex.join(command)}\n{done.stdout[-3000:]}")
    return time.monotonic() - begun


if __name__ == "__main__":
    raise SystemExit(main())
