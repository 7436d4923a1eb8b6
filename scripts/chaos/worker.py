"""`worker.py threads|asyncio SECONDS`: use a token of every target, and report each use as a line of JSON.

The configuration is a line on standard input. The process exits at the end of its standard input.
"""

import asyncio
import hashlib
import inspect
import json
import os
import random
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

import httpx

from gatepass import Credential, Decentro, Event, FileStore, GatepassError, RedisStore, Setu, Su

CREDENTIALS: Mapping[str, Any] = {"setu": Setu, "su": Su, "decentro": Decentro}


def report(kind: str, **facts: Any) -> None:
    """Write a line that other threads cannot split; pipes accept so short a line at once."""
    os.write(1, json.dumps({"kind": kind, "at": time.time(), **facts}).encode() + b"\n")


def report_event(event: Event) -> None:
    if event.kind == "requested":
        report("requested")


async def use(target: int, credential: Credential, asynchronous: bool, pause: float) -> None:
    """Send requests with the token; after an error wait until its `retry_at`, as a caller should."""
    client: Any = (httpx.AsyncClient if asynchronous else httpx.Client)(timeout=30, trust_env=False)
    sent: list[tuple[str, float]] = []  # fingerprints as the emulator makes them, and when each was sent

    def record(request: httpx.Request) -> None:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        sent.append((hashlib.sha256(token.encode()).hexdigest()[:12], time.time()))

    async def record_async(request: httpx.Request) -> None:
        record(request)

    client.event_hooks = {"request": [record_async if asynchronous else record]}
    wait = random.uniform(0, pause)
    while True:
        await asyncio.sleep(wait)
        sent.clear()
        began, wait = time.time(), random.uniform(0.5, 1.5) * pause
        outcome: dict[str, Any] = {"error": "", "reason": "", "status": 0, "retry_at": 0.0}
        outcome["auth"] = random.random() < 0.5
        try:
            if outcome["auth"]:
                response = client.get(f"{credential.base_url}/echo", auth=credential)
            else:
                token = (await credential.atoken()) if asynchronous else credential.token()
                headers = {"Authorization": f"Bearer {token.value}"}
                response = client.get(f"{credential.base_url}/echo", headers=headers)
            outcome["status"] = (await response if inspect.isawaitable(response) else response).status_code
        except GatepassError as error:
            retry_at = getattr(error, "retry_at", None) or 0.0
            outcome |= {"error": type(error).__name__, "reason": str(error), "retry_at": retry_at}
            wait = max(retry_at - time.time(), 0.0) + random.uniform(0.01, 0.3)
        except (
            httpx.TransportError
        ) as error:  # the API was unavailable; the token request has errors of its own
            outcome["error"] = "" if sent else f"untyped {type(error).__name__}"
        except Exception as error:
            outcome["error"] = f"untyped {type(error).__name__}"
        report("use", target=target, began=began, sent=sent, **outcome)


def main(mode: str, pause: str) -> None:
    config = json.loads(sys.stdin.readline())
    threading.excepthook = lambda args: report("untyped", name=args.exc_type.__name__)
    sys.unraisablehook = lambda args: report("untyped", name=args.exc_type.__name__)
    store = RedisStore(config["redis"], host=FileStore(config["folder"]))
    options = {"store": store, "on_event": report_event}
    users = [
        (number, CREDENTIALS[provider](environment, **options, **own), mode == "asyncio", float(pause))
        for number, (provider, environment, own) in enumerate(config["targets"])
    ]
    report("ready")
    if mode == "asyncio":
        threading.Thread(target=lambda: asyncio.run(use_all(users)), daemon=True).start()
    else:
        for user in users:
            threading.Thread(target=lambda user=user: asyncio.run(use(*user)), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


async def use_all(users: list[Any]) -> None:
    await asyncio.gather(*(use(*user) for user in users))


if __name__ == "__main__":
    main(*sys.argv[1:])
