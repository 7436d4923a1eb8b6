"""A local stand-in for all providers, built from their specs alone.

`Emulator` is for tests, `run` for the command line. Nothing here imports `gatepass` or the code of
a client, and there is no code for a provider: one more spec is one more provider.
"""

from ._calls import Call
from ._command import run
from ._document import SpecError
from ._emulator import Emulator
from ._faults import Fault

__all__ = ["Call", "Emulator", "Fault", "SpecError", "run"]
