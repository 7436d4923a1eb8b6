"""The files of `specs/vectors` are in order, and nothing in them is real."""

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

from .vector import FILES, FOLDER, SPECS, Vector, read, vectors

SCHEMA = json.loads((FOLDER / "vectors.schema.json").read_text(encoding="utf-8"))
WORD = re.compile(r"(?=[\w+/=.-]*\d)(?=[\w+/=.-]*[A-Za-z])[\w+/=.-]{20,}")
"""Long, of letters and figures: what keys and tokens look like."""
NOBODY = re.compile(r"[0-]+4000-8000-0+face")
"""The UUID of the descriptions' examples."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def test_every_provider_has_a_file() -> None:
    providers = sorted(path.stem for path in SPECS.glob("*.yaml"))
    assert [file.stem for file in FILES] == providers
    assert [read(file)["provider"] for file in FILES] == providers


@each_file
def test_a_file_is_as_its_schema_says(file: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    found = Draft202012Validator(SCHEMA).iter_errors(read(file))
    assert [f"{error.json_path}: {error.message}" for error in found] == []


@each_file
def test_names_are_unique_and_every_call_is_used(file: Path) -> None:
    document = read(file)
    names = [one["name"] for one in document["vectors"]]
    assert [name for name in names if names.count(name) > 1] == []
    used = {step["call"] for one in document["vectors"] for step in [one, *one.get("then", [])]}
    assert used == document["calls"].keys()


@pytest.mark.parametrize("vector", list(vectors()), ids=str)
def test_claims_are_those_of_the_jwt(vector: Vector) -> None:
    texts = leaves([exchange.reply for exchange in vector.exchanges])
    found = [claims for text in texts if (claims := claims_in(text)) is not None]
    assert found == ([] if vector.claims is None else [vector.claims])


def claims_in(text: str) -> Any:
    """What a JWT says, if the text is one."""
    parts = text.split(".")
    with contextlib.suppress(ValueError, IndexError):
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return claims if isinstance(claims, dict) else None


@each_file
def test_nothing_looks_like_a_real_secret(file: Path) -> None:
    document = read(file)
    calls = document["calls"].values()
    secret = [value for call in calls for value in [*call["given"].values(), call.get("bearer", "fake")]]
    for one in document["vectors"]:
        (told,) = one["conclude"].values()
        secret += [told[name] for name in ("value", "refresh_token") if name in told]
    assert [value for value in secret if not is_fake(value)] == []
    texts = leaves([[one["reply"], one.get("then")] for one in document["vectors"]])
    words = [word for text in texts for word in WORD.findall(text) if not NOBODY.fullmatch(word)]
    assert [word for word in words if not is_fake(word)] == []


def is_fake(text: str) -> bool:
    """Whether it says so itself, as it stands or decoded."""
    decoded = b""
    with contextlib.suppress(binascii.Error, ValueError):
        decoded = base64.b64decode(text, validate=True)
    return "fake" in text.casefold() or b"fake" in decoded


def leaves(node: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for one in node.values() if isinstance(node, dict) else node:
            yield from leaves(one)
