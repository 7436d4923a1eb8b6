"""Lints the specs with four tools and our own rules; any finding fails, even a warning.

python scripts/lint.py                  specs/ and the flows in specs/flows/
python scripts/lint.py --specs FOLDER   another folder with the same layout

A finding is a line, `file:line: tool/rule: what is wrong; why; how to fix it`. Exit status 1 if there is any.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import node
from gatepass_generator.reader import (
    findings,
    flow_findings,
    printable,
    read,
    read_flow,
    read_service,
    service_findings,
)
from gatepass_generator.reference_rules import source_path
from gatepass_generator.rules import WHY
from gatepass_spec import SERVICE_FILE, Spec, SpecError
from repository import ROOT, SPECS

CONFIG = Path(__file__).resolve().parent / "lint"
REDOCLY, SPECTRAL, YAMLLINT = CONFIG / "redocly.yaml", CONFIG / "spectral.yaml", ROOT / ".yamllint"
REDOCLY_SERVICE = CONFIG / "redocly-service.yaml"
WHY_LAYOUT = "unusual layout hides mistakes and makes noise in reviews; correct it"
EXTERNAL = ("gatepass/ref", "gatepass/fetch", "gatepass/source")
"""Rules that keep a file from third-party tools, which would fetch what the file refers to."""
Finding = tuple[Path, int, str]
"""File, line (from 1), and the rest of the finding."""


class ToolError(Exception):
    """A tool failed; the message names it and contains its output."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Lint the specs.")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    folder = parser.parse_args().specs
    paths, flows = sorted(folder.glob("*.yaml")), sorted((folder / "flows").glob("*.yaml"))
    if not paths:
        print(f"{folder}: no *.yaml here; write a spec as {SPECS / 'README.md'} says", file=sys.stderr)
        return 1
    results = lint(paths, flows)
    for path, line, message in results:
        print(f"{relative(path)}:{line}: {printable(message)}", file=sys.stderr)
    if results:
        print(f"{len(results)} findings in {len({path for path, *_ in results})} files", file=sys.stderr)
        return 1
    print(f"{len(paths)} specs and {len(flows)} files of flows, {house_rules()} house rules, no findings")
    return 0


def lint(paths: list[Path], flows: list[Path]) -> list[Finding]:
    """The findings of all tools, in order of file and line.

    Our own rules come first: third-party tools fetch what a file refers to, so they get only self-contained
    files, and flows that name only such files.
    """
    ours: list[Finding] = []
    documents: dict[Path, Spec] = {}
    files = {path.resolve() for path in paths + flows}
    for path in paths + flows:
        try:
            if path in flows:
                documents[path] = read_flow(path)
                lines = flow_findings(documents[path], files)
            elif path.name == SERVICE_FILE:
                documents[path] = read_service(path)
                lines = service_findings(documents[path])
            else:
                documents[path] = read(path)
                lines = findings(documents[path])
        except SpecError as error:
            lines = str(error).splitlines()
        ours += map(split, lines)
    external = {path for path, _, message in ours if message.startswith(EXTERNAL)}
    closed = {path.resolve() for path in documents if path not in external}
    specs = [path for path in paths if path.resolve() in closed]
    closed_flows = [path for path in flows if path.resolve() in closed and sources(documents[path]) <= closed]
    providers = [path for path in specs if path.name != SERVICE_FILE]
    services = [path for path in specs if path.name == SERVICE_FILE]
    jobs = (
        (yamllint, paths + flows),
        (redocly, providers + closed_flows),
        (redocly_service, services),
        (spectral, specs),
    )
    with ThreadPoolExecutor() as pool:
        running = [(tool, inputs, pool.submit(tool, inputs)) for tool, inputs in jobs if inputs]
    invalid = {path for path, _, message in ours if message.startswith("openapi-spec-validator")}
    for tool, inputs, future in running:
        try:
            ours += future.result()
        except ToolError:
            # It may have failed because of a file that is reported anyway: lint the others.
            try:
                ours += tool([path for path in inputs if path not in invalid])
            except ToolError as error:
                ours.append(
                    (CONFIG, 1, f"lint/{tool.__name__}: {error}; nothing was checked by it; fix the tool")
                )
    return sorted({(path.resolve(), line, " ".join(message.split())) for path, line, message in ours})


