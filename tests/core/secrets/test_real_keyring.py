"""GNOME Keyring itself, on a session bus of the test's own: open, locked, away, silent, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.specs import EnvironmentSpec
from core.secrets.errors import KeyTrouble, KeyUnavailableError
from core.secrets.key_facts import KeyKind
from core.secrets.keyring_access import KeyringAccess
from core.workspace import Workspace
from tests.support import wait_until
from tests.support.keyrings import PrivateBus, needs_gnome_keyring, private_bus

pytestmark = needs_gnome_keyring

VALUE = "correct horse battery"


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PrivateBus]:
    with private_bus(tmp_path / "bus") as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


def open_folder(folder: Path) -> Workspace:
    return Workspace(folder, keyring=KeyringAccess())


def make_vault(workspace: Workspace) -> int:
    vault = workspace.catalog.create(EnvironmentSpec(name="vault", secrets=("TOKEN",)))
    workspace.secrets.set(vault, "TOKEN", VALUE)
    return vault


def trouble_of(workspace: Workspace, vault: int) -> KeyTrouble:
    with pytest.raises(KeyUnavailableError) as caught:
        workspace.secrets.reveal(vault, "TOKEN")
    return caught.value.trouble


def test_a_value_is_there_after_a_restart_of_the_program_and_of_the_keyring(bus: PrivateBus, data_folder: Path) -> None:
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        vault = make_vault(workspace)
        state = workspace.secrets.keys.state()
        assert (state.kind, state.backend, state.trouble) == (KeyKind.KEYRING, "SecretService Keyring", None)
    bus.stop_service()
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE


def test_a_locked_keyring_is_told_from_one_that_is_away(bus: PrivateBus, data_folder: Path) -> None:
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        vault = make_vault(workspace)
    with open_folder(data_folder) as workspace:
        bus.lock()
        assert trouble_of(workspace, vault) is KeyTrouble.LOCKED
        state = workspace.secrets.keys.state()
        assert (state.backend, state.trouble) == ("SecretService Keyring", KeyTrouble.LOCKED)
        # Nobody is here who could answer, so the keyring says no.
        with pytest.raises(KeyUnavailableError) as caught:
            workspace.secrets.keys.unlock()
        assert caught.value.trouble is KeyTrouble.LOCKED
        bus.stop_service()
        assert trouble_of(workspace, vault) is KeyTrouble.ABSENT
        bus.start_keyring()
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE


def test_a_key_in_memory_outlives_a_keyring_that_is_locked(bus: PrivateBus, data_folder: Path) -> None:
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        vault = make_vault(workspace)
        bus.lock()
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE


def test_a_silent_keyring_holds_nobody_and_the_key_comes_when_it_is_back(bus: PrivateBus, data_folder: Path) -> None:
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        vault = make_vault(workspace)
    bus.stop_service()
    bus.start_mute()
    with Workspace(data_folder, keyring=KeyringAccess(limit_s=0.2)) as workspace:
        assert [trouble_of(workspace, vault) for _ in range(10)] == [KeyTrouble.MUTE] * 10
        bus.stop_service()
        bus.start_keyring()

        def revealed() -> bool:
            try:
                return workspace.secrets.reveal(vault, "TOKEN") == VALUE
            except KeyUnavailableError:
                return False

        wait_until(revealed, message="the keyring answers again")


def test_an_entry_that_was_deleted_is_a_key_that_is_lost(bus: PrivateBus, data_folder: Path) -> None:
    bus.start_keyring()
    with open_folder(data_folder) as workspace:
        vault = make_vault(workspace)
        facts = workspace.secrets.keys.facts()
        assert facts is not None
    access = KeyringAccess()
    kept = access.read(facts.entry)
    access.delete(facts.entry)
    with open_folder(data_folder) as workspace:
        assert trouble_of(workspace, vault) is KeyTrouble.LOST
        assert kept is not None
        access.write(facts.entry, kept)
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE
