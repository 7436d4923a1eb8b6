"""Eight processes in four languages need a token at once, and the provider gets one request."""

from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

from ..helpers import PausedResponses
from ..timeouts import HANG_TIMEOUT, wait_for
from .client import Client, started, without_secrets

PROVIDER, PROCESSES = "setu", 8


def start_cold(clients: Sequence[Client]) -> str:
    """Start as many processes of each client; the provider responds when all have asked."""
    paused_responses = PausedResponses()
    with (
        mock.patch("gatepass_emulator._server.send_response", paused_responses.send),
        started() as setup,
    ):
        paused_responses.pause()
        processes = [
            client.start(setup, PROVIDER) for client in clients for _ in range(PROCESSES // len(clients))
        ]
        wait_for(
            lambda: (
                (setup.requests.stat().st_size >= PROCESSES and setup.emulator.count(PROVIDER))
                or any(process.poll() is not None for process in processes)
            )
        )
        paused_responses.resume()
        outputs = [process.communicate(timeout=HANG_TIMEOUT) for process in processes]
        problems = [errors for output, errors in outputs if output != f"{PROVIDER}: 200\n"]
        if (count := setup.emulator.count(PROVIDER)) != 1:
            problems.append(f"{count} token requests, not 1")
        if setup.requests.stat().st_size != PROCESSES:
            problems.append(f"{setup.requests.stat().st_size} processes asked the service, not {PROCESSES}")
        return without_secrets("\n".join(problems), setup.service.key)
