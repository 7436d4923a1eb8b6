"""Tests the specs in other languages: generates clients and runs the callers of tests/languages.

python scripts/languages.py [--require] [LANGUAGE...]    all languages by default

A caller is a program for users to copy. Its first line has the command that generates its client; that
command is run in a temporary folder. The callers are then run against the emulator, with a lifetime that no
provider has, with an undeclared one and with a wrong secret. Languages that cannot be compiled on this
machine are reported as skipped; `--require` (or GATEPASS_REQUIRE_LANGUAGES=1) makes that an error.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import node
from gatepass_emulator import Emulator
from gatepass_spec import SpecError
from repository import load_specs

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.languages.scenarios import CREDENTIALS, PROVIDERS, run_caller, scenarios  # noqa: E402

JARS = (
    Path(sysconfig.get_path("purelib"), "openapi_generator_cli", "openapi-generator.jar"),
    Path("/usr/share/java/geronimo-annotation-1.3-spec.jar"),
)
MAX_LINES = 60
"""Lines of a compiler's output that are shown."""


class Requirement(NamedTuple):
    """A program or library, a shell command that succeeds if it is installed, and how to install it."""

    name: str
    probe: str
    install: str


def program(name: str, package: str) -> Requirement:
    return Requirement(f"`{name}` on PATH", f"command -v {name}", f"apt-get install {package}")


JAVA = program("java", "default-jre-headless")
"""openapi-generator needs it."""


class Language(NamedTuple):
    """Shell commands that build all callers and run one of them, in the folder that contains them."""

    extension: str
    run: str
    build: str = ""
    requirements: Sequence[Requirement] = ()


