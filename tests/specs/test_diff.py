"""What `make diff` reports as breaking, what it accepts, and what it requires of versions and changelog."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..timeouts import HANG_TIMEOUT

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
AUTHOR = (
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.invalid",
    "-c",
    "init.defaultBranch=main",
)
UNRELEASED = "# Changelog\n\n## Unreleased\n\n### Specs\n\n- Setu has more fields.\n"
QUICK_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
QUICK_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
Edit = Callable[[Any], None]
"""Changes a parsed spec."""
Changes = dict[str, list[tuple[str, str]]]
"""File to the level and the message of each change."""


def put(place: str, value: Any) -> Edit:
    def edit(spec: Any) -> None:
        *path, last = place.split()
        inside(spec, path)[int(last) if last.isdecimal() and "responses" not in path else last] = value

    return edit


def drop(place: str) -> Edit:
    def edit(spec: Any) -> None:
        *path, last = place.split()
        del inside(spec, path)[int(last) if last.isdecimal() and "responses" not in path else last]

    return edit


def rename(place: str, new: str) -> Edit:
    def edit(spec: Any) -> None:
        *path, last = place.split()
        node = inside(spec, path)
        renamed = {new if key == last else key: value for key, value in node.items()}
        node.clear()
        node.update(renamed)

    return edit


def spell(old: str, new: str) -> Edit:
    """Replaces a word everywhere in the spec."""

    def edit(spec: Any) -> None:
        changed = yaml.load(re.sub(rf"\b{old}\b", new, written(spec)), QUICK_LOADER)
        spec.clear()
        spec.update(changed)

    return edit


def both(*edits: Edit) -> Edit:
    def edit(spec: Any) -> None:
        for change in edits:
            change(spec)

    return edit


def inside(spec: Any, path: list[str]) -> Any:
    for part in path:
        spec = spec[int(part)] if isinstance(spec, list) else spec[part]
    return spec


def nothing(_spec: Any) -> None: ...


def written(spec: Any) -> str:
    return yaml.dump(spec, Dumper=QUICK_DUMPER, sort_keys=False, allow_unicode=True)


def text_of(name: str, *edits: Edit) -> str:
    spec = yaml.load((SPECS / f"{name}.yaml").read_text(encoding="utf-8"), QUICK_LOADER)
    both(*edits)(spec)
    return written(spec)


SETU, SAHAMATI, DECENTRO = "paths /auth/token post", "paths /entity/secret/reset post", "paths /v2/auth/token"
SU = "paths /SUAPI/jservice/auth/generate-access-token get"
SETU_TOKEN = "components securitySchemes setuToken x-gatepass-token"
DECENTRO_TOKEN = "components securitySchemes decentroToken x-gatepass-token"
SU_TOKEN = "components securitySchemes suToken x-gatepass-token"
SINGLEVIEW_TOKEN = "components securitySchemes singleViewToken x-gatepass-token"
USER_TOKEN = "components securitySchemes userToken x-gatepass-token"
SU_PATTERN = f"{SU} parameters 0 schema contentSchema"
FIELDS = "components schemas {} properties"
RESPONSE, ERROR, REQUEST = (FIELDS.format(name) for name in ("TokenResponse", "ErrorDetail", "TokenRequest"))
DATA, SECRET_REQUEST = FIELDS.format("TokenData"), FIELDS.format("SecretRequest")
HEADER = {"name": "x-fake", "in": "header", "required": True, "schema": {"type": "string"}}

Case = tuple[str, Edit, str]
"""The spec, the edit, and a part of the line that reports it."""
WIRE: dict[str, Case] = {
    "path renamed": ("setu", rename("paths /auth/token", "/auth/tokens"), "/auth/tokens"),
    "path removed": ("sahamati", drop("paths /entity/secret/read"), "/entity/secret/read"),
    "method changed": ("setu", rename(SETU, "put"), "/auth/token post"),
    "operation removed": ("decentro", drop(f"{DECENTRO} post"), "post"),
    "operationId renamed": ("setu", spell("generateToken", "makeToken"), "operationId"),
    "schema renamed": ("setu", spell("TokenData", "TokenPayload"), "schemas TokenData: removed"),
    "schema of a response replaced": (
        "setu",
        put(f"{SETU} responses 400 content application/json schema $ref", "#/components/schemas/ErrorDetail"),
        "schema $ref",
    ),
    "response field removed": ("setu", drop(f"{DATA} expiresIn"), "TokenData expiresIn"),
    "response field renamed": ("setu", rename(f"{ERROR} docURL", "docUrl"), "ErrorDetail docURL"),
    "response field of another type": (
        "setu",
        put(f"{DATA} expiresIn type", "string"),
        "TokenData expiresIn type",
    ),
    "response field of a narrower type": (
        "sahamati",
        put(f"{FIELDS.format('SecretResponse')} expiresOn type", "integer"),
        "expiresOn type",
    ),
    "response field no longer required": (
        "setu",
        put("components schemas TokenData required", []),
        "required",
    ),
    "enum of a response widened": ("setu", put(f"{ERROR} code enum", ["a", "b", "c"]), "code enum"),
    "request field removed": (
        "sahamati",
        drop(f"{SECRET_REQUEST} secretExpiryDays"),
        "secretExpiryDays: removed",
    ),
    "request field named like a keyword removed": (
        "sahamati",
        nothing,
        "SecretRequest summary: removed",
    ),
    "request field renamed": (
        "sahamati",
        rename(f"{SECRET_REQUEST} secretExpiryDays", "expiryDays"),
        "secretExpiryDays: removed",
    ),
    "request field of a wider type": (
        "sahamati",
        put(f"{SECRET_REQUEST} secretExpiryDays type", "number"),
        "secretExpiryDays type",
    ),
    "request field that may be null": (
        "sahamati",
        put(f"{SECRET_REQUEST} ver type", ["string", "null"]),
        "ver type",
    ),
    "request field newly required": (
        "sahamati",
        put(
            "components schemas SecretRequest required",
            ["ver", "timestamp", "txnId", "entityId", "secretExpiryDays"],
        ),
        "became required: `secretExpiryDays`",
    ),
    "request field bounded": ("setu", put(f"{REQUEST} clientID minLength", 8), "clientID minLength"),
    "enum of a request narrowed": (
        "decentro",
        put(f"{REQUEST} grant_type enum", ["client_credentials"]),
        "enum",
    ),
    "header newly required": ("setu", put(f"{SETU} parameters", [HEADER]), "`x-fake` header"),
    "header renamed": ("su", put(f"{SU} parameters 0 name", "client"), "client-id"),
    "status removed": ("su", drop(f"{SU} responses 422"), "responses 422"),
    "media type of a request changed": (
        "setu",
        rename(f"{SETU} requestBody content application/json", "application/x-www-form-urlencoded"),
        "application/json",
    ),
    "media type of a response changed": (
        "setu",
        rename(f"{SETU} responses 200 content application/json", "application/problem+json"),
        "application/json",
    ),
    "tag renamed": ("setu", put(f"{SETU} tags", ["tokens"]), "tags"),
    "security of an operation changed": (
        "sahamati",
        put(f"{SAHAMATI} security", [{"entityToken": []}]),
        "security",
    ),
    "scheme removed": ("decentro", drop("components securitySchemes clientId"), "clientId: "),
}
SECRET_OPERATION = f"{SAHAMATI} x-gatepass-secret"
OWN: dict[str, Case] = {
    "credential in another place": (
        "setu",
        put(f"{SETU_TOKEN} credentials client_id", "$request.header.client-id"),
        "credentials client_id",
    ),
    "credential renamed": (
        "setu",
        rename(f"{SETU_TOKEN} credentials secret", "key"),
        "credentials key: added",
    ),
    "token in another place": (
        "setu",
        put(f"{SETU_TOKEN} access_token", "$response.body#/token"),
        "x-gatepass-token access_token",
    ),
    "spellings in another order": (
        "su",
        put(f"{SU_TOKEN} success", ["$response.body#/Status", "$response.body#/success"]),
        "x-gatepass-token success",
    ),
    "spelling removed": (
        "su",
        put(f"{SU_TOKEN} access_token", ["$response.body#/data/token"]),
        "x-gatepass-token access_token",
    ),
    "lifetime no longer declared": (
        "setu",
        drop(f"{SETU_TOKEN} expires_in"),
        "x-gatepass-token expires_in: removed",
    ),
    "default lifetime changed": ("setu", put(f"{SETU_TOKEN} default_expires_in", 300), "from 1800 to 300"),
    "success flag new": (
        "decentro",
        put(f"{DECENTRO_TOKEN} success", "$response.body#/status"),
        "success: added",
    ),
    "operation of another name": (
        "decentro",
        put(f"{DECENTRO_TOKEN} operation", "generateTokenByPost"),
        "operation",
    ),
    "other operation removed": (
        "decentro",
        drop(f"{DECENTRO_TOKEN} alternatives"),
        "x-gatepass-token alternatives",
    ),
    "constant changed": (
        "decentro",
        put(f"{DECENTRO_TOKEN} constants $request.body#/grant_type", "user_credentials"),
        "constants $request.body#/grant_type",
    ),
    "constant new": (
        "setu",
        put(f"{SETU_TOKEN} constants", {"$request.body#/kind": "a"}),
        "constants: added",
    ),
    "kind new": ("setu", put(f"{SETU_TOKEN} kind", "user"), "kind: added: the class has a new name"),
    "kind changed": (
        "sahamati",
        put(f"{USER_TOKEN} kind", "person"),
        'kind: changed from "user" to "person": the class has a new name',
    ),
    "kind removed": ("sahamati", drop(f"{USER_TOKEN} kind"), "kind: removed: the class has a new name"),
    "options removed": (
        "singleview",
        drop(f"{SINGLEVIEW_TOKEN} options"),
        "x-gatepass-token options: removed",
    ),
    "option renamed": (
        "singleview",
        rename(f"{SINGLEVIEW_TOKEN} options grant_type", "grant"),
        "options grant_type: removed",
    ),
    "option in another place": (
        "singleview",
        put(f"{SINGLEVIEW_TOKEN} options grant_type", "$request.body#/clientCode"),
        "options grant_type: changed",
    ),
    "generated value new": (
        "setu",
        put(f"{SETU_TOKEN} generated", {"$request.body#/time": "now"}),
        "x-gatepass-token generated: added",
    ),
    "generated value of a secret request new": (
        "sahamati",
        put(f"{SECRET_OPERATION} generated $request.body#/nonce", "uuid"),
        "x-gatepass-secret generated $request.body#/nonce: added",
    ),
    "generated value changed": (
        "sahamati",
        put(f"{SECRET_OPERATION} generated $request.body#/txnId", "now"),
        'generated $request.body#/txnId: changed from "uuid" to "now"',
    ),
    "generated value removed": (
        "sahamati",
        drop(f"{SECRET_OPERATION} generated $request.body#/txnId"),
        "generated $request.body#/txnId: removed",
    ),
    "constant of a secret request new": (
        "sahamati",
        put(f"{SECRET_OPERATION} constants $request.body#/kind", "a"),
        "x-gatepass-secret constants $request.body#/kind: added",
    ),
    "constant of a secret request changed": (
        "sahamati",
        put(f"{SECRET_OPERATION} constants $request.body#/ver", "2.0.0"),
        'constants $request.body#/ver: changed from "1.0.0" to "2.0.0"',
    ),
    "constant of a refresh new": (
        "decentro",
        put(f"{DECENTRO_TOKEN} refresh constants $request.body#/kind", "a"),
        "refresh constants $request.body#/kind: added",
    ),
    "version of the extension changed": (
        "setu",
        put(f"{SETU_TOKEN} version", 2),
        "x-gatepass-token version: changed from 1 to 2",
    ),
    "composed value new": (
        "setu",
        put(
            f"{SETU_TOKEN} composed",
            {"$request.header.key": {"text": "{client_id}:{secret}", "base64": True}},
        ),
        "x-gatepass-token composed: added",
    ),
    "assertion new": (
        "setu",
        put(
            f"{SETU_TOKEN} assertion",
            {"$request.body#/jwt": {"key": "secret", "algorithm": "ES256", "issuer": "client_id"}},
        ),
        "x-gatepass-token assertion: added",
    ),
    "credential in a second place": (
        "setu",
        put(f"{SETU_TOKEN} credentials client_id", ["$request.body#/clientID", "$request.header.client-id"]),
        "credentials client_id: changed",
    ),
    "failure new": (
        "setu",
        put(f"{SETU_TOKEN} failure", "$response.body#/error"),
        "x-gatepass-token failure: added",
    ),
    "values of a success": (
        "su",
        put(f"{SU_TOKEN} success", {"at": "$response.body#/success", "values": [True]}),
        "x-gatepass-token success",
    ),
    "unit of the lifetime new": (
        "setu",
        put(f"{SETU_TOKEN} expires_in_unit", "ms"),
        "expires_in_unit: added",
    ),
    "lifetime that never ends": (
        "setu",
        put(f"{SETU_TOKEN} default_expires_in", "never"),
        'default_expires_in: changed from 1800 to "never"',
    ),
    "margin new": ("setu", put(f"{SETU_TOKEN} margin", 300), "x-gatepass-token margin: added"),
    "token bound to its host": (
        "setu",
        put(f"{SETU_TOKEN} host_bound", True),
        "x-gatepass-token host_bound: added",
    ),
    "credential beside the token new": (
        "setu",
        put(f"{SETU_TOKEN} also_send", {"client_id": "$request.header.client-id"}),
        "x-gatepass-token also_send: added",
    ),
    "prefix in the header new": (
        "setu",
        put(f"{SETU_TOKEN} header_prefix", "Token "),
        "x-gatepass-token header_prefix: added",
    ),
    "another word before the token": (
        "setu",
        put("components securitySchemes setuToken scheme", "O-Bearer"),
        "setuToken scheme",
    ),
    "unauthorized by a code in the body": (
        "setu",
        put(
            f"{SETU_TOKEN} unauthorized",
            [{"status": 403, "at": "$response.body#/error/code", "values": ["fake"]}],
        ),
        "x-gatepass-token unauthorized",
    ),
    "login before the token request": (
        "sahamati",
        put("paths /entity/token/generate post security", [{"userToken": []}]),
        "security",
    ),
    "pattern of the unencoded value changed": (
        "su",
        put(f"{SU_PATTERN} pattern", "x"),
        "contentSchema pattern: changed",
    ),
    "pattern of the unencoded value new": (
        "su",
        put(SU_PATTERN, {"type": "string", "pattern": "x"}),
        "contentSchema: added",
    ),
    "pattern of the unencoded value removed": ("su", drop(SU_PATTERN), "contentSchema: removed"),
    "fewer rejected statuses": (
        "setu",
        put(f"{SETU_TOKEN} rejected", ["400", "401"]),
        "x-gatepass-token rejected",
    ),
    "more rejected statuses": (
        "su",
        put(f"{SU_TOKEN} rejected", ["401", "422"]),
        "x-gatepass-token rejected",
    ),
    "rate-limited statuses changed": (
        "su",
        put(f"{SU_TOKEN} rate_limited", ["401"]),
        "x-gatepass-token rate_limited",
    ),
    "unauthorized changed": (
        "setu",
        put(f"{SETU_TOKEN} unauthorized", [401]),
        "x-gatepass-token unauthorized",
    ),
    "quota changed": ("su", put(f"{SU_TOKEN} quota tokens", 20), "quota tokens: changed from 30 to 20"),
    "quota new": ("setu", put(f"{SETU_TOKEN} quota", {"tokens": 5, "seconds": 60}), "quota: added"),
    "prefix changed": ("su", put(f"{SU_TOKEN} prefix production", "prod_"), "prefix production"),
    "host removed": ("decentro", drop(f"{DECENTRO_TOKEN} hosts sandbox 0"), "hosts sandbox"),
    "headers instead of a token changed": (
        "decentro",
        put(f"{DECENTRO_TOKEN} alternative_headers client_id", "$request.header.client"),
        "alternative_headers client_id",
    ),
    "refresh by another operation": (
        "decentro",
        put(f"{DECENTRO_TOKEN} refresh operation", "generateTokenByPost"),
        "refresh operation",
    ),
    "refresh removed": ("decentro", drop(f"{DECENTRO_TOKEN} refresh"), "x-gatepass-token refresh: removed"),
    "x-gatepass-token removed": ("setu", drop(SETU_TOKEN), "setuToken x-gatepass-token: removed"),
    "secret in another place": (
        "sahamati",
        put(f"{SECRET_OPERATION} secret", "$response.body#/new"),
        "x-gatepass-secret secret",
    ),
    "rotation removed": (
        "sahamati",
        put(f"{SECRET_OPERATION} rotates", False),
        "rotates: changed from true to false",
    ),
    "x-gatepass-secret removed": ("sahamati", drop(SECRET_OPERATION), "x-gatepass-secret: removed"),
    "environment removed": ("sahamati", drop("servers 1"), "servers uat: removed"),
    "environment renamed": ("sahamati", put("servers 1 x-oai-name", "stage"), "servers uat: removed"),
    "environment at another URL": (
        "setu",
        put("servers 0 url", "https://sandbox.setu.invalid"),
        "sandbox url",
    ),
    "environments in another order": ("setu", lambda spec: spec["servers"].reverse(), "servers order"),
    "environment put before others": (
        "setu",
        lambda spec: spec["servers"].insert(1, {"url": "https://fake.invalid", "x-oai-name": "uat"}),
        'servers order: changed from ["sandbox", "production"] to ["sandbox", "uat", "production"]',
    ),
    "headers in another order": (
        "su",
        lambda spec: inside(spec, SU.split())["parameters"].reverse(),
        "parameters order",
    ),
    "secret of a response not masked": ("setu", drop(f"{DATA} token format"), "TokenData token format"),
    "secret of a request not masked": (
        "setu",
        drop(f"{REQUEST} secret format"),
        "TokenRequest secret format",
    ),
    "secret newly masked": ("setu", put(f"{REQUEST} clientID format", "password"), "clientID format"),
    "encoding removed": ("su", drop(f"{SU} parameters 0 schema contentEncoding"), "contentEncoding"),
    "token no longer a JWT": (
        "setu",
        put("components securitySchemes setuToken bearerFormat", "opaque"),
        "bearerFormat",
    ),
}
NEW_OPERATION = {
    "get": {
        "operationId": "newOperation",
        "tags": ["token"],
        "responses": {"204": {"description": "Nothing."}},
    }
}
HARMLESS: dict[str, tuple[str, Edit, str | None]] = {
    "response field new": ("setu", put(f"{DATA} scope", {"type": "string"}), "minor"),
    "request field new": ("setu", put(f"{REQUEST} hint", {"type": "string"}), "minor"),
    "operation new": ("setu", put("paths /auth/other", NEW_OPERATION), "minor"),
    "status new": ("su", put(f"{SU} responses 503", {"description": "Not now."}), "minor"),
    "schema new": ("setu", put("components schemas Other", {"type": "object"}), "minor"),
    "environment new": (
        "setu",
        lambda spec: spec["servers"].append({"url": "https://fake.invalid", "x-oai-name": "uat"}),
        "minor",
    ),
    "tag new": ("setu", put(f"{SETU} tags", ["token", "other"]), "minor"),
    "enum of a request wider": (
        "decentro",
        put(f"{REQUEST} grant_type enum", ["client_credentials", "refresh_token", "other"]),
        "minor",
    ),
    "options new": (
        "decentro",
        put(f"{DECENTRO_TOKEN} options", {"grant_type": "$request.body#/grant_type"}),
        "minor",
    ),
    "option named like another field new": (
        "singleview",
        put(f"{SINGLEVIEW_TOKEN} options success", "$request.body#/grantType"),
        "minor",
    ),
    "warning new": ("setu", put(f"{SETU_TOKEN} warning", "$response.body#/status"), "minor"),
    "point in time of the end new": (
        "setu",
        put(f"{SETU_TOKEN} expires_at", "$response.body#/data/expiresAt"),
        "minor",
    ),
    "same token until shortly before its end": ("setu", put(f"{SETU_TOKEN} renews_within", 300), "minor"),
    "spelling new": (
        "setu",
        put(f"{SETU_TOKEN} access_token", ["$response.body#/data/token", "$response.body#/Data/token"]),
        "minor",
    ),
    "host new": (
        "decentro",
        put(f"{DECENTRO_TOKEN} hosts sandbox", ["staging.api.decentro.tech", "fake.invalid"]),
        "minor",
    ),
    "requirement of a request dropped": (
        "setu",
        put("components schemas TokenRequest required", ["clientID"]),
        "patch",
    ),
    "description": ("setu", put(f"{DATA} token description", "The token."), "patch"),
    "example": (
        "su",
        put(f"{SU} responses 200 content application/json example data token", "fake"),
        "patch",
    ),
    "description new": (
        "setu",
        put("components schemas TokenData description", "The token and its lifetime."),
        "patch",
    ),
    "description of an environment": ("setu", put("servers 0 description", "For tests."), "patch"),
    "example with a keyword of OpenAPI": (
        "setu",
        put(f"{SETU} responses 401 content application/json example error type", "fake"),
        "patch",
    ),
    "new field named like a keyword of OpenAPI": ("setu", put(f"{DATA} format", {"type": "string"}), "minor"),
    "error written out": (
        "decentro",
        lambda spec: put(f"{DECENTRO} get responses 400", spec["components"]["responses"]["BadRequest"])(
            spec
        ),
        None,
    ),
    "keys in another order": (
        "setu",
        lambda spec: put("info", dict(reversed(spec["info"].items())))(spec),
        None,
    ),
}
BEFORE: dict[str, Edit] = {
    "pattern of the unencoded value new": drop(SU_PATTERN),
    "enum of a response widened": put(f"{ERROR} code enum", ["a", "b"]),
    "request field named like a keyword removed": put(f"{SECRET_REQUEST} summary", {"type": "string"}),
    "request field that may be null": put(f"{SECRET_REQUEST} ver type", ["string"]),
}
"""Edits of the old spec, for breaking changes of what the real spec does not have."""


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *arguments],
        cwd=repository,
        env=os.environ | ISOLATED,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(repository: Path, files: Mapping[str, str]) -> str:
    """Write the files and commit them, in a new repository if there is none; returns the revision."""
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    git(repository, "init", "--quiet")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Change")
    return git(repository, "rev-parse", "HEAD")


def diff(repository: Path, *base: str) -> tuple[int, str]:
    """Run the script in an unrelated folder; returns the exit status and the output."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "diff.py"), *base, "--repository", str(repository)],
        cwd=repository.parent,
        env=os.environ | ISOLATED,
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


