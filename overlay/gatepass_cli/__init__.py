"""The command `gatepass`."""

from ._main import main

__all__ = ["main"]
