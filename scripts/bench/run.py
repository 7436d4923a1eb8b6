"""What a measure is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .row import PerUnit, Row
from .server import Server


@dataclass(frozen=True)
class Run:
    """One run of everything."""

    server: Server
    folder: Path
    """For scratch files."""
    quick: bool
    """Fewer repetitions: to see that it works, not to be told to anybody."""
    advance: Callable[[float], None]
    """Told how far the measure has come, as a part of 1."""

    def each(self, names: list[str]) -> Iterator[str]:
        """The names, while the progress is shown."""
        for name in names:
            yield name
            self.advance(1 / len(names))


Measure = Callable[[Run], Iterator[Row] | Iterator[PerUnit]]
