"""The commands: their output, errors and exit status."""

import json
import os
import re
import shlex
import subprocess
import sys
from typing import Any

import pytest

from gatepass._clock import show_time
from gatepass_emulator import Emulator

from ..timeouts import HANG_TIMEOUT
from .shell import COMMAND, run, run_in_subprocess


def test_token_prints_the_token_alone(emulator: Emulator) -> None:
    done = run_in_subprocess("token", "setu", "sandbox")

    assert done.returncode == 0
    token = done.stdout.removesuffix("\n")
    assert token.count(".") == 2
    assert "\n" not in token
    assert token not in done.stderr
    assert re.fullmatch(r"gatepass: valid until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(in \d+ s\)\n", done.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /dev/full")
def test_a_message_that_cannot_be_written_fails_nothing(emulator: Emulator) -> None:
    with open("/dev/full", "w") as full:
        done = run_in_subprocess("token", "setu", "sandbox", stderr=full)

    assert done.returncode == 0
    assert done.stdout.count(".") == 2


@pytest.mark.parametrize(
    ("style", "begins"),
    [
        ("header", "Authorization: Bearer sandbox_"),
        ("env", "export SU_SANDBOX_ACCESS_TOKEN='sandbox_"),
        ("dotenv", "SU_SANDBOX_ACCESS_TOKEN='sandbox_"),
        ("value", "sandbox_"),
    ],
)
def test_token_in_other_formats(emulator: Emulator, style: str, begins: str) -> None:
    assert run("token", "su", "sandbox", "--format", style).stdout.startswith(begins)


def test_a_token_printed_for_a_shell_survives_its_quoting(emulator: Emulator) -> None:
    token = "it's$(fake)`token`\\"
    emulator.fault("setu", "sandbox", token=token)
    line = run("token", "setu", "sandbox", "--format", "env").stdout

    code = line + 'printf %s "$SETU_SANDBOX_ACCESS_TOKEN"'
    done = subprocess.run(["sh", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == token


def test_the_time_of_the_next_attempt_is_a_date(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=429, headers={"Retry-After": "100"})

    assert re.search(
        r"not before \d{4}-\d\d-\d\dT\S+Z \(in \d+ s\)\n", run("token", "setu", "sandbox").stderr
    )


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (1_800_001_800.4, "2027-01-15T08:30:00Z (in 1800 s)"),
        (1_799_999_990.0, "2027-01-15T07:59:50Z (10 s ago)"),
        (1e300, "9999-12-31T23:59:59Z (in 251602300799 s)"),
        (-1e300, "1970-01-01T00:00:00Z (1800000000 s ago)"),
    ],
)
def test_show_time_is_a_date_and_the_relative_seconds(at: float, expected: str) -> None:
    assert show_time(at, 1_800_000_000.0) == expected


def test_a_secret_is_printed_with_its_expiry(emulator: Emulator) -> None:
    stderr = run("secret", "read", "sahamati", "uat", "fake-aa-1").stderr

    assert re.fullmatch(r"gatepass: valid until \S+Z \(in \d+ s\)\n", stderr)


def test_token_as_json(emulator: Emulator) -> None:
    printed = json.loads(run("token", "sahamati-user", "uat", "--format", "json").stdout)

    assert sorted(printed) == ["environment", "expires_at", "provider", "token"]
    assert printed["environment"] == "uat"
    assert type(printed["expires_at"]) is int


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"status": 400}, 3), ({"status": 429}, 4), ({"status": 500}, 5), ({"body": "<html>"}, 5)],
)
def test_each_kind_of_error_has_an_exit_status(
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
    assert "SETU_SANDBOX_SECRETT is set: did you mean that?" in done.stderr
    assert secret not in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["token"], ["token", "unknown", "sandbox"], ["token", "setu", "moon"]]
)
def test_the_exit_status_of_wrong_usage_is_2(emulator: Emulator, arguments: list[str]) -> None:
    assert run(*arguments).returncode == 2


def test_secret_read_and_reset(emulator: Emulator) -> None:
    old = emulator.variables()["SAHAMATI_UAT_SECRET"]
    assert run("secret", "read", "sahamati", "uat", "fake-aa-1").stdout == old + "\n"

    done = run("secret", "reset", "sahamati", "uat", "fake-aa-1")

    assert (done.returncode, done.stdout) == (0, emulator.variables()["SAHAMATI_UAT_SECRET"] + "\n")
    assert done.stdout != old + "\n"


