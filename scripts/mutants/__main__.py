"""Checks the tests of the core and the file store with random mutants: `make mutants`.

cosmic-ray changes one place in a copy of the repository, and the tests of that module must then fail. For a
mutant that survives, the diff is printed: either a test is missing, or the mutant behaves like the original.
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
TOKENS = ["tests/cache", "--ignore-glob=*_deadline.py", "-k", "not trio"]
REQUESTS = ["tests/bad_input", "tests/providers", "-k", "not trio"]
REQUESTS += [f"tests/cache/test_{name}.py" for name in ("provider_outages", "rate_limits")]
REQUESTS += [f"tests/cache/test_{name}.py" for name in ("rejected_credentials", "connection_errors")]
NETWORK = ["tests/cache/test_connection_errors.py", "-k", "not trio"]
NETWORK += [f"tests/cache/test_{name}.py" for name in ("token_request_deadline", "proxies", "connections")]
NETWORK += [f"tests/cache/test_{name}.py" for name in ("unreachable_addresses", "private_networks")]
FILE_STORE = ["tests/stores/file"]
MODULES = {
    "_cache.py": TOKENS,
    "_cached_token.py": TOKENS,
    "_refresh.py": [*TOKENS, "tests/stores/file/test_quota.py"],
    "_backoff.py": TOKENS,
    "_exchange.py": [*REQUESTS, "tests/cache/test_quota.py"],
    "_transport.py": [*REQUESTS, "tests/cache/test_quota.py"],
    "_classify.py": REQUESTS,
    "_lifetime.py": REQUESTS,
    "_network.py": NETWORK,
    "_network_stream.py": NETWORK,
    "_connections.py": NETWORK,
    "_settings.py": [*REQUESTS, "tests/cache/test_secret_rotation.py"],
    "_quota.py": ["tests/stores/test_quota_window.py", "tests/cache/test_quota.py"],
    "stores/_file_store.py": FILE_STORE,
    "stores/_file_lease.py": FILE_STORE,
    "stores/_file_quota.py": FILE_STORE,
    "stores/_file_lock.py": FILE_STORE,
    "stores/_token_folder.py": FILE_STORE,
    "stores/_private_file.py": FILE_STORE,
    "stores/_record.py": FILE_STORE,
}
"""Modules of the package, and the tests that must fail for their mutants."""
PYTEST = ["-m", "pytest", "-x", "-q", "-n", "2", "-p", "no:cacheprovider"]
Position = tuple[int, int]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="number of mutants; the default is 40")
    parser.add_argument("--seed", type=int, default=None, help="repeats the mutants of another run")
    parser.add_argument(
        "--python", type=Path, default=ROOT / ".venv/bin/python", help="the Python that runs the tests"
    )
    parser.add_argument("--module", choices=MODULES, help="mutate only this module")
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
    """Up to `count` random places in the modules, with a mutant for each; type hints are left out."""
    places: dict[tuple[str, Position], list[Any]] = {}
    for name in modules:
        path = Path("overlay/gatepass") / name
        hints = type_hints(path.read_text(encoding="utf-8"))
        with use_db(folder / "mutants.sqlite") as database:
            init([path], database, {})
            items = [item.mutations for item in database.work_items]
        for mutations in sorted(items, key=lambda item: (item[0].operator_name, item[0].occurrence)):
            start = tuple(mutations[0].start_pos)
            if not any(first <= start < last for first, last in hints):
                places.setdefault((name, start), []).append(mutations)
    chosen = random_.sample(sorted(places), min(count, len(places)))
    return [(name, random_.choice(places[name, start])) for name, start in sorted(chosen)]


def type_hints(source: str) -> list[tuple[Position, Position]]:
    """The start and end of each type hint; no test runs them."""
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
    """The duration of the tests without a mutant, in seconds. Exits if they fail."""
    begun = time.monotonic()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    if process.returncode:
        sys.exit(f"these tests fail without a mutant: {shlex.join(command)}\n{process.stdout[-3000:]}")
    return time.monotonic() - begun


if __name__ == "__main__":
    raise SystemExit(main())
