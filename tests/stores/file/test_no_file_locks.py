"""On a system without `fcntl` everything works but the file store."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gatepass_emulator import Emulator

WITHOUT = "import sys; sys.modules['fcntl'] = None; import os; os.environ.pop('GATEPASS_STORE', None)\n"


def run(code: str) -> list[str]:
    """The lines that a program prints on such a system."""
    done = subprocess.run([sys.executable, "-c", WITHOUT + code], capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_stores_can_be_imported_and_the_memory_store_works(emulator: Emulator) -> None:
    code = """
from gatepass import Setu
from gatepass.stores import CachedToken, FileStore, Lease, Lookup, RedisStore, Store
import gatepass_cli
print(len({Setu('sandbox', store='memory:').token().value for _ in range(2)}))
"""
    assert run(code) == ["2"]


@pytest.mark.parametrize("store", ["FileStore()", "FileStore('/tmp/fake')", "Setu('sandbox', store='file:')"])
def test_a_file_store_explains_why_it_is_unavailable(emulator: Emulator, store: str) -> None:
    code = f"""
from gatepass import ConfigError, Setu
from gatepass.stores import FileStore
try:
    {store}
except ConfigError as error:
    print(error)
"""
    (message,) = run(code)
    assert "FileStore needs file locks (the module fcntl), which this system does not have" in message
    assert emulator.calls == []


def test_a_redis_store_works_without_a_host_store(emulator: Emulator) -> None:
    code = """
from gatepass import ConfigError
from gatepass.stores import RedisStore
try:
    RedisStore('redis://127.0.0.1:1', allow_plaintext=True)
except ConfigError as error:
    print(error)
print(RedisStore('redis://127.0.0.1:1', allow_plaintext=True, host=False))
"""
    message, store = run(code)
    assert "RedisStore(url, host=False)" in message
    assert store == "RedisStore('127.0.0.1:1')"
