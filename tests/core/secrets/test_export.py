"""Values on their way to another machine: sealed, opened with the passphrase alone, and put where they belong."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.specs import EnvironmentSpec
from core.database import Database
from core.errors import ClockhandError, InvalidError
from core.secrets.errors import WrongPassphraseError
from core.secrets.export import Imported, export_secrets, import_secrets, open_export
from core.secrets.sealing import derive_key, seal
from core.secrets.store import SecretStore
from core.workspace import Workspace

PASSPHRASE = "several good words"
VALUES = {("vault", "TOKEN"): "correct horse battery", ("vault", "OTHER"): "umlauts äü\n"}
COST = 2**4


@pytest.fixture
def file(database: Database, store: SecretStore, vault: int) -> bytes:
    """Return what an export writes of two values."""
    store.set_many(vault, {name: value for (_, name), value in VALUES.items()})
    data, count = export_secrets(database, store, PASSPHRASE, cost=COST)
    assert count == 2
    return data


def test_all_values_come_out_as_they_went_in(file: bytes) -> None:
    assert open_export(file, PASSPHRASE) == VALUES


def test_nothing_of_a_value_and_no_name_is_seen(file: bytes) -> None:
    for word in (b"horse", b"TOKEN", b"vault", PASSPHRASE.encode()):
        assert word not in file


def test_another_passphrase_is_said_to_be_wrong(file: bytes) -> None:
    with pytest.raises(WrongPassphraseError, match="The passphrase is wrong"):
        open_export(file, "some other words")


def test_a_short_passphrase_is_refused(database: Database, store: SecretStore) -> None:
    with pytest.raises(InvalidError, match="at least 8"):
        export_secrets(database, store, "short")


@pytest.mark.parametrize("text", ["", "[]", "{}", "no json", '{"format": "clockhand-secrets", "version": 2}', '"text"'])
def test_anything_else_is_said_to_be_no_such_file(text: str) -> None:
    with pytest.raises(InvalidError, match="no file of secrets"):
        open_export(text.encode(), PASSPHRASE)


def test_a_file_can_ask_for_no_cost_that_would_hold_the_machine(file: bytes) -> None:
    content = json.loads(file)
    content["scrypt"]["n"] = 2**40
    with pytest.raises(InvalidError):
        open_export(json.dumps(content).encode(), PASSPHRASE)


@pytest.mark.parametrize("depth", [0, 100_000])
def test_a_file_that_json_itself_chokes_on_is_said_to_be_damaged(file: bytes, depth: int) -> None:
    content = json.loads(file)
    content["scrypt"]["n"] = "N"
    text = json.dumps(content).replace('"N"', "[" * depth + "1e999" + "]" * depth)
    with pytest.raises(InvalidError, match="no file of secrets"):
        open_export(text.encode(), PASSPHRASE)


def sealed_file() -> bytes:
    """Return a small export that no test changes."""
    key = derive_key(PASSPHRASE, salt=b"s" * 16, key_id=b"k" * 8, cost=2)
    content = {
        "format": "clockhand-secrets",
        "version": 1,
        "scrypt": {"n": 2, "r": 8, "p": 1, "salt": base64.b64encode(b"s" * 16).decode()},
        "id": base64.b64encode(key.id).decode(),
        "sealed": base64.b64encode(seal(key, "[]", environment_id=0, name="clockhand-secrets")).decode(),
    }
    return json.dumps(content).encode()


SEALED = sealed_file()


@given(place=st.integers(0, len(SEALED) - 1), byte=st.integers(0, 255))
def test_a_changed_file_gives_its_values_or_is_refused_with_a_sentence(place: int, byte: int) -> None:
    for broken in (SEALED[:place], SEALED[:place] + bytes([byte]) + SEALED[place + 1 :]):
        try:
            found = open_export(broken, PASSPHRASE)
        except ClockhandError:
            continue  # any other error would be one of ours
        assert found == {}


def test_what_has_a_value_keeps_it_unless_it_is_to_be_replaced(
    database: Database, store: SecretStore, vault: int
) -> None:
    store.set(vault, "TOKEN", "of this machine")
    assert import_secrets(database, store, VALUES) == Imported(done=(("vault", "OTHER"),), kept=(("vault", "TOKEN"),))
    assert store.reveal(vault, "TOKEN") == "of this machine"
    assert len(import_secrets(database, store, VALUES, replace=True).done) == 2
    assert [store.reveal(vault, name) for _, name in VALUES] == list(VALUES.values())


def test_what_is_not_there_is_told(workspace: Workspace, store: SecretStore, vault: int) -> None:
    spec = workspace.catalog.environment(vault).spec
    workspace.catalog.change(vault, replace(spec, name="safe"))
    other = workspace.catalog.create(EnvironmentSpec(name="vault", secrets=("OTHER",)))
    found = import_secrets(workspace.database, store, VALUES)
    assert (found.done, found.unknown) == ((("vault", "OTHER"),), (("vault", "TOKEN"),))
    assert store.has_value(other, "OTHER")


def test_a_value_that_no_secret_may_have_is_refused_before_anything_is_written(
    database: Database, store: SecretStore, vault: int, data_folder: Path
) -> None:
    with pytest.raises(InvalidError):
        import_secrets(database, store, {**VALUES, ("vault", "TOKEN"): "abc"})
    assert not any(state.has_value for state in store.states())
