"""Values of secrets: kept sealed, handed to launches through the layers, and never shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from core.catalog.definitions import environment_definition
from core.catalog.specs import EnvironmentSpec, Kind
from core.changes import Changes
from core.errors import ConflictError, InvalidError, NotFoundError
from core.secrets import store as store_module
from core.secrets.errors import SecretUnreadableError
from core.secrets.rekeying import change_key
from core.secrets.sealing import SealingKey
from core.secrets.source import SecretValues
from core.secrets.store import SecretStore
from core.workspace import Workspace
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"


def values(workspace: Workspace, environment_id: int) -> SecretValues:
    with workspace.database.reading() as connection:
        definition = environment_definition(connection, environment_id)
    assert definition is not None
    return workspace.secrets.values(definition)


def revealed(workspace: Workspace, environment_id: int) -> dict[str, str]:
    return {"TOKEN": workspace.secrets.reveal(environment_id, "TOKEN")}


def test_a_value_comes_back(workspace: Workspace, store: SecretStore, vault: int) -> None:
    store.set(vault, "TOKEN", VALUE)
    assert store.reveal(vault, "TOKEN") == VALUE
    assert values(workspace, vault) == {"TOKEN": VALUE}, "the one without a value is missing"
    store.set(vault, "TOKEN", "another one")
    assert values(workspace, vault) == {"TOKEN": "another one"}


def test_several_are_set_together_or_not_at_all(workspace: Workspace, store: SecretStore, vault: int) -> None:
    with pytest.raises(InvalidError):
        store.set_many(vault, {"TOKEN": VALUE, "OTHER": "abc"})
    assert values(workspace, vault) == {}
    store.set_many(vault, {"TOKEN": VALUE, "OTHER": "abcd"})
    assert values(workspace, vault) == {"TOKEN": VALUE, "OTHER": "abcd"}


def test_the_key_is_fetched_once_for_all_launches(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring, data_folder: Path
) -> None:
    store.set(vault, "TOKEN", VALUE)
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        keyring.reads = 0
        for _ in range(5):
            assert values(another, vault) == {"TOKEN": VALUE}
        assert keyring.reads == 1


def test_an_environment_without_secrets_asks_for_no_key(workspace: Workspace, keyring: HeldKeyring) -> None:
    plain = workspace.catalog.create(EnvironmentSpec(name="plain", variables={"A": "b"}))
    assert values(workspace, plain) == {}
    assert (keyring.reads, keyring.entries) == (0, {})


def test_the_nearest_environment_decides(workspace: Workspace, store: SecretStore, vault: int) -> None:
    store.set_many(vault, {"TOKEN": "of the vault", "OTHER": "also of the vault"})
    child = workspace.catalog.create(
        EnvironmentSpec(name="child", extends="vault", variables={"OTHER": "plain"}, secrets=("TOKEN",))
    )
    assert values(workspace, child) == {}, "the child's own secret has no value, and hides the other"
    store.set(child, "TOKEN", "of the child")
    assert values(workspace, child) == {"TOKEN": "of the child"}
    grandchild = workspace.catalog.create(EnvironmentSpec(name="grandchild", extends="child"))
    assert values(workspace, grandchild) == {"TOKEN": "of the child"}


def test_the_nearest_environment_decides_whatever_it_is_called(
    workspace: Workspace, store: SecretStore, vault: int
) -> None:
    for name in ("a", "z"):
        child = workspace.catalog.create(EnvironmentSpec(name=name, extends="vault", secrets=("TOKEN",)))
        store.set(vault, "TOKEN", "of the vault")
        store.set(child, "TOKEN", f"of {name}")
        assert values(workspace, child) == {"TOKEN": f"of {name}"}


def test_a_key_that_changes_before_it_is_used_seals_nothing(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.set(vault, "OTHER", VALUE)
    fetch, fetched = store.keys.key_to_seal, []

    def fetch_and_be_overtaken() -> SealingKey:
        fetched.append(fetch())
        if len(fetched) == 1:
            with Workspace(workspace.folder.root, keyring=held_access(keyring)) as another:
                change_key(another.database, another.secrets.keys)
        return fetched[-1]

    monkeypatch.setattr(store.keys, "key_to_seal", fetch_and_be_overtaken)
    store.set(vault, "TOKEN", VALUE)
    assert len({key.id for key in fetched}) == 2
    assert values(workspace, vault) == {"TOKEN": VALUE, "OTHER": VALUE}


@pytest.mark.parametrize(
    ("ask", "part", "name"),
    [
        (values, store_module, "read_secrets"),
        (revealed, store_module, "secret_of"),
        (values, HeldKeyring, "get_password"),
        (revealed, HeldKeyring, "get_password"),
    ],
)
def test_a_value_that_is_sealed_anew_while_it_is_being_opened_is_opened(
    ask: Callable[[Workspace, int], Mapping[str, str]],
    part: Any,
    name: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another program changes the key after the row was read, or after the record of the key was."""
    workspace: Workspace = request.getfixturevalue("workspace")
    keyring: HeldKeyring = request.getfixturevalue("keyring")
    vault: int = request.getfixturevalue("vault")
    workspace.secrets.set(vault, "TOKEN", VALUE)
    do, rotations = getattr(part, name), list[int]()

    def change_key_meanwhile() -> None:
        if not rotations:
            rotations.append(0)
            rotations[0] = change_key(workspace.database, workspace.secrets.keys)

    def be_overtaken(*given: Any) -> Any:
        if name == "get_password":
            change_key_meanwhile()
        found = do(*given)
        change_key_meanwhile()
        return found

    with Workspace(workspace.folder.root, keyring=held_access(keyring)) as another:
        monkeypatch.setattr(part, name, be_overtaken)
        assert ask(another, vault) == {"TOKEN": VALUE}
    assert rotations == [1]


