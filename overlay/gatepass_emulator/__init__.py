"""A local stand-in for all providers, driven by their specs alone.

`Emulator` is for tests, `run` for the command line. Nothing here imports the code of a client, and there is
no code for a provider: adding a spec adds a provider.
"""

from gatepass_spec import SpecError

from ._command import run
from ._emulator import Emulator
from ._faults import Fault
from ._log import Call

__all__ = ["Call", "Emulator", "Fault", "SpecError", "run"]
