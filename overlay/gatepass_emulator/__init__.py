"""A local stand-in for all providers, built from their specs alone.

`Emulator` is for tests, `run` for the command line. Nothing here imports `gatepass` or the code of a client,
and there is no code for a provider: one more spec is one more provider.
"""

from ._command import run
from ._emulator import Emulator
from ._faults import Fault
from ._message import Call
from ._spec import SpecError

__all__ = ["Call", "Emulator", "Fault", "SpecError", "run"]
