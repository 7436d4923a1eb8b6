"""`make generate` is reproducible, and changes nothing if a spec has a problem."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ..specs.defects import BAD_INPUTS, BAD_NAMES
from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]


def generate(*arguments: object, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "generate.py", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a valid spec and the code compiled from it, which the tests copy."""
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "specs").mkdir()
    shutil.copy(ROOT / "specs" / "setu.yaml", folder / "specs")
    process = generate("--specs", folder / "specs", "--out", folder / "out")
    assert process.returncode == 0, process.stderr
    return folder


@pytest.fixture
def specs(compiled: Path, tmp_path: Path) -> Path:
    """A folder with the spec, beside the folder `out` with the code compiled from it."""
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    return tmp_path / "specs"


def test_the_committed_code_is_that_of_the_specs() -> None:
    checked = generate("--check")

    assert checked.returncode == 0, checked.stderr


def test_bytes_are_the_same_from_another_folder_under_another_ruff_configuration(tmp_path: Path) -> None:
    (tmp_path / "ruff.toml").write_text('line-length = 40\n[format]\nquote-style = "single"\n')
    (tmp_path / "below").mkdir()

    process = generate(
        "--out", tmp_path / "below/out", cwd=tmp_path / "below", PYTHONHASHSEED="7", TZ="Asia/Kolkata"
    )

    assert process.returncode == 0, process.stderr
    assert contents(tmp_path / "below/out") == contents(ROOT / "generated")


def test_check_lists_missing_stale_and_changed_files_and_changes_nothing(specs: Path) -> None:
    out = specs.parent / "out"
    client = out / "gatepass_clients" / "setu"
    (client / "client.py").unlink()
    (client / "left_over.py").touch()
    (client / "types.py").write_text("# edited by hand\n")
    before = contents(out)

    checked = generate("--check", "--specs", specs, "--out", out)

    assert checked.returncode == 1
    assert "missing: gatepass_clients/setu/client.py" in checked.stderr
    assert "stale: gatepass_clients/setu/left_over.py" in checked.stderr
    assert "changed: gatepass_clients/setu/types.py" in checked.stderr
    assert contents(out) == before


def test_the_whole_folder_is_replaced(specs: Path) -> None:
    out = specs.parent / "out"
    before = contents(out)
    (out / "gatepass_clients" / "left_over.py").touch()

    assert generate("--specs", specs, "--out", out).returncode == 0

    assert contents(out) == before
    assert sorted(path.name for path in specs.parent.iterdir()) == [".out.sha256", "out", "specs"]


def test_nothing_is_compiled_again_without_a_change(specs: Path) -> None:
    out = specs.parent / "out"
    spec, client = specs / "setu.yaml", out / "gatepass_clients" / "setu" / "client.py"

    def last_line() -> str:
        process = generate("--specs", specs, "--out", out)
        assert process.returncode == 0, process.stderr
        return process.stderr.splitlines()[-1]

    last_line()  # compiles again, because the folder is a copy
    assert last_line() == "out/: nothing changed"
    client.write_text("# edited by hand")
    assert last_line() == "out/: 1 files changed"
    spec.write_text(spec.read_text().replace("The keys of the sandbox do", "No key of the sandbox does"))
    assert "files changed" in last_line()
    (out / "left_over.py").touch()
    assert last_line() == "out/: 1 files changed"
    assert last_line() == "out/: nothing changed"


DEFECTS = {
    "not YAML": ("  title: Setu access tokens", "  title: [Setu", "not YAML"),
    "a key twice": ("  version: 0.2.0", "  version: 0.2.0\n  version: 0.1.1", "not YAML"),
    "OpenAPI 3.2": ("openapi: 3.1.0", "openapi: 3.2.0", "not OpenAPI 3.1"),
    "OpenAPI 3.0": ("openapi: 3.1.0", "openapi: 3.0.3", "not OpenAPI 3.1"),
    "no operation id": ("      operationId: generateToken\n", "", "name the operation"),
    "an unresolved reference": ("schemas/TokenData'", "schemas/TokenDate'", "TokenDate"),
    "an unnamed server": ("    x-oai-name: sandbox\n", "", "x-oai-name"),
    "two servers of one name": ("x-oai-name: production", "x-oai-name: sandbox", "another server"),
    "an unknown key in x-gatepass-token": (
        "default_expires_in: 1800",
        "default_expires: 1800",
        "default_expires",
    ),
    "a token at an unknown place": ("body#/data/token", "body#/data/tokens", "data/tokens is not in"),
    "a credential at an unknown place": ("body#/clientID", "body#/clientId", "clientId is not in"),
    "an unknown operation": ("operation: generateToken\n", "operation: makeToken\n", "makeToken"),
    "an undocumented rejection": ("rejected: ['400',", "rejected: ['418',", "'418'"),
    "a server without https": ("url: https://uat", "url: http://uat", "is not of the form https://"),
    "two environments on one host": ("//uat.setu.co", "//prod.setu.co", "is the host of"),
    "a link without https": ("url: https://docs", "url: http://docs", "is not of the form https://"),
    "a credential that is a keyword of Python": ("client_id: $", "lambda: $", "'lambda'"),
    "a secret that shows": (
        "token:\n          type: string\n          format: password",
        "token:\n          type: string",
        "format: password",
    ),
}


