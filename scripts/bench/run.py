"""The arguments of a measure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .row import PerUnit, Row
from .server import Server


@dataclass(frozen=True)
class Run:
    """A run of the measures."""

    server: Server
    folder: Path
    """For scratch files."""
    quick: bool
    """Fewer repetitions: only to see that it works."""
    advance: Callable[[float], None]
    """Reports progress, as a fraction of the measure."""

    def each(self, names: list[str]) -> Iterator[str]:
        """Yield the names, and report the progress."""
        for name in names:
            yield name
            self.advance(1 / len(names))


Measure = Callable[[Run], Iterator[Row] | Iterator[PerUnit]]
