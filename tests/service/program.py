"""`gatepass`, on a clock that is ahead of the machine's by what a file says."""

import os
import sys
import time
from pathlib import Path

_file = Path(os.environ["TEST_CLOCK"])
_time, _clock_gettime = time.time, time.clock_gettime


def _ahead() -> float:
    return float(_file.read_text())


time.time = lambda: _time() + _ahead()
time.clock_gettime = lambda clock: _clock_gettime(clock) + _ahead()

from gatepass_cli import main  # noqa: E402 - it keeps the functions that it finds

sys.exit(main())