def slug(kind: str) -> str:
    return kind.replace(" ", "-")


@pytest.fixture(scope="module")
def changes_by_file(tmp_path_factory: pytest.TempPathFactory) -> Changes:
    """The changes of each file, level and message: one run over a copy of a spec for each kind of change."""
    repository = tmp_path_factory.mktemp("kinds") / "repository"
    cases = {**WIRE, **OWN, **HARMLESS}
    old = {f"specs/{slug(kind)}.yaml": text_of(cases[kind][0], BEFORE.get(kind, nothing)) for kind in cases}
    newer = put("info version", "0.3.0")
    new = {f"specs/{slug(kind)}.yaml": text_of(cases[kind][0], cases[kind][1], newer) for kind in cases}
    schema = (SPECS / "token-extension.schema.json").read_text(encoding="utf-8")
    old |= {
        "specs/token-extension.schema.json": schema,
        "specs/gone.yaml": text_of("setu"),
        "CHANGELOG.md": UNRELEASED,
    }
    new |= {
        "specs/token-extension.schema.json": schema.replace('"minItems": 1,', ""),
        "specs/new.yaml": text_of("setu"),
    }
    new["specs/comment.yaml"] = (old.setdefault("specs/comment.yaml", text_of("setu"))) + "# A comment.\n"
    base = commit(repository, old)
    (repository / "specs/gone.yaml").unlink()
    for name, text in new.items():
        (repository / name).write_text(text, encoding="utf-8")
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}

    status, printed = diff(repository, base)

    assert status == 1, printed
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    changes: Changes = {Path(name).stem: [] for name in {*old, *new}}
    for name, level, message in re.findall(
        r"^specs/(.+?)\.(?:yaml|json): (\w+): (.+)$", printed, re.MULTILINE
    ):
        changes[name].append((level, message))
    return changes