def sources(flow: Spec) -> set[Path]:
    """The files that a flow names, all of them checked before."""
    return {source_path(flow, source["url"]) for source in flow.document.get("sourceDescriptions", [])}


def split(line: str) -> Finding:
    """Parse `file:line: message`."""
    match = re.fullmatch(r"(.+?):(\d+): (.+)", line)
    if match is None:
        raise ToolError(f"not a finding: {line}")
    return Path(match[1]), int(match[2]), match[3]


def yamllint(paths: list[Path]) -> list[Finding]:
    command = [sys.executable, "-m", "yamllint", "--strict", "--format=parsable", "-c", str(YAMLLINT)]
    process = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True)
    results = []
    for line in process.stdout.splitlines():
        path, number, _, message = re.split(r":(\d+):(\d+): \[\w+\] ", line)
        problem, _, rule = message.rpartition(" (")
        results.append(
            (Path(path), int(number), f"yamllint/{rule.rstrip(')') or 'syntax'}: {problem}; {WHY_LAYOUT}")
        )
    if process.returncode and not results:
        raise ToolError(f"yamllint failed: {process.stderr.strip()}")
    return results


def redocly(paths: list[Path], config: Path | None = None) -> list[Finding]:
    config = config or REDOCLY
    process = node.run("redocly", "lint", "--format=json", "--max-problems=9999", "--config", config, *paths)
    if "Your config has" in process.stderr:  # a rule that it does not know, and so does not check
        raise ToolError(f"redocly does not understand {config}: {process.stderr.strip()}")
    documents = list(json_documents("redocly", process))
    if len(documents) != len(paths):
        raise ToolError(f"redocly read {len(documents)} of {len(paths)} files: {process.stderr.strip()}")
    results = []
    for problem in (problem for document in documents for problem in document["problems"]):
        place = problem["location"][0]
        line = place.get("start", {}).get("line", 1)
        results.append(
            (Path(place["source"]["ref"]), line, f"redocly/{problem['ruleId']}: {problem['message']}")
        )
    return results


def redocly_service(paths: list[Path]) -> list[Finding]:
    return redocly(paths, REDOCLY_SERVICE)


def spectral(paths: list[Path]) -> list[Finding]:
    process = node.run("spectral", "lint", "--format=json", "--quiet", "--ruleset", SPECTRAL, *paths)
    documents = list(json_documents("spectral", process))
    if len(documents) != 1:
        raise ToolError(f"spectral failed: {process.stderr.strip()}")
    return [
        (
            Path(result["source"]),
            result["range"]["start"]["line"] + 1,
            f"spectral/{result['code']}: {result['message']}",
        )
        for result in documents[0]
    ]


def json_documents(tool: str, process: subprocess.CompletedProcess[str]) -> Iterator[Any]:
    """Yield the JSON documents that a tool printed."""
    rest = process.stdout.strip()
    while rest:
        try:
            document, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            raise ToolError(f"{tool} failed: {rest[:300]} {process.stderr.strip()}") from None
        yield document
        rest = rest[end:].strip()


def relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def house_rules() -> int:
    """The number of our own rules."""
    yaml = YAML(typ="safe")
    redocly_rules = [name for name in yaml.load(REDOCLY)["oas3_1Rules"] if name.startswith("rule/")]
    spectral_rules = [name for name, rule in yaml.load(SPECTRAL)["rules"].items() if isinstance(rule, dict)]
    return len(WHY) + len(redocly_rules) + len(spectral_rules)


if __name__ == "__main__":
    sys.exit(main())
