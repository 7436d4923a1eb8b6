"""Encrypted records: who has the key reads them, everybody else has none."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gatepass import ConfigError, Setu
from gatepass.stores import FileStore
from gatepass.stores._sealed import Seal
from gatepass_emulator import Emulator


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


OLD, NEW = new_key(), new_key()


def token(folder: Path, key: str | list[str] | None, environment: str = "sandbox") -> str:
    """What a process with this key gets."""
    credential = Setu(
        "production" if environment == "production" else "sandbox", store=FileStore(folder, key=key)
    )
    return credential.token().value


def only(folder: Path) -> Path:
    (path,) = FileStore(folder).keys()
    return path


def test_a_record_shows_nothing_and_opens_with_its_key(emulator: Emulator, folder: Path) -> None:
    first = token(folder, OLD)

    data = only(folder).read_bytes()
    for part in (first, first.split(".")[1], "setu", "minted", os.environ["SETU_SANDBOX_SECRET"]):
        assert part.encode() not in data
    assert token(folder, OLD) == first
    assert emulator.count("setu") == 1


@pytest.mark.usefixtures("one_look")
@pytest.mark.parametrize("key", [NEW, None, [NEW]], ids=["another", "none", "a list of others"])
def test_another_key_is_a_miss_and_heals(
    emulator: Emulator, folder: Path, key: str | list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    first = token(folder, OLD)

    healed = token(folder, key)
    assert healed != first
    assert token(folder, key) == healed
    assert emulator.count("setu") == 2
    assert caplog.records == []


def test_a_record_in_the_clear_is_no_record_where_there_is_a_key(emulator: Emulator, folder: Path) -> None:
    first = token(folder, OLD)
    record = only(folder)
    plain = Seal.of(OLD).opened(record.read_bytes(), record.stem)
    assert plain is not None
    record.write_bytes(plain)

    assert token(folder, OLD) != first
    assert emulator.count("setu") == 2


@pytest.mark.parametrize("place", [3, 14, 15, 200, -1], ids=["nonce", "nonce", "text", "text", "tag"])
def test_a_flipped_bit_is_a_miss_and_heals(emulator: Emulator, folder: Path, place: int) -> None:
    first = token(folder, OLD)
    data = bytearray(only(folder).read_bytes())
    data[place] ^= 1
    only(folder).write_bytes(data)

    healed = token(folder, OLD)
    assert healed != first
    assert token(folder, OLD) == healed
    assert emulator.count("setu") == 2


@pytest.mark.parametrize("length", [0, 1, 3, 10, 15, 16, 40])
def test_a_truncated_record_is_a_miss(emulator: Emulator, folder: Path, length: int) -> None:
    token(folder, OLD)
    only(folder).write_bytes(only(folder).read_bytes()[:length])

    token(folder, OLD)
    assert emulator.count("setu") == 2


def test_a_record_moved_to_another_key_is_a_miss(emulator: Emulator, folder: Path) -> None:
    token(folder, OLD)
    sandbox = only(folder)
    data = sandbox.read_bytes()
    production = token(folder, OLD, "production")
    (other,) = set(FileStore(folder).keys()) - {sandbox}
    other.write_bytes(data)

    assert token(folder, OLD, "production") != production
    assert emulator.count("setu", "production") == 2


def test_of_several_keys_the_first_counts_and_a_new_first_one_costs_one_token(
    emulator: Emulator, folder: Path
) -> None:
    first = token(folder, OLD)
    assert token(folder, [OLD, NEW]) == first

    second = token(folder, [NEW, OLD])

    assert second != first
    assert token(folder, NEW) == second
    assert token(folder, OLD) == first
    assert emulator.count("setu") == 2


def test_the_keys_can_stand_in_a_variable(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", OLD)
    first = Setu("sandbox").token().value
    assert first.encode() not in only(folder).read_bytes()

    monkeypatch.setenv("GATEPASS_KEY", f"{OLD}, {NEW}")
    assert token(folder, None) == first
    assert emulator.count("setu") == 1


@pytest.mark.parametrize("origin", ["key=", "GATEPASS_KEY"])
@pytest.mark.parametrize("key", ["fake-short", base64.b64encode(b"fake" * 4).decode(), "ünreadable"])
def test_a_key_that_is_none_is_said_before_anything_is_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch, origin: str, key: str
) -> None:
    if origin == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", f"{OLD},{key}")
    with pytest.raises(ConfigError, match=f"{origin}: a key is the base64 of 32 bytes") as caught:
        FileStore(folder, key=[OLD, key] if origin == "key=" else None)
    assert key not in str(caught.value)
    assert OLD not in str(caught.value)
    assert not folder.exists()


@pytest.mark.parametrize("empty", ["", " ", ",", " , ,"])
def test_an_empty_variable_for_the_key_does_not_mean_plain_text(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, empty: str
) -> None:
    monkeypatch.setenv("GATEPASS_KEY", empty)
    with pytest.raises(ConfigError, match="GATEPASS_KEY is set but empty: give it a key, or unset it"):
        Setu("sandbox")
    assert (emulator.calls, folder.exists()) == ([], False)


@pytest.mark.parametrize("empty", ["", [], [""], [OLD, ""]])
def test_an_empty_key_is_refused(folder: Path, empty: str | list[str]) -> None:
    with pytest.raises(ConfigError, match="key="):
        FileStore(folder, key=empty)


@pytest.mark.parametrize(
    "odd", [5, b"fake", [b"fake"], [None], {"key": OLD}], ids=lambda odd: type(odd).__name__
)
def test_a_key_of_another_type_is_refused(folder: Path, odd: Any) -> None:
    with pytest.raises(ConfigError, match="key=: a key is the base64 of 32 bytes") as caught:
        FileStore(folder, key=odd)
    assert OLD not in str(caught.value)


@pytest.mark.parametrize("origin", ["key=", "GATEPASS_KEY"])
def test_a_key_of_zeros_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    zeros = base64.b64encode(bytes(32)).decode()
    if origin == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", f"{OLD},{zeros}")
    with pytest.raises(ConfigError, match=f"{origin}: a key of zeros protects nothing"):
        FileStore(folder, key=[OLD, zeros] if origin == "key=" else None)


@pytest.mark.parametrize("origin", ["key=", "GATEPASS_KEY"])
def test_without_cryptography_it_is_said_what_to_install(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    if origin == "GATEPASS_KEY":
        monkeypatch.setenv("GATEPASS_KEY", OLD)
    with pytest.raises(ConfigError, match=rf"{origin} needs cryptography: pip install 'gatepass\[crypto\]'"):
        Setu("sandbox", store=FileStore(folder, key=OLD)) if origin == "key=" else Setu("sandbox")
    assert (emulator.calls, folder.exists()) == ([], False)


def test_without_a_key_cryptography_is_not_needed(
    emulator: Emulator, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert token(folder, None) == token(folder, None)
    assert emulator.count("setu") == 1