@pytest.mark.parametrize("kind", [*WIRE, *OWN])
def test_a_breaking_change_is_reported_with_advice(changes_by_file: Changes, kind: str) -> None:
    changes = changes_by_file[slug(kind)]
    words = {**WIRE, **OWN}[kind][2]

    assert any(level == "breaking" and words in text for level, text in changes), changes
    assert all(text.count(": ") >= 2 for level, text in changes if level == "breaking"), (
        "place, change, advice"
    )
    assert [level for level, _ in changes] == sorted(level for level, _ in changes), "breaking, minor, patch"


@pytest.mark.parametrize(
    "kind",
    ["secret newly masked", "header renamed", "response field renamed", "response field of another type"],
)
def test_a_change_that_both_tools_detect_is_reported_once(changes_by_file: Changes, kind: str) -> None:
    assert [level for level, _ in changes_by_file[slug(kind)]].count("breaking") == 1, changes_by_file[
        slug(kind)
    ]


@pytest.mark.parametrize("kind", HARMLESS)
def test_a_compatible_change_is_not_breaking(changes_by_file: Changes, kind: str) -> None:
    levels = [level for level, _ in changes_by_file[slug(kind)]]

    assert (levels[0] if levels else None) == HARMLESS[kind][2], changes_by_file[slug(kind)]


