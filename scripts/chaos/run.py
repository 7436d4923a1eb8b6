"""Random faults while eight processes on four simulated hosts use the tokens of two accounts.

Each account has an emulator of its own, with Setu, Su and Decentro in two environments. A host is a folder
(`FileStore`) that two processes share; the hosts share one Valkey server (`RedisStore`). The faults are drawn
from a seed before the run begins, and so is the highest number of token requests that they may cause.
"""

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

from .checks import check
from .fleet import Fleet
from .plan import HOSTS, RULE, TARGETS, WORKERS, draw, request_bound


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=None, help="repeats the faults of another run")
    parser.add_argument(
        "--pause", type=float, default=1.0, help="average seconds between two uses of a token"
    )
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    faults = draw(random.Random(seed), options.seconds)
    bounds = {target: request_bound(faults, target, options.seconds) for target in TARGETS}
    print(f"seed {seed}: {len(faults)} faults in {options.seconds:g} s; {WORKERS} processes, {HOSTS} hosts")
    print(*faults, sep="\n")
    print(RULE)
    print(*(f"  {target}: at most {bound}" for target, bound in bounds.items()), sep="\n", flush=True)

    folder = Path(tempfile.mkdtemp(prefix="gp-"))  # short: a socket's path has its limit
    try:
        with Fleet(folder, options.pause) as fleet:
            begun = time.time()
            fleet.play(faults, options.seconds)
            history = fleet.history(begun)
    finally:
        shutil.rmtree(folder)
    passed = True
    for name, figure, limit, is_met in check(history, bounds):
        print(f"{name:52}  {figure:44}  {limit:20}  {'ok' if is_met else 'NOT OK'}")
        passed = passed and is_met
    return 0 if passed else 1
