"""Measure gatepass side by side with what a user would pick instead: `python scripts/bench --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from bench.bench import main  # noqa: E402 - found only now

if __name__ == "__main__":
    sys.exit(main())
