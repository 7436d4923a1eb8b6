"""What was given to a credential is looked for in everything it keeps, and in its pickle."""

from __future__ import annotations

import copy
import enum
import gc
import pickle
import weakref
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Secret, Setu, Token
from gatepass._flight import Flight
from gatepass.stores import FileStore, RedisStore

from ..conftest import CREDENTIALS, Wire
from ..patience import wait_for

HIDDEN = "fake-value-to-look-for"
REDIS = f"redis://fake-user:{HIDDEN}@127.0.0.1:1/0"


class Text(str):
    """What a library for settings may hand out: a string, but not of the type `str`."""


class Choice(enum.StrEnum):
    SECRET = HIDDEN


def strings(root: object) -> Iterator[str]:
    """Every string below an object: of its attributes, theirs, and so on.

    Not below a Token or a Secret, which hold a value and hide it, nor below the client of redis-py or
    a transport of the test's.
    """
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (str, bytes)):
            yield node if isinstance(node, str) else node.decode("latin-1")
        if id(node) in seen or isinstance(node, (Token, Secret, str, bytes, type, Wire)):
            continue
        seen.add(id(node))
        if type(node).__module__.startswith("redis"):
            yield repr(node)
            continue
        if isinstance(node, Mapping):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, (list, tuple, set, frozenset)):
            waiting += node
        slots = [name for kind in type(node).__mro__ for name in getattr(kind, "__slots__", ())]
        waiting += [getattr(node, name, None) for name in [*slots, "__dict__"]]
        waiting += [cell.cell_contents for cell in getattr(node, "__closure__", None) or ()]


def test_the_search_finds_what_is_planted() -> None:
    class Keeps:
        def __init__(self) -> None:
            self.inner = [{"fake": (Text(HIDDEN),)}]

    assert any(HIDDEN in text for text in strings(Keeps()))
    assert not any(HIDDEN in text for text in strings(Secret(HIDDEN)))


def kept(credential: object) -> list[str]:
    found = list(strings(credential))
    assert len(found) > 20
    return [text for text in found if HIDDEN in text]


@pytest.mark.parametrize(
    "secret", [HIDDEN, Text(HIDDEN), Choice.SECRET], ids=lambda value: type(value).__name__
)
def test_a_secret_of_any_type_of_string(secret: str, cls: Any, wire: Wire) -> None:
    (name,) = cls.facts.secrets
    credential = wire.credential(cls, **{name: secret})
    assert kept(credential) == []
    for pickled in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="give it as a variable") as caught:
            pickled(credential)
        assert HIDDEN not in str(caught.value)
    credential.token()
    assert kept(credential) == []
    sent = wire.requests[0].content + repr(wire.requests[0].headers.raw).encode()
    assert HIDDEN.encode() in sent


def by_variable(monkeypatch: pytest.MonkeyPatch, name: str, _folder: Path) -> None:
    monkeypatch.setenv(name, HIDDEN)


def by_file(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path) -> None:
    (folder / "mounted").write_text(HIDDEN)
    monkeypatch.setenv(f"{name}_FILE", str(folder / "mounted"))


@pytest.mark.parametrize("by", [by_variable, by_file])
def test_a_secret_from_outside(
    by: Callable[..., None], cls: Any, wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (name,) = cls.facts.secrets
    by(monkeypatch, f"{cls.facts.provider}_SANDBOX_{name}".upper(), tmp_path)
    credential = cls("sandbox", **{**CREDENTIALS[cls], name: None})
    assert kept(credential) == []
    assert HIDDEN.encode() not in pickle.dumps(credential)


@pytest.mark.parametrize(
    "url",
    [REDIS, Text(REDIS), f"redis://127.0.0.1:1/0?password={HIDDEN}"],
    ids=lambda url: type(url).__name__,
)
def test_the_password_of_a_store(url: str, monkeypatch: pytest.MonkeyPatch, emulator: object) -> None:
    monkeypatch.setenv("GATEPASS_KEY", "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMTI=")
    credential = Setu("sandbox", store=url)
    assert kept(credential) == []
    with pytest.raises(TypeError, match="GATEPASS_STORE") as caught:
        pickle.dumps(credential)
    assert HIDDEN not in str(caught.value)
    assert copy.copy(credential)._settings.store is credential._settings.store

    monkeypatch.setenv("GATEPASS_STORE", url)
    from_outside = Setu("sandbox")
    assert kept(from_outside) == []
    assert HIDDEN.encode() not in pickle.dumps(from_outside)
    assert repr(pickle.loads(pickle.dumps(from_outside))._settings.store) == "RedisStore('127.0.0.1:1')"


def test_a_store_without_a_password_travels(emulator: object, tmp_path: Path) -> None:
    woken = pickle.loads(pickle.dumps(Setu("sandbox", store=f"file:{tmp_path}")))
    assert repr(woken._settings.store) == repr(FileStore(tmp_path))


def test_a_store_that_was_made_is_not_pickled(emulator: object, tmp_path: Path) -> None:
    redis = RedisStore(REDIS, allow_plaintext=True, host=FileStore(tmp_path))
    for store in (FileStore(tmp_path), redis):
        with pytest.raises(TypeError, match="GATEPASS_STORE") as caught:
            pickle.dumps(Setu("sandbox", store=store))
        assert HIDDEN not in f"{caught.value} {store!r}"


def test_what_failed_keeps_nothing(cls: Any, wire: Wire) -> None:
    (name,) = cls.facts.secrets
    made: list[Any] = []

    class Ours(cls):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append(self)
            super().__init__(*arguments, **options)

    for wrong in ({"timeout": 0}, {"store": "nonsense"}, {"base_url": f"https://{HIDDEN}@api.example"}):
        with pytest.raises(ConfigError):
            Ours("sandbox", **{**CREDENTIALS[cls], name: HIDDEN, **wrong})
    assert [vars(half) for half in made] == [{}] * 3


def test_a_finished_request_is_not_kept(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """It weighs as much as all the rest of a credential, of which there may be thousands."""
    flights: list[weakref.ref[Any]] = []

    class Observed(Flight[Token]):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            flights.append(weakref.ref(self))

    monkeypatch.setattr("gatepass._renewal.Flight", Observed)
    credential = wire.credential(Setu)
    credential.token()

    (flight,) = flights
    wait_for(lambda: gc.collect() >= 0 and flight() is None)
    assert credential.token().value
