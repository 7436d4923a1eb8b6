"""The rules for the shape of the token extension: its JSON Schema, its names and the operations it names."""

import json
import keyword
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from gatepass_spec import NodePath, Spec, TokenExtension

SCHEMA = next(
    folder / "token-extension.schema.json"
    for folder in (Path(__file__).parent, Path(__file__).resolve().parents[2] / "specs")
    if (folder / "token-extension.schema.json").exists()
)
"""In the wheel it lies here, in the repository beside the specs."""
SETTINGS = {"environment", "prefix", "base_url", "hosts", "store", "timeout", "verify", "cert", "proxy"}
SETTINGS |= {"transport", "on_event", "clock", "method", "authenticate_with"}
"""The arguments of every credential class besides the credentials."""
WHY = {
    "shape": "clients in every language rely on it; specs/token-extension.md has every field",
    "name": "it becomes a name in Python and in environment variables; choose another name",
    "operation": "clients could not request a token; name an operation of this file",
    "computed": "signatures, digests and encryption are out of scope; such a token needs code of your own",
}
Problem = tuple[NodePath, str, str]
"""Where it is, the rule, and what is wrong."""


@cache
def _schema() -> Draft202012Validator:
    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def shapes(spec: Spec) -> Iterator[Problem]:
    """Both keys match their JSON Schema, and the operations that they name exist."""
    operations = spec.operations()
    for name, token in spec.tokens.items():
        at = ("components", "securitySchemes", name)
        errors = list(_schema().iter_errors({"x-gatepass-token": token}))
        yield from _shape_problems(errors, at)
        if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name) or name in ("servers", "environment"):
            yield at, "name", f"{name!r} is not a name of the form setuToken"
        for credential in [] if errors else [*token["credentials"], *token.get("options", ())]:
            reserved = {"self", "cls", *SETTINGS, *keyword.kwlist}
            if not credential.isidentifier() or credential in reserved or credential.endswith("_file"):
                message = f"{credential!r} is a keyword of Python or an option, or ends in _file"
                key = "credentials" if credential in token["credentials"] else "options"
                yield (*at, "x-gatepass-token", key, credential), "name", message
        for id in [] if errors else TokenExtension.parse(name, spec.schemes[name]).operations:
            if id not in operations:
                yield (
                    (*at, "x-gatepass-token", "operation"),
                    "operation",
                    f"no operation has the operationId {id!r}",
                )
    for operation in operations.values():
        secret = {key: value for key, value in operation.document.items() if key == "x-gatepass-secret"}
        yield from _shape_problems(_schema().iter_errors(secret), ("paths", operation.path, operation.method))


def _shape_problems(errors: Iterable[ValidationError], at: NodePath) -> Iterator[Problem]:
    """What the JSON Schema does not allow, in the words of the schema where they say more than a pattern."""
    for error in errors:
        error = best_match([error])  # of several allowed shapes, the one that was nearly right
        rule, message, description = "shape", error.message, str(error.schema.get("description", ""))
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            unknown = [str(key) for key in error.instance if key not in known]
            close = [match for key in unknown for match in get_close_matches(key, known, n=1)]
            message = f"unknown: {', '.join(unknown)}{f' (did you mean {close[0]}?)' if close else ''}"
        elif error.validator == "const":
            message = f"{error.instance!r} is not known: write {error.validator_value!r}"
        elif error.validator == "enum":
            message = f"{error.instance!r} is none of {', '.join(map(str, error.validator_value))}"
            if "generated" in error.absolute_path:
                rule = "computed"  # from the request, or from a key
        elif error.validator == "pattern" and description:
            message = f"{error.instance!r} is not what belongs here: {description.rstrip('.')}"
        yield (*at, *error.absolute_path), rule, message
