"""The examples of specs/README.md work."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx

from gatepass_emulator import Emulator

from .. import snippets
from ..test_docs import PROGRAMS
from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
README = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    matches = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", README, re.M | re.S)
    return [textwrap.dedent(block) for _, block in matches]


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=HANG_TIMEOUT)


def test_the_minimal_spec_passes_the_lint_and_becomes_a_client_and_an_emulated_provider(
    tmp_path: Path,
) -> None:
    [spec], [caller] = blocks("yaml"), blocks("python")
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "acme.yaml").write_text(spec, encoding="utf-8")

    linted = run("lint.py", "--specs", tmp_path / "specs")
    assert linted.returncode == 0, linted.stderr
    generated = run("generate.py", "--specs", tmp_path / "specs", "--out", tmp_path / "out")
    assert generated.returncode == 0, generated.stderr

    with Emulator(specs=tmp_path / "specs") as emulator:
        code = caller + "\nprint(response.jwt, response.ttl)"
        variables = emulator.variables() | {"PYTHONPATH": str(tmp_path / "out")}
        done = subprocess.run(
            [sys.executable, "-S", "-c", without_site(code)], env=variables, capture_output=True
        )
        assert done.returncode == 0, done.stderr
        token, lifetime = done.stdout.decode().split()
        assert lifetime == "600"
        echoed = httpx.get(
            variables["ACME_SANDBOX_BASE_URL"] + "/echo",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,  # a proxy of this machine is not for the emulator
        )
        assert echoed.status_code == 200


def without_site(code: str) -> str:
    """The code, with the packages of this environment, but without its own `gatepass_clients`."""
    folders = [folder for folder in sys.path if folder.endswith("site-packages")]
    return f"import sys; sys.path += {folders!r}\n{code}"


def test_type_checkers_accept_the_programs_of_the_documentation(tmp_path: Path) -> None:
    recipes = ("docs/recipes/fastapi.md", "docs/recipes/gunicorn.md")  # the others use untyped frameworks
    programs = [*PROGRAMS, *(block for recipe in recipes for block in snippets.blocks(recipe, "python"))]
    for number, program in enumerate(programs):
        (tmp_path / f"program_{number}.py").write_text(program.text, encoding="utf-8")
    for command in (["mypy", "--strict", "."], ["pyright", "--pythonpath", sys.executable, "."]):
        done = snippets.run(command, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
