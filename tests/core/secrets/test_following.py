"""Values follow their environment and their name, and come back with an undo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from keyring.errors import KeyringLocked

from core.catalog.due import Moment
from core.catalog.editing import duplicate
from core.catalog.revising import revise_environment
from core.catalog.secret_values import Follow
from core.catalog.specs import EnvironmentSpec, Kind
from core.catalog.undo import restore
from core.errors import ConflictError, StaleError
from core.secrets import following
from core.secrets.errors import KeyUnavailableError
from core.secrets.following import SecretFollower
from core.secrets.key_facts import KeyKind
from core.secrets.rekeying import change_key, start_over
from core.secrets.rows import SecretRow, read_secrets
from core.secrets.store import SecretStore
from core.workspace import Workspace
from core.writer import Transaction
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"


@pytest.fixture
def filled(store: SecretStore, vault: int) -> int:
    """Return the id of the environment; its secret TOKEN has a value, and OTHER has none."""
    store.set(vault, "TOKEN", VALUE)
    return vault


def spec_of(workspace: Workspace, environment_id: int) -> EnvironmentSpec:
    return workspace.catalog.environment(environment_id).spec


def names_with_value(store: SecretStore, environment_id: int) -> list[str]:
    return [state.name for state in store.states(environment_id) if state.has_value]


def test_a_copy_has_the_values_sealed_for_itself(workspace: Workspace, store: SecretStore, filled: int) -> None:
    copy = workspace.catalog.duplicate(Kind.ENVIRONMENT, filled)
    assert store.reveal(copy, "TOKEN") == VALUE
    assert names_with_value(store, copy) == ["TOKEN"]
    store.set(copy, "TOKEN", "of the copy")
    assert store.reveal(filled, "TOKEN") == VALUE


def test_without_the_key_there_is_no_copy_at_all(data_folder: Path, filled: int, keyring: HeldKeyring) -> None:
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        keyring.error = KeyringLocked("it is locked")
        with pytest.raises(KeyUnavailableError):
            another.catalog.duplicate(Kind.ENVIRONMENT, filled)
        assert len(another.catalog.environments()) == 1


def test_a_copy_of_what_has_no_values_needs_no_key(workspace: Workspace, vault: int, keyring: HeldKeyring) -> None:
    keyring.error = KeyringLocked("it is locked")
    assert workspace.catalog.duplicate(Kind.ENVIRONMENT, vault) != vault


def test_an_environment_under_another_name_keeps_its_values(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    workspace.catalog.change(filled, replace(spec_of(workspace, filled), name="safe"))
    assert store.reveal(filled, "TOKEN") == VALUE


def test_a_deleted_environment_comes_back_with_its_values(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [filled])
    assert store.states() == []
    workspace.catalog.restore(snapshot)
    assert store.reveal(filled, "TOKEN") == VALUE


def test_a_removed_secret_comes_back_with_its_value_by_an_undo(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    old = spec_of(workspace, filled)
    removed = workspace.catalog.revise_environment(filled, old, replace(old, secrets=("OTHER",)))
    assert set(removed.removed) == {"TOKEN"}
    assert VALUE.encode() not in removed.removed["TOKEN"]
    assert repr(removed.removed["TOKEN"]) not in repr(removed)
    workspace.catalog.revise_environment(filled, removed.spec, old, sealed=removed.removed)
    assert store.reveal(filled, "TOKEN") == VALUE


def test_an_undo_does_not_replace_a_value_that_was_set_since(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    old = spec_of(workspace, filled)
    removed = workspace.catalog.revise_environment(filled, old, replace(old, secrets=("OTHER",)))
    workspace.catalog.revise_environment(filled, removed.spec, old)
    store.set(filled, "TOKEN", "set since")
    workspace.catalog.revise_environment(filled, old, replace(old, base="clean"), sealed=removed.removed)
    assert store.reveal(filled, "TOKEN") == "set since"


def test_a_copy_notices_a_key_that_was_changed_meanwhile(workspace: Workspace, store: SecretStore, filled: int) -> None:
    follow = SecretFollower(workspace.database, store.keys).to_a_copy(filled)
    change_key(workspace.database, store.keys)
    moment = Moment.of(workspace.clock)
    with pytest.raises(ConflictError, match="key of the secrets was changed"):
        workspace.database.write(
            lambda transaction: duplicate(transaction, Kind.ENVIRONMENT, filled, moment, follow=follow)
        )
    assert len(workspace.catalog.environments()) == 1


def test_a_rename_notices_a_value_that_was_set_since_it_was_prepared(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    old, moment = spec_of(workspace, filled), Moment.of(workspace.clock)
    new = replace(old, secrets=("API", "ANOTHER"))
    renamed = {"API": "TOKEN", "ANOTHER": "OTHER"}
    for name in ("TOKEN", "OTHER"):
        follow = SecretFollower(workspace.database, store.keys).to_other_names(filled, renamed)
        store.set(filled, name, "set since")

        def save(transaction: Transaction, follow: Follow = follow) -> None:
            revise_environment(transaction, filled, old, new, moment, follow=follow, sealed={})

        with pytest.raises(ConflictError, match=f"secret {name} was changed"):
            workspace.database.write(save)
        assert store.reveal(filled, name) == "set since"


def test_a_copy_notices_a_value_that_was_set_since_it_was_prepared(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    follow = SecretFollower(workspace.database, store.keys).to_a_copy(filled)
    store.set(filled, "TOKEN", "set since")
    moment = Moment.of(workspace.clock)
    with pytest.raises(ConflictError, match="secret TOKEN was changed"):
        workspace.database.write(
            lambda transaction: duplicate(transaction, Kind.ENVIRONMENT, filled, moment, follow=follow)
        )


def test_a_rename_finds_the_values_that_another_program_sealed_anew_while_it_was_prepared(
    data_folder: Path,
    filled: int,
    keyring: HeldKeyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rotations: list[int] = []

    def read_and_be_overtaken(*of: Any) -> list[SecretRow]:
        rows = read_secrets(*of)
        if not rotations:
            with Workspace(data_folder, keyring=held_access(keyring)) as another:
                rotations.append(change_key(another.database, another.secrets.keys))
        return rows

    monkeypatch.setattr(following, "read_secrets", read_and_be_overtaken)
    with Workspace(data_folder, keyring=held_access(keyring)) as renaming:
        old = spec_of(renaming, filled)
        renaming.catalog.revise_environment(
            filled, old, replace(old, secrets=("API", "OTHER")), renamed={"API": "TOKEN"}
        )
        assert rotations == [1]
        assert renaming.secrets.reveal(filled, "API") == VALUE


def elsewhere(data_folder: Path, keyring: HeldKeyring, environment_id: int, name: str = "TOKEN") -> str:
    """Return the value as a program reads it that has nothing in its memory."""
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        return another.secrets.reveal(environment_id, name)


def test_a_deleted_environment_comes_back_with_values_that_the_present_key_opens(
    workspace: Workspace, store: SecretStore, filled: int, keyring: HeldKeyring
) -> None:
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [filled])
    for _ in range(2):
        change_key(workspace.database, store.keys)
    workspace.catalog.restore(snapshot)
    assert elsewhere(workspace.folder.root, keyring, filled) == VALUE


def test_a_removed_secret_comes_back_with_a_value_that_the_present_key_opens(
    workspace: Workspace, store: SecretStore, filled: int, keyring: HeldKeyring
) -> None:
    old = spec_of(workspace, filled)
    removed = workspace.catalog.revise_environment(filled, old, replace(old, secrets=("OTHER",)))
    change_key(workspace.database, store.keys)
    workspace.catalog.revise_environment(filled, removed.spec, old, sealed=removed.removed)
    assert elsewhere(workspace.folder.root, keyring, filled) == VALUE


def test_without_the_former_key_a_secret_is_not_put_back_and_an_environment_is_with_a_value_to_set_anew(
    workspace: Workspace, filled: int, data_folder: Path, keyring: HeldKeyring
) -> None:
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        old = spec_of(another, filled)
        removed = another.catalog.revise_environment(filled, old, replace(old, secrets=("OTHER",)))
        change_key(workspace.database, workspace.secrets.keys)
        with pytest.raises(ConflictError, match="TOKEN was sealed with a key that is no more"):
            another.catalog.revise_environment(filled, removed.spec, old, sealed=removed.removed)
        assert spec_of(another, filled) == removed.spec
        another.catalog.revise_environment(filled, removed.spec, old)
        workspace.secrets.set(filled, "TOKEN", VALUE)
        _, snapshot = another.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [filled])
        change_key(workspace.database, workspace.secrets.keys)
        another.catalog.restore(snapshot)
        assert [(s.name, s.has_value, s.is_readable) for s in another.secrets.states()] == [
            ("TOKEN", True, False),
            ("OTHER", False, False),
        ]


def test_a_new_beginning_is_not_undone_by_an_undo(workspace: Workspace, store: SecretStore, filled: int) -> None:
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [filled])
    start_over(workspace.database, store.keys, KeyKind.KEYRING)
    workspace.catalog.restore(snapshot)
    assert [state.is_readable for state in store.states()] == [False, False]


def test_a_key_that_is_changed_while_values_are_put_back_stops_that(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [filled])
    put_back = SecretFollower(workspace.database, store.keys).to_put_back(snapshot.sealed)
    change_key(workspace.database, store.keys)
    moment = Moment.of(workspace.clock)
    with pytest.raises(ConflictError, match="key of the secrets was changed"):
        workspace.database.write(lambda transaction: restore(transaction, snapshot, moment, put_back=put_back))
    workspace.catalog.restore(snapshot)
    assert store.reveal(filled, "TOKEN") == VALUE


def test_a_secret_that_is_made_anew_has_no_value(workspace: Workspace, store: SecretStore, filled: int) -> None:
    old = spec_of(workspace, filled)
    without = workspace.catalog.revise_environment(filled, old, replace(old, secrets=("OTHER",))).spec
    workspace.catalog.revise_environment(filled, without, old)
    assert names_with_value(store, filled) == []


def test_a_secret_that_became_plain_leaves_nothing_behind(
    workspace: Workspace, store: SecretStore, filled: int
) -> None:
    old = spec_of(workspace, filled)
    plain = replace(old, variables={**old.variables, "TOKEN": "plain"}, secrets=("OTHER",))
    changed = workspace.catalog.revise_environment(filled, old, plain)
    with workspace.database.reading() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM variables WHERE sealed IS NOT NULL").scalar()
    assert left == 0
    workspace.catalog.revise_environment(filled, changed.spec, old, sealed=changed.removed)
    assert store.reveal(filled, "TOKEN") == VALUE


def test_a_renamed_secret_keeps_its_value_and_gives_it_back_without_the_key(
    workspace: Workspace, store: SecretStore, filled: int, data_folder: Path, keyring: HeldKeyring
) -> None:
    old = spec_of(workspace, filled)
    new = replace(old, secrets=("API", "OTHER"))
    renamed = workspace.catalog.revise_environment(filled, old, new, renamed={"API": "TOKEN"})
    assert store.reveal(filled, "API") == VALUE
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        keyring.error = KeyringLocked("it is locked")
        undone = another.catalog.revise_environment(filled, renamed.spec, old, sealed=renamed.removed)
        another.catalog.revise_environment(filled, undone.spec, new, sealed=undone.removed)
    keyring.error = None
    assert store.reveal(filled, "API") == VALUE


def test_two_secrets_can_swap_their_names(workspace: Workspace, store: SecretStore, filled: int) -> None:
    store.set(filled, "OTHER", "the other one")
    old = spec_of(workspace, filled)
    new = replace(old, secrets=("OTHER", "TOKEN"))
    workspace.catalog.revise_environment(filled, old, new, renamed={"OTHER": "TOKEN", "TOKEN": "OTHER"})
    assert (store.reveal(filled, "OTHER"), store.reveal(filled, "TOKEN")) == (VALUE, "the other one")


def test_a_change_that_is_refused_changes_no_value(workspace: Workspace, store: SecretStore, filled: int) -> None:
    old = spec_of(workspace, filled)
    seen = replace(old, variables={"WHO": "somebody else"})
    with pytest.raises(StaleError):
        workspace.catalog.revise_environment(filled, seen, replace(old, secrets=("API",)), renamed={"API": "TOKEN"})
    assert store.reveal(filled, "TOKEN") == VALUE


def test_without_the_key_nothing_is_renamed(data_folder: Path, filled: int, keyring: HeldKeyring) -> None:
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        old = spec_of(another, filled)
        keyring.error = KeyringLocked("it is locked")
        with pytest.raises(KeyUnavailableError):
            another.catalog.revise_environment(filled, old, replace(old, secrets=("API",)), renamed={"API": "TOKEN"})
        assert spec_of(another, filled) == old


def test_a_new_key_opens_what_the_old_one_did(
    workspace: Workspace, store: SecretStore, filled: int, keyring: HeldKeyring
) -> None:
    before = dict(keyring.entries)
    assert change_key(workspace.database, store.keys) == 1
    assert store.reveal(filled, "TOKEN") == VALUE
    assert not before.keys() & keyring.entries.keys()
    assert len(keyring.entries) == 1