def test_added_and_removed_files_and_the_vocabulary_are_compared(
    changes_by_file: Changes,
) -> None:
    assert [level for level, _ in changes_by_file["gone"]] == ["breaking"]
    assert changes_by_file["new"] == [("minor", "the file is new")]
    assert changes_by_file["comment"] == []
    assert {(level, text.split(": ")[1]) for level, text in changes_by_file["token-extension.schema"]} == {
        ("breaking", "removed")
    }


BREAK = put("servers 0 url", "https://elsewhere.invalid")
ADD = put(f"{SETU_TOKEN} warning", "$response.body#/status")
REWORD = put("servers 0 description", "For tests.")
GROWTH: dict[str, tuple[Edit, str, str, str | None]] = {
    "before 1.0 a breaking change needs a minor version": (BREAK, "0.1.4", "0.1.5", "0.2.0"),
    "before 1.0 a breaking change has its minor version": (BREAK, "0.1.4", "0.2.0", None),
    "before 1.0 an addition needs a patch": (ADD, "0.1.4", "0.1.4", "0.1.5"),
    "before 1.0 an addition has its patch": (ADD, "0.1.4", "0.1.5", None),
    "before 1.0 a new wording needs a patch": (REWORD, "0.9.9", "0.9.9", "0.9.10"),
    "a breaking change needs a major version": (BREAK, "1.2.3", "1.9.0", "2.0.0"),
    "a breaking change has its major version": (BREAK, "1.2.3", "2.0.0", None),
    "an addition needs a minor version": (ADD, "1.2.3", "1.2.4", "1.3.0"),
    "a new wording needs a patch": (REWORD, "1.2.3", "1.2.3", "1.2.4"),
    "the first stable version is enough": (BREAK, "0.1.4", "1.0.0", None),
    "ten is more than nine": (ADD, "1.9.0", "1.10.0", None),
    "no change needs nothing": (nothing, "1.2.3", "1.2.3", None),
    "a version never falls": (nothing, "1.2.3", "1.2.2", "1.2.3"),
    "an invalid old version is corrected": (ADD, "1.2", "1.3.0", None),
    "a version has three numbers": (ADD, "1.2.3", "1.4", "1.4 must be 1.3.0 at least"),
}


