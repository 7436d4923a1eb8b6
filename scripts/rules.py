"""What a spec must keep to beyond OpenAPI: words, references, names, servers, and who may call what."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import ValidationError
from markdown_it import MarkdownIt
from openapi_spec_validator import OpenAPIV31SpecValidator

import reference_rules
import token_rules
from spec import METHODS, Operation, Spec, Way, nodes

ENVIRONMENTS = ("sandbox", "uat", "production")
SECRET = re.compile(r"(secret|passw(or)?d|token|(client|api|access|private)[-_]?(code|key))$", re.IGNORECASE)
ID = re.compile(r"(id|user[-_]?name)$", re.IGNORECASE)
"""What is a secret by its name, and what is none; `tokenType` and `secretExpiryDays` are neither."""
PROSE = {"description", "summary", "example", "examples"}
"""Below these strings may have several lines."""
HTTPS = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?(/[^\s?#]*)?")
"""A server; its host is read in the same way by every client."""
LINK = re.compile(r"https://[^\s/]+(/\S*)?")
JWT = re.compile(r"\beyJ[\w-]{8,}\.")
KINDS = ("responses", "parameters", "headers", "examples", "securitySchemes")
"""Below such a key a reference leads to a component of that kind; all other references lead to schemas."""
WHY = {
    **token_rules.WHY,
    **reference_rules.WHY,
    "quoted": "JSON has only texts there, and each reader makes something else of it; put quotes around it",
    "ref": "a spec stands alone, and shares by its components; write it there, or correct the name",
    "openapi": "OpenAPI 3.1 does not allow it, so tools differ about it; correct it, as in specs/setu.yaml",
    "paths": "a spec without a call makes no client; describe the token call",
    "operation-id": "x-token and every generator speak of a call by that; add one",
    "responses": "a client must know what may come back; describe at least '200' and '401'",
    "no-token": "nobody would know how to get a token; write an x-token as specs/README.md says",
    "twin-names": "most generators make one name of both, and the code does not compile; declare one of them",
    "secret-shows": "it would be printed and logged; give it format: password",
    "id-hidden": "support asks for an id, so people must see it; take format: password away",
    "fake": "whoever reads this could use it; write one that contains the word fake",
    "unused-tag": "generators make an empty class or page of it; put a call under it, or take it out",
    "control": "terminals and shells may obey it, and readers do not see it; write plain characters",
    "https": "what goes there could be read and changed on the way; write https://host/path in lower case",
    "server-name": "one setting of a program switches all providers; use sandbox, production and perhaps uat",
    "server-twice": "trials would reach the real thing; give each environment its own",
    "bearer": "x-token says how the token of a bearer scheme is got; a scheme has both or neither",
    "unused-scheme": "what nothing speaks of misleads; name its header in x-token.instead, or take it out",
    "anonymous": "who has no token could never get one; take the security of this call away",
    "needs-token": "a client would send it without a token and be refused; say which, as `- userToken: []`",
}
"""Each rule of ours: why it is there, and the mend."""

Problem = tuple[Way, str, str]
"""Where it is, which rule it breaks, and what is wrong."""


def problems(spec: Spec) -> Iterator[Problem]:
    """Where a document is wrong; later checks wait for the earlier ones."""
    for check in (reference_rules.references, words, _references, _structure, _calls, token_rules.shapes):
        found = list(check(spec))
        if found:
            yield from found
            return
    operations = spec.operations()
    yield from _twins(spec)
    yield from _secrets(spec)
    yield from _tags(spec, operations)
    yield from _links(spec)
    yield from _servers(spec)
    yield from _schemes(spec, operations)
    yield from _security(spec, operations)
    yield from token_rules.problems(spec, operations)


def words(spec: Spec) -> Iterator[Problem]:
    for way, node in nodes(spec.document):
        if isinstance(node, Mapping):
            for key in node:
                if not isinstance(key, str):
                    yield (*way, key), "quoted", f"the key {key!r} is not a text"
                elif not key.isprintable():
                    yield (*way, key), "control", f"the key {key!r} has a control character"
        elif isinstance(node, str):
            if not PROSE & set(way) and not node.isprintable():
                yield way, "control", f"{node!r} has a control character"
        elif node is not None and not isinstance(node, (str, int, float, list)):
            yield way, "quoted", f"YAML makes a {type(node).__name__} of this"


def _references(spec: Spec) -> Iterator[Problem]:
    for way, node in nodes(spec.document):
        if not isinstance(node, Mapping) or "$ref" not in node:
            continue
        target, last, above = node["$ref"], way[-1:], way[-2:-1]
        kind = above[0] if above and above[0] in KINDS and last != ("items",) else "schemas"
        kind = "requestBodies" if last == ("requestBody",) else kind
        if not isinstance(target, str) or not re.fullmatch(rf"#/components/{kind}/[^/]+", target):
            yield (*way, "$ref"), "ref", f"{target!r} is not of the form '#/components/{kind}/NAME'"
            continue
        try:
            found = spec.resolve(node)
        except (LookupError, TypeError):
            found = None
        if not isinstance(found, Mapping):
            yield (*way, "$ref"), "ref", f"{target} is not in this file"


def _structure(spec: Spec) -> Iterator[Problem]:
    found = False
    try:
        for error in OpenAPIV31SpecValidator(dict(spec.document)).iter_errors():
            found, message = True, error.message.partition("\n")[0]
            short = message if len(message) < 200 else f"{message[:90]} … {message[-90:]}"
            yield _place(spec, error), "openapi", short
    except (AssertionError, LookupError, TypeError, ValueError):
        # It goes on after what is not an object where one should be, and trips over that.
        if not found:
            raise


def _place(spec: Spec, error: ValidationError) -> Way:
    """Where an error is: its own path may begin at a schema, end above what it speaks of, or be missing."""
    said = tuple(map(str, error.absolute_path))  # one backend writes 400 for '400'
    every = {tuple(map(str, way)): (way, node) for way, node in nodes(spec.document)}
    path: tuple[str, ...] = said if said in every else ()
    for way, (_, node) in every.items() if not path else ():
        # Many a 1 is like another, but few are a default, which is the one value that the validator judges.
        telling = said or isinstance(node, dict) or way[-1:] == ("default",)
        if telling and way[len(way) - len(said) :] == said and node == error.instance:
            path = way
            break
    below = [way for way in every if way[: len(path)] == path and (path or way[:1] == ("paths",))]
    words = re.findall(r"'([^']+)'", error.message)
    hits = (way for word in words for way in below[::-1] if word in (every[way][1], *way[-1:]))
    return every[next(hits, path)][0]


def _calls(spec: Spec) -> Iterator[Problem]:
    """Calls that x-token and the generators cannot speak of."""
    if not spec.document.get("paths"):
        yield ("paths",), "paths", "no path is described"
    for path, item in spec.document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                if "operationId" not in item[method]:
                    yield ("paths", path, method), "operation-id", "name the call: operationId: generateToken"
                if "responses" not in item[method]:
                    yield ("paths", path, method), "responses", "no response is described"
    if not spec.tokens:
        yield ("components", "securitySchemes"), "no-token", "no scheme has an x-token"


def _twins(spec: Spec) -> Iterator[Problem]:
    for way, node in nodes(spec.document):
        if way[-1:] == ("properties",) and isinstance(node, Mapping):
            seen: dict[str, str] = {}
            for name in node:
                twin = seen.setdefault(token_rules.bare(name), name)
                if twin != name:
                    yield (
                        (*way, name),
                        "twin-names",
                        f"{name!r} and {twin!r} differ in case alone",
                    )


def _secrets(spec: Spec) -> Iterator[Problem]:
    """Fields and header parameters that are secrets by their names, and what the examples say there."""
    for way, node in nodes(spec.document):
        name, schema, example = str(way[-1:][0] if way else ""), None, None
        if isinstance(node, Mapping) and way[-2:-1] == ("properties",):
            schema = spec.resolve(node)
        elif isinstance(node, Mapping) and "in" in node and "schema" in node:
            name, schema, example = node["name"], spec.resolve(node["schema"]), node.get("example")
        elif isinstance(node, str):
            example = node if {"example", "examples"} & set(way) else None
            if JWT.search(node):
                yield way, "fake", "this looks like a real JWT"
        hidden = isinstance(schema, Mapping) and schema.get("format") == "password"
        if schema is not None and SECRET.search(name) and not hidden:
            yield way, "secret-shows", f"{name} is a secret by its name, without format: password"
        if ID.search(name) and hidden:
            yield way, "id-hidden", f"{name} is an id, not a secret"
        if isinstance(example, str) and SECRET.search(name) and "fake" not in example:
            yield way, "fake", f"the example of {name} may be a real one"


def _tags(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    used = {tag for one in operations.values() for tag in one.document.get("tags", ())}
    for index, tag in enumerate(spec.document.get("tags", ())):
        if tag["name"] not in used:
            yield ("tags", index), "unused-tag", f"no call has the tag {tag['name']!r}"


def _links(spec: Spec) -> Iterator[Problem]:
    """Links for people: in fields that are a URL by their name, and in descriptions."""
    markdown = MarkdownIt("commonmark")
    for way, node in nodes(spec.document):
        name = str(way[-1]) if way else ""
        if not isinstance(node, str) or {"example", "examples", "servers"} & set(way):
            continue
        urls: list[object] = []
        if name.lower().endswith("url") or name == "termsOfService":
            urls = [node]
        elif name in ("description", "summary"):
            inline = [token for block in markdown.parse(node) for token in block.children or ()]
            urls = [token.attrs[key] for token in inline for key in ("href", "src") if key in token.attrs]
        for url in urls:
            if not LINK.fullmatch(str(url)):
                yield way, "https", f"the link {url!r} is not of the form https://…"


def _servers(spec: Spec) -> Iterator[Problem]:
    servers = spec.document.get("servers", [])
    names = [server.get("x-oai-name") for server in servers]
    hosts: dict[str, Any] = {}
    for index, (name, server) in enumerate(zip(names, servers, strict=True)):
        at, url = ("servers", index), server["url"]
        if name is None:
            yield at, "server-name", "name the environment: x-oai-name: sandbox"
        elif name not in ENVIRONMENTS:
            yield (*at, "x-oai-name"), "server-name", f"{name!r} is no environment"
        elif name in names[:index]:
            yield (*at, "x-oai-name"), "server-twice", f"{name!r} is the name of another server too"
        if not HTTPS.fullmatch(re.sub(r"\{\w+\}", "x", url)):
            yield (*at, "url"), "https", f"{url!r} is not of the form https://host/path"
        host = token_rules.host_of(url)
        if host in hosts:
            what = "two environments on one host are not supported yet"
            yield (*at, "url"), "server-twice", f"{host} is the host of {hosts[host]} too: {what}"
        elif "{" not in host:
            hosts[host] = name
    for name in ("sandbox", "production"):
        if name not in names:
            yield ("servers",), "server-name", f"no server has x-oai-name: {name}"
    for path, item in spec.document["paths"].items():
        for way, node in (((), item), *(((method,), item[method]) for method in METHODS if method in item)):
            if "servers" in node:
                yield ("paths", path, *way, "servers"), "server-twice", "a call has servers of its own"


def _schemes(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    instead = [place for token in spec.tokens.values() for place in token.get("instead", {}).values()]
    used = {name for one in operations.values() for need in _needs(spec, one) for name in need}
    for name, scheme in spec.schemes.items():
        at, bearer = ("components", "securitySchemes", name), scheme.get("scheme") == "bearer"
        header = scheme.get("in") == "header" and f"$request.header.{scheme['name']}" in instead
        if bearer != ("x-token" in scheme):
            yield at, "bearer", f"{name} is a bearer scheme without an x-token, or the other way round"
        elif not bearer and not header and name not in used:
            yield at, "unused-scheme", f"nothing uses {name}"


def _security(spec: Spec, operations: Mapping[str, Operation]) -> Iterator[Problem]:
    tokens = spec.tokens.values()
    issuing = {id for one in tokens for id in token_rules.calls_of(one)}
    for operation in operations.values():
        needs = _needs(spec, operation)
        at = ("paths", operation.path, operation.method)
        if operation.id in issuing and needs:
            yield (*at, "security"), "anonymous", f"{operation.id} issues tokens and wants one"
        elif operation.id not in issuing and not all(needs or [{}]):
            yield at, "needs-token", f"{operation.id} issues no token and asks for none"


def _needs(spec: Spec, operation: Operation) -> list[Mapping[str, Any]]:
    return list(operation.document.get("security", spec.document.get("security", [])))
