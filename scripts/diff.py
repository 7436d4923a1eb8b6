"""Lists what breaks for other teams between a git revision and the specs in the working tree.

python scripts/diff.py              compares with the last released version
python scripts/diff.py REVISION     compares with another revision

Exit status 1 if a spec's version or the changelog does not cover a change, 2 if nothing could be compared.
"""

import argparse
import contextlib
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import yaml

import node
from gatepass_generator.reference_rules import references
from gatepass_spec import Spec
from repository import ROOT

LEVELS = ("breaking", "minor", "patch")
VOCABULARY = "specs/token-extension.schema.json"
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+\.\d+")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ABSENT = object()
PROSE = {"description", "summary", "title", "example", "examples", "externalDocs", "$schema"}
NAMED = {"properties", "schemas", "securitySchemes", "servers", "paths", "responses", "headers", "$defs"}
"""The keys directly below these are names, which may look like keywords of OpenAPI."""
COMPILED = {"type", "format", "contentEncoding", "contentSchema", "$ref", "enum", "properties", "tags"}
"""What becomes names and types in a compiled client, even if the wire format stays the same."""
MANDATORY = {"credentials", "constants", "success", "rejected", "rate_limited", "unauthorized", "quota"}
MANDATORY |= {"kind", "generated", "composed", "assertion", "failure", "also_send", "header_prefix"}
MANDATORY |= {"expires_in_unit", "margin", "host_bound"}
"""Parts of the token extension that every client must respect, so that even a new one is breaking."""
COVERED = {"server-removed", "parameter-removed"}
"""Rules of Redocly that are ignored, because we compare these parts ourselves, by name."""
ADVICE = {
    "^(server )?order$": "check which one your code selects by its position",
    "server": "configure the environment by its new name and URL",
    "^x-gatepass-token kind$": "the class has a new name; use that",
    "x-gatepass-token": "adapt the code that requests the token, reads the response or checks the status",
    "x-gatepass-secret": "adapt the code that reads or replaces the secret",
    "vocabulary": "adapt the code that reads x-gatepass-token and x-gatepass-secret",
    "tags": "the class of the operation has a new name; use that",
    "operation-id": "the method has a new name; use that",
    "operation-removed|path-removed": "stop using it",
    "required-properties-removed": "expect responses without it",
    "enum-values-added": "expect the new word in responses",
    "^schemas": "the class was removed; use its replacement",
    "^properties|property-removed": "the field was removed; remove it from your code",
    "security": "send the credentials as the new spec says",
    "response|media-type": "expect the responses that the new spec lists",
    "format|contentEncoding|contentSchema": "encode, show and mask the value as the new spec says",
    r"^type|enum|schema-type|\$ref": "compile again and adapt the code that uses the type",
    "": "send what the new spec requires",
}
KeyPath = tuple[str, ...]
Change = tuple[str, str]
"""One of LEVELS, and a line that says what changed and what a team has to do."""


def stop(message: str, status: int = 2) -> NoReturn:
    print(message, file=sys.stderr if status else sys.stdout)
    sys.exit(status)


def git(repository: Path, *arguments: str) -> str:
    """The output of a git command; empty if it failed."""
    command = ["git", "-C", str(repository), *arguments]
    process = subprocess.run(command, capture_output=True, encoding="utf-8")
    return process.stdout if process.returncode == 0 else ""


def released(repository: Path) -> str:
    """The commit that added the newest dated heading to the changelog; exits with 0 if there is none."""
    heading = RELEASE.search(git(repository, "show", "HEAD:./CHANGELOG.md"))
    if heading is None:
        stop("nothing has been released yet: no heading of CHANGELOG.md has a date", 0)
    if git(repository, "rev-parse", "--is-shallow-repository").strip() == "true":
        stop(f"nothing was compared with {heading[1]}: this clone is shallow; run: git fetch --unshallow", 0)
    commit = git(repository, "log", "-1", "--format=%H", "-S", heading[0], "--", "CHANGELOG.md").strip()
    return commit or stop(f"no commit added '{heading[0]}' to CHANGELOG.md; use: make diff BASE=REVISION")


def read(repository: Path, revision: str | None) -> dict[str, Spec]:
    """The specs and their vocabulary, by file name; those of the working tree without a revision."""
    listed = [f"specs/{path.name}" for path in (repository / "specs").iterdir()]
    if revision:
        listed = git(repository, "ls-tree", "-z", "--name-only", revision, "specs/").split("\0")
    specs = {}
    for name in sorted(name for name in listed if name.endswith(".yaml") or name == VOCABULARY):
        file = repository / name
        source = git(repository, "show", f"{revision}:./{name}") if revision else file.read_text("utf-8")
        try:
            specs[name] = Spec(Path(name), source, dict(yaml.load(source, LOADER)))  # noqa: S506 - safe
        except (yaml.YAMLError, TypeError, ValueError) as error:
            stop(f"{name}: not the YAML of a spec: {error}")
        for path, _, reference in references(specs[name]) if name != VOCABULARY else ():
            stop(f"{name}:{specs[name].line(*path)}: {reference}: Redocly would fetch or open it")
    return specs


