"""Says what breaks for other teams between a git revision and the specs in the working tree.

python scripts/diff.py              against the last released version
python scripts/diff.py REVISION     against another one

Exit status 1 if a spec's version or the changelog does not tell of it, 2 if nothing could be compared.
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
from reference_rules import references
from specs import ROOT, Spec

LEVELS = ("breaking", "minor", "patch")
VOCABULARY = "specs/x-token.schema.json"
RELEASE = re.compile(r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", re.MULTILINE)
VERSION = re.compile(r"\d+\.\d+\.\d+")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ABSENT = object()
WORDS = {"description", "summary", "title", "example", "examples", "externalDocs", "$schema"}
NAMED = {"properties", "schemas", "securitySchemes", "servers", "paths", "responses", "headers", "$defs"}
"""Right below these stand names, which may look like words of OpenAPI."""
COMPILED = {"type", "format", "contentEncoding", "$ref", "enum", "properties", "tags"}
"""What becomes names and types of a compiled client, whichever way it goes over the wire."""
FOLLOWED = {"credentials", "constants", "success", "refused", "limited", "stale_on", "quota"}
"""Parts of x-token that hurt a client that does not know of them, so that even a new one breaks."""
SEEN = {"server-removed", "parameter-removed"}
"""Rules of Redocly that need not be asked, as we see the same by name."""
MENDS = {
    "^(server )?order$": "look again which one your code means by its position",
    "server": "configure the environment by its new name and URL",
    "x-token": "adapt what asks for the token, reads the reply or judges the status",
    "x-secret": "adapt what reads or replaces the secret",
    "vocabulary": "adapt what reads x-token and x-secret",
    "tags": "the class that holds the call has another name; use that",
    "operation-id": "the method has another name; use that",
    "operation-removed|path-removed": "do not call it any more",
    "required-properties-removed": "expect replies without it",
    "enum-values-added": "expect the new word in replies",
    "^schemas": "the class is gone; use what took its place",
    "^properties|property-removed": "the field is gone; take it out of your code",
    "security": "present the credentials as the new spec says",
    "response|media-type": "expect the replies that the new spec lists",
    "format|contentEncoding": "encode, show and hide the value as the new spec says",
    r"^type|enum|schema-type|\$ref": "compile again and adapt what uses the type",
    "": "send what the new spec wants",
}
Way = tuple[str, ...]
Change = tuple[str, str]
"""One of LEVELS, and a line that says what changed and what a team has to do."""


def stop(message: str, status: int = 2) -> NoReturn:
    print(message, file=sys.stderr if status else sys.stdout)
    sys.exit(status)


def git(repository: Path, *arguments: str) -> str:
    """What git printed; nothing if it failed."""
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    return done.stdout if done.returncode == 0 else ""


def released(repository: Path) -> str:
    """The commit that put the newest dated heading into the changelog; ends in peace if none is known."""
    heading = RELEASE.search(git(repository, "show", "HEAD:./CHANGELOG.md"))
    if heading is None:
        stop("nothing has been released yet: no heading of CHANGELOG.md has a date", 0)
    if git(repository, "rev-parse", "--is-shallow-repository").strip() == "true":
        stop(f"nothing was compared with {heading[1]}: this clone is shallow; run: git fetch --unshallow", 0)
    commit = git(repository, "log", "-1", "--format=%H", "-S", heading[0], "--", "CHANGELOG.md").strip()
    return commit or stop(f"no commit put '{heading[0]}' into CHANGELOG.md; say: make diff BASE=REVISION")


def read(repository: Path, revision: str | None) -> dict[str, Spec]:
    """The specs and their vocabulary, by file name; of the working tree if there is no revision."""
    listed = [f"specs/{path.name}" for path in (repository / "specs").iterdir()]
    if revision:
        listed = git(repository, "ls-tree", "-z", "--name-only", revision, "specs/").split("\0")
    found = {}
    for name in sorted(one for one in listed if one.endswith(".yaml") or one == VOCABULARY):
        file = repository / name
        text = git(repository, "show", f"{revision}:./{name}") if revision else file.read_text("utf-8")
        try:
            found[name] = Spec(Path(name), text, dict(yaml.load(text, LOADER)))  # noqa: S506 - a safe one
        except (yaml.YAMLError, TypeError, ValueError) as error:
            stop(f"{name}: not the YAML of a spec: {error}")
        for way, _, what in references(found[name]) if name != VOCABULARY else ():
            stop(f"{name}:{found[name].line(*way)}: {what}: Redocly would fetch or open it")
    return found


def opened(spec: Spec, node: Any) -> Any:
    """The node, its members by name. References are followed, but not to a schema: its name is a class."""
    if isinstance(node, Mapping) and re.match("#/components/(?!schemas/)", str(node.get("$ref"))):
        with contextlib.suppress(LookupError):  # Redocly says where a reference leads nowhere
            return spec.resolve(node)
    if isinstance(node, list) and node and all(isinstance(one, Mapping) for one in node):
        named = {}
        for index, one in enumerate(opened(spec, one) for one in node):
            name = one.get("x-oai-name") or f"{one.get('in', '')} {one.get('name', '')}".strip()
            named[name if name and name not in named else str(index)] = one
        return named
    return node


def walk(old: Spec, new: Spec, a: Any, b: Any, way: Way = ()) -> Iterator[tuple[Way, Any, Any]]:
    """Every place that differs, with what stood and what stands there, which may be ABSENT."""
    if a == b or way == ("info", "version"):
        return
    a, b = opened(old, a), opened(new, b)
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys([*a, *b]):
            yield from walk(old, new, a.get(key, ABSENT), b.get(key, ABSENT), (*way, str(key)))
        moved = any([*a].index(key) != [*b].index(key) for key in a if key in b)
        if moved and way[-1:] in {("servers",), ("parameters",)}:  # some languages know them by position
            yield (*way, "order"), [*a], [*b]
    elif a != b:
        yield way, a, b


def subject(way: Way) -> str:
    """Which of the things that Redocly knows nothing about a place belongs to; empty if to none."""
    if way[0] in {"servers", "$defs"}:
        return "vocabulary" if way[0] == "$defs" else "server"
    return next((part for part in way if part in {"x-token", "x-secret"}), "")


def rate(way: Way, a: Any, b: Any) -> str:
    """How much a difference hurts by itself; what is sent and answered is left to Redocly."""
    name, above = way[-1], way[-2] if len(way) > 1 else ""
    if any(part in WORDS and before not in NAMED for before, part in pairwise(("", *way))):
        return "patch"
    if name == "order" and above in {"servers", "parameters"}:
        return "breaking"
    a = [a] if subject(way) and isinstance(a, str) else a  # one place is a list of one
    longer = isinstance(a, list) and isinstance(b, list) and [one for one in b if one in a] == a
    if subject(way):
        bound = FOLLOWED & set(way) and subject(way) == "x-token"
        return "minor" if (a is ABSENT or longer) and not bound else "breaking"
    if name in COMPILED and above not in NAMED:
        return "minor" if longer and name != "type" else "breaking"
    if b is ABSENT and above in {"properties", "schemas", "securitySchemes", "parameters"}:
        return "breaking"
    return "minor" if a is ABSENT else "patch"


def line(level: str, kind: str, way: Way, said: str) -> Change:
    place = " ".join(part for part in way if part not in {"components", "paths", "properties"})
    mend = next(text for pattern, text in MENDS.items() if re.search(pattern, kind))
    return level, f"{place}: {said}" + (f": {mend}" if level == "breaking" else "")


def own(old: Spec, new: Spec) -> dict[Way, Change]:
    """Every difference, as we judge it."""
    found = {}
    for way, a, b in walk(old, new, old.document, new.document):
        level, said = rate(way, a, b), "added" if a is ABSENT else "removed" if b is ABSENT else "changed"
        if level == "breaking" and said == "changed":
            said += f" from {json.dumps(a, default=str)[:60]} to {json.dumps(b, default=str)[:60]}"
        kind = way[-2] if b is ABSENT and way[-2] in NAMED else way[-1]
        found[way] = line(level, f"{subject(way)} {kind}".strip(), way, said)
    return found


def redocly(old: Spec, new: Spec) -> dict[Way, Change]:
    """What Redocly holds to be breaking."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="gatepass-diff-") as folder:  # where no redocly.yaml is obeyed
        for side, spec in ("old.yaml", old), ("new.yaml", new):
            (Path(folder) / side).write_text(spec.text, encoding="utf-8")
        options = ("old.yaml", "new.yaml", "--format=json", "--fail-on=none")
        done = node.run("redocly", "diff", *options, cwd=Path(folder))
    if done.returncode != 0:
        stop(f"{new.path}: redocly diff cannot compare it:\n{done.stderr.strip()}")
    for change in json.loads(done.stdout)["changes"]:
        sides = [change[side] for side in ("base", "revision") if side in change]
        pointer = next((one for one in sides if "value" in one), sides[0])["pointer"]
        way = tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
        verdicts = [one for one in change["verdicts"] if one["impact"] == "major"]
        verdicts = [one for one in verdicts if one["ruleId"] not in SEEN]
        if verdicts:
            said = "; ".join(one["message"].rstrip(".") for one in verdicts)
            found[way] = line("breaking", f"{verdicts[0]['ruleId']} {way[-1]}", way, said)
    return found


