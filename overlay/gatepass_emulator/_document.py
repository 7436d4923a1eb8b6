"""One OpenAPI file, with its references followed and its examples found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from ._place import MISSING, Json, Missing, child, is_list, is_object, steps

Check = Callable[[Json], bool]


class SpecError(ValueError):
    """A spec that cannot be served; the text names the file and the place in it."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON has it: an unquoted timestamp in an example stays the text it is."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class Document:
    """One OpenAPI file."""

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.file = file
        try:
            # It is a SafeLoader, which the linter does not see.
            root = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise SpecError(f"{file}: {' '.join(str(error).split())}") from error
        if not is_object(root):
            raise SpecError(f"{file}: not an OpenAPI document")
        self._uri = f"urn:spec:{name}"
        self._refs: set[str] = set()
        self.root = self._absolute(root)
        for ref in self._refs:
            self.follow({"$ref": ref})
        whole: Resource[Json] = Resource.from_contents(self.root, DRAFT202012)
        empty: Registry[Json] = Registry()
        self._registry = empty.with_resource(self._uri, whole).crawl()

    def error(self, place: str, why: str) -> SpecError:
        """A complaint that names the file and the place."""
        return SpecError(f"{self.file}: {place}: {why}")

    def check(self, schema: Json) -> Check:
        """A compiled schema, its references included: whether a value fits."""
        return cast(Check, Draft202012Validator(schema, registry=self._registry).is_valid)  # pyright: ignore[reportUnknownMemberType]

    def follow(self, node: Json, *path: str) -> Json:
        """Step into `node`, through every reference on the way; an empty object if it ends."""
        for key in (None, *path):
            if key is not None:
                node = child(node, key)
            while is_object(node) and "$ref" in node:
                ref = str(node["$ref"])
                where, _, pointer = ref.partition("#")
                node = self.root if where == self._uri else MISSING
                for step in steps(pointer):
                    node = child(node, step)
                if node is MISSING:
                    raise self.error(ref.removeprefix(self._uri), "this reference leads nowhere")
            if node is MISSING:
                return cast(dict[str, Json], {})
        return node

    def property(self, schema: Json, keys: tuple[str, ...]) -> dict[str, Json] | None:
        """The schema of a property some steps into `schema`, or None."""
        schema = self.follow(schema)
        if not keys:
            return schema if is_object(schema) else None
        below = child(self.follow(schema, "properties"), keys[0])
        if below is not MISSING:
            return self.property(below, keys[1:])
        for word in ("allOf", "anyOf", "oneOf"):
            for part in self.follow(schema, word):
                found = self.property(part, keys)
                if found is not None:
                    return found
        return None

    def example(self, node: Json) -> Json | Missing:
        """The first example of a media type, a parameter or a header."""
        node = self.follow(node)
        if "example" in node:
            return node["example"]
        for _, named in self.items(node, "examples"):
            return named.get("value", MISSING)
        schema = self.follow(node, "schema")
        return next(iter(schema.get("examples", [])), schema.get("example", MISSING))

    def items(self, node: Json, *path: str) -> Iterator[tuple[str, Json]]:
        """The entries of an object some steps in, with their references followed."""
        found = self.follow(node, *path)
        if not is_object(found):
            raise self.error("/".join(path), "must be an object")
        for key, value in found.items():
            # A status that is not quoted is a number in YAML.
            yield str(key), self.follow(value)

    def _absolute(self, node: Json) -> Json:
        """The same with absolute references, so that a part of it is a schema of its own."""
        if is_list(node):
            return [self._absolute(item) for item in node]
        if not is_object(node):
            return node
        result = {key: self._absolute(value) for key, value in node.items()}
        ref = result.get("$ref")
        if isinstance(ref, str):
            if not ref.startswith("#/"):
                raise self.error(ref, "a reference must lead to a place in the same file")
            result["$ref"] = self._uri + ref
            self._refs.add(result["$ref"])
        return result