@pytest.mark.parametrize(("old", "new", "part"), DEFECTS.values(), ids=DEFECTS)
def test_a_broken_spec_is_reported_with_its_line_and_nothing_changes(
    specs: Path, old: str, new: str, part: str
) -> None:
    spec, out = specs / "setu.yaml", specs.parent / "out"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new))
    before = contents(out)

    process = generate("--specs", specs, "--out", out)

    assert process.returncode == 1
    folder, _, message = process.stderr.partition("setu.yaml:")
    assert folder.endswith(str(specs) + "/")
    assert message[0].isdigit()
    assert part in message
    assert "Traceback" not in process.stderr
    assert contents(out) == before


def test_the_reported_line_is_that_of_the_defect(specs: Path) -> None:
    spec = specs / "setu.yaml"
    text = spec.read_text().replace(
        "access_token: $response.body#/data/token", "access_token: $response.body#/token"
    )
    spec.write_text(text)
    line = next(n for n, content in enumerate(text.splitlines(), 1) if "access_token: $response" in content)

    assert f"setu.yaml:{line}: " in generate("--specs", specs, "--out", specs.parent / "out").stderr


def test_an_error_code_may_be_in_a_200_if_the_spec_describes_it_there(specs: Path) -> None:
    spec = specs / "setu.yaml"
    text = spec.read_text().replace("code: $response.body#/error/code", "code: $response.body#/data/code")
    spec.write_text(text)
    assert "data/code" in generate("--specs", specs, "--out", specs.parent / "out").stderr

    text = text.replace("        expiresIn:\n", "        code:\n          type: string\n        expiresIn:\n")
    text = text.replace(
        "                  expiresIn: 1800\n",
        "                  code: fake\n                  expiresIn: 1800\n",
    )
    spec.write_text(text)
    process = generate("--specs", specs, "--out", specs.parent / "out")
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize("name", BAD_NAMES)
def test_an_unusable_file_name_is_rejected(specs: Path, name: str) -> None:
    (specs / "setu.yaml").rename(specs / f"{name}.yaml")

    process = generate("--specs", specs, "--out", specs.parent / "new")

    assert process.returncode == 1
    assert process.stderr.startswith(f"{specs}/{name}.yaml:1: gatepass/file-name: ")
    assert not (specs.parent / "new").exists()


def test_a_bad_spec_stops_the_compilation_of_all(specs: Path) -> None:
    (specs / "other.yaml").write_text("openapi: 3.1.0\n")
    out = specs.parent / "out"
    before = contents(out)

    process = generate("--specs", specs, "--out", out)

    assert process.returncode == 1
    assert f"{specs}/other.yaml:1:" in process.stderr
    assert contents(out) == before


def test_all_problems_are_reported_at_once_and_nothing_changes(specs: Path) -> None:
    for number, (content, _, _) in enumerate(BAD_INPUTS.values()):
        (specs / f"bad{number}.yaml").write_bytes(content)
    two = (specs / "setu.yaml").read_text().replace("x-oai-name: production", "x-oai-name: sandbox")
    (specs / "two.yaml").write_text(two.replace("default_expires_in: 1800", "default_expires_in: 900"))
    before = contents(specs.parent / "out")

    process = generate("--specs", specs, "--out", specs.parent / "out")

    assert process.returncode == 1
    assert "Traceback" not in process.stderr
    findings = process.stderr.splitlines()
    for number, (name, (_, line, message)) in enumerate(BAD_INPUTS.items()):
        start = f"{specs}/bad{number}.yaml:{line}: "
        assert any(finding.startswith(start) and message in finding for finding in findings), name
    two_findings = [finding for finding in findings if finding.startswith(f"{specs}/two.yaml:")]
    assert [re.search(r" (gatepass/\S+): ", finding)[1] for finding in two_findings] == [  # type: ignore[index]
        "gatepass/server-twice",
        "gatepass/server-name",
        "gatepass/lifetime",
    ]
    assert contents(specs.parent / "out") == before


def test_an_empty_folder_says_what_to_write(tmp_path: Path) -> None:
    process = generate("--specs", tmp_path, "--out", tmp_path / "out")

    assert process.returncode == 1
    assert "write a spec" in process.stderr
    assert not (tmp_path / "out").exists()