def compare(old: Spec | None, new: Spec | None) -> list[Change]:
    """Every change of a file, the worst first."""
    if old is None or new is None:
        gone = ("breaking", "the file was removed: keep a copy of it, or stop using it")
        return [gone if new is None else ("minor", "the file is new")]
    found = own(old, new)
    if new.path.suffix == ".yaml" and not all(map(subject, found)):
        found |= redocly(old, new)
    return sorted(found.values(), key=lambda change: LEVELS.index(change[0]))


def info(spec: Spec, key: str) -> str:
    about = spec.document.get("info")
    return str(about.get(key, "")) if isinstance(about, Mapping) else ""


def version_problem(old: Spec, new: Spec, changes: list[Change]) -> str | None:
    """Where the version grew too little, and what it must be; in 0.x a change counts one part less."""
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
    """Where the changelog's topmost section, unless it was out by then, does not name a spec that breaks."""
    text = (repository / "CHANGELOG.md").read_text("utf-8")
    past = RELEASE.search(git(repository, "show", f"{revision}:./CHANGELOG.md"))
    head, _, rest = text.partition("\n## ")
    section = "## " + rest.partition("\n## ")[0]
    _, _, part = section.partition("\n### Specs\n")
    names = [spec.name.split(".")[0], *info(spec, "title").split()[:1]]
    pattern = rf"(?i)(?<![\w-])({'|'.join(map(re.escape, names))})(?![\w-])"
    if re.search(pattern, part.partition("\n### ")[0]) and not (past and section.startswith(past[0])):
        return None
    number = head.count("\n") + 2 if rest else 1
    return f"CHANGELOG.md:{number}: say under '### Specs' of the next version what breaks in {names[0]}"


