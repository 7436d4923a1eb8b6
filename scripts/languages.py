"""Proves the specs in other languages: makes clients, then compiles and runs the callers of tests/languages.

python scripts/languages.py [--require] [LANGUAGE...]    all languages, if none is named

A caller is what a user would copy. Its first line says how its client was made: that command is run as it
stands, in a temporary folder. The callers are then run against the emulator, with a lifetime that no provider
has, with an unknown one and with a wrong secret. What cannot be compiled on this machine is skipped, aloud;
`--require` (or GATEPASS_REQUIRE_LANGUAGES=1) makes that an error.
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
from specs import SpecError, load_all

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.languages.turns import CREDENTIALS, PROVIDERS, play, turns  # noqa: E402

JARS = (
    Path(sysconfig.get_path("purelib"), "openapi_generator_cli", "openapi-generator.jar"),
    Path("/usr/share/java/geronimo-annotation-1.3-spec.jar"),
)
LONGEST = 60
"""Lines of a compiler's words that are shown."""


class Need(NamedTuple):
    """What must be on the machine, a shell command that succeeds if it is, and how to get it."""

    what: str
    probe: str
    mend: str


def program(name: str, package: str) -> Need:
    return Need(f"`{name}` on PATH", f"command -v {name}", f"apt-get install {package}")


JAVA = program("java", "default-jre-headless")
"""openapi-generator runs on it."""


class Language(NamedTuple):
    """Shell commands that build all its callers and run one, in the folder that has them."""

    ending: str
    run: str
    build: str = ""
    needs: Sequence[Need] = ()


