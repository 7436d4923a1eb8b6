"""A token or secret reaches a serializer, a log pipeline or a test report: its value does not."""

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
from gatepass._renewal import Held
from gatepass.stores import Entry
from gatepass.stores._protocol import Record

VALUE = "fake-value-to-look-for"
HELD = Held(Token(VALUE, 2.0), 1.0, 2.0, Secret(VALUE))
ENTRY = Entry(Token(VALUE, 2.0), 0.0, 1.0, 2.0)
HOLDERS: dict[str, Any] = {
    "token": Token(VALUE, 2.0, "fake warning"),
    "secret": Secret(VALUE, 2.0),
    "held": HELD,
    "entry": ENTRY,
    "record": Record(ENTRY),
}


class Model(pydantic.BaseModel):
    held: Any


def render_with_structlog(value: Any) -> Any:
    """The usual pipeline of structlog and orjson, which asks for a string of what it does not know."""
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
    "pydantic model": lambda value: Model(held=value).model_dump_json(serialize_as_any=True),
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


@pytest.mark.parametrize("kind", [Token, Secret])
def test_they_are_no_kind_of_record_that_a_library_knows(kind: type[Token | Secret]) -> None:
    made = kind(VALUE, 2.0)

    for mark in ("__dataclass_fields__", "__attrs_attrs__", "__dict__", "__iter__", "_fields", "keys"):
        assert not hasattr(made, mark)


@pytest.mark.parametrize("kind", [Token, Secret])
def test_they_are_equal_by_what_they_hold_and_do_not_change(kind: type[Token | Secret]) -> None:
    made = kind(VALUE, 2.0)

    assert made == kind(VALUE, expires_at=2.0)
    assert hash(made) == hash(kind(VALUE, 2.0))
    assert made not in (kind("fake-other", 2.0), kind(VALUE, 3.0), VALUE, (VALUE, 2.0))
    assert Token(VALUE, 2.0) != Secret(VALUE, 2.0)
    assert copy.copy(made) is copy.deepcopy(made) is made
    for name in ("value", "expires_at", "fake"):
        with pytest.raises(AttributeError):
            setattr(made, name, "fake")
    with pytest.raises(AttributeError):
        del made.value
    assert (made.value, made.expires_at) == (VALUE, 2.0)


def test_a_failed_assertion_does_not_show_the_value(tmp_path: Path) -> None:
    (tmp_path / "test_fake.py").write_text(
        "import os\n"
        "from gatepass import Secret, Token\n"
        "from gatepass.stores import Entry\n"
        "def make(kind, end): return kind(os.environ['FAKE_VALUE'] + str(end), end)\n"
        "def test_token(): assert make(Token, 1.0) == make(Token, 2.0)\n"
        "def test_secret(): assert make(Secret, 1.0) == make(Secret, 2.0)\n"
        "def test_list(): assert [make(Token, 1.0)] == [make(Token, 2.0)]\n"
        "def test_entry(): assert Entry(make(Token, 1.0), 0, 1, 1) == Entry(make(Token, 2.0), 0, 1, 1)\n"
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
