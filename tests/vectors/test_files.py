"""The files of `specs/vectors` follow their schema, and nothing in them is real."""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gatepass_spec import provider_files

from .vector import FILES, FOLDER, SPECS, Vector, read, vectors

SCHEMA = json.loads((FOLDER / "vectors.schema.json").read_text(encoding="utf-8"))
WORD = re.compile(r"(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=.-]{20,}")
"""At least 20 letters and digits, as in keys and tokens."""
EXAMPLE_UUID = re.compile(r"[0-]+4000-8000-0+face")
"""The UUID in the examples of the descriptions."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def test_every_provider_has_a_file() -> None:
    providers = [path.stem for path in provider_files(SPECS)]
    assert [file.stem for file in FILES] == providers
    assert [read(file)["provider"] for file in FILES] == providers


@each_file
def test_a_file_matches_its_schema(file: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = Draft202012Validator(SCHEMA).iter_errors(read(file))
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


@each_file
def test_names_are_unique_and_every_call_is_used(file: Path) -> None:
    document = read(file)
    names = [entry["name"] for entry in document["vectors"]]
    assert [name for name in names if names.count(name) > 1] == []
    used = {step["call"] for entry in document["vectors"] for step in [entry, *entry.get("then", [])]}
    assert used == document["calls"].keys()


@pytest.mark.parametrize("vector", list(vectors()), ids=str)
def test_claims_match_the_jwt(vector: Vector) -> None:
    strings = leaves([exchange.reply for exchange in vector.exchanges])
    payloads = [claims for string in strings if (claims := claims_in(string)) is not None]
    assert payloads == ([] if vector.claims is None else [vector.claims])


def claims_in(string: str) -> Any:
    """The claims if the string is a JWT, else None."""
    parts = string.split(".")
    with contextlib.suppress(ValueError, IndexError):
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return claims if isinstance(claims, dict) else None


@each_file
def test_nothing_looks_like_a_real_secret(file: Path) -> None:
    document = read(file)
    calls = document["calls"].values()
    secrets = [value for call in calls for value in [*call["given"].values(), call.get("bearer", "fake")]]
    for entry in document["vectors"]:
        (details,) = entry["conclude"].values()
        secrets += [entry.get("meanwhile", "fake")]
        secrets += [details[name] for name in ("value", "refresh_token") if name in details]
    assert [value for value in secrets if not is_fake(value)] == []
    strings = leaves([[entry.get("reply"), entry.get("then")] for entry in document["vectors"]])
    words = [word for string in strings for word in WORD.findall(string) if not EXAMPLE_UUID.fullmatch(word)]
    assert [word for word in words if not is_fake(word)] == []


def is_fake(value: str) -> bool:
    """Whether the value contains "fake", as it is or decoded from base64."""
    decoded = b""
    with contextlib.suppress(binascii.Error, ValueError):
        decoded = base64.b64decode(value, validate=True)
    return "fake" in value.casefold() or b"fake" in decoded


def leaves(node: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            yield from leaves(child)
