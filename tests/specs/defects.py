"""Seeded defects: each is a small, likely mistake in a spec, and the finding that must report it.

python tests/specs/defects.py FOLDER            writes each defect to a file, and prints the names
python tests/specs/defects.py FOLDER --table    lints them too, and prints which tools report each
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
FINDING = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<rule>(?P<tool>[a-z-]+)/\S+): (?P<text>.+)")
REAL = "eyJmYWtlLWhlYWRlciI.eyJmYWtlLWNsYWltcyI.ZmFrZS1zaWduYXR1cmU"
"""Looks like a token of a provider; its parts say that they are fake."""


@frozen
class Defect:
    """A mistake: the spec, a name, the tool and rule that must report it, and the replacements."""

    spec: str
    name: str
    rule: str
    edits: tuple[tuple[str | re.Pattern[str], str], ...]

    def text(self) -> str:
        text = (SPECS / f"{self.spec}.yaml").read_text(encoding="utf-8")
        for old, new in self.edits:
            pattern = re.compile(re.escape(old)) if isinstance(old, str) else old
            text, count = pattern.subn(lambda _, new=new: new, text, count=1)  # type: ignore[misc]
            if not count:
                raise LookupError(
                    f"{self.name} in {self.spec}: {pattern.pattern!r} is not in the spec any more"
                )
        return text


BAD_NAMES = (
    "masking",
    "class",
    "print",
    "token",
    "index",
    "package",
    "gatepass",
    "in-valid",
)
"""Names that files must not have: reserved names, and an invalid name."""
BAD_INPUTS: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 1, "is empty"),
    "comment alone": (b"# to be written\n", 1, "is empty"),
    "list": (b"- openapi: 3.1.0\n", 1, "a list, not an object"),
    "prose": (b"Setu issues tokens.\n", 1, "a str, not an object"),
    "no openapi key": (b"# Setu\ninfo: {title: Setu, version: 0.1.0}\n", 2, "it has no openapi key"),
    "Swagger": (b"# Setu\nswagger: '2.0'\n", 2, "begin with 'openapi: 3.1.0'"),
    "OpenAPI 3.0": (b"# Setu\nopenapi: 3.0.3\n", 2, "not OpenAPI 3.1 but 'openapi: 3.0.3'"),
    "OpenAPI 3.2": (b"# Setu\nopenapi: 3.2.0\n", 2, "not OpenAPI 3.1 but 'openapi: 3.2.0'"),
    "number as version": (b"openapi: 3.1\n", 1, "begin with 'openapi: 3.1.0'"),
    "not YAML": (b"openapi: 3.1.0\ninfo: {title: Setu\npaths: {}\n", 3, "not YAML"),
    "tab": (b"openapi: 3.1.0\ninfo:\n\ttitle: Setu\n", 3, "not YAML"),
    "key twice": (b"openapi: 3.1.0\ninfo: {}\ninfo: {}\n", 3, 'duplicate key "info"'),
    "two documents": (b"openapi: 3.1.0\n---\nopenapi: 3.1.0\n", 2, "another document"),
    "alias into itself": (b"openapi: 3.1.0\npaths: &a\n  /: *a\n", 3, "*a is a YAML alias"),
    "tag of Python": (b"openapi: 3.1.0\ninfo: !!python/name:os.system {}\n", 2, "not YAML"),
    "Latin-1": ("openapi: 3.1.0\n# señal\n".encode("latin-1"), 2, "save the file as UTF-8"),
    "UTF-16": ("openapi: 3.1.0\n".encode("utf-16"), 1, "save the file as UTF-8"),
    "byte order mark": (b"\xef\xbb\xbfopenapi: 3.1.0\n", 1, "byte order mark"),
    "bell": (b"openapi: 3.1.0\ninfo:\n  title: \x07\n", 3, "remove the character"),
    "nested too deep": (b"openapi: 3.1.0\npaths: " + b"[" * 5000 + b"]" * 5000 + b"\n", 1, "not YAML"),
    "nothing but the key": (b"openapi: 3.1.0\n", 1, "is a required property"),
    "paths as a list": (
        b"openapi: 3.1.0\ninfo: {title: Setu, version: 0.1.0}\npaths: [1]\n",
        3,
        "is not of type",
    ),
}
"""Files that are not specs: the content, the reported line, and a part of the message."""


def mistake(spec: str, title: str, rule: str, old: str | re.Pattern[str], new: str) -> Defect:
    return Defect(spec, title, rule, ((old, new),))


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "lint.py"), "--specs", str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=1800)


def findings_of(folder: Path) -> dict[str, list[re.Match[str]]]:
    """Lint a folder; returns the findings by file name."""
    findings: dict[str, list[re.Match[str]]] = {}
    for line in lint(folder).stderr.splitlines():
        if match := FINDING.fullmatch(line):
            findings.setdefault(Path(match["file"]).name, []).append(match)
    return findings


def write(folder: Path) -> dict[str, Defect]:
    """Every defect as a spec of its own; file name to defect."""
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    written = {}
    for number, defect in enumerate(DEFECTS, 1):
        path = folder / f"{defect.spec}{number:02}.yaml"
        path.write_text(defect.text(), encoding="utf-8")
        written[path.name] = defect
    return written


DEFECTS = (
    # Requests
    mistake("setu", "GET with a body", "spectral/no-get-body", "    post:\n", "    get:\n"),
    mistake(
        "setu",
        "Authorization as a header parameter",
        "redocly/rule/no-authorization-parameter",
        "      requestBody:\n",
        "      parameters:\n"
        "        - {name: Authorization, in: header, description: The token., "
        "schema: {type: string}, example: fake}\n"
        "      requestBody:\n",
    ),
    mistake(
        "sahamati",
        "misspelled form",
        "redocly/request-mime-type",
        "x-www-form-urlencoded",
        "x-www-form-urlencode",
    ),
    mistake(
        "singleview", "body may be left out", "redocly/rule/body-is-required", "        required: true\n", ""
    ),
    mistake("su", "header may be left out", "gatepass/required", "          required: true\n", ""),
    mistake(
        "singleview",
        "field of the call may be left out",
        "gatepass/required",
        "[clientId, clientCode, merchantId, grantType]",
        "[clientId, merchantId, grantType]",
    ),
    mistake(
        "su",
        "boolean in the query",
        "spectral/no-boolean-query",
        "      parameters:\n",
        "      parameters:\n"
        "        - {name: short, in: query, description: Short., schema: {type: boolean}, example: true}\n",
    ),
    mistake(
        "singleview",
        "path ends in a slash",
        "redocly/no-path-trailing-slash",
        "observice/token:\n",
        "observice/token/:\n",
    ),
    mistake(
        "decentro",
        "undeclared path parameter",
        "openapi-spec-validator/openapi",
        "  /v2/auth/token:\n",
        "  /{version}/auth/token:\n",
    ),
    # Secrets
    mistake(
        "singleview",
        "secret shows in the request",
        "gatepass/no-secret",
        "        clientCode:\n          type: string\n          format: password\n",
        "        clientCode:\n          type: string\n",
    ),
    mistake(
        "sahamati",
        "password shows in the request",
        "gatepass/secret-shows",
        "        password:\n          type: string\n          format: password\n",
        "        password:\n          type: string\n",
    ),
    mistake(
        "su",
        "secret shows in a header",
        "gatepass/secret-shows",
        "            type: string\n            format: password\n",
        "            type: string\n",
    ),
    mistake(
        "setu",
        "token not masked in the response",
        "gatepass/secret-shows",
        "        token:\n          type: string\n          format: password\n",
        "        token:\n          type: string\n",
    ),
    mistake(
        "decentro",
        "refresh token shows",
        "gatepass/secret-shows",
        re.compile(
            r"        refresh_token:\n          type: string\n          format: password\n(?=          descr)"
        ),
        "        refresh_token:\n          type: string\n",
    ),
    mistake(
        "sahamati",
        "format misspelled",
        "redocly/rule/harmless-format",
        "          format: password\n",
        "          format: pasword\n",
    ),
    mistake(
        "sahamati",
        "id is hidden",
        "gatepass/id-hidden",
        "        entityId:\n          type: string\n",
        "        entityId:\n          type: string\n          format: password\n",
    ),
    mistake(
        "setu", "token of the example is real", "gatepass/fake", "token: fake.setu.token", f"token: {REAL}"
    ),
    mistake(
        "sahamati",
        "secret of the example may be real",
        "gatepass/fake",
        "secret: fake-new-secret-of-the-documentation",
        "secret: 7Hq2-0pLx-99",
    ),
    mistake(
        "su",
        "secret of the parameter's example may be real",
        "gatepass/fake",
        "example: fake-secret-of-the-documentation",
        "example: 7Hq2-0pLx-99",
    ),
    mistake(
        "su",
        "example that is not encoded",
        "spectral/base64-is-encoded",
        "example: ZmFrZS1kb21haW4uZXhhbXBsZQ==",
        "example: fake-domain.example",
    ),
    mistake(
        "setu",
        "secret has a default",
        "spectral/secret-has-no-default",
        "          description: The secret that",
        "          default: change-me\n          description: The secret that",
    ),
    # Servers
    mistake("setu", "http", "redocly/rule/server-is-https", "url: https://uat.setu", "url: http://uat.setu"),
    mistake(
        "setu",
        "server ends in a slash",
        "redocly/no-server-trailing-slash",
        "prod.setu.co/api/v2",
        "prod.setu.co/api/v2/",
    ),
    mistake(
        "su",
        "two servers of one name",
        "gatepass/server-twice",
        "x-oai-name: production",
        "x-oai-name: sandbox",
    ),
    mistake("sahamati", "server without a name", "gatepass/server-name", "    x-oai-name: uat\n", ""),
    mistake(
        "sahamati", "environment misspelled", "gatepass/server-name", "x-oai-name: uat", "x-oai-name: uatt"
    ),
    mistake("decentro", "no production", "gatepass/server-name", "x-oai-name: production", "x-oai-name: uat"),
    mistake(
        "sahamati",
        "two environments at one URL",
        "gatepass/server-twice",
        "https://api.uat.sahamati",
        "https://api.sandbox.sahamati",
    ),
    mistake(
        "decentro",
        "production is the staging host",
        "spectral/production-is-production",
        "url: https://in.decentro.tech",
        "url: https://in2.staging.decentro.tech",
    ),
    mistake(
        "setu",
        "sandbox is production",
        "spectral/trials-are-trials",
        "https://uat.setu.co",
        "https://prod.setu.co",
    ),
    mistake(
        "singleview",
        "made-up host may exist",
        "redocly/rule/server-variable-leads-nowhere",
        "issued-at-onboarding.invalid",
        "onboarding.onesingleview.com",
    ),
    mistake(
        "singleview",
        "variable misspelled",
        "redocly/no-undefined-server-variable",
        "https://{host}",
        "https://{hots}",
    ),
    mistake(
        "su",
        "server without description",
        "redocly/rule/server-has-description",
        "    description: Production, real bookings [code]\n",
        "",
    ),
    mistake(
        "setu",
        "environments that differ only in the path",
        "gatepass/server-twice",
        "url: https://uat.setu.co/api/v2",
        "url: https://prod.setu.co:443/sandbox",
    ),
    mistake(
        "sahamati",
        "call with servers of its own",
        "gatepass/server-twice",
        "    post:\n",
        "    post:\n      servers: [{url: 'https://api.sahamati.org.in'}]\n",
    ),
    mistake("su", "http in every tool", "gatepass/https", "url: https://connect.", "url: http://connect."),
    mistake("decentro", "dot of another alphabet", "gatepass/https", "//in.decentro", "//in。decentro"),
    mistake("su", "link without https", "gatepass/https", "url: https://suissu", "url: http://suissu"),
    mistake(
        "singleview",
        "contact that runs code",
        "gatepass/https",
        "  license:\n",
        "  contact: {url: 'javascript:alert(1)'}\n  license:\n",
    ),
    mistake(
        "decentro",
        "link in a description",
        "gatepass/https",
        "  description: |\n",
        "  description: |\n    See [the documentation](http://docs.decentro.tech).\n\n",
    ),
    # Examples
    mistake(
        "decentro",
        "response without example",
        "redocly/rule/has-example",
        re.compile(r"          example:\n(            .*\n)+"),
        "",
    ),
    mistake(
        "su",
        "header without example",
        "redocly/rule/parameter-has-example",
        re.compile(r"          example: Zm.*\n"),
        "",
    ),
    mistake(
        "singleview",
        "response without body",
        "redocly/rule/response-has-body",
        re.compile(r"        '500':\n(          .*\n)+"),
        "        '500':\n          description: The provider failed.\n",
    ),
    mistake(
        "setu",
        "lifetime of the example is a text",
        "redocly/no-invalid-media-type-examples",
        "expiresIn: 1800\n",
        "expiresIn: '1800'\n",
    ),
    mistake(
        "singleview",
        "field of the example misspelled",
        "redocly/no-invalid-media-type-examples",
        "                    message: Unauthorized\n",
        "                    mesage: Unauthorized\n",
    ),
    mistake(
        "decentro",
        "no token in the example",
        "gatepass/example",
        "            access_token: fake.decentro.token\n",
        "",
    ),
    mistake(
        "singleview",
        "first example is a refusal",
        "gatepass/success",
        "                    success: true\n",
        "                    success: false\n",
    ),
    mistake(
        "singleview",
        "first example without a token",
        "gatepass/example",
        re.compile(r"                    payload:\n(                      .*\n)+"),
        "",
    ),
    mistake(
        "sahamati",
        "warning in no example",
        "gatepass/example",
        re.compile(r"                message: The secret for entity.*\n"),
        "",
    ),
    Defect(
        "sahamati",
        "end of the secret in no example",
        "gatepass/example",
        ((re.compile(r" +expirationDate: .*\n"), ""), (re.compile(r" +expirationDate: .*\n"), "")),
    ),
    mistake(
        "su",
        "example of another environment's kind",
        "gatepass/prefix",
        "token: sandbox_fake+",
        "token: test_fake+",
    ),
    Defect(
        "setu",
        "example beside examples",
        "redocly/rule/has-example",
        (
            (
                "            example:\n",
                "            examples: {other: {value: {clientID: a, secret: fake}}}\n            example:\n",
            ),
        ),
    ),
    # Schemas
    mistake(
        "sahamati",
        "inline body",
        "redocly/rule/named-body",
        "            schema:\n              $ref: '#/components/schemas/SecretRequest'\n",
        "            schema: {type: object, properties: {ver: {type: string}}, additionalProperties: true}\n",
    ),
    mistake(
        "singleview",
        "object inside an object",
        "spectral/no-inline-object",
        "        payload:\n          $ref: '#/components/schemas/TokenData'\n",
        "        payload:\n"
        "          type: object\n"
        "          required: [access_token]\n"
        "          additionalProperties: true\n"
        "          properties: {access_token: {type: string, format: password}}\n",
    ),
    mistake(
        "sahamati",
        "oneOf in a body",
        "redocly/rule/no-one-of",
        "          type: number\n",
        "          oneOf: [{type: integer}, {type: string}]\n",
    ),
    mistake(
        "decentro",
        "const",
        "redocly/rule/no-const",
        "          enum: [client_credentials, refresh_token]\n",
        "          const: client_credentials\n",
    ),
    mistake(
        "sahamati",
        "nullable as in 3.0",
        "redocly/rule/no-nullable",
        "          type: string\n          description: Words with",
        "          type: string\n          nullable: true\n          description: Words with",
    ),
    mistake(
        "decentro",
        "bare null",
        "spectral/no-null-property",
        "        token_type:\n          type: string\n",
        "        token_type:\n          type: 'null'\n",
    ),
    mistake(
        "su",
        "names that differ in case",
        "gatepass/twin-names",
        "        message:\n",
        "        Message:\n          type: string\n        message:\n",
    ),
    mistake(
        "setu",
        "closed response",
        "redocly/rule/objects-stay-open",
        "    TokenData:\n      type: object\n",
        "    TokenData:\n      type: object\n      additionalProperties: false\n",
    ),
    mistake(
        "sahamati",
        "time with a format",
        "redocly/rule/harmless-format",
        "          type: string\n          description: A date",
        "          type: string\n          format: date-time\n          description: A date",
    ),
    mistake(
        "setu",
        "requires a field that is none",
        "redocly/no-required-schema-properties-undefined",
        "[status, success, error]",
        "[status, success, eror]",
    ),
    mistake("su", "type misspelled", "redocly/struct", "          type: boolean\n", "          type: bool\n"),
    mistake(
        "setu", "keyword misspelled", "redocly/struct", "      required: [token]", "      requird: [token]"
    ),
    mistake(
        "decentro",
        "enum of another type",
        "redocly/no-enum-type-mismatch",
        "enum: [client_credentials, refresh_token]",
        "enum: [client_credentials, refresh_token, 2]",
    ),
    mistake("setu", "word that two readers read differently", "gatepass/quoted", "docURL: ''", "docURL: no"),
    mistake(
        "su",
        "key that two readers read differently",
        "gatepass/quoted",
        "        message:\n",
        "        on:\n",
    ),
    mistake("setu", "token is not required", "gatepass/required", "      required: [token]\n", ""),
    mistake(
        "su",
        "unused schema",
        "spectral/oas3-unused-component",
        "  schemas:\n",
        "  schemas:\n    Old:\n      type: object\n      description: The old response.\n",
    ),
    mistake("setu", "reference misspelled", "gatepass/ref", "schemas/TokenData'", "schemas/TokenDate'"),
    mistake(
        "su",
        "reference to a file",
        "gatepass/ref",
        "'#/components/schemas/TokenData'",
        "'setu.yaml#/components/schemas/TokenData'",
    ),
    mistake(
        "su",
        "example in another file",
        "gatepass/fetch",
        re.compile(r"              example:\n(                .*\n)+"),
        "              examples: {other: {externalValue: token.json}}\n",
    ),
    mistake(
        "flows/setu",
        "source on the network",
        "gatepass/source",
        "../setu.yaml",
        "https://docs.setu.co/openapi.yaml",
    ),
    # Calls
    mistake(
        "sahamati",
        "one operationId twice",
        "redocly/operation-operationId-unique",
        "operationId: generateEntityToken",
        "operationId: generateUserToken",
    ),
    mistake(
        "sahamati",
        "operationId in snake case",
        "redocly/rule/operation-id-camel-case",
        "operationId: readEntitySecret",
        "operationId: read_entity_secret",
    ),
    mistake(
        "sahamati", "no operationId", "gatepass/operation-id", "      operationId: resetEntitySecret\n", ""
    ),
    mistake("setu", "status without quotes", "gatepass/quoted", "        '429':\n", "        429:\n"),
    mistake("su", "statuses of a kind", "spectral/exact-status", "        '422':\n", "        4XX:\n"),
    mistake(
        "decentro",
        "no response",
        "gatepass/responses",
        re.compile(r"      responses:\n(        .*\n)+(?=components)"),
        "",
    ),
    mistake("decentro", "no path", "gatepass/paths", re.compile(r"paths:\n( .*\n)+"), "paths: {}\n"),
    mistake(
        "decentro",
        "undeclared tag",
        "redocly/operation-tag-defined",
        "      tags: [token]",
        "      tags: [tokens]",
    ),
    mistake(
        "sahamati",
        "tag without description",
        "redocly/tag-description",
        "    description: The secret of an entity.\n",
        "",
    ),
    mistake(
        "singleview",
        "tag of no call",
        "gatepass/unused-tag",
        "tags:\n",
        "tags:\n  - name: accounts\n    description: Accounts.\n",
    ),
    mistake(
        "sahamati",
        "call without description",
        "redocly/operation-description",
        re.compile(r"      description: \|\n        Returns the current secret.*\n(        .*\n)+"),
        "",
    ),
    mistake(
        "su",
        "header without description",
        "redocly/parameter-description",
        "          description: The secret of the client, different in each environment [page].\n",
        "",
    ),
    mistake(
        "setu",
        "token call wants a token",
        "gatepass/chain",
        "      tags: [token]\n",
        "      tags: [token]\n      security:\n        - setuToken: []\n",
    ),
    mistake(
        "sahamati",
        "secret call wants no token",
        "gatepass/needs-token",
        "      security:\n        - userToken: []\n",
        "",
    ),
    mistake(
        "sahamati", "security misspelled", "redocly/security-defined", "- userToken: []", "- usrToken: []"
    ),
    mistake("singleview", "no word on security", "redocly/security-defined", "security: []\n", ""),
    # About the spec
    mistake("su", "no version number", "redocly/rule/version-is-semver", "version: 0.2.0", "version: v1"),
    mistake(
        "decentro",
        "no licence",
        "redocly/info-license",
        "  license:\n    name: MIT\n    identifier: MIT\n",
        "",
    ),
    mistake("setu", "no title", "openapi-spec-validator/openapi", "  title: Setu access tokens\n", ""),
    mistake(
        "singleview",
        "no link to the provider",
        "spectral/has-external-docs",
        re.compile(r"externalDocs:\n( .*\n)+"),
        "",
    ),
    mistake(
        "decentro",
        "scheme without description",
        "redocly/rule/scheme-has-description",
        re.compile(r"      description: The client id itself.*\n"),
        "",
    ),
    mistake("su", "unexplained mark", "spectral/known-mark", "one hotel [code].", "one hotel [seen]."),
    mistake(
        "sahamati",
        "x-gatepass-secret misspelled",
        "spectral/known-vendor-key",
        "      x-gatepass-secret:\n",
        "      x-secrt:\n",
    ),
    mistake(
        "sahamati",
        "time that YAML reads as one",
        "gatepass/quoted",
        "timestamp: '2024-10-10T11:11:45.096Z'",
        "timestamp: 2024-10-10T11:11:45.096Z",
    ),
    mistake("singleview", "trailing space", "yamllint/trailing-spaces", "paths:\n", "paths: \n"),
    # x-gatepass-token and x-gatepass-secret
    mistake(
        "su",
        "x-gatepass-token misspelled",
        "gatepass/no-token",
        "      x-gatepass-token:\n",
        "      x-tokens:\n",
    ),
    mistake(
        "setu",
        "half of HTTP Basic",
        "gatepass/basic",
        "secret: $request.body#/secret",
        "secret: $request.basic.password",
    ),
    mistake(
        "setu",
        "value that is computed",
        "gatepass/computed",
        "        access_token: $",
        "        generated:\n          $request.body#/secret: hmac-sha256\n        access_token: $",
    ),
    mistake(
        "setu",
        "credential that goes nowhere",
        "gatepass/not-sent",
        "        access_token: $",
        "          account:\n            description: The account [unknown].\n        access_token: $",
    ),
    Defect(
        "setu",
        "production first",
        "gatepass/server-order",
        (
            ("x-oai-name: sandbox", "x-oai-name: first"),
            ("x-oai-name: production", "x-oai-name: sandbox"),
            ("x-oai-name: first", "x-oai-name: production"),
        ),
    ),
    mistake(
        "sahamati",
        "bearer without x-gatepass-token",
        "gatepass/bearer",
        re.compile(r"      x-gatepass-token:\n(        .*\n)+\Z"),
        "",
    ),
    mistake(
        "decentro",
        "header of another name",
        "gatepass/unused-scheme",
        "name: client_secret",
        "name: client-secret",
    ),
    mistake("setu", "unknown field", "gatepass/shape", "default_expires_in: 1800", "default_expires: 1800"),
    mistake(
        "setu", "lifetime in minutes", "gatepass/shape", "default_expires_in: 1800", "default_expires_in: 30"
    ),
    mistake(
        "decentro",
        "lifetime in milliseconds",
        "gatepass/shape",
        "default_expires_in: 900",
        "default_expires_in: 90000000",
    ),
    mistake(
        "su",
        "lifetime of a zero too many",
        "gatepass/lifetime",
        "default_expires_in: 3600",
        "default_expires_in: 36000",
    ),
    mistake("su", "quota that no status tells", "gatepass/shape", "        rate_limited: ['422']\n", ""),
    mistake(
        "decentro",
        "call that is none",
        "gatepass/operation",
        "alternatives: [generateTokenByPost]",
        "alternatives: [generateTokenByPut]",
    ),
    mistake(
        "singleview",
        "undocumented rejection",
        "gatepass/status",
        "rejected: ['401', '400']",
        "rejected: ['401', '403']",
    ),
    mistake(
        "setu",
        "rejected and rate-limited at once",
        "gatepass/rate-limited",
        "rejected: ['400', '401', '403']",
        "rejected: ['400', '401', '403', '429']",
    ),
    mistake(
        "setu",
        "token is elsewhere",
        "gatepass/place",
        "access_token: $response.body#/data/token",
        "access_token: $response.body#/token",
    ),
    mistake(
        "decentro",
        "refresh token goes elsewhere",
        "gatepass/place",
        "token: $request.body#/refresh_token",
        "token: $request.body#/refreshToken",
    ),
    mistake(
        "sahamati",
        "secret is elsewhere",
        "gatepass/place",
        "secret: $response.body#/secret",
        "secret: $response.body#/data/secret",
    ),
    mistake(
        "singleview",
        "token is a field that shows",
        "gatepass/secret-place",
        "access_token: $response.body#/payload/access_token",
        "access_token: $response.body#/payload/token_type",
    ),
    mistake(
        "sahamati",
        "secret as the trace",
        "gatepass/secret-place",
        "warning: $response.body#/message\n        error:",
        "warning: $response.body#/accessToken\n        error:",
    ),
    Defect(
        "su",
        "code in no example",
        "gatepass/example",
        (("#/Errors/0/Code", "#/Errors/0/code"), ("#/Errors/Code", "#/Errors/code")),
    ),
    mistake(
        "decentro",
        "constant unlike the example",
        "gatepass/example",
        "grant_type: client_credentials\n        access_token:",
        "grant_type: password\n        access_token:",
    ),
    Defect(
        "setu",
        "credential is a word of Python",
        "gatepass/name",
        (("          client_id: $", "          class: $"),),
    ),
    mistake("sahamati", "two tokens of one kind", "gatepass/kind", "        kind: user\n", ""),
    mistake(
        "singleview",
        "option for a credential",
        "gatepass/option",
        "grant_type: $request.body#/grantType",
        "grant_type: $request.body#/clientId",
    ),
    mistake("su", "pattern that does not tell base64", "gatepass/base64", "pattern: '\\.'", "pattern: '='"),
    mistake("su", "credential of two lines", "gatepass/control", "client_id: $", '"client_id\\nrm": $'),
    mistake("singleview", "credential is a setting", "gatepass/name", "merchant_id: $", "timeout: $"),
    mistake("su", "credential ends like a file", "gatepass/name", "client_secret: $", "secret_file: $"),
    Defect(
        "decentro",
        "scheme with a dash",
        "gatepass/name",
        (("    decentroToken:\n", "    decentro-token:\n"),),
    ),
    Defect(
        "setu",
        "crossed credentials",
        "gatepass/crossed",
        (
            ("client_id: $request.body#/clientID", "client_id: $request.body#/secret"),
            (
                "secret: $request.body#/secret\n        access_token",
                "secret: $request.body#/clientID\n        access_token",
            ),
        ),
    ),
    mistake(
        "singleview",
        "credential forgotten",
        "gatepass/sent",
        "          merchant_id: $request.body#/merchantId\n",
        "",
    ),
    mistake(
        "setu",
        "flag that is none",
        "gatepass/success",
        "success: $response.body#/success",
        "success: $response.body#/status",
    ),
    mistake("su", "JWT that is none", "gatepass/bearer-format", "bearerFormat: opaque", "bearerFormat: JWT"),
    mistake(
        "su",
        "prefix of no environment",
        "gatepass/environment",
        "          sandbox: sandbox_",
        "          sandbx: sandbox_",
    ),
    mistake("su", "one prefix for both", "gatepass/environment", "production: live_", "production: sandbox_"),
    mistake(
        "decentro",
        "host of both environments",
        "gatepass/environment",
        "production: [api.decentro.tech]",
        "production: [staging.api.decentro.tech]",
    ),
    mistake(
        "sahamati",
        "secret without an owner",
        "gatepass/secret-of",
        "of: entityToken.secret",
        "of: entityToken.password",
    ),
    mistake(
        "decentro",
        "header of no credential",
        "gatepass/alternative-headers",
        "          client_secret: $request.header.client_secret\n",
        "          secret: $request.header.client_secret\n",
    ),
    mistake(
        "decentro",
        "header that no scheme describes",
        "gatepass/alternative-headers",
        "client_id: $request.header.client_id",
        "client_id: $request.header.client-id",
    ),
    mistake(
        "su",
        "flag that is a sentence",
        "gatepass/success",
        "- $response.body#/success",
        "- $response.body#/message",
    ),
    mistake(
        "su", "environment without a prefix", "gatepass/environment", "          production: live_\n", ""
    ),
    mistake(
        "decentro",
        "hosts of no environment",
        "gatepass/environment",
        "sandbox: [staging",
        "staging: [staging",
    ),
    mistake(
        "setu",
        "unknown version of the extension",
        "gatepass/shape",
        "        version: 1\n",
        "        version: 2\n",
    ),
    mistake(
        "setu",
        "unit without a lifetime",
        "gatepass/shape",
        "        expires_in: $response.body#/data/expiresIn\n",
        "        expires_in_unit: s\n",
    ),
    mistake(
        "setu",
        "lifetime in another unit than the example",
        "gatepass/lifetime",
        "        default_expires_in: 1800\n",
        "        default_expires_in: 1800\n        expires_in_unit: min\n",
    ),
    mistake(
        "setu",
        "lifetime and point in time at one place",
        "gatepass/expiry",
        "        default_expires_in: 1800\n",
        "        default_expires_in: 1800\n        expires_at: $response.body#/data/expiresIn\n",
    ),
    mistake(
        "setu",
        "point in time that is none",
        "gatepass/lifetime",
        "        default_expires_in: 1800\n",
        "        default_expires_in: 1800\n        expires_at: $response.body#/data/token\n",
    ),
    mistake(
        "setu",
        "never, and a lifetime in the example",
        "gatepass/lifetime",
        "default_expires_in: 1800",
        "default_expires_in: never",
    ),
    mistake(
        "setu",
        "JWT that never expires",
        "gatepass/expiry",
        "default_expires_in: 1800",
        "default_expires_in: never",
    ),
    mistake(
        "su",
        "margin before an end that never comes",
        "gatepass/expiry",
        "default_expires_in: 3600",
        "default_expires_in: never\n        margin: 60",
    ),
    mistake(
        "singleview",
        "margin as long as the lifetime",
        "gatepass/expiry",
        re.compile(r"default_expires_in: (\d+)"),
        "default_expires_in: 3600\n        margin: 3600",
    ),
    mistake(
        "decentro",
        "same token for longer than its lifetime",
        "gatepass/expiry",
        "default_expires_in: 900",
        "default_expires_in: 900\n        renews_within: 900",
    ),
    mistake(
        "setuupi",
        "address of two environments that is not shared",
        "gatepass/server-twice",
        "shared_hosts: [accountservice.setu.co, umap.setu.co]",
        "shared_hosts: [umap.setu.co]",
    ),
    mistake(
        "setubillpay",
        "production that the sandbox shares",
        "gatepass/environment",
        "        access_token: ",
        "        shared_hosts: [coudc.setu.co]\n        access_token: ",
    ),
    mistake(
        "setuaa",
        "host of production that the sandbox shares",
        "gatepass/environment",
        "shared_hosts: [orgservice-prod.setu.co, ",
        "shared_hosts: [orgservice-prod.setu.co, fiu.setu.co, ",
    ),
    mistake(
        "sahamati",
        "URL to try a token of another environment",
        "gatepass/environment",
        "sandbox: https://api.sandbox.sahamati.org.in/cr",
        "sandbox: https://api.sahamati.org.in/cr",
    ),
    mistake(
        "sahamati",
        "URL to try a token at a strange host",
        "gatepass/environment",
        "uat: https://api.uat.sahamati.org.in/cr",
        "uat: https://registry.sahamati.org.in/cr",
    ),
    mistake(
        "setu",
        "wrong token without the right one",
        "gatepass/shape",
        "          use: [setuaa, setuupi]\n",
        "",
    ),
    mistake(
        "setubillpay",
        "credential that goes nowhere",
        "gatepass/not-sent",
        "        also_send:\n          partner_id: $request.header.X-PARTNER-ID\n",
        "",
    ),
    mistake(
        "sahamatilegacy",
        "HTTP Basic without its scheme",
        "gatepass/basic",
        "      security:\n        - entity: []\n",
        "",
    ),
    mistake(
        "singleviewpayouts",
        "value that no client makes",
        "gatepass/computed",
        "SVReferenceID: id",
        "SVReferenceID: id16",
    ),
    mistake("sahamati", "flag in quotes", "gatepass/shape", "rotates: true", "rotates: 'yes'"),
    mistake(
        "setu", "real token in a description", "gatepass/fake", "header `Authorization`", f"header `{REAL}`"
    ),
)


def table(folder: Path, written: dict[str, Defect]) -> None:
    """Print the tools that report each defect, and how many each tool reports, in total and alone."""
    findings, caught, alone = findings_of(folder), Counter[str](), Counter[str]()
    for name, defect in written.items():
        tools = sorted({finding["tool"] for finding in findings.get(name, ())})
        caught.update(tools)
        alone.update(tools if len(tools) == 1 else ())
        print(f"{name:18} {defect.name + ' in ' + defect.spec:58} {' '.join(tools) or 'NONE'}")
    print(f"\n{sum(name in findings for name in written)} of {len(written)} defects caught")
    for tool, count in caught.most_common():
        print(f"{tool:24} {count:4}, of these {alone[tool]:3} alone")


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the seeded defects.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--table", action="store_true", help="lint them, and print which tools caught each")
    options = parser.parse_args()
    written = write(options.folder)
    if options.table:
        table(options.folder, written)
    else:
        for name, defect in written.items():
            print(f"{name:18} {defect.name} in {defect.spec}")


if __name__ == "__main__":
    main()