def main() -> int:
    parser = argparse.ArgumentParser(description="Say what breaks for other teams.")
    parser.add_argument("base", nargs="?", help="git revision; if not given, the last released version")
    parser.add_argument("--repository", type=Path, default=ROOT, help="the one whose specs/ are compared")
    options = parser.parse_args()
    repository = options.repository.resolve()
    if not git(repository, "rev-parse", "--verify", "HEAD"):
        stop(f"{repository}: no git repository with a commit to compare with")
    base = options.base or released(repository)
    revision = git(repository, "rev-parse", "--verify", "--end-of-options", f"{base}^{{commit}}").strip()
    if not revision:
        stop(f"git knows no revision {base!r}; if this clone is shallow: git fetch --unshallow --tags")
    old, new = read(repository, revision), read(repository, None)
    names = sorted({*old, *new})
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda name: compare(old.get(name), new.get(name)), names)
        changes = dict(zip(names, found, strict=True))
    troubles = []
    for name, said in changes.items():
        for level, text in said:
            print(f"{name}: {level}: {text}")
        if name in old and name in new and name != VOCABULARY:
            troubles.append(version_problem(old[name], new[name], said))
        if said and said[0][0] == "breaking":
            troubles.append(changelog_problem(repository, revision, old[name]))
    for trouble in filter(None, troubles):
        print(trouble)
    count = Counter(level for said in changes.values() for level, _ in said)
    print(f"since {revision[:12]}: " + ", ".join(f"{count[level]} {level}" for level in LEVELS))
    return 1 if any(troubles) else 0


if __name__ == "__main__":
    sys.exit(main())