def test_a_value_that_cannot_be_a_secret_is_refused(store: SecretStore, vault: int, keyring: HeldKeyring) -> None:
    for value, word in (("abc", "masked"), ("", "masked"), ("a\0bcde", "NUL"), ("abcd\ud800", "UTF-8")):
        with pytest.raises(InvalidError) as caught:
            store.set(vault, "TOKEN", value)
        assert word in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None, "that error shows the value"
        assert "secret TOKEN" in str(caught.value)
    assert keyring.entries == {}, "no key is made for nothing"


def test_what_is_no_secret_is_not_found(store: SecretStore, vault: int) -> None:
    for name in ("WHO", "TOKENS"):
        with pytest.raises(NotFoundError):
            store.set(vault, name, VALUE)
    with pytest.raises(NotFoundError, match="Did you mean “TOKEN”"):
        store.has_value(vault, "TOKENS")


def test_the_states_tell_which_have_a_value(store: SecretStore, vault: int) -> None:
    store.set(vault, "OTHER", VALUE)
    found = [(s.environment, s.name, s.has_value, s.is_readable) for s in store.states()]
    assert found == [("vault", "TOKEN", False, False), ("vault", "OTHER", True, True)]
    assert [store.has_value(vault, name) for name in ("TOKEN", "OTHER")] == [False, True]


def test_a_cleared_value_is_gone(workspace: Workspace, store: SecretStore, vault: int) -> None:
    store.set(vault, "TOKEN", VALUE)
    assert store.clear(vault, "TOKEN")
    assert not store.clear(vault, "TOKEN")
    assert values(workspace, vault) == {}
    with pytest.raises(ConflictError, match="no value yet"):
        store.reveal(vault, "TOKEN")


def test_who_shows_secrets_hears_of_a_new_value(store: SecretStore, vault: int, published: list[Changes]) -> None:
    store.set(vault, "TOKEN", VALUE)
    assert any(changes.catalog for changes in published)


def test_a_value_shows_itself_in_no_text(workspace: Workspace, store: SecretStore, vault: int) -> None:
    store.set(vault, "TOKEN", VALUE)
    found = values(workspace, vault)
    assert VALUE not in repr(found)
    assert VALUE not in f"{found}"
    _, snapshot = workspace.catalog.delete_with_snapshot(Kind.ENVIRONMENT, [vault])
    assert "sealed" not in repr(snapshot)


def test_a_row_that_was_moved_to_another_name_opens_nothing(
    workspace: Workspace, store: SecretStore, vault: int
) -> None:
    store.set(vault, "TOKEN", VALUE)
    workspace.database.write(
        lambda transaction: transaction.connection.exec_driver_sql(
            "UPDATE variables SET sealed = (SELECT sealed FROM variables WHERE name = 'TOKEN') WHERE name = 'OTHER'"
        )
    )
    with pytest.raises(SecretUnreadableError, match="OTHER of the environment “vault”"):
        values(workspace, vault)


def test_nothing_plain_lies_in_the_data_folder(
    workspace: Workspace, store: SecretStore, vault: int, data_folder: Path, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    (key,) = keyring.entries.values()
    for path in data_folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert VALUE.encode() not in data, path
            assert key.encode() not in data, path
            assert path.stat().st_mode & 0o077 == 0, path
