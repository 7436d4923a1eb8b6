"""The command line, as a shell sees it."""

import contextlib
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatepass.cli import main
from gatepass_emulator import Emulator

from ..patience import PATIENCE


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in this process, as a shell would see it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(list(arguments))
        except SystemExit as end:  # argparse
            status = int(str(end.code))
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


def run_apart(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-c", "import sys; from gatepass.cli import main; sys.exit(main())"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=PATIENCE)


def test_token_prints_the_token_alone(emulator: Emulator) -> None:
    done = run_apart("token", "setu", "sandbox")

    assert done.returncode == 0
    token = done.stdout.removesuffix("\n")
    assert token.count(".") == 2
    assert "\n" not in token
    assert token not in done.stderr
    assert "good until" in done.stderr


@pytest.mark.parametrize(
    ("style", "begins"),
    [
        ("header", "Authorization: Bearer sandbox_"),
        ("env", "SU_SANDBOX_ACCESS_TOKEN="),
        ("value", "sandbox_"),
    ],
)
def test_token_in_other_shapes(emulator: Emulator, style: str, begins: str) -> None:
    assert run("token", "su", "sandbox", "--format", style).stdout.startswith(begins)


def test_token_as_json(emulator: Emulator) -> None:
    said = json.loads(run("token", "sahamati-user", "uat", "--format", "json").stdout)

    assert sorted(said) == ["environment", "expires_at", "provider", "token"]
    assert said["environment"] == "uat"


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"status": 400}, 3), ({"status": 429}, 4), ({"status": 500}, 5), ({"body": "<html>"}, 5)],
)
def test_the_exit_status_says_what_kind_of_trouble_it_is(
    emulator: Emulator, fault: dict[str, Any], status: int
) -> None:
    emulator.fault("setu", "sandbox", **fault)

    done = run("token", "setu", "sandbox")

    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith("gatepass: setu sandbox: ")
    assert "Traceback" not in done.stderr


def test_a_missing_variable_is_named(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = os.environ["SETU_SANDBOX_SECRET"]
    monkeypatch.delenv("SETU_SANDBOX_SECRET")
    monkeypatch.setenv("SETU_SANDBOX_SECRETT", secret)

    done = run("token", "setu", "sandbox")

    assert done.returncode == 2
    assert "set SETU_SANDBOX_SECRET " in done.stderr
    assert "SETU_SANDBOX_SECRETT is set: is that a slip?" in done.stderr
    assert secret not in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["token"], ["token", "nobody", "sandbox"], ["token", "setu", "moon"]]
)
def test_wrong_usage_is_2(emulator: Emulator, arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_secret_read_and_reset_into_a_private_file(emulator: Emulator, tmp_path: Path) -> None:
    entity, out = emulator.credentials("sahamati", "uat", "entityToken")["entity_id"], tmp_path / "secret"
    old = emulator.variables()["SAHAMATI_UAT_SECRET"]
    assert run("secret", "read", "sahamati", "uat", entity).stdout == old + "\n"

    done = run("secret", "reset", "sahamati", "uat", entity, "--out", str(out))

    assert (done.returncode, done.stdout) == (0, "")
    assert out.read_text() == emulator.variables()["SAHAMATI_UAT_SECRET"] + "\n" != old + "\n"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_that_cannot_be_written_costs_no_secret(emulator: Emulator, tmp_path: Path) -> None:
    entity = emulator.credentials("sahamati", "uat", "entityToken")["entity_id"]

    done = run("secret", "reset", "sahamati", "uat", entity, "--out", str(tmp_path / "no" / "secret"))

    assert done.returncode == 2
    assert emulator.count("sahamati", kind="secret") == 0


def test_list_shows_what_is_set_and_no_value(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SU_PRODUCTION_CLIENT_SECRET")
    monkeypatch.setenv("SU_PRODUCTION_CLIENT_SECRET_FILE", "/fake/file")
    monkeypatch.delenv("SINGLEVIEW_PRODUCTION_BASE_URL")

    said = run("list").stdout

    lines = dict(line.rsplit(None, 1) for line in map(str.strip, said.splitlines()) if line.startswith("SU_"))
    assert lines["SU_SANDBOX_CLIENT_SECRET"] == "set"
    assert "SU_PRODUCTION_CLIENT_SECRET              from file" in said
    assert "singleview production  no public host" in said
    assert os.environ["SU_SANDBOX_CLIENT_SECRET"] not in said


def test_emulator_runs_a_command_with_the_variables_set() -> None:
    program = "from gatepass import Decentro; print(Decentro('production').token())"

    done = run_apart("emulator", "--", sys.executable, "-c", program)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Token(value=***")


def test_emulator_prints_the_variables_alone() -> None:
    done = run("emulator", "--env", "--port", "8123")

    assert "export SETU_SANDBOX_BASE_URL=http://127.0.0.1:8123/setu/sandbox" in done.stdout
    assert all(line.startswith("export ") for line in done.stdout.splitlines())


def test_a_reader_who_has_enough_is_no_trouble(emulator: Emulator) -> None:
    command = [sys.executable, "-c", "from gatepass.cli import main; raise SystemExit(main(['list']))"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""


def test_two_commands_share_a_token(emulator: Emulator) -> None:
    first, second = run("token", "su", "sandbox").stdout, run_apart("token", "su", "sandbox").stdout

    assert first == second
    assert emulator.count("su") == 1


def test_cache_lists_without_values_and_clears(emulator: Emulator) -> None:
    token = run("token", "su", "sandbox").stdout.strip()
    emulator.fault("setu", "production", status=400)
    run("token", "setu", "production")

    listed = run("cache", "list").stdout

    assert token not in listed
    assert sorted(line.split()[1:5] for line in listed.splitlines())[0][:3] == [
        "setu",
        "production",
        "Rejected",
    ]
    assert "su sandbox               good until" in listed
    assert "2 removed" in run("cache", "clear").stderr
    assert run("cache", "list").stdout == ""
    assert run("token", "su", "sandbox").stdout.strip() != token


def test_there_is_no_cache_to_list_where_none_is_used(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", "memory:")

    done = run("cache", "list")

    assert done.returncode == 2
    assert "names no file store" in done.stderr
