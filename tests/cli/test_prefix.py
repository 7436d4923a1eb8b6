"""`--prefix`: the account whose variables begin with it."""

from __future__ import annotations

import os

import pytest

from gatepass_emulator import Emulator

from .shell import run, run_in_subprocess


@pytest.fixture
def shop(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """All credentials are those of a shop; base URLs are shared."""
    for name, value in emulator.variables().items():
        if not name.endswith("_BASE_URL"):
            monkeypatch.delenv(name)
            monkeypatch.setenv(f"SHOP_A_{name}", value)


@pytest.mark.usefixtures("shop")
def test_a_token_is_that_of_the_account(emulator: Emulator) -> None:
    printed = run("token", "setu", "sandbox", "--prefix", "SHOP_A", "--format", "dotenv").stdout

    assert printed.startswith("SHOP_A_SETU_SANDBOX_ACCESS_TOKEN='")
    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("shop")
def test_a_secret_is_read_with_the_credentials_of_the_account() -> None:
    assert run("secret", "read", "sahamati", "uat", "fake-aa-1", "--prefix", "SHOP_A").returncode == 0


@pytest.mark.usefixtures("shop")
def test_the_command_that_reads_a_secret_which_could_not_be_printed_has_the_option(
    emulator: Emulator,
) -> None:
    emulator.fault("sahamati", "uat", operation="resetEntitySecret", patch={"/secret": "fake-é-hidden"})
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}

    done = run_in_subprocess(
        "secret", "reset", "sahamati", "uat", "fake-aa-1", "--prefix", "SHOP_A", env=ascii_only
    )

    assert "`gatepass secret read sahamati uat fake-aa-1 --prefix SHOP_A`" in done.stderr


@pytest.mark.usefixtures("shop")
def test_without_the_option_the_prefix_of_the_variables_that_are_set_is_suggested(emulator: Emulator) -> None:
    done = run("token", "setu", "sandbox")

    assert done.returncode == 2
    assert "prefix='SHOP_A'" in done.stderr
    assert emulator.count("setu") == 0


@pytest.mark.usefixtures("shop")
def test_doctor_and_list_name_the_variables_of_the_account() -> None:
    found = run("doctor", "setu", "sandbox", "--prefix", "SHOP_A")
    listed = run("list", "setu", "--prefix", "SHOP_A").stdout.splitlines()

    assert found.returncode == 0
    assert "SHOP_A_SETU_SANDBOX_CLIENT_ID, SHOP_A_SETU_SANDBOX_SECRET" in found.stdout
    assert listed[0] == f"setu sandbox  {os.environ['SETU_SANDBOX_BASE_URL']}"
    assert [line.split() for line in listed[1:4]] == [
        ["SHOP_A_SETU_SANDBOX_CLIENT_ID", "set"],
        ["SHOP_A_SETU_SANDBOX_SECRET", "set"],
        ["SETU_SANDBOX_BASE_URL", "set"],
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "setu", "sandbox"],
        ["secret", "read", "sahamati", "uat", "fake-aa-1"],
        ["doctor", "setu", "sandbox"],
        ["list"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("prefix", ["shop-a", "SHOP_A_", ""])
def test_a_prefix_that_no_variable_begins_with_is_wrong_usage(
    emulator: Emulator, arguments: list[str], prefix: str
) -> None:
    done = run(*arguments, "--prefix", prefix)

    assert done.returncode == 2
    assert "prefix= is letters, digits and _, such as 'SHOP_A'" in done.stdout + done.stderr
    assert emulator.calls == []
