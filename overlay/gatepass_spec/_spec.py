"""One provider's spec as a document."""

import pathlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml
from yaml.nodes import MappingNode, SequenceNode

from ._error import SpecError
from ._operation import Operation, read_operation
from ._references import inline, resolve
from ._secret_extension import SecretExtension
from ._token_extension import TokenExtension

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The implementation in C is ten times as fast, but not everywhere installed."""
NodePath = tuple[str | int, ...]
"""The keys of a node of a document, from its root."""


@dataclass(frozen=True)
class Spec:
    """One provider: the document as it is written, named after its file."""

    path: pathlib.Path
    text: str
    document: Mapping[str, Any]

    @classmethod
    def read(cls, path: pathlib.Path) -> "Spec":
        """Read a file; SpecError if it is not YAML. Whether it is OpenAPI is not checked."""
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, yaml.load(text, Loader=LOADER))  # noqa: S506 - a safe loader
        except OSError as error:
            raise SpecError(f"{path}: {error.strerror}") from error
        except yaml.YAMLError as error:
            raise SpecError(f"{path}: {' '.join(str(error).split())}") from error
        except (RecursionError, ValueError) as error:  # such as a date that does not exist
            raise SpecError(f"{path}: not YAML ({error!r})") from error

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def schemes(self) -> dict[str, Mapping[str, Any]]:
        """All security schemes by name."""
        schemes: Mapping[str, Any] = self.document.get("components", {}).get("securitySchemes", {})
        return {name: self.resolve(scheme) for name, scheme in schemes.items()}

    @property
    def tokens(self) -> dict[str, Mapping[str, Any]]:
        """Security scheme to its x-gatepass-token, as it is written."""
        return {
            name: scheme["x-gatepass-token"]
            for name, scheme in self.schemes.items()
            if "x-gatepass-token" in scheme
        }

    @property
    def token_extensions(self) -> dict[str, TokenExtension]:
        """Security scheme to its x-gatepass-token, typed; SpecError if that is not well-formed."""
        return {
            name: TokenExtension.parse(name, scheme)
            for name, scheme in self.schemes.items()
            if "x-gatepass-token" in scheme
        }

    def login(self, scheme: str) -> str | None:
        """The scheme whose token the token request of this scheme needs; None if it needs none."""
        operation = self.operations().get(self.tokens[scheme]["operation"])
        needs = [name for need in operation.security for name in need] if operation else []
        return next((name for name in needs if name in self.tokens), None)

    def logins(self, scheme: str) -> list[str]:
        """The schemes whose tokens are needed for this one, the nearest first; SpecError for a ring."""
        chain: list[str] = []
        needed = self.login(scheme)
        while needed is not None:
            if needed in (scheme, *chain):
                ring = " needs ".join([scheme, *chain, needed])
                raise SpecError(f"#/components/securitySchemes/{scheme}: {ring}: no token could be the first")
            chain.append(needed)
            needed = self.login(needed)
        return chain

    def secret_extension(self, operation: Operation) -> SecretExtension | None:
        """The x-gatepass-secret of an operation, typed; SpecError if that is not well-formed."""
        if "x-gatepass-secret" not in operation.document:
            return None
        where = f"#/paths/{operation.path}/{operation.method}/x-gatepass-secret"
        return SecretExtension.parse(operation.document["x-gatepass-secret"], where)

    @property
    def servers(self) -> dict[str, str | None]:
        """Environment to base URL; None where only the user knows the host."""
        return {
            server["x-oai-name"]: None if server.get("variables") else server["url"]
            for server in self.document["servers"]
        }

    def resolve(self, node: Any) -> Any:
        """The node itself, or what its `$ref` names in this document; LookupError if there is none."""
        return resolve(self.document, node)

    def inlined(self) -> "Spec":
        """This spec without references; SpecError if one names nothing in the document."""
        return Spec(self.path, self.text, inline(self.document))

    def operations(self) -> dict[str, Operation]:
        """All operations by operationId; SpecError if one has none, or that of another."""
        operations: dict[str, Operation] = {}
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = read_operation(self, path, method)
                    if operations.setdefault(operation.id, operation) is not operation:
                        what = f"another operation is called {operation.id}"
                        raise SpecError(f"#/paths/{path}/{method}: {what}")
        return operations

    def property_at(self, schema: Mapping[str, Any], keys: tuple[str, ...]) -> Mapping[str, Any]:
        """The schema of the field with this path in a schema; LookupError if there is none.

        Empty where the schema is open: it does not describe its content, or allows any other field.
        """
        for key in keys:
            schema = self.resolve(schema)
            if not isinstance(schema, Mapping):
                return {}
            if key.isdecimal() and "items" in schema:
                schema = schema["items"]
            elif key in schema.get("properties", {}):
                schema = schema["properties"][key]
            elif schema.get("additionalProperties") is True or not {"type", "properties"} & set(schema):
                return {}
            else:
                raise LookupError(key)
        schema = self.resolve(schema)
        return schema if isinstance(schema, Mapping) else {}

    def line(self, *path: str | int) -> int:
        """The line of a node of the document, or of its nearest parent that exists."""
        node = _node_tree(self.text)
        line: int = node.start_mark.line
        for key in path:
            if isinstance(node, MappingNode):
                pairs = [(k, v) for k, v in node.value if str(k.value) == str(key)]
                if not pairs:
                    break
                line, node = pairs[0][0].start_mark.line, pairs[0][1]
            elif isinstance(node, SequenceNode) and isinstance(key, int):
                node = node.value[key]
                line = node.start_mark.line
            else:
                break
        return line + 1


@lru_cache(maxsize=4)
def _node_tree(text: str) -> Any:
    # Only for line numbers: what a value means is up to YAML 1.2, which this does not read.
    return yaml.compose(text, Loader=LOADER)


def walk(node: Any, path: NodePath = ()) -> Iterator[tuple[NodePath, Any]]:
    """Every node of a document with its path, parents first."""
    yield path, node
    items = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from walk(child, (*path, key))