def test_list_shows_what_is_set_and_no_value(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SU_PRODUCTION_CLIENT_SECRET")
    monkeypatch.setenv("SU_PRODUCTION_CLIENT_SECRET_FILE", "/fake/file")
    monkeypatch.delenv("SINGLEVIEW_PRODUCTION_BASE_URL")

    printed = run("list").stdout

    lines = dict(
        line.rsplit(None, 1) for line in map(str.strip, printed.splitlines()) if line.startswith("SU_")
    )
    assert lines["SU_SANDBOX_CLIENT_SECRET"] == "set"
    assert "SU_PRODUCTION_CLIENT_SECRET              from file" in printed
    assert "singleview production  no public host" in printed
    assert os.environ["SU_SANDBOX_CLIENT_SECRET"] not in printed


def test_emulator_runs_a_command_with_the_variables_set() -> None:
    program = "from gatepass import Decentro; print(Decentro('production').token())"

    done = run_in_subprocess("emulator", "--", sys.executable, "-c", program)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Token(value=***")


def test_emulator_prints_the_variables_alone() -> None:
    done = run("emulator", "--env", "--port", "8123")

    assert "export SETU_SANDBOX_BASE_URL='http://127.0.0.1:8123/setu/sandbox'\n" in done.stdout
    assert all(line.startswith("export ") for line in done.stdout.splitlines())


def test_emulator_prints_the_variables_for_a_dotenv_file() -> None:
    exported = run("emulator", "--env").stdout.splitlines()

    done = run("emulator", "--env", "--format", "dotenv")

    assert done.stdout.splitlines() == [line.removeprefix("export ") for line in exported]


def test_emulator_does_not_print_the_variables_and_run_a_command() -> None:
    done = run("emulator", "--env", "--", "true")

    assert (done.returncode, done.stdout) == (2, "")
    assert "--env" in done.stderr


def test_emulator_env_tolerates_a_closed_pipe() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{shlex.join(COMMAND)} emulator --env | true"],
        capture_output=True,
        timeout=HANG_TIMEOUT,
    )

    assert done.stderr == b""


def test_list_tolerates_a_closed_pipe(emulator: Emulator) -> None:
    with subprocess.Popen(
        [*COMMAND, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.wait(HANG_TIMEOUT) == 0
        assert process.stderr.read() == ""


def test_two_commands_share_a_token(emulator: Emulator) -> None:
    first, second = run("token", "su", "sandbox").stdout, run_in_subprocess("token", "su", "sandbox").stdout

    assert first == second
    assert emulator.count("su") == 1


def test_cache_list_shows_no_values_and_cache_clear_removes_them(emulator: Emulator) -> None:
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
    assert "su sandbox               valid until 2" in listed
    assert "2 removed" in run("cache", "clear").stderr
    assert run("cache", "list").stdout == ""
    assert run("token", "su", "sandbox").stdout.strip() != token


def test_cache_list_without_a_file_store_is_wrong_usage(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", "memory:")

    done = run("cache", "list")

    assert done.returncode == 2
    assert "names no file store" in done.stderr


def test_without_file_locks_the_command_line_works_without_a_file_store(emulator: Emulator) -> None:
    code = "import sys; sys.modules['fcntl'] = None; from gatepass_cli import main; sys.exit(main())"

    done = subprocess.run(
        [sys.executable, "-c", code, "token", "setu", "sandbox"],
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1


def test_a_store_folder_of_an_unknown_user_is_an_error_without_a_traceback(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", "file:~no-such-user/x")

    done = run("cache", "list")

    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-user" in done.stderr


@pytest.mark.parametrize("action", ["list", "clear"])
def test_a_store_path_that_is_too_long_is_an_error_without_a_traceback(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.setenv("GATEPASS_STORE", f"file:/{'n' * 300}")

    done = run("cache", action)

    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr


def test_an_error_is_json_too(emulator: Emulator) -> None:
    emulator.fault("setu", "sandbox", status=429, headers={"Retry-After": "100"})

    done = run("token", "setu", "sandbox", "--format", "json")

    assert done.returncode == 4
    error = json.loads(done.stdout)
    expected = {"provider", "environment", "error", "message", "code", "trace", "retry_at"}
    assert error.keys() == expected
    assert (error["provider"], error["environment"], error["error"]) == ("setu", "sandbox", "rate_limited")
    assert isinstance(error["retry_at"], int)


def test_a_rejection_is_json_with_code_and_trace(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETU_SANDBOX_SECRET", "fake-wrong")

    done = run("token", "setu", "sandbox", "--format", "json")

    error = json.loads(done.stdout)
    assert (done.returncode, error["error"], error["code"]) == (3, "rejected", "invalid-api-key")
    assert error["trace"]
    assert "fake-wrong" not in done.stdout + done.stderr


def test_a_missing_setting_is_json_without_a_code(clean_environment: None) -> None:
    done = run("token", "setu", "sandbox", "--format", "json")

    error = json.loads(done.stdout)
    assert (done.returncode, error["error"], error["code"]) == (2, "config", None)
    assert "SETU_SANDBOX_CLIENT_ID" in error["message"]


def test_a_rejected_token_is_read_from_stdin_and_replaced(emulator: Emulator) -> None:
    rejected = run("token", "setu", "sandbox").stdout.strip()
    emulator.revoke(rejected)

    done = run_in_subprocess("token", "setu", "sandbox", "--rejected", input=f"{rejected}\n")

    assert done.returncode == 0
    assert done.stdout.strip() not in ("", rejected)
    assert rejected not in done.stderr
    assert run("token", "setu", "sandbox").stdout == done.stdout
    assert emulator.count("setu") == 2


def test_without_another_token_the_error_of_the_provider_is_shown(emulator: Emulator) -> None:
    rejected = run("token", "setu", "sandbox").stdout
    emulator.fault("setu", "sandbox", status=503)

    done = run_in_subprocess("token", "setu", "sandbox", "--rejected", "--format", "json", input=rejected)

    assert (done.returncode, json.loads(done.stdout)["error"]) == (5, "unavailable")


def test_a_rejected_token_is_required_on_stdin(emulator: Emulator) -> None:
    done = run_in_subprocess("token", "setu", "sandbox", "--rejected", input="\n")

    assert (done.returncode, done.stdout) == (2, "")
    assert "write the token that an API rejected to stdin" in done.stderr