def expand(spec: Spec, node: Any) -> Any:
    """The node with its members by name. References are followed, except to schemas, which become classes."""
    if isinstance(node, Mapping) and re.match("#/components/(?!schemas/)", str(node.get("$ref"))):
        with contextlib.suppress(LookupError):  # Redocly reports a broken reference
            return spec.resolve(node)
    if isinstance(node, list) and node and all(isinstance(member, Mapping) for member in node):
        named = {}
        for index, member in enumerate(expand(spec, member) for member in node):
            name = member.get("x-oai-name") or f"{member.get('in', '')} {member.get('name', '')}".strip()
            named[name if name and name not in named else str(index)] = member
        return named
    return node


def walk(old: Spec, new: Spec, a: Any, b: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any, Any]]:
    """Yield the path of every difference, with the old and the new value; either may be ABSENT."""
    if a == b or path == ("info", "version"):
        return
    a, b = expand(old, a), expand(new, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys([*a, *b]):
            yield from walk(old, new, a.get(key, ABSENT), b.get(key, ABSENT), (*path, str(key)))
        moved = any([*a].index(key) != [*b].index(key) for key in a if key in b)
        if moved and path[-1:] in {("servers",), ("parameters",)}:  # some languages select by position
            yield (*path, "order"), [*a], [*b]
    elif a != b:
        yield path, a, b


def subject(path: KeyPath) -> str:
    """The part of a spec that Redocly does not know, and that a path belongs to; empty if there is none."""
    if path[0] in {"servers", "$defs"}:
        return "vocabulary" if path[0] == "$defs" else "server"
    return next((part for part in path if part in {"x-gatepass-token", "x-gatepass-secret"}), "")


def rate(path: KeyPath, a: Any, b: Any) -> str:
    """The level of a difference. Redocly rates requests and responses."""
    name, above = path[-1], path[-2] if len(path) > 1 else ""
    if any(part in PROSE and before not in NAMED for before, part in pairwise(("", *path))):
        return "patch"
    if name == "order" and above in {"servers", "parameters"}:
        return "breaking"
    a = [a] if subject(path) and isinstance(a, str) else a  # a single place is the same as a list of it
    longer = isinstance(a, list) and isinstance(b, list) and [member for member in b if member in a] == a
    if subject(path):
        parts = path[:-1] if above == "options" else path  # an option may have any name
        mandatory = MANDATORY & set(parts) and subject(path) in path
        return "minor" if (a is ABSENT or longer) and not mandatory else "breaking"
    if (name in COMPILED and above not in NAMED) or above == "contentSchema":
        return "minor" if longer and name != "type" else "breaking"
    if b is ABSENT and above in {"properties", "schemas", "securitySchemes", "parameters"}:
        return "breaking"
    return "minor" if a is ABSENT else "patch"


def describe(level: str, kind: str, path: KeyPath, message: str) -> Change:
    place = " ".join(part for part in path if part not in {"components", "paths", "properties"})
    advice = next(advice for pattern, advice in ADVICE.items() if re.search(pattern, kind))
    return level, f"{place}: {message}" + (f": {advice}" if level == "breaking" else "")


def own_changes(old: Spec, new: Spec) -> dict[KeyPath, Change]:
    """Every difference, with our own rating."""
    changes = {}
    for path, a, b in walk(old, new, old.document, new.document):
        level, message = rate(path, a, b), "added" if a is ABSENT else "removed" if b is ABSENT else "changed"
        if level == "breaking" and message == "changed":
            message += f" from {json.dumps(a, default=str)[:60]} to {json.dumps(b, default=str)[:60]}"
        kind = path[-2] if b is ABSENT and path[-2] in NAMED else path[-1]
        changes[path] = describe(level, f"{subject(path)} {kind}".strip(), path, message)
    return changes


def redocly_changes(old: Spec, new: Spec) -> dict[KeyPath, Change]:
    """The changes that Redocly rates as breaking."""
    changes = {}
    with tempfile.TemporaryDirectory(prefix="gatepass-diff-") as folder:  # without a redocly.yaml
        for side, spec in ("old.yaml", old), ("new.yaml", new):
            (Path(folder) / side).write_text(spec.text, encoding="utf-8")
        options = ("old.yaml", "new.yaml", "--format=json", "--fail-on=none")
        process = node.run("redocly", "diff", *options, cwd=Path(folder))
    if process.returncode != 0:
        stop(f"{new.path}: redocly diff cannot compare it:\n{process.stderr.strip()}")
    for change in json.loads(process.stdout)["changes"]:
        sides = [change[side] for side in ("base", "revision") if side in change]
        pointer = next((side for side in sides if "value" in side), sides[0])["pointer"]
        path = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        verdicts = [verdict for verdict in change["verdicts"] if verdict["impact"] == "major"]
        verdicts = [verdict for verdict in verdicts if verdict["ruleId"] not in COVERED]
        if verdicts:
            message = "; ".join(verdict["message"].rstrip(".") for verdict in verdicts)
            changes[path] = describe("breaking", f"{verdicts[0]['ruleId']} {path[-1]}", path, message)
    return changes


def compare(old: Spec | None, new: Spec | None) -> list[Change]:
    """Every change of a file; breaking changes are first."""
    if old is None or new is None:
        removed = ("breaking", "the file was removed: keep a copy of it, or stop using it")
        return [removed if new is None else ("minor", "the file is new")]
    changes = own_changes(old, new)
    if new.path.suffix == ".yaml" and not all(map(subject, changes)):
        changes |= redocly_changes(old, new)
    return sorted(changes.values(), key=lambda change: LEVELS.index(change[0]))


def info(spec: Spec, key: str) -> str:
    about = spec.document.get("info")
    return str(about.get(key, "")) if isinstance(about, Mapping) else ""


def version_problem(old: Spec, new: Spec, changes: list[Change]) -> str | None:
    """A message if the version was not raised enough; in 0.x a breaking change raises only the minor part."""
    before, now = info(old, "version"), info(new, "version")
    major, minor, patch = map(int, before.split(".")) if VERSION.fullmatch(before) else (0, 0, 0)
    steps = [(major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1)]
    level = LEVELS.index(changes[0][0]) if changes else None
    least = (major, minor, patch) if level is None else steps[level if major else min(level + 1, 2)]
    if VERSION.fullmatch(now) and tuple(map(int, now.split("."))) >= least:
        return None
    needed = ".".join(map(str, least))
    return f"{new.path}:{new.line('info', 'version')}: version: {now or 'none'} must be {needed} at least"


def changelog_problem(repository: Path, revision: str, spec: Spec) -> str | None:
    """A message if the changelog's newest section was released before, or does not name a breaking spec."""
    changelog = (repository / "CHANGELOG.md").read_text("utf-8")
    past = RELEASE.search(git(repository, "show", f"{revision}:./CHANGELOG.md"))
    head, _, rest = changelog.partition("\n## ")
    section = "## " + rest.partition("\n## ")[0]
    _, _, part = section.partition("\n### Specs\n")
    names = [spec.name.split(".")[0], *info(spec, "title").split()[:1]]
    pattern = rf"(?i)(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    if re.search(pattern, part.partition("\n### ")[0]) and not (past and section.startswith(past[0])):
        return None
    number = head.count("\n") + 2 if rest else 1
    return f"CHANGELOG.md:{number}: describe under '### Specs' of the next version what breaks in {names[0]}"


def main() -> int:
    parser = argparse.ArgumentParser(description="List what breaks for other teams.")
    parser.add_argument("base", nargs="?", help="git revision; the last released version by default")
    parser.add_argument("--repository", type=Path, default=ROOT, help="repository whose specs/ are compared")
    options = parser.parse_args()
    repository = options.repository.resolve()
    if not git(repository, "rev-parse", "--verify", "HEAD"):
        stop(f"{repository}: no git repository with a commit to compare with")
    base = options.base or released(repository)
    revision = git(repository, "rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}").strip()
    if not revision:
        stop(f"git has no revision {base!r}; if this clone is shallow: git fetch --unshallow --tags")
    old, new = read(repository, revision), read(repository, None)
    names = sorted({*old, *new})
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda name: compare(old.get(name), new.get(name)), names)
        changes = dict(zip(names, results, strict=True))
    problems = []
    for name, file_changes in changes.items():
        for level, message in file_changes:
            print(f"{name}: {level}: {message}")
        if name in old and name in new and name != VOCABULARY:
            problems.append(version_problem(old[name], new[name], file_changes))
        if file_changes and file_changes[0][0] == "breaking":
            problems.append(changelog_problem(repository, revision, old[name]))
    for problem in filter(None, problems):
        print(problem)
    count = Counter(level for file_changes in changes.values() for level, _ in file_changes)
    print(f"since {revision[:12]}: " + ", ".join(f"{count[level]} {level}" for level in LEVELS))
    return 1 if any(problems) else 0


if __name__ == "__main__":
    sys.exit(main())
