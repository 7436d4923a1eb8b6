"""Providers of one's own: `gatepass lint`, `gatepass generate`, and the package that it writes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..cli.shell import run
from ..timeouts import HANG_TIMEOUT

SPECS = Path(__file__).parent / "specs"
STEPS, SIGNED, KEYED = SPECS / "steps.yaml", SPECS / "signed.yaml", SPECS / "keyed.yaml"
PRELUDE = """
import contextlib, os, time
import httpx
import gatepass
from gatepass_emulator import Emulator

later = 0
clock = gatepass.Clock(monotonic=lambda: time.monotonic() + later, time=lambda: time.time() + later)
emulator = contextlib.ExitStack().enter_context(Emulator())
emulator.clock = clock.time
os.environ.update(emulator.variables())

def get(credential):
    return httpx.get(credential.base_url + "/echo", auth=credential).status_code

seen = 0

def calls():
    global seen
    lines = [f"{call.path} {call.status}" for call in emulator.calls if call.kind != "echo"][seen:]
    seen += len(lines)
    return lines
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of site packages in which a package with all specs was installed by pip."""
    folder = tmp_path_factory.mktemp("packages")
    specs = map(str, (STEPS, SIGNED, KEYED))
    done = run("generate", *specs, "--out", str(folder / "source"), "--package", "my_tokens")
    assert done.returncode == 0, done.stderr
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--target", str(folder / "site")]
    pip = [sys.executable, "-m", "pip", "install", *options, str(folder / "source")]
    subprocess.run(pip, check=True, capture_output=True, text=True, timeout=HANG_TIMEOUT)
    return folder / "site"


def python(site: Path, *arguments: str) -> str:
    paths = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, *arguments],
        env={
            **os.environ,
            "PYTHONPATH": paths,
            "NO_PROXY": "*",
            "XDG_CACHE_HOME": str(site.parent / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_gatepass_knows_an_installed_package(installed: Path) -> None:
    assert "steps sandbox  https://sandbox.steps.example\n    STEPS_SANDBOX_SHOP" in python(
        installed, "-m", "gatepass", "list", "steps"
    )
    command = [
        "-m",
        "gatepass",
        "emulator",
        "--",
        sys.executable,
        "-m",
        "gatepass",
        "token",
        "steps",
        "sandbox",
    ]
    assert len(python(installed, *command).strip()) > 20
    program = "import gatepass, my_tokens; print(gatepass.Steps is my_tokens.Steps, 'Steps' in dir(gatepass))"
    assert python(installed, "-c", program) == "True True\n"


def test_each_login_is_requested_when_the_one_before_has_ended(installed: Path) -> None:
    program = f"""{PRELUDE}
steps = gatepass.Steps("sandbox", clock=clock)
print(get(steps), get(steps), *calls())
later = 700
print(get(steps), *calls())
later = 4000
print(get(steps), *calls())
"""
    assert python(installed, "-c", program).splitlines() == [
        "200 200 /login 200 /tokens 201",
        "200 /tokens 201",
        "200 /login 200 /tokens 201",
    ]


def test_a_rejected_login_is_replaced_once(installed: Path) -> None:
    program = f"""{PRELUDE}
steps = gatepass.Steps("sandbox")
steps.token()
emulator.revoke()
calls()
steps.invalidate(steps.token())
print(steps.token().value != "", *calls())
"""
    assert python(installed, "-c", program) == "True /tokens 401 /login 200 /tokens 201\n"


def test_a_wrong_login_and_a_wrong_credential_are_rejected(installed: Path) -> None:
    program = f"""{PRELUDE}
for wrong in ({{"password": "fake-wrong-password"}}, {{"shop": "fake-wrong-shop"}}):
    try:
        gatepass.Steps("sandbox", **wrong).token()
    except gatepass.Rejected as error:
        print(error.status, *calls())
"""
    assert python(installed, "-c", program).splitlines() == ["401 /login 401", "403 /login 200 /tokens 403"]


def test_an_assertion_is_signed_for_each_request(installed: Path) -> None:
    program = f"""{PRELUDE}
signed = gatepass.Signed("sandbox", clock=clock)
print(get(signed), *calls())
later = 700
print(get(signed), *calls())
for wrong in ({{"client_id": "fake-other"}}, {{"private_key": os.environ["SIGNED_PRODUCTION_PRIVATE_KEY"]}}):
    try:
        gatepass.Signed("sandbox", **wrong).token()
    except gatepass.Rejected as error:
        print(error.status, *calls())
