"""The rules for specs beyond OpenAPI: values, references, names, servers and security."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import ValidationError
from markdown_it import MarkdownIt
from openapi_spec_validator import OpenAPIV31SpecValidator

from gatepass_spec import METHODS, NodePath, Operation, Spec, SpecError, walk

from . import reference_rules, shape_rules, token_rules, value_rules

ENVIRONMENTS = ("sandbox", "uat", "production")
SECRET = re.compile(r"(secret|passw(or)?d|token|(client|api|access|private)[-_]?(code|key))$", re.IGNORECASE)
ID = re.compile(r"(id|user[-_]?name)$", re.IGNORECASE)
"""Names of secrets, and of ids, which are not secret; `tokenType` and `secretExpiryDays` are neither."""
PROSE = {"description", "summary", "example", "examples"}
"""Keys whose strings may have several lines."""
HTTPS = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?(/[^\s?#]*)?")
"""A server whose host every client reads in the same manner."""
PHRASE = re.compile(r"[A-Z][^.\n]{2,39}")
"""The description of a server."""
LINK = re.compile(r"https://[^\s/]+(/\S*)?")
JWT = re.compile(r"\beyJ[\w-]{8,}\.")
KINDS = ("responses", "parameters", "headers", "examples", "securitySchemes")
"""Keys whose references name a component of that kind; all other references name schemas."""
WHY = {
    **shape_rules.WHY,
    **token_rules.WHY,
    **value_rules.WHY,
    **reference_rules.WHY,
    "quoted": "JSON has only strings there, and readers of YAML disagree about this; put quotes around it",
    "ref": "a spec must not depend on other files; define it in the components, or correct the name",
    "openapi": "OpenAPI 3.1 does not allow it, so tools differ about it; correct it, as in specs/setu.yaml",
    "paths": "a client needs at least one operation; describe the token request",
    "operation-id": "x-gatepass-token and every generator refer to an operation by its id; add one",
    "responses": "a client must know the responses; describe at least '200' and '401'",
    "no-token": "clients could not get a token; write an x-gatepass-token as described in specs/README.md",
    "twin-names": "most generators use one name for both, and the code does not compile; declare one of them",
    "secret-shows": "it would be printed and logged; add format: password",
    "id-hidden": "support asks for ids, so they must be visible; remove format: password",
    "fake": "readers of the spec could use it; write a value that contains the word fake",
    "unused-tag": "generators write an empty class or page for it; give an operation this tag, or remove it",
    "control": "terminals and shells may obey it, and readers do not see it; use printable characters",
    "https": "others could read and change what is sent there; write https://host/path in lower case",
    "server-name": "programs use the same names for all providers; use sandbox, production and perhaps uat",
    "server-order": "many clients use the first server if none is named; put the sandbox first",
    "server-phrase": "generators make identifiers and menus of it; write a few words, and the rest into info",
    "server-twice": "tests would reach production; give each its own server, or list it in shared_hosts",
    "bearer": "x-gatepass-token says how to get the token of a bearer scheme; a scheme needs both or neither",
    "unused-scheme": "it would be misleading; name its header in alternative_headers, or remove it",
    "chain": "a client without a token could never get one; remove the security of one of the operations",
    "needs-token": "it would be sent without a token and rejected; name the scheme, as in `- userToken: []`",
}
"""The reason for each of our rules, and how to fix what breaks it."""

Problem = tuple[NodePath, str, str]
"""The path of the node, the rule that it breaks, and what is wrong."""


def problems(spec: Spec) -> Iterator[Problem]:
    """All problems of a document; later checks run only if the earlier ones pass."""
    for check in (
        reference_rules.references,
        scalars,
        _references,
        _structure,
        _operations,
        shape_rules.shapes,
    ):
        results = list(check(spec))
        if results:
            yield from results
            return
    operations = spec.operations()
    yield from _similar_names(spec)
    yield from _secrets(spec)
    yield from _tags(spec, operations)
    yield from _links(spec)
    yield from _servers(spec)
    yield from _schemes(spec, operations)
    yield from _security(spec, operations)
    yield from token_rules.problems(spec, operations)


def document_problems(spec: Spec) -> Iterator[Problem]:
    """All problems of a document that describes no provider."""
    for check in (reference_rules.references, scalars, _references, _structure):
        results = list(check(spec))
        if results:
            yield from results
            return
    yield from _similar_names(spec)
    yield from _secrets(spec)
    yield from _tags(spec, spec.operations())
    yield from _links(spec)


def scalars(spec: Spec) -> Iterator[Problem]:
    """Keys and values that readers of YAML disagree about, or that terminals obey."""
    for path, node in walk(spec.document):
        if isinstance(node, Mapping):
            for key in node:
                if not isinstance(key, str):
                    yield (*path, key), "quoted", f"the key {key!r} is not a string"
                elif not key.isprintable():
                    yield (*path, key), "control", f"the key {key!r} has a control character"
        elif isinstance(node, str):
            if not PROSE & set(path) and not node.isprintable():
                yield path, "control", f"{node!r} has a control character"
        elif node is not None and not isinstance(node, (str, int, float, list)):
            yield path, "quoted", f"YAML reads this as a {type(node).__name__}"


def _references(spec: Spec) -> Iterator[Problem]:
    for path, node in walk(spec.document):
        if not isinstance(node, Mapping) or "$ref" not in node:
            continue
        target, last, above = node["$ref"], path[-1:], path[-2:-1]
        kind = above[0] if above and above[0] in KINDS and last != ("items",) else "schemas"
        kind = "requestBodies" if last == ("requestBody",) else kind
        if not isinstance(target, str) or not re.fullmatch(rf"#/components/{kind}/[^/]+", target):
            yield (*path, "$ref"), "ref", f"{target!r} is not of the form '#/components/{kind}/NAME'"
            continue
        try:
            resolved = spec.resolve(node)
        except (LookupError, TypeError):
            resolved = None
        if not isinstance(resolved, Mapping):
            yield (*path, "$ref"), "ref", f"{target} is not in this file"


def _structure(spec: Spec) -> Iterator[Problem]:
    has_problem = False
    try:
        for error in OpenAPIV31SpecValidator(dict(spec.document)).iter_errors():
            has_problem, message = True, error.message.partition("\n")[0]
            short = message if len(message) < 200 else f"{message[:90]} … {message[-90:]}"
            yield _error_path(spec, error), "openapi", short
    except (AssertionError, LookupError, TypeError, ValueError):
        # The validator continues with nodes that should be objects but are not, and fails on them.
        if not has_problem:
            raise


def _error_path(spec: Spec, error: ValidationError) -> NodePath:
    """The path of an error, whose own path may begin at a schema, end above the cause, or be missing."""
    reported = tuple(map(str, error.absolute_path))  # one backend writes 400 for '400'
    nodes = {tuple(map(str, path)): (path, node) for path, node in walk(spec.document)}
    prefix: tuple[str, ...] = reported if reported in nodes else ()
    for path, (_, node) in nodes.items() if not prefix else ():
        # Scalars are often equal; of those only defaults are validated.
        is_candidate = reported or isinstance(node, dict) or path[-1:] == ("default",)
        if is_candidate and path[len(path) - len(reported) :] == reported and node == error.instance:
            prefix = path
            break
    below = [path for path in nodes if path[: len(prefix)] == prefix and (prefix or path[:1] == ("paths",))]
    quoted = re.findall(r"'([^']+)'", error.message)
    matches = (path for value in quoted for path in below[::-1] if value in (nodes[path][1], *path[-1:]))
    return nodes[next(matches, prefix)][0]


def _operations(spec: Spec) -> Iterator[Problem]:
    """Operations that x-gatepass-token and the generators cannot refer to."""
    if not spec.document.get("paths"):
        yield ("paths",), "paths", "no path is described"
    for path, item in spec.document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                if "operationId" not in item[method]:
                    yield (
                        ("paths", path, method),
                        "operation-id",
                        "name the operation: operationId: generateToken",
                    )
                if "responses" not in item[method]:
                    yield ("paths", path, method), "responses", "no response is described"
    if not spec.tokens:
        yield ("components", "securitySchemes"), "no-token", "no scheme has an x-gatepass-token"


def _similar_names(spec: Spec) -> Iterator[Problem]:
    for path, node in walk(spec.document):
        if path[-1:] == ("properties",) and isinstance(node, Mapping):
            seen: dict[str, str] = {}
            for name in node:
                twin = seen.setdefault(token_rules.normalized(name), name)
                if twin != name:
                    yield (
                        (*path, name),
                        "twin-names",
                        f"{name!r} and {twin!r} differ only in case",
                    )


def _secrets(spec: Spec) -> Iterator[Problem]:
    """Fields and header parameters whose names are those of secrets, and their examples."""
    for path, node in walk(spec.document):
        name, schema, example = str(path[-1:][0] if path else ""), None, None
        if isinstance(node, Mapping) and path[-2:-1] == ("properties",):
            schema = spec.resolve(node)
        elif isinstance(node, Mapping) and "in" in node and "schema" in node:
            name, schema, example = node["name"], spec.resolve(node["schema"]), node.get("example")
        elif isinstance(node, str):
            example = node if {"example", "examples"} & set(path) else None
            if JWT.search(node):
                yield path, "fake", "this looks like a real JWT"
        hidden = isinstance(schema, Mapping) and schema.get("format") == "password"
        if schema is not None and SECRET.search(name) and not hidden:
            yield path, "secret-shows", f"{name} has the name of a secret, but not format: password"
        if ID.search(name) and hidden:
            yield path, "id-hidden", f"{name} is an id, not a secret"
        if isinstance(example, str) and SECRET.search(name) and "fake" not in example:
            yield path, "fake", f"the example of {name} may be real"


def _tags(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    used = {tag for operation in operations.values() for tag in operation.document.get("tags", ())}
    for index, tag in enumerate(spec.document.get("tags", ())):
        if tag["name"] not in used:
            yield ("tags", index), "unused-tag", f"no operation has the tag {tag['name']!r}"


def _links(spec: Spec) -> Iterator[Problem]:
    """Links in fields that are named like a URL, and in descriptions."""
    markdown = MarkdownIt("commonmark")
    for path, node in walk(spec.document):
        name = str(path[-1]) if path else ""
        if not isinstance(node, str) or {"example", "examples", "servers"} & set(path):
            continue
        urls: list[object] = []
        if name.lower().endswith("url") or name == "termsOfService":
            urls = [node]
        elif name in ("description", "summary"):
            inline = [token for block in markdown.parse(node) for token in block.children or ()]
            urls = [token.attrs[key] for token in inline for key in ("href", "src") if key in token.attrs]
        for url in urls:
            if not LINK.fullmatch(str(url)):
                yield path, "https", f"the link {url!r} is not of the form https://…"


def _servers(spec: Spec) -> Iterator[Problem]:
    servers = spec.document.get("servers", [])
    names = [server.get("x-oai-name") for server in servers]
    shared = [set(token.shared_hosts) for token in spec.token_extensions.values()]
    hosts: dict[str, Any] = {}
    for index, (name, server) in enumerate(zip(names, servers, strict=True)):
        at, url = ("servers", index), server["url"]
        if name is None:
            yield at, "server-name", "name the environment: x-oai-name: sandbox"
        elif name not in ENVIRONMENTS:
            yield (*at, "x-oai-name"), "server-name", f"{name!r} is not an environment"
        elif name in names[:index]:
            yield (*at, "x-oai-name"), "server-twice", f"another server is called {name!r} too"
        elif index == 0 and name != "sandbox" and "sandbox" in names:
            yield (*at, "x-oai-name"), "server-order", f"the first server is {name}"
        if not PHRASE.fullmatch(server.get("description", "")):
            yield (*at, "description"), "server-phrase", "this is no phrase of at most 40 characters"
        if not HTTPS.fullmatch(re.sub(r"\{\w+\}", "x", url)):
            yield (*at, "url"), "https", f"{url!r} is not of the form https://host/path"
        host = value_rules.host_of(url)
        if host in hosts and not (shared and all(host in listed for listed in shared)):
            yield (*at, "url"), "server-twice", f"{host} is the host of {hosts[host]} too"
        elif "{" not in host:
            hosts[host] = name
    for name in ("sandbox", "production"):
        if name not in names:
            yield ("servers",), "server-name", f"no server has x-oai-name: {name}"
    for path, item in spec.document["paths"].items():
        for keys, node in (((), item), *(((method,), item[method]) for method in METHODS if method in item)):
            if "servers" in node:
                yield (
                    ("paths", path, *keys, "servers"),
                    "server-twice",
                    "an operation has servers of its own",
                )


def _schemes(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    alternative_headers = [
        place for token in spec.tokens.values() for place in token.get("alternative_headers", {}).values()
    ]
    used = {name for operation in operations.values() for need in operation.security for name in need}
    for name, scheme in spec.schemes.items():
        at, bearer = ("components", "securitySchemes", name), scheme.get("scheme") == "bearer"
        header = scheme.get("in") == "header" and f"$request.header.{scheme['name']}" in alternative_headers
        if bearer and name not in used and "x-gatepass-token" not in scheme:
            yield (
                at,
                "bearer",
                f"{name} is a bearer scheme without x-gatepass-token, and secures no operation",
            )
        elif not header and name not in used and "x-gatepass-token" not in scheme:
            yield at, "unused-scheme", f"nothing uses {name}"


def _security(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    for scheme, token in spec.tokens.items():
        try:
            spec.logins(scheme)
        except SpecError as error:
            operation = operations[token["operation"]]
            yield (
                ("paths", operation.path, operation.method, "security"),
                "chain",
                str(error).partition(": ")[2],
            )
    issuing = {id for token in spec.token_extensions.values() for id in token.operations}
    for operation in operations.values():
        needs = operation.security
        at = ("paths", operation.path, operation.method)
        if operation.id not in issuing and not all(needs or [{}]):
            yield at, "needs-token", f"{operation.id} issues no token and needs none"