@pytest.fixture(scope="module")
def problems(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The version problems that one run reports, by file."""
    repository = tmp_path_factory.mktemp("growth") / "repository"
    old = {kind: text_of("setu", put("info version", before)) for kind, (_, before, _, _) in GROWTH.items()}
    new = {
        kind: text_of("setu", edit, put("info version", now)) for kind, (edit, _, now, _) in GROWTH.items()
    }
    commit(
        repository,
        {f"specs/{slug(kind)}.yaml": text for kind, text in old.items()} | {"CHANGELOG.md": UNRELEASED},
    )
    for kind, text in new.items():
        (repository / f"specs/{slug(kind)}.yaml").write_text(text, encoding="utf-8")

    status, printed = diff(repository, "HEAD")

    assert status == 1, printed
    lines = (
        text.splitlines().index(line) + 1
        for text in new.values()
        for line in text.splitlines()
        if "  version:" in line
    )
    assert set(re.findall(r"yaml:(\d+): version", printed)) <= {str(number) for number in lines}
    return dict(re.findall(r"^specs/(.+?)\.yaml:\d+: version: (.+)$", printed, re.MULTILINE))


@pytest.mark.parametrize("kind", GROWTH)
def test_a_version_must_match_the_change(problems: dict[str, str], kind: str) -> None:
    needed = GROWTH[kind][3]

    if needed is None:
        assert slug(kind) not in problems
    else:
        assert needed in problems[slug(kind)]


def broken(version: str = "0.3.0") -> str:
    return text_of("setu", put("servers 0 url", "https://sandbox.setu.invalid"), put("info version", version))


@pytest.mark.parametrize(
    ("changelog", "place"),
    [
        (UNRELEASED, None),
        (UNRELEASED.replace("Setu has", "`setu.yaml` has"), None),
        (UNRELEASED.replace("Setu", "Setup"), "CHANGELOG.md:3"),
        (UNRELEASED.replace("Specs", "gatepass"), "CHANGELOG.md:3"),
        (
            UNRELEASED.replace("- Setu has more fields.", "### gatepass\n\n- Setu has more fields."),
            "CHANGELOG.md:3",
        ),
        (UNRELEASED.replace("## Unreleased", "## Unreleased\n\n## 0.1.0 - 2026-01-02"), "CHANGELOG.md:3"),
        ("# Changelog\n", "CHANGELOG.md:1"),
    ],
)
def test_a_breaking_change_must_be_in_the_changelog(
    tmp_path: Path, changelog: str, place: str | None
) -> None:
    repository = tmp_path / "repository"
    commit(repository, {"specs/setu.yaml": text_of("setu"), "CHANGELOG.md": "# Changelog\n"})
    (repository / "CHANGELOG.md").write_text(changelog)
    (repository / "specs/setu.yaml").write_text(broken())

    status, printed = diff(repository, "HEAD")

    assert status == (1 if place else 0), printed
    assert "specs/setu.yaml: breaking: servers sandbox url" in printed
    assert printed.splitlines()[-1].endswith("1 breaking, 0 minor, 0 patch")
    assert (f"{place}: describe under '### Specs'" in printed) if place else "CHANGELOG" not in printed


def test_nothing_is_compared_before_the_first_release(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    commit(repository, {"specs/setu.yaml": text_of("setu"), "CHANGELOG.md": UNRELEASED})
    (repository / "specs/setu.yaml").write_text(broken())

    status, printed = diff(repository)

    assert (status, printed.partition(":")[0]) == (0, "nothing has been released yet")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two releases and a later commit, each with another host for the sandbox."""
    repository = tmp_path / "repository"
    log = "# Changelog\n\n## 0.1.0 - 2026-01-02\n\n### Specs\n\n- Setu.\n"
    later = log.replace("## 0.1.0", "## 0.2.0 - 2026-02-03\n\n### Specs\n\n- Setu moved.\n\n## 0.1.0")
    commit(repository, {"specs/setu.yaml": text_of("setu"), "CHANGELOG.md": log})
    second = text_of("setu", put("servers 0 url", "https://second.invalid"), put("info version", "0.3.0"))
    commit(repository, {"specs/setu.yaml": second, "CHANGELOG.md": later})
    commit(repository, {"CHANGELOG.md": later + "\nThe end.\n"})
    commit(repository, {"specs/setu.yaml": broken("0.4.0")})
    return repository


def test_without_a_revision_the_newest_release_counts(history: Path) -> None:
    status, printed = diff(history)

    assert 'changed from "https://second.invalid" to "https://sandbox.setu.invalid"' in printed
    assert f"since {git(history, 'rev-parse', 'HEAD~2')[:12]}: 1 breaking" in printed
    assert status == 1, "the newest section was released already, so it cannot describe this"


def test_a_shallow_clone_gets_advice_how_to_deepen_it(history: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", history.as_uri(), "shallow")

    status, printed = diff(tmp_path / "shallow")

    assert status == 0
    assert printed.strip() == (
        "nothing was compared with 0.2.0: this clone is shallow; run: git fetch --unshallow"
    )


def test_a_spec_that_refers_to_something_outside_is_not_compared(history: Path) -> None:
    spec = history / "specs/setu.yaml"
    spec.write_text(spec.read_text() + "x-other: {$ref: 'https://provider.invalid/other.yaml'}\n")

    status, printed = diff(history, "HEAD")

    assert (status, "'https://provider.invalid/other.yaml' is not of the form" in printed) == (2, True)


def test_what_cannot_be_compared_is_an_error(history: Path, tmp_path: Path) -> None:
    assert diff(history, "v9.9.9")[0] == 2
    assert "git has no revision 'v9.9.9'" in diff(history, "v9.9.9")[1]
    (tmp_path / "bare").mkdir()
    status, printed = diff(tmp_path / "bare")
    assert (status, "no git repository" in printed) == (2, True)
    (history / "specs/setu.yaml").write_text("openapi: [\n")
    status, printed = diff(history, "HEAD")
    assert (status, "specs/setu.yaml: not the YAML of a spec" in printed) == (2, True)
