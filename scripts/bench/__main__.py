"""Compare gatepass with the libraries that a user would choose instead: `python scripts/bench --help`."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])

from bench.bench import main  # noqa: E402 - needs the path above

if __name__ == "__main__":
    sys.exit(main())
