"""A thread runs asyncio and trio together, or no event loop, or belongs to a subinterpreter."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from gatepass import ConfigError, SahamatiUser, Setu
from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT


async def run_as_trio_guest(function: Callable[[], Awaitable[Any]]) -> Any:
    """Run the async function in trio, as a guest of the running asyncio loop."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()
    trio.lowlevel.start_guest_run(
        function, run_sync_soon_threadsafe=loop.call_soon_threadsafe, done_callback=done.set_result
    )
    return (await done).unwrap()


def test_trio_is_a_guest_of_asyncio(emulator: Emulator) -> None:
    guest, host = Setu("sandbox"), Setu("sandbox")

    async def both() -> tuple[Any, ...]:
        return await asyncio.gather(run_as_trio_guest(guest.atoken), host.atoken(), host.atoken())

    first, second, third = asyncio.run(both())

    assert first.value != second.value == third.value
    assert emulator.count("setu") == 2


def test_tasks_of_asyncio_and_of_a_guest_wait_for_the_same_token(emulator: Emulator) -> None:
    credential = Setu("sandbox")

    async def both() -> tuple[Any, ...]:
        return await asyncio.gather(run_as_trio_guest(credential.atoken), credential.atoken())

    assert len(set(asyncio.run(both()))) == 1
    assert emulator.count("setu") == 1


def test_without_a_running_event_loop_the_error_says_so(emulator: Emulator) -> None:
    coroutines = [Setu("sandbox").atoken(), SahamatiUser("sandbox").aread_secret("fake-aa-1")]
    for coroutine in coroutines:
        with pytest.raises(ConfigError, match="needs a running event loop of asyncio or trio"):
            coroutine.send(None)

    assert emulator.calls == []


SUBINTERPRETER = """
import sys
try:
    import _interpreters
    own = _interpreters.create("isolated")
except ImportError:  # before 3.13
    import _xxsubinterpreters as _interpreters
    own = _interpreters.create(isolated=True)
failure = _interpreters.run_string(own, '''
{body}
''')
_interpreters.destroy(own)
sys.exit(str(failure) if failure else 0)
"""


TOKENS = f"""
import sys
sys.path[:] = {sys.path!r}
sys.modules["trio"] = None  # httpcore imports it, and it starts a program, which 3.11 forbids here
import asyncio
from gatepass import Setu
assert Setu("sandbox", timeout=3000).token() and asyncio.run(Setu("sandbox", timeout=3000).atoken())
"""


def in_a_subinterpreter(body: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", SUBINTERPRETER.format(body=body)]
    return subprocess.run(program, capture_output=True, text=True, timeout=HANG_TIMEOUT)


def test_a_subinterpreter_fetches_tokens_without_daemon_threads(emulator: Emulator) -> None:
    if in_a_subinterpreter("import ssl").returncode:
        pytest.skip("this Python crashes after a subinterpreter imports ssl, as 3.12.1 does")

    done = in_a_subinterpreter(TOKENS)

    assert (done.returncode, done.stderr) == (0, "")
    assert emulator.count("setu") == 2
