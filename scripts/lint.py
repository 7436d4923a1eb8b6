"""Lints the specs with four tools and rules of our own; any finding, even a warning, fails.

python scripts/lint.py                  specs/ and the flows in specs/flows/
python scripts/lint.py --specs FOLDER   another folder of that kind

A finding is one line, `file:line: tool/rule: what is wrong; why; the mend`. Exit status 1 if there is one.
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
from reference_rules import source_path
from rules import WHY
from specs import ROOT, SPECS, Spec, SpecError, findings, flow_findings, printable, read, read_flow

CONFIG = Path(__file__).resolve().parent / "lint"
REDOCLY, SPECTRAL, YAMLLINT = CONFIG / "redocly.yaml", CONFIG / "spectral.yaml", ROOT / ".yamllint"
WHY_LAYOUT = "odd layout hides odd content, and makes noise in reviews; correct it"
LEADING_OUT = ("gatepass/ref", "gatepass/fetch", "gatepass/source")
"""Findings that keep a file from other people's tools."""
Finding = tuple[Path, int, str]
"""File, line from 1, and the rest of the line."""


class ToolError(Exception):
    """A tool that did not do its work; the text says which, and what it printed."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Lint the specs.")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder of the specs")
    folder = parser.parse_args().specs
    paths, flows = sorted(folder.glob("*.yaml")), sorted((folder / "flows").glob("*.yaml"))
    if not paths:
        print(f"{folder}: no *.yaml here; write a spec as {SPECS / 'README.md'} says", file=sys.stderr)
        return 1
    found = lint(paths, flows)
    for path, line, text in found:
        print(f"{shown(path)}:{line}: {printable(text)}", file=sys.stderr)
    if found:
        print(f"{len(found)} findings in {len({path for path, *_ in found})} files", file=sys.stderr)
        return 1
    print(f"{len(paths)} specs and {len(flows)} files of flows, {house_rules()} house rules, nothing found")
    return 0


def lint(paths: list[Path], flows: list[Path]) -> list[Finding]:
    """All that any tool finds, in order of file and line.

    Our own rules come first: other people's tools fetch what a file refers to, so they get only files that
    refer to nothing but themselves, and flows that name only such files.
    """
    ours: list[Finding] = []
    documents: dict[Path, Spec] = {}
    known = {path.resolve() for path in paths + flows}
    for path in paths + flows:
        try:
            documents[path] = read_flow(path) if path in flows else read(path)
            found = flow_findings(documents[path], known) if path in flows else findings(documents[path])
        except SpecError as error:
            found = str(error).splitlines()
        ours += map(split, found)
    leading = {path for path, _, text in ours if text.startswith(LEADING_OUT)}
    closed = {path.resolve() for path in documents if path not in leading}
    specs = [path for path in paths if path.resolve() in closed]
    read_too = [path for path in flows if path.resolve() in closed and named(documents[path]) <= closed]
    jobs = ((yamllint, paths + flows), (redocly, specs + read_too), (spectral, specs))
    with ThreadPoolExecutor() as pool:
        running = [(tool, files, pool.submit(tool, files)) for tool, files in jobs if files]
    unsound = {path for path, _, text in ours if text.startswith("openapi-spec-validator")}
    for tool, files, done in running:
        try:
            ours += done.result()
        except ToolError:
            # It stumbled, perhaps over one file that is told anyway, and said nothing of the others.
            try:
                ours += tool([path for path in files if path not in unsound])
            except ToolError as error:
                ours.append(
                    (CONFIG, 1, f"lint/{tool.__name__}: {error}; its silence is no approval; mend it")
                )
    return sorted({(path.resolve(), line, " ".join(text.split())) for path, line, text in ours})


def named(flow: Spec) -> set[Path]:
    """The files that a flow names, all of them checked before."""
    return {source_path(flow, source["url"]) for source in flow.document.get("sourceDescriptions", [])}


def split(line: str) -> Finding:
    """`file:line: text` in its parts."""
    match = re.fullmatch(r"(.+?):(\d+): (.+)", line)
    if match is None:
        raise ToolError(f"not a finding: {line}")
    return Path(match[1]), int(match[2]), match[3]


def yamllint(paths: list[Path]) -> list[Finding]:
    command = [sys.executable, "-m", "yamllint", "--strict", "--format=parsable", "-c", str(YAMLLINT)]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True)
    found = []
    for line in done.stdout.splitlines():
        path, number, _, said = re.split(r":(\d+):(\d+): \[\w+\] ", line)
        what, _, rule = said.rpartition(" (")
        found.append(
            (Path(path), int(number), f"yamllint/{rule.rstrip(')') or 'syntax'}: {what}; {WHY_LAYOUT}")
        )
    if done.returncode and not found:
        raise ToolError(f"yamllint failed: {done.stderr.strip()}")
    return found


def redocly(paths: list[Path]) -> list[Finding]:
    done = node.run("redocly", "lint", "--format=json", "--max-problems=9999", "--config", REDOCLY, *paths)
    if "Your config has" in done.stderr:  # a rule that it does not understand, and so does not check
        raise ToolError(f"redocly does not understand {REDOCLY}: {done.stderr.strip()}")
    documents = list(json_documents("redocly", done))
    if len(documents) != len(paths):
        raise ToolError(f"redocly read {len(documents)} of {len(paths)} files: {done.stderr.strip()}")
    found = []
    for problem in (problem for document in documents for problem in document["problems"]):
        place = problem["location"][0]
        line = place.get("start", {}).get("line", 1)
        found.append(
            (Path(place["source"]["ref"]), line, f"redocly/{problem['ruleId']}: {problem['message']}")
        )
    return found


def spectral(paths: list[Path]) -> list[Finding]:
    done = node.run("spectral", "lint", "--format=json", "--quiet", "--ruleset", SPECTRAL, *paths)
    documents = list(json_documents("spectral", done))
    if len(documents) != 1:
        raise ToolError(f"spectral failed: {done.stderr.strip()}")
    return [
        (Path(one["source"]), one["range"]["start"]["line"] + 1, f"spectral/{one['code']}: {one['message']}")
        for one in documents[0]
    ]


def json_documents(tool: str, done: subprocess.CompletedProcess[str]) -> Iterator[Any]:
    """What a tool printed: JSON, one document after the other."""
    rest = done.stdout.strip()
    while rest:
        try:
            document, end = json.JSONDecoder().raw_decode(rest)
        except ValueError:
            raise ToolError(f"{tool} failed: {rest[:300]} {done.stderr.strip()}") from None
        yield document
        rest = rest[end:].strip()


def shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def house_rules() -> int:
    """How many rules are our own."""
    yaml = YAML(typ="safe")
    theirs = [name for name in yaml.load(REDOCLY)["oas3_1Rules"] if name.startswith("rule/")]
    ours = [name for name, rule in yaml.load(SPECTRAL)["rules"].items() if isinstance(rule, dict)]
    return len(WHY) + len(theirs) + len(ours)


if __name__ == "__main__":
    sys.exit(main())
