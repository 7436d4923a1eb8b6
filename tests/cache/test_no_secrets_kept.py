"""No credential keeps a secret in plain sight: neither in its attributes nor in its pickle."""

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

from ..helpers import CREDENTIALS, MockProvider, attributes
from ..timeouts import wait_for

HIDDEN = "fake-value-to-look-for"
REDIS = f"redis://fake-user:{HIDDEN}@127.0.0.1:1/0"


class StringSubclass(str):
    """What a library for settings may return instead of `str`."""


class Choice(enum.StrEnum):
    SECRET = HIDDEN


def strings(root: object) -> Iterator[str]:
    """Every string that is reachable from an object through attributes and containers.

    Except below a Token or a Secret, which mask their value, below the client of redis-py, and below the
    transport of the test.
    """
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if isinstance(node, (str, bytes)):
            yield node if isinstance(node, str) else node.decode("latin-1")
        if id(node) in seen or isinstance(node, (Token, Secret, str, bytes, type, MockProvider)):
            continue
        seen.add(id(node))
        if type(node).__module__.startswith("redis"):
            yield repr(node)
            continue
        if isinstance(node, Mapping):
            waiting += [*node.keys(), *node.values()]
        elif isinstance(node, (list, tuple, set, frozenset)):
            waiting += node
        waiting += attributes(node)
        waiting += [cell.cell_contents for cell in getattr(node, "__closure__", None) or ()]


def test_the_search_finds_a_planted_secret() -> None:
    class Keeps:
        def __init__(self) -> None:
            self.inner = [{"fake": (StringSubclass(HIDDEN),)}]

    assert any(HIDDEN in string for string in strings(Keeps()))
    assert not any(HIDDEN in string for string in strings(Secret(HIDDEN)))


def strings_with_secret(credential: object) -> list[str]:
    all_strings = list(strings(credential))
    assert len(all_strings) > 20
    return [string for string in all_strings if HIDDEN in string]


@pytest.mark.parametrize(
    "secret", [HIDDEN, StringSubclass(HIDDEN), Choice.SECRET], ids=lambda value: type(value).__name__
)
def test_a_secret_argument_of_any_string_type(
    secret: str, credential_class: Any, mock_provider: MockProvider
) -> None:
    (name,) = credential_class.spec.secrets
    credential = mock_provider.credential(credential_class, **{name: secret})
    assert strings_with_secret(credential) == []
    for pickled in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="give it as a variable") as caught:
            pickled(credential)
        assert HIDDEN not in str(caught.value)
    credential.token()
    assert strings_with_secret(credential) == []
    sent = mock_provider.requests[0].content + repr(mock_provider.requests[0].headers.raw).encode()
    assert HIDDEN.encode() in sent


def by_variable(monkeypatch: pytest.MonkeyPatch, name: str, _folder: Path) -> None:
    monkeypatch.setenv(name, HIDDEN)


def by_file(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path) -> None:
    (folder / "mounted").write_text(HIDDEN)
    monkeypatch.setenv(f"{name}_FILE", str(folder / "mounted"))


@pytest.mark.parametrize("by", [by_variable, by_file])
def test_a_secret_from_a_variable_or_a_file(
    by: Callable[..., None],
    credential_class: Any,
    mock_provider: MockProvider,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (name,) = credential_class.spec.secrets
    by(monkeypatch, f"{credential_class.spec.provider}_SANDBOX_{name}".upper(), tmp_path)
    credential = credential_class("sandbox", **{**CREDENTIALS[credential_class], name: None})
    assert strings_with_secret(credential) == []
    assert HIDDEN.encode() not in pickle.dumps(credential)


@pytest.mark.posix
@pytest.mark.parametrize(
    "url",
    [REDIS, StringSubclass(REDIS), f"redis://127.0.0.1:1/0?password={HIDDEN}"],
    ids=lambda url: type(url).__name__,
)
def test_the_password_of_a_store(url: str, monkeypatch: pytest.MonkeyPatch, emulator: object) -> None:
    monkeypatch.setenv("GATEPASS_KEY", "ZmFrZS1mYWtlLWZha2UtZmFrZS1mYWtlLWZha2UtMTI=")
    credential = Setu("sandbox", store=url)
    assert strings_with_secret(credential) == []
    with pytest.raises(TypeError, match="GATEPASS_STORE") as caught:
        pickle.dumps(credential)
    assert HIDDEN not in str(caught.value)
    assert copy.copy(credential)._settings.store is credential._settings.store

    monkeypatch.setenv("GATEPASS_STORE", url)
    from_outside = Setu("sandbox")
    assert strings_with_secret(from_outside) == []
    assert HIDDEN.encode() not in pickle.dumps(from_outside)
    assert repr(pickle.loads(pickle.dumps(from_outside))._settings.store) == "RedisStore('127.0.0.1:1')"


@pytest.mark.posix
def test_a_credential_with_a_store_without_a_password_can_be_pickled(
    emulator: object, tmp_path: Path
) -> None:
    unpickled = pickle.loads(pickle.dumps(Setu("sandbox", store=f"file:{tmp_path}")))
    assert repr(unpickled._settings.store) == repr(FileStore(tmp_path))


@pytest.mark.posix
def test_a_credential_with_a_store_object_cannot_be_pickled(emulator: object, tmp_path: Path) -> None:
    redis = RedisStore(REDIS, allow_plaintext=True, host=FileStore(tmp_path))
    for store in (FileStore(tmp_path), redis):
        with pytest.raises(TypeError, match="GATEPASS_STORE") as caught:
            pickle.dumps(Setu("sandbox", store=store))
        assert HIDDEN not in f"{caught.value} {store!r}"


def test_a_credential_whose_constructor_failed_keeps_nothing(
    credential_class: Any, mock_provider: MockProvider
) -> None:
    (name,) = credential_class.spec.secrets
    constructed: list[Any] = []

    class Ours(credential_class):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            constructed.append(self)
            super().__init__(*arguments, **options)

    for wrong in ({"timeout": 0}, {"store": "nonsense"}, {"base_url": f"https://{HIDDEN}@api.example"}):
        with pytest.raises(ConfigError):
            Ours("sandbox", **{**CREDENTIALS[credential_class], name: HIDDEN, **wrong})
    assert [vars(half) for half in constructed] == [{}] * 3


def test_a_finished_request_is_not_kept(mock_provider: MockProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes as much memory as the rest of a credential, and there may be thousands of credentials."""
    flights: list[weakref.ref[Any]] = []

    class Observed(Flight[Token]):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            flights.append(weakref.ref(self))

    monkeypatch.setattr("gatepass._cache.Flight", Observed)
    credential = mock_provider.credential(Setu)
    credential.token()

    (flight,) = flights
    wait_for(lambda: gc.collect() >= 0 and flight() is None)
    assert credential.token().value
