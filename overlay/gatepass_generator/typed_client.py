"""Python source that calls a typed client: names, types and classes as openapi-python-client chose them."""

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import Factory, define, frozen
from openapi_python_client.config import ConfigFile
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import AnyProperty, EnumProperty, ModelProperty, Property
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import PythonIdentifier

from gatepass_spec import JsonPath, JsonPaths, Spec, SpecError

Tree = dict[str, Any]
"""Field to the source of its value, or to the fields below it."""


ACCEPTED: dict[type, tuple[type, ...]] = {
    str: (StringProperty, AnyProperty, UnionProperty),
    int: (IntProperty, FloatProperty),
    float: (FloatProperty,),
    bool: (BooleanProperty,),
}
"""The types of the fields that take a value of a type."""
VARIABLES = {"client", "days", "models", "refresh_token", "response", "secrets", "self", "send"}
"""Names in the source that is written."""


@frozen
class Value:
    """Source of a value that goes into a request."""

    source: str
    kind: type = str


@define
class TypedClient:
    """The typed client of a spec, and what the source written for it so far must import."""

    spec: Spec
    data: GeneratorData
    clients: str
    """The package of the typed clients."""
    imports: set[str] = Factory(set)

    def __attrs_post_init__(self) -> None:
        self.imports.add(f"from {self.package} import models")

    @property
    def package(self) -> str:
        """The package of this typed client."""
        return f"{self.clients}.{self.spec.name}"

    def endpoint(self, operation_id: str) -> Endpoint:
        name = PythonIdentifier(operation_id, ConfigFile().field_prefix)
        for tag, collection in self.data.endpoint_collections_by_tag.items():
            for endpoint in collection.endpoints:
                if endpoint.name == name:
                    self.imports.add(self._import(f"api.{tag}", name))
                    return endpoint
        raise self._error(f"the typed client has no call {operation_id}")

    def arguments(self, endpoint: Endpoint, sent: Mapping[JsonPath, Value]) -> str:
        """The arguments of a request in which each of these paths has its value."""
        body: Tree = {}
        arguments: list[str] = []
        for (part, *keys), value in sent.items():
            if part != "body":
                parameter = self._parameter(endpoint, part, keys[0])
                arguments.append(f"{parameter.python_name}={self._converted(parameter, value)}")
                continue
            node = body
            for key in keys[:-1]:
                node = node.setdefault(key, {})
            node[keys[-1]] = value
        if endpoint.bodies:
            arguments.append(f"body={self._model_source(self._model(endpoint.bodies[0].prop), body)}")
        return ", ".join(arguments)

    def _parameter(self, endpoint: Endpoint, part: str, name: str) -> Property:
        """The parameter in the header, the query or the path."""
        parameters: list[Property] = getattr(endpoint, f"{part}_parameters")
        for parameter in parameters:
            written = parameter.name.get_untrusted_value()
            if (written.lower() if part == "header" else written) == name:
                return parameter
        raise self._error(f"{endpoint.name} has no parameter {name} in the {part}")

    def response_class(self, endpoint: Endpoint) -> ModelProperty | None:
        """The class of the JSON object of a success; None if that is something else."""
        for response in endpoint.responses:
            if response.status_code.pattern.startswith("2"):
                return self._model(response.prop) if isinstance(response.prop, ModelProperty) else None
        raise self._error(f"{endpoint.name} describes no success")

    def read(self, model: ModelProperty | None, paths: JsonPaths) -> str:
        """Source of the value at the first of the paths that exists, else of None."""
        sources, is_unset = [], True
        for part, *keys in paths:
            if part == "header":
                source = f"answer.headers.get({keys[0]!r})"
            elif part == "cookie":
                source = f"read_cookie(answer.headers, {keys[0]!r})"
            elif not keys:
                source = "answer.content.decode()"
            elif model is None:
                raise self._error(f"the success of {self.spec.name} is no object, and has no {keys[-1]}")
            else:
                source, is_unset = self._attribute(model, tuple(keys))
            sources.append(source)
        return " or ".join([*sources, *(["None"] if is_unset else [])])

    def _attribute(self, model: ModelProperty, parts: tuple[str, ...]) -> tuple[str, bool]:
        """Source of an attribute, and whether it may be Unset."""
        source = "response"
        needed: list[str] = []
        for index, part in enumerate(parts):
            attribute = self._properties(model).get(part)
            rest, is_last = parts[index:], index == len(parts) - 1
            if attribute is None:
                if not model.additional_properties:
                    raise self._error(f"{model.class_info.name} has no field {part}")
                source = f"get_path({source}.additional_properties, ({rest!r},))"
                return self._guarded(needed, source), False
            source += f".{attribute.python_name}"
            if not is_last and not isinstance(attribute, ModelProperty):
                return f"get_path(response.to_dict(), ({parts!r},))", False
            if is_last:
                return self._guarded(needed, source), bool(needed) or not attribute.required
            if not attribute.required:
                needed.append(source)
            model = self._model(attribute)
        raise AssertionError("a place has at least one part")

    @staticmethod
    def _guarded(needed: list[str], source: str) -> str:
        return f"({' and '.join([*needed, source])})" if needed else source

    def _model_source(self, model: ModelProperty, tree: Tree) -> str:
        properties = self._properties(model)
        for name, attribute in properties.items():
            if attribute.required and attribute.default is None and name not in tree:
                raise self._error(f"{model.class_info.name}.{name} is required, but nothing is sent there")
        arguments = list(self._keyword_arguments(model, tree))
        return f"models.{model.class_info.name}({', '.join(arguments)})"

    def _keyword_arguments(self, model: ModelProperty, tree: Tree) -> Iterator[str]:
        properties = self._properties(model)
        for name, value in tree.items():
            if name not in properties:
                raise self._error(f"{model.class_info.name} has no field {name}")
            attribute = properties[name]
            is_value = isinstance(value, Value)
            source = (
                self._converted(attribute, value)
                if is_value
                else self._model_source(self._model(attribute), value)
            )
            yield f"{attribute.python_name}={source}"

    def _converted(self, attribute: Property, value: Value) -> str:
        """Source of the value, converted to the type of the attribute."""
        if isinstance(attribute, EnumProperty) and value.kind is str:
            return f"models.{attribute.class_info.name}({value.source})"
        if not isinstance(attribute, ACCEPTED[value.kind]):
            raise self._error(f"{attribute.name.get_untrusted_value()} is not a field for {value.source}")
        return value.source

    def _properties(self, model: ModelProperty) -> dict[str, Property]:
        properties = [*(model.required_properties or ()), *(model.optional_properties or ())]
        return {attribute.name.get_untrusted_value(): attribute for attribute in properties}

    def _model(self, attribute: Property) -> ModelProperty:
        """The model of an attribute, which may be only a reference to it."""
        for model in self.data.models:
            if isinstance(attribute, ModelProperty) and model.class_info.name == attribute.class_info.name:
                return model
        raise self._error(f"{attribute.name.get_untrusted_value()} is not an object with named fields")

    def type_of(self, endpoint: Endpoint) -> str:
        """The class of the client that the request needs, as an annotation."""
        return '"AuthenticatedClient"' if endpoint.requires_security else '"Client"'

    def sync(self, endpoint: Endpoint) -> str:
        """Source of the function that makes the request."""
        return f"{_alias(endpoint.name)}.sync"

    def _import(self, module: str, name: str) -> str:
        alias = f" as {_alias(name)}" if _alias(name) != name else ""
        return f"from {self.package}.{module} import {name}{alias}"

    def _error(self, reason: str) -> SpecError:
        return SpecError(f"{self.spec.path}:1: no typed credential can be made: {reason}")


def _alias(name: str) -> str:
    """The name under which a call is imported: another one if a variable has its name."""
    return f"{name}_request" if name in VARIABLES else name
