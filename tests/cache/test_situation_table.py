"""The situation table of this folder names existing tests."""

import re
from pathlib import Path

from tests import cache


def test_every_row_of_the_situation_table_names_an_existing_test() -> None:
    rows = re.findall(r"\| ([\w./]+\.py)::(test_\w+) \|", cache.__doc__ or "")
    missing = [
        name for file, name in rows if f"def {name}(" not in (Path(__file__).parent / file).read_text()
    ]

    assert len(rows) > 20
    assert missing == []
