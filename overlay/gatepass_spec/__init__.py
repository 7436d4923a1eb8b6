"""The reader of provider specs, shared by the emulator, the generator, the lint and the tests.

A `Spec` is one OpenAPI document; an `Operation` is one of its requests with everything about it resolved;
`TokenExtension` and `SecretExtension` are the vendor keys as typed objects. What a spec must keep to beyond
that is checked by those who use it: the lint for authors, the emulator for what it serves.
"""

from ._error import SpecError
from ._files import SERVICE_FILE, SERVICE_PACKAGE, provider_files
from ._installed import installed_specs
from ._operation import Message, Operation, parameter_path
from ._parts import (
    NAME_IN_TEXT,
    ApiScheme,
    Assertion,
    Composed,
    Condition,
    Constants,
    Generated,
    RefreshGrant,
    WrongToken,
    as_text,
)
from ._places import JsonPath, JsonPaths, Place, get_path, places, pointer_keys, split_place
from ._references import MISSING
from ._schemas import (
    decoded_pattern,
    example_values,
    is_base64,
    place_schema,
    request_schema,
    response_schema,
)
from ._secret_extension import SecretExtension
from ._spec import LOADER, METHODS, NodePath, Spec, walk
from ._token_extension import UNITS, TokenExtension

__all__ = [
    "LOADER",
    "METHODS",
    "MISSING",
    "NAME_IN_TEXT",
    "SERVICE_FILE",
    "SERVICE_PACKAGE",
    "UNITS",
    "ApiScheme",
    "Assertion",
    "Composed",
    "Condition",
    "Constants",
    "Generated",
    "JsonPath",
    "JsonPaths",
    "Message",
    "NodePath",
    "Operation",
    "Place",
    "RefreshGrant",
    "SecretExtension",
    "Spec",
    "SpecError",
    "TokenExtension",
    "WrongToken",
    "as_text",
    "decoded_pattern",
    "example_values",
    "get_path",
    "installed_specs",
    "is_base64",
    "parameter_path",
    "place_schema",
    "places",
    "pointer_keys",
    "provider_files",
    "request_schema",
    "response_schema",
    "split_place",
    "walk",
]
