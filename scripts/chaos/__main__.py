"""Injects random faults while processes on several hosts use tokens: `python scripts/chaos --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from chaos.run import main  # noqa: E402 - needs the path above

if __name__ == "__main__":
    sys.exit(main())
