"""Reads the provider specs, and reports the file and the line of every problem."""

import builtins
import keyword
import re
import sys
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from gatepass_spec import LOADER, Spec, SpecError

from . import reference_rules
from .rules import WHY, Problem, document_problems, problems, scalars

RESERVED_NAMES = frozenset(
    {"masking", "gatepass", "echo", "format", "index", "package"}
    | {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *sys.stdlib_module_names}
)
"""Names that no provider may have: modules of the generated package, our own variables and flows, files of
the pages and of the npm package, keywords, builtins and modules of Python."""
LIKE_SETU = "write it like specs/setu.yaml"
AMBIGUOUS = re.compile(r"(?i:yes|no|on|off)|[-+]?0\d+|[-+]?\d+(:[0-5]?\d)+|[-+]?\.(?i:inf|nan)")
"""Values that YAML 1.1 and 1.2 read differently, and numbers that JSON does not have."""


def read(path: Path) -> Spec:
    """Read a spec, and check only that it is OpenAPI 3.1; SpecError if it is not."""
    if path.stem in RESERVED_NAMES:
        why = f"it becomes a package and prefixes variables; rename the file, such as to {path.stem}api.yaml"
        raise _wrong(path, 1, "file-name", f"the name {path.stem!r} is already taken; {why}")
    return _checked_version(_document(path))


def _checked_version(spec: Spec) -> Spec:
    """The spec, if it is OpenAPI 3.1."""
    path, version = spec.path, spec.document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        key = "swagger" if "swagger" in spec.document else "openapi"
        but = f" but '{key}: {spec.document[key]}'" if key in spec.document else ": it has no openapi key"
        why = f"the tools and the emulator read that version; begin with 'openapi: 3.1.0' and {LIKE_SETU}"
        raise _wrong(path, spec.line(key), "openapi", f"not OpenAPI 3.1{but}; {why}")
    return spec


def read_service(path: Path) -> Spec:
    """Read the description of the token service; SpecError if it is not OpenAPI."""
    return _checked_version(_document(path, r"[a-z]+(-[a-z]+)*"))


def read_flow(path: Path) -> Spec:
    """Read a flow in Arazzo, or an OpenAPI document that flows use; SpecError if it is neither."""
    flow = _document(path)
    if not any(isinstance(flow.document.get(key), str) for key in ("arazzo", "openapi")):
        why = "the tools read no other format here; begin with 'arazzo: 1.0.1', as in specs/flows/setu.yaml"
        raise _wrong(path, 1, "flow", f"neither Arazzo nor OpenAPI; {why}")
    return flow


def _wrong(path: Path, line: int, rule: str, message: str) -> SpecError:
    return SpecError(f"{path}:{line}: gatepass/{rule}: {printable(message)}")


def _document(path: Path, name: str = "[a-z][a-z0-9]*") -> Spec:
    """Read a YAML file; SpecError unless all YAML readers understand it in the same way."""

    def wrong(line: int, rule: str, message: str) -> SpecError:
        return _wrong(path, line, rule, message)

    if not re.fullmatch(name, path.stem):
        raise wrong(1, "file-name", "the file name becomes a package: use a-z and 0-9 only")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        why = "tools would read it differently; save the file as UTF-8"
        raise wrong(line, "utf-8", f"not UTF-8: {error.reason}; {why}") from None
    except OSError as error:
        raise wrong(1, "file", f"cannot be read: {error.strerror}") from None
    if text.startswith("\ufeff"):
        why = "some readers treat it as a part of the first key; save the file as UTF-8 without it"
        raise wrong(1, "utf-8", f"begins with a byte order mark; {why}")
    try:
        # Before the document is loaded: an alias may contain itself, and then the document has no end.
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                why = "not every reader expands it; repeat the content, or use a $ref into components"
                raise wrong(line, "alias", f"*{event.anchor} is a YAML alias; {why}")
            if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and AMBIGUOUS.fullmatch(event.value):
                line = event.start_mark.line + 1 if event.start_mark else 1
                why = "some readers make a string of it, and others do not; put quotes around it"
                raise wrong(line, "quoted", f"{event.value} without quotes; {why}")
        document = YAML(typ="safe", pure=True).load(text)
    except SpecError:
        raise
    except (MarkedYAMLError, yaml.MarkedYAMLError) as error:
        mark = error.problem_mark or error.context_mark
        raise wrong(mark.line + 1 if mark else 1, "yaml", f"not YAML: {error.problem}; correct it") from None
    except (ReaderError, yaml.reader.ReaderError) as error:
        line = text.count("\n", 0, error.position) + 1
        raise wrong(line, "yaml", f"not YAML: {error.reason}; remove the character") from None
    except (YAMLError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise wrong(1, "yaml", f"not YAML: {' '.join(str(error).split())}; {LIKE_SETU}") from None
    if document is None:
        raise wrong(1, "openapi", f"not OpenAPI 3.1: the file is empty; {LIKE_SETU}, or remove it")
    if not isinstance(document, dict):
        raise wrong(1, "openapi", f"not OpenAPI 3.1: a {type(document).__name__}, not an object; {LIKE_SETU}")
    return Spec(path, text, document)


def printable(string: str) -> str:
    """Escape control characters, which a terminal would obey."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in string)


def findings(spec: Spec) -> list[str]:
    """Every problem as `file:line: tool/rule: place: what is wrong; why; how to fix it`."""
    return finding_lines(spec, problems(spec))


def service_findings(spec: Spec) -> list[str]:
    """Every problem of the token service, to which no rule about providers applies."""
    return finding_lines(spec, document_problems(spec))


def flow_findings(flow: Spec, files: Collection[Path]) -> list[str]:
    """Every problem of a flow, which may name only these files."""
    checks = (reference_rules.references(flow), scalars(flow), reference_rules.sources(flow, files))
    return finding_lines(flow, chain.from_iterable(checks))


def finding_lines(spec: Spec, problems: Iterable[Problem]) -> list[str]:
    """Problems as lines of output."""
    lines = []
    for keys, rule, reason in problems:
        tool = "openapi-spec-validator" if rule == "openapi" else "gatepass"
        where = "/".join(map(str, keys)) or "document"
        message = printable(f"{where}: {reason}; {WHY[rule]}")
        lines.append(f"{spec.path}:{spec.line(*keys)}: {tool}/{rule}: {message}")
    return lines


def load(path: Path) -> Spec:
    """Read and check a spec; SpecError names every problem with file and line."""
    spec = read(path)
    lines = findings(spec)
    if lines:
        raise SpecError("\n".join(lines))
    return spec


def load_service(path: Path) -> Spec:
    """Read and check the description of the token service; SpecError names every problem."""
    spec = read_service(path)
    lines = service_findings(spec)
    if lines:
        raise SpecError("\n".join(lines))
    return spec


def load_all(paths: Iterable[Path]) -> list[Spec]:
    """Read and check these specs; SpecError names every problem."""
    specs, messages = [], []
    for path in paths:
        try:
            specs.append(load(path))
        except SpecError as error:
            messages.append(str(error))
    if messages:
        raise SpecError("\n".join(messages))
    return specs
