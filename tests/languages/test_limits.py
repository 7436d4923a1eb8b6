"""specs/README.md has what `make languages` runs and measures."""

import re
from pathlib import Path

import pytest

from toolchains import LANGUAGES

FOLDER = Path(__file__).parent
README = (FOLDER.parents[1] / "specs" / "README.md").read_text(encoding="utf-8")
MEASURED = [name for name, language in LANGUAGES.items() if language.limits]


def test_the_table_has_what_make_languages_measures() -> None:
    table = README.partition("| generator | body of a GET |")[2].partition("\n\n")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")[1:6]] for line in table.splitlines()[2:]]

    assert rows == [[name, *(LANGUAGES[name].limits or ())] for name in MEASURED]


@pytest.mark.parametrize("name", MEASURED)
def test_the_table_says_for_whom_the_client_is_made_from_the_twin_in_openapi_3_0(name: str) -> None:
    callers = (FOLDER / name).glob(f"*.{LANGUAGES[name].extension}")
    twins = [
        path.stem
        for path in callers
        if " openapi-3.0/" in path.read_text(encoding="utf-8").partition("\n")[0]
    ]
    row = next(line for line in README.splitlines() if line.startswith(f"| `{name}` |"))

    assert row.split("|")[6].strip().lower() == (f"for {', '.join(twins)}" if twins else "no")


@pytest.mark.parametrize("name", MEASURED)
def test_a_caller_uses_the_post_only_if_its_client_cannot_send_the_get(name: str) -> None:
    caller = (FOLDER / name / f"decentro.{LANGUAGES[name].extension}").read_text(encoding="utf-8")
    limits = LANGUAGES[name].limits

    assert limits
    uses_post = bool(re.search(r"generateTokenByPost|generate_token_by_post|GenerateTokenByPost", caller))
    assert uses_post == (limits.get_body in ("dropped", "throws"))


@pytest.mark.parametrize("name", [name for name in LANGUAGES if name not in ("curl", "python")])
def test_the_page_has_the_command_of_the_callers(name: str) -> None:
    caller = (FOLDER / name / f"setu.{LANGUAGES[name].extension}").read_text(encoding="utf-8")
    command = caller.partition("\n")[0].partition("made by: ")[2]

    assert f"`{command}`" in README


def test_the_lock_file_of_the_crates_has_registry_checksums() -> None:
    lock = (FOLDER / "rust" / "Cargo.lock").read_text(encoding="utf-8")
    packages = [package for package in lock.split("[[package]]") if "\nsource = " in package]

    assert packages
    assert all("\nchecksum = " in package for package in packages)