"""
    assert python(installed, "-c", program).splitlines() == [
        "200 /oauth2/token 200",
        "200 /oauth2/token 200",
        "401 /oauth2/token 401",
        "401 /oauth2/token 401",
    ]


def test_secrets_in_a_url_are_in_no_log(installed: Path) -> None:
    program = f"""import io, logging
log = io.StringIO()
logging.basicConfig(level=logging.DEBUG, stream=log)
{PRELUDE}
keyed = gatepass.Keyed("sandbox", secret="fake secret/with%signs")
try:
    keyed.token()
except gatepass.Rejected:
    print("rejected")
print(get(gatepass.Keyed("sandbox")))
lines = [line for line in log.getvalue().splitlines() if "HTTP Request" in line]
print(*[line.partition(" http://127.0.0.1:")[2].partition("/")[2].partition(" ")[0] for line in lines])
secrets = ["fake secret", "fake+secret", "fake%20secret", os.environ["KEYED_SANDBOX_ACCOUNT"],
           os.environ["KEYED_SANDBOX_SECRET"], gatepass.Keyed("sandbox").token().value]
print([secret for secret in secrets if secret in log.getvalue()])
"""
    assert python(installed, "-c", program).splitlines() == [
        "rejected",
        "200",
        "***?*** keyed/sandbox/echo?***",
        "[]",
    ]


def test_a_key_that_cannot_sign_is_an_error_without_a_request(installed: Path) -> None:
    program = f"""{PRELUDE}
try:
    gatepass.Signed("sandbox", private_key="fake-no-key").token()
except gatepass.ConfigError as error:
    print(error, error.__cause__, error.__context__, calls())
"""
    message = "it must be a private key for ES256 in PEM format, without a password"
    assert (
        python(installed, "-c", program) == f"private_key cannot sign the assertion: {message} None None []\n"
    )


def test_a_second_generation_replaces_the_first(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("generate", str(STEPS), "--out", str(out)).returncode == 0
    (out / "gatepass_steps" / "steps.py").write_text("")
    assert run("generate", str(STEPS), "--out", str(out)).returncode == 0
    assert "class Steps" in (out / "gatepass_steps" / "steps.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--package", "json"], "--package json: this is a module of Python"),
        (["--package", "httpx"], "--package httpx: another package with this name is installed"),
        (["--package", "Not-A-Name"], "--package Not-A-Name: use lower case, digits and _"),
        (["--package", "class"], "--package class: use lower case, digits and _"),
    ],
)
def test_a_package_name_that_is_taken_is_refused(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run("generate", str(STEPS), "--out", str(tmp_path / "out"), *arguments)

    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("fake")

    done = run("generate", str(STEPS), "--out", str(tmp_path))

    assert done.returncode == 2
    assert "it has other files in it (notes.txt); name a new or empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_several_specs_need_a_name(tmp_path: Path) -> None:
    done = run("generate", str(STEPS), str(SIGNED), "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert "several specs need a name for their package: --package NAME" in done.stderr


def test_a_provider_that_is_taken_is_refused(tmp_path: Path) -> None:
    spec = tmp_path / "setu.yaml"
    shutil.copy(STEPS, spec)

    done = run("generate", str(spec), "--out", str(tmp_path / "out"))

    assert done.returncode == 2
    assert f"{spec}:1: gatepass_providers has Setu and setu already" in done.stderr


def test_a_spec_with_a_problem_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    spec = tmp_path / "steps.yaml"
    spec.write_text(STEPS.read_text().replace("$request.body#/shop", "$request.body#/shopp"))

    linted = run("lint", str(spec))
    generated = run("generate", str(spec), "--out", str(tmp_path / "out"))

    assert (linted.returncode, generated.returncode) == (1, 2)
    assert f"{spec}:111: gatepass/place: " in linted.stdout
    assert f"{spec}:111: gatepass/place: " in generated.stderr
    assert f"{tmp_path / 'out'} is unchanged" in generated.stderr


def test_logins_that_need_each_other_are_refused(tmp_path: Path) -> None:
    spec, login = tmp_path / "steps.yaml", "      operationId: login\n"
    spec.write_text(STEPS.read_text().replace(login, f"{login}      security:\n        - accessToken: []\n"))

    done = run("lint", str(spec))

    assert "gatepass/chain: " in done.stdout
    assert "session needs accessToken needs session: no token could be the first" in done.stdout
