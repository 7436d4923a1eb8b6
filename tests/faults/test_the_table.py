"""The table of situations in this folder names tests that are there."""

import re
from pathlib import Path

from tests import faults


def test_every_row_names_a_test_that_is_there() -> None:
    rows = re.findall(r"\| (test_\w+\.py)::(test_\w+) \|", faults.__doc__ or "")
    missing = [
        name for file, name in rows if f"def {name}(" not in (Path(__file__).parent / file).read_text()
    ]

    assert len(rows) > 20
    assert missing == []
