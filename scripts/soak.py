"""Three minutes of load on tokens that live five seconds: nobody may notice a renewal.

The load runs twice at the same moment, in two processes: 32 threads (or tasks) ask the echo API with a
credential, and 32 others at the same pace with a constant header. Both meet the same emulator and the same
disturbances of the machine, and what a renewal takes from its own process (the GIL, the loop) slows no
constant request, as it would within one process. The emulator is a third one; only its tokens are late.
The pace is fixed and far from saturation, where percentiles measure nothing but the scheduler.

A token is renewed after 70 to 80 % of its life, so a new one begins every 3.5 s at most: these are the lives
in "calls for a token". None is served in its last 10 %, so by lives of the full 5 s nothing could pass.
"""

import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

LIFETIME, LATENCY, REQUESTS, STALL = 5.0, 0.3, 10_000, 0.020
MODES, KINDS = ("threads", "asyncio"), ("credential", "constant")
SANDBOX: dict[str, Any] = {"provider": "setu", "environment": "sandbox"}
LOAD = str(Path(__file__).parent / "bench" / "load.py")
EMULATOR = """
import sys
from gatepass_emulator import Emulator
with Emulator() as emulator:
    print(emulator.base_url, flush=True)
    sys.stdin.read()  # until whoever started this closes the pipe, or dies
"""
Line = tuple[str, str, str, bool]
"""What, its figure, its limit, and whether that holds."""


@contextlib.contextmanager
def process(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """A Python of our own, talked to by pipes, gone when the block ends."""
    command, env = [sys.executable, *arguments], {**os.environ, **variables}
    with subprocess.Popen(
        command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def told(child: subprocess.Popen[str]) -> str:
    """The next line that a process says."""
    line = child.stdout.readline() if child.stdout else ""
    return line.strip() or sys.exit("a process of the soak died; its own words are above")


def soak(mode: str, seconds: float) -> Iterator[Line]:
    """Both loads at once; what came of them, line by line."""
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        control = start(httpx.Client(base_url=told(start(process("-c", EMULATOR))), timeout=30))

        def count(**given: Any) -> int:  # never during the load: counting makes the emulator itself late
            return int(control.get("/_emulator/count", params=SANDBOX | given).json())

        for name, value in (("lifetime", {"seconds": LIFETIME}), ("fault", {"latency": LATENCY})):
            control.post(f"/_emulator/{name}", json=SANDBOX | value).raise_for_status()
        variables = control.get("/_emulator/variables").json()
        loads = [start(process(LOAD, kind, mode, str(seconds), **variables)) for kind in KINDS]
        for load in loads:
            told(load)
        calls, echoes = count(), count(kind="echo")
        for load in loads:
            print("go", file=load.stdin, flush=True)
        show_progress(mode, seconds)
        got, constant = (json.loads(told(load)) for load in loads)
        calls, echoes, expired = count() - calls, count(kind="echo") - echoes, count(kind="echo", status=401)

    requests, events = len(got["took"]), Counter(got["events"])
    wanted, lives = math.ceil(REQUESTS * seconds / 180), int(seconds / (0.7 * LIFETIME))
    yield "requests with the credential", f"{requests:,}", f"from {wanted:,}", requests >= wanted
    yield "requests that waited for a renewal", f"{events['waited']}", "0", not events["waited"]
    repeated = echoes - requests
    figure = f"{expired}, {repeated} repeated"
    yield "requests with an expired token", figure, "0", expired == repeated == 0
    failed = got["bad"] | {kind: events[kind] for kind in ("refused", "limited", "failed") if events[kind]}
    yield "errors", f"{failed or 0}", "0", not failed
    yield "calls for a token", f"{calls}", f"to {lives} + 1", 0 < calls <= lives + 1
    tails, medians = ([percentile(one["took"], part) for one in (got, constant)] for part in (0.999, 0.5))
    ratio = tails[0] / tails[1]
    figure = f"{ratio:.2f} x: {ms(*tails)}, medians {ms(*medians)}"
    yield "p99.9 over that with a constant header", figure, "to 1.5 x", ratio <= 1.5
    if mode == "asyncio":
        longer = got["stall"] - constant["stall"]
        figure = ms(got["stall"], constant["stall"])
        yield "longest stall of the loop over that of the other", figure, "to + 20 ms", longer < STALL
        figure = ms(got["step"], constant["step"])
        yield "longest step of the auth on the loop", figure, "to 20 ms", got["step"] < STALL
        figure = ms(got["renewal_cpu"])
        yield "most CPU of a renewal, in its own thread", figure, "to 20 ms", got["renewal_cpu"] < STALL


def show_progress(mode: str, seconds: float) -> None:
    """Wait while the load runs, with a bar if somebody looks."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if sys.stderr.isatty():
            bar = "#" * int(30 - 30 * left / seconds)
            print(f"\r{mode:8}[{bar:30}]{left:4.0f} s left ", end="", file=sys.stderr, flush=True)
        time.sleep(0.5)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)


def percentile(took: list[float], part: float) -> float:
    return sorted(took)[int(part * len(took))]


def ms(*seconds: float) -> str:
    return " : ".join(f"{1000 * one:.1f}" for one in seconds) + " ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--mode", choices=(*MODES, "both"), default="both")
    given = parser.parse_args()
    good = True
    for mode in MODES if given.mode == "both" else (given.mode,):
        for name, figure, limit, ok in soak(mode, given.seconds):
            print(f"{mode:7}  {name:48}  {figure:44}  {limit:11}  {'ok' if ok else 'NOT OK'}", flush=True)
            good = good and ok
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
