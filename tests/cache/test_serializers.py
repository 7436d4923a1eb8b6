"""No serializer, log pipeline or test report shows the value of a token or secret."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import msgspec
import orjson
import pydantic
import pytest
import rich.pretty
import structlog
from fastapi.encoders import jsonable_encoder

from gatepass import Secret, Token
from gatepass._exchange import TokenResponse
from gatepass._secrets import SecretResponse
from gatepass.stores import CachedToken
from gatepass.stores._record import Record

VALUE = "fake-value-to-look-for"
CACHED = CachedToken(Token(VALUE, 2.0), 0.0, 1.0, 2.0, Secret(VALUE))
STORED = CACHED.shifted(1.0)
HOLDERS: dict[str, Any] = {
    "token": Token(VALUE, 2.0, "fake warning"),
    "secret": Secret(VALUE, 2.0),
    "cached token": CACHED,
    "stored token": STORED,
    "record": Record(STORED),
}


class Model(pydantic.BaseModel):
    value: Any


def render_with_structlog(value: Any) -> Any:
    """The usual pipeline of structlog and orjson, which falls back to a string for unknown types."""
    return structlog.processors.JSONRenderer(serializer=orjson.dumps)(None, "info", {"value": value})


SERIALIZERS: dict[str, Callable[[Any], Any]] = {
    "json of vars": lambda value: json.dumps(value, default=vars),
    "json of dict": lambda value: json.dumps(value, default=dict),
    "json of asdict": lambda value: json.dumps(value, default=dataclasses.asdict),
    "asdict": lambda value: dataclasses.asdict(value),
    "attrs.asdict": lambda value: attrs.asdict(value),
    "orjson": orjson.dumps,
    "orjson with repr": lambda value: orjson.dumps(value, default=repr),
    "msgspec JSON": msgspec.json.encode,
    "msgspec MessagePack": msgspec.msgpack.encode,
    "msgspec builtins": msgspec.to_builtins,
    "pydantic": lambda value: pydantic.TypeAdapter(Any).dump_json(value),
    "pydantic with a fallback": lambda value: pydantic.TypeAdapter(Any).dump_json(value, fallback=str),
    "pydantic model": lambda value: Model(value=value).model_dump_json(serialize_as_any=True),
    "pydantic_core": lambda value: pydantic.TypeAdapter(object).dump_python(value, mode="json"),
    "FastAPI": jsonable_encoder,
    "structlog": render_with_structlog,
    "rich": lambda value: rich.pretty.pretty_repr(value),
    "state": lambda value: value.__getstate__(),
    "iteration": list,
}


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("holder", HOLDERS)
def test_no_serializer_shows_the_value(holder: str, serializer: str) -> None:
    try:
        written = SERIALIZERS[serializer](HOLDERS[holder])
    except Exception as error:
        written = error

    assert VALUE not in f"{written} {written!r}"


@pytest.mark.parametrize(
    "value", [Token(VALUE, 2.0), Secret(VALUE), TokenResponse(VALUE), SecretResponse(VALUE)]
)
def test_what_holds_a_secret_is_no_record_that_libraries_unpack(value: object) -> None:
    for mark in ("__dataclass_fields__", "__attrs_attrs__", "__dict__", "__iter__", "_fields", "keys"):
        assert not hasattr(value, mark)


@pytest.mark.parametrize("kind", [Token, Secret])
def test_tokens_and_secrets_compare_by_value_and_are_immutable(kind: type[Token | Secret]) -> None:
    value = kind(VALUE, 2.0)

    assert value == kind(VALUE, expires_at=2.0)
    assert hash(value) == hash(kind(VALUE, 2.0))
    assert value not in (kind("fake-other", 2.0), kind(VALUE, 3.0), VALUE, (VALUE, 2.0))
    assert Token(VALUE, 2.0) != Secret(VALUE, 2.0)
    assert copy.copy(value) is copy.deepcopy(value) is value
    for name in ("value", "expires_at", "fake"):
        with pytest.raises(AttributeError):
            setattr(value, name, "fake")
    with pytest.raises(AttributeError):
        del value.value
    assert (value.value, value.expires_at) == (VALUE, 2.0)


def test_a_failed_assertion_does_not_show_the_value(tmp_path: Path) -> None:
    (tmp_path / "test_fake.py").write_text(
        "import os\n"
        "from gatepass import Secret, Token\n"
        "from gatepass.stores import CachedToken\n"
        "def make(kind, end): return kind(os.environ['FAKE_VALUE'] + str(end), end)\n"
        "def test_token(): assert make(Token, 1.0) == make(Token, 2.0)\n"
        "def test_secret(): assert make(Secret, 1.0) == make(Secret, 2.0)\n"
        "def test_list(): assert [make(Token, 1.0)] == [make(Token, 2.0)]\n"
        "def cached(end): return CachedToken(make(Token, end), 0, 1, 1)\n"
        "def test_cached(): assert cached(1.0) == cached(2.0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-vv", "-p", "no:cacheprovider", str(tmp_path)],
        env={**os.environ, "FAKE_VALUE": VALUE},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert "4 failed" in done.stdout
    assert "value=***" in done.stdout
    assert VALUE not in done.stdout