LANGUAGES = {
    "curl": Language("sh", "bash {p}.sh", needs=[program("curl", "curl"), program("jq", "jq")]),
    "python": Language("py", "python {p}.py"),
    "go": Language(
        "go",
        "bin/{p}",
        build="go mod init example && ls *.go | xargs -n 1 go build -o bin/",
        needs=[program("go", "golang-go"), JAVA],
    ),
    "typescript": Language(
        "ts",
        "node {p}.ts",  # Node.js runs TypeScript as it stands, without a look at the types.
        build="""ln -s "$MODULES" node_modules && echo '{"type": "module"}' > package.json &&
            tsc --noEmit --strict --target es2022 --module nodenext --types node *.ts""",
        needs=[Need("TypeScript in .venv/node", "command -v tsc openapi-typescript", "make tools")],
    ),
    "java": Language(
        "java",
        "java -XX:TieredStopAtLevel=1 {C}",
        # For forms, the generated code imports a class of Apache's httpmime that it does not use. Maven gets
        # it, as the generated pom.xml says; here an empty class stands in.
        build="""echo 'package org.apache.http.entity.mime; public class MultipartEntityBuilder {}' \
            > MultipartEntityBuilder.java && javac -proc:none -d classes *.java */src/main/java/*/*.java""",
        needs=[
            program("javac", "default-jdk-headless"),
            Need(
                "javax.annotation",
                f"test -e {JARS[1]}",
                "apt-get install libgeronimo-annotation-1.3-spec-java",
            ),
        ],
    ),
    "ruby": Language(
        "rb",
        "ruby -I {p}/lib {p}.rb",
        needs=[
            program("ruby", "ruby"),
            Need("gem typhoeus", "ruby -r typhoeus -e 0", "apt-get install ruby-typhoeus"),
            JAVA,
        ],
    ),
    "php": Language(
        "php",
        "php {p}.php",
        # In place of Composer, which gets its packages from elsewhere.
        build=r"""mkdir vendor && cat > vendor/autoload.php <<'END'
<?php
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function ($class) {
    [$client, $rest] = explode('\\', $class, 2) + [1 => ''];
    $file = strtolower($client) . '/lib/' . strtr($rest, '\\', '/') . '.php';
    if (is_file($file)) require $file;
});
END""",
        needs=[
            program("php", "php-cli"),
            Need(
                "curl in php",
                "php -r 'exit(function_exists(\"curl_init\") ? 0 : 1);'",
                "apt-get install php-curl",
            ),
            Need(
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
    parser.add_argument("--require", action="store_true", help="what cannot be compiled here is an error")
    asked = parser.parse_args()
    if unknown := set(asked.language) - set(LANGUAGES):
        parser.error(f"no callers in {', '.join(sorted(unknown))}; there are {', '.join(LANGUAGES)}")
    try:
        load_all()  # generators would fetch or open what a spec refers to
    except SpecError as error:
        print(error, file=sys.stderr)
        return 1
    required = asked.require or os.environ.get("GATEPASS_REQUIRE_LANGUAGES") == "1"
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        variables = surroundings(Path(folder))
        absent, present = {}, []
        for name in [one for one in LANGUAGES if one in asked.language or not asked.language]:
            if lack := missing(LANGUAGES[name], variables):
                absent[name] = lack
            else:
                present.append(name)
        failures = list(prove(present, Path(folder), variables))
    for name, lack in absent.items():
        print(f"{'failed' if required else 'skipped'}: {name} ({lack})")
    for failure in failures:
        print(f"\n{failure}")
    print(f"\n{len(present)} languages, {len(failures)} failures, {time.monotonic() - began:.0f} s")
    return 1 if failures or (absent and required) else 0


def prove(names: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Print the table, a row as soon as it is known; yields what failed."""
    print(line("", *PROVIDERS))
    with Emulator() as emulator, ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda name: make(name, folder / name, variables), names)
        for name, words in zip(names, made, strict=True):
            row = [name]
            for cls in CREDENTIALS:
                provider = cls.facts.provider
                if words:
                    row.append("failed" if re.search(rf"\b{provider}\b", words) else "not run")
                    continue
                found = [
                    play(emulator, LANGUAGES[name].run, cls, turn, folder / name, variables)
                    for turn in turns(cls.facts)
                ]
                yield from (f"{name}, {provider}: {wrong}" for wrong in found if wrong)
                row.append("failed" if any(found) else "ok")
            print(line(*row), flush=True)
            if words:
                yield f"{name}: {words}"


def line(*cells: str) -> str:
    return "".join(f"{cell:<12}" for cell in cells).rstrip()


def make(name: str, folder: Path, variables: Mapping[str, str]) -> str:
    """Generate the clients of a language and build its callers; what a failing command said."""
    folder.mkdir()
    commands = []
    for provider in PROVIDERS:
        caller = ROOT / "tests" / "languages" / name / f"{provider}.{LANGUAGES[name].ending}"
        shutil.copy(caller, folder)
        shutil.copy(ROOT / "specs" / f"{provider}.yaml", folder)
        first = caller.read_text(encoding="utf-8").partition("\n")[0]
        commands += re.findall(r"made by: (?:npx )?(.+)", first)
    for command in filter(None, [*commands, LANGUAGES[name].build]):
        done = shell(command, folder, variables)
        if done.returncode:
            words = f"{done.stdout}{done.stderr}".splitlines()
            return "\n".join([command, *words[:LONGEST], *["..."][: len(words) > LONGEST]])
    return ""


def missing(language: Language, variables: Mapping[str, str]) -> str:
    """What of the language is not on this machine, and the mend; nothing if all is there."""
    for need in language.needs:
        if shell(need.probe, ROOT, variables).returncode:
            return f"no {need.what}: {need.mend}"
    return ""


def shell(command: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "-c", command], cwd=folder, env=variables, capture_output=True, text=True, timeout=1800
    )


def surroundings(folder: Path) -> dict[str, str]:
    """The variables in which everything runs: our tools first, nothing from the network, no proxy."""
    kept = {
        name: value
        for name, value in node.variables().items()
        if not name.upper().startswith("GATEPASS_") and not name.upper().endswith("_PROXY")
    }
    path = [str(node.MODULES / ".bin"), str(Path(sys.executable).parent), kept["PATH"]]
    return kept | {
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
