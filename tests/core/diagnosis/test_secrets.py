"""What the checks find of the secrets of a data folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from core.catalog.specs import EnvironmentSpec
from core.diagnosis.finding import Health
from core.diagnosis.secrets import check_secrets
from core.paths import DataFolder
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from tests.support.keyrings import HeldKeyring, held_access


@pytest.fixture
def keyring() -> HeldKeyring:
    return HeldKeyring()


@pytest.fixture
def filled(data_folder: Path, keyring: HeldKeyring) -> DataFolder:
    """Return a folder with an environment of two secrets, the first of which has a value."""
    with Workspace(data_folder, keyring=held_access(keyring)) as workspace:
        vault = workspace.catalog.create(EnvironmentSpec(name="vault", secrets=("TOKEN", "OTHER")))
        workspace.secrets.set(vault, "TOKEN", "correct horse battery")
    return DataFolder(data_folder)


def findings(folder: DataFolder, keyring: HeldKeyring) -> list[tuple[str, Health, str]]:
    return [(found.check, found.health, found.message) for found in check_secrets(folder, held_access(keyring))]


def test_a_folder_without_secrets_is_not_worth_a_word(data_folder: Path, tmp_path: Path, keyring: HeldKeyring) -> None:
    for folder in (data_folder, tmp_path / "nowhere"):
        assert findings(DataFolder(folder), keyring) == []
    assert keyring.reads == 0


def test_the_key_and_what_has_no_value_are_told(filled: DataFolder, keyring: HeldKeyring) -> None:
    assert findings(filled, keyring) == [
        ("key of the secrets", Health.OK, "It is in the keyring."),
        (
            "secrets",
            Health.WARNING,
            "1 of 2 have no value that can be opened: OTHER of “vault”. What needs them can't start.",
        ),
    ]


def test_a_locked_keyring_is_a_warning_and_a_lost_key_a_fault(filled: DataFolder, keyring: HeldKeyring) -> None:
    keyring.error = KeyringLocked("it is locked")
    assert findings(filled, keyring)[0][:2] == ("key of the secrets", Health.WARNING)
    keyring.error = None
    keyring.entries.clear()
    assert findings(filled, keyring)[0][:2] == ("key of the secrets", Health.FAULT)


def test_a_passphrase_file_is_tried(filled: DataFolder, keyring: HeldKeyring, tmp_path: Path) -> None:
    with Workspace(filled.root, keyring=held_access(keyring)) as workspace:
        keys = workspace.secrets.keys
        change_key(workspace.database, keys, KeyKind.PASSPHRASE, passphrase="several good words")
    file = tmp_path / "passphrase"

    def found() -> tuple[Health, str]:
        first = next(check_secrets(filled, held_access(keyring), file))
        return first.health, first.message

    assert found()[0] is Health.WARNING
    file.write_text("some other words\n")
    file.chmod(0o600)
    assert found() == (
        Health.WARNING,
        f"The passphrase in {file} is wrong. Write the one there that was chosen.",
    )
    file.write_text("several good words\n")
    assert found() == (Health.OK, f"It is made of a passphrase, which {file} holds.")