LANGUAGES = {
    "curl": Language("sh", "bash {p}.sh", requirements=[program("curl", "curl"), program("jq", "jq")]),
    "python": Language("py", "python {p}.py"),
    "go": Language(
        "go",
        "bin/{p}",
        build="go mod init example && ls *.go | xargs -n 1 go build -o bin/",
        requirements=[program("go", "golang-go"), JAVA],
    ),
    "typescript": Language(
        "ts",
        "node {p}.ts",  # Node.js runs TypeScript without checking the types.
        build="""ln -s "$MODULES" node_modules && echo '{"type": "module"}' > package.json &&
            tsc --noEmit --strict --target es2022 --module nodenext --types node *.ts""",
        requirements=[
            Requirement("TypeScript in .venv/node", "command -v tsc openapi-typescript", "make tools")
        ],
    ),
    "java": Language(
        "java",
        "java -XX:TieredStopAtLevel=1 {C}",
        # For forms, the generated code imports a class of Apache's httpmime that it does not use. With the
        # generated pom.xml, Maven downloads it; here an empty class replaces it.
        build="""echo 'package org.apache.http.entity.mime; public class MultipartEntityBuilder {}' \
            > MultipartEntityBuilder.java && javac -proc:none -d classes *.java */src/main/java/*/*.java""",
        requirements=[
            program("javac", "default-jdk-headless"),
            Requirement(
                "javax.annotation",
                f"test -e {JARS[1]}",
                "apt-get install libgeronimo-annotation-1.3-spec-java",
            ),
        ],
    ),
    "ruby": Language(
        "rb",
        "ruby -I {p}/lib {p}.rb",
        requirements=[
            program("ruby", "ruby"),
            Requirement("gem typhoeus", "ruby -r typhoeus -e 0", "apt-get install ruby-typhoeus"),
            JAVA,
        ],
    ),
    "php": Language(
        "php",
        "php {p}.php",
        # Instead of Composer, which would download packages.
        build=r"""mkdir vendor && cat > vendor/autoload.php <<'END'
<?php
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    [$client, $rest] = explode('\\', $class, 2) + [1 => ''];
    $file = strtolower($client) . '/lib/' . strtr($rest, '\\', '/') . '.php';
    if (is_file($file)) require $file;
});
END""",
        requirements=[
            program("php", "php-cli"),
            Requirement(
                "curl in php",
                "php -r 'exit(function_exists(\"curl_init\") ? 0 : 1);'",
                "apt-get install php-curl",
            ),
            Requirement(
                "Guzzle",
                "php -r 'require \"GuzzleHttp/autoload.php\";'",
                "apt-get install php-guzzlehttp-guzzle",
            ),
            JAVA,
        ],
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("language", nargs="*", help=", ".join(LANGUAGES))
    parser.add_argument("--require", action="store_true", help="fail if a language cannot be compiled here")
    options = parser.parse_args()
    if unknown := set(options.language) - set(LANGUAGES):
        parser.error(f"no callers in {', '.join(sorted(unknown))}; use {', '.join(LANGUAGES)}")
    try:
        load_specs()  # generators would fetch or open what a spec refers to
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    required = options.require or os.environ.get("GATEPASS_REQUIRE_LANGUAGES") == "1"
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        variables = build_environment(Path(folder))
        absent, present = {}, []
        for name in [name for name in LANGUAGES if name in options.language or not options.language]:
            if reason := missing(LANGUAGES[name], variables):
                absent[name] = reason
            else:
                present.append(name)
        failures = list(test(present, Path(folder), variables))
    for name, reason in absent.items():
        print(f"{'failed' if required else 'skipped'}: {name} ({reason})")
    for failure in failures:
        print(f"\n{failure}")
    print(f"\n{len(present)} languages, {len(failures)} failures, {time.monotonic() - began:.0f} s")
    return 1 if failures or (absent and required) else 0


def test(names: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Print the table, each row as soon as its language is done, and yield the failures."""
    print(line("", *PROVIDERS))
    with Emulator() as emulator, ThreadPoolExecutor(2) as pool:
        builds = pool.map(lambda name: build(name, folder / name, variables), names)
        for name, output in zip(names, builds, strict=True):
            row = [name]
            for credential_class in CREDENTIALS:
                provider = credential_class.spec.provider
                if output:
                    row.append("failed" if re.search(rf"\b{provider}\b", output) else "not run")
                    continue
                command = LANGUAGES[name].run
                failures = [
                    run_caller(emulator, command, credential_class, scenario, folder / name, variables)
                    for scenario in scenarios(credential_class.spec)
                ]
                yield from (f"{name}, {provider}: {failure}" for failure in failures if failure)
                row.append("failed" if any(failures) else "ok")
            print(line(*row), flush=True)
            if output:
                yield f"{name}: {output}"


def line(*cells: str) -> str:
    return "".join(f"{cell:<12}" for cell in cells).rstrip()


def build(name: str, folder: Path, variables: Mapping[str, str]) -> str:
    """Generate the clients of a language and build its callers; returns a failed command and its output."""
    folder.mkdir()
    commands = []
    for provider in PROVIDERS:
        caller = ROOT / "tests" / "languages" / name / f"{provider}.{LANGUAGES[name].extension}"
        shutil.copy(caller, folder)
        shutil.copy(ROOT / "specs" / f"{provider}.yaml", folder)
        first = caller.read_text(encoding="utf-8").partition("\n")[0]
        commands += re.findall(r"made by: (?:npx )?(.+)", first)
    for command in filter(None, [*commands, LANGUAGES[name].build]):
        process = shell(command, folder, variables)
        if process.returncode:
            output = f"{process.stdout}{process.stderr}".splitlines()
            return "\n".join([command, *output[:MAX_LINES], *["..."][: len(output) > MAX_LINES]])
    return ""


def missing(language: Language, variables: Mapping[str, str]) -> str:
    """What is not installed for the language, and how to install it; empty if everything is installed."""
    for requirement in language.requirements:
        if shell(requirement.probe, ROOT, variables).returncode:
            return f"no {requirement.name}: {requirement.install}"
    return ""


def shell(command: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=1800
    )


def build_environment(folder: Path) -> dict[str, str]:
    """The environment variables for all commands: our tools first, no downloads, no proxy."""
    inherited = {
        name: value
        for name, value in node.variables().items()
        if not name.upper().startswith("GATEPASS_") and not name.upper().endswith("_PROXY")
    }
    path = [str(node.MODULES / ".bin"), str(Path(sys.executable).parent), inherited["PATH"]]
    return inherited | {
        "PATH": os.pathsep.join(path),
        "MODULES": str(node.MODULES),
        "CLASSPATH": os.pathsep.join(["classes", *map(str, JARS)]),
        "JAVA_OPTS": "-XX:TieredStopAtLevel=1",
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(folder / "go-cache"),
    }


if __name__ == "__main__":
    raise SystemExit(main())
