"""The key: made once, fetched once, found again by other programs, and lost in no quarrel."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from keyring.errors import KeyringLocked

from core.errors import InvalidError, StorageError
from core.secrets.errors import KeyTrouble, KeyUnavailableError, SecretUnreadableError, WrongPassphraseError
from core.secrets.key_facts import KeyKind
from core.secrets.keys import Keys
from core.secrets.rekeying import change_key, start_over
from core.secrets.store import SecretStore
from core.workspace import Workspace
from tests.support import FakeClock
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"
PASSPHRASE = "several good words"


def trouble_of(store: SecretStore, vault: int) -> KeyTrouble:
    with pytest.raises(KeyUnavailableError) as caught:
        store.reveal(vault, "TOKEN")
    return caught.value.trouble


def id_of(store: SecretStore) -> bytes:
    facts = store.keys.facts()
    assert facts is not None
    return facts.id


def with_passphrase(workspace: Workspace, keyring: HeldKeyring, file: Path | None = None) -> Keys:
    """Return keys that take a passphrase quickly."""
    return Keys(workspace.database, held_access(keyring), workspace.clock, passphrase_file=file, cost=2**4)


def test_programs_that_need_the_first_key_at_once_agree_on_one(
    data_folder: Path, vault: int, keyring: HeldKeyring
) -> None:
    begin = threading.Barrier(4)

    def set_value(name: str) -> None:
        with Workspace(data_folder, keyring=held_access(keyring)) as another:
            begin.wait(20)
            another.secrets.set(vault, name, VALUE)

    threads = [threading.Thread(target=set_value, args=(name,)) for name in ("TOKEN", "OTHER", "TOKEN", "OTHER")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        assert [another.secrets.reveal(vault, name) for name in ("TOKEN", "OTHER")] == [VALUE, VALUE]
    assert len(keyring.entries) == 1, "the keys that came second are not kept"


def test_a_key_that_another_program_has_changed_is_fetched_anew(
    data_folder: Path, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        change_key(another.database, another.secrets.keys)
    assert store.reveal(vault, "TOKEN") == VALUE
    store.set(vault, "OTHER", VALUE)
    assert store.reveal(vault, "OTHER") == VALUE


def test_what_could_not_be_had_is_not_asked_for_again_at_once(
    data_folder: Path, store: SecretStore, vault: int, keyring: HeldKeyring, clock: FakeClock
) -> None:
    store.set(vault, "TOKEN", VALUE)
    with Workspace(data_folder, clock=clock, keyring=held_access(keyring)) as another:
        keys = another.secrets.keys
        facts = keys.facts()
        assert facts is not None
        keyring.error = KeyringLocked("it is locked")
        keyring.reads = 0
        for _ in range(5):
            with pytest.raises(KeyUnavailableError):
                keys.key(facts.id)
        assert keyring.reads == 1
        keyring.error = None
        clock.advance(timedelta(seconds=30))
        assert keys.key(facts.id).id == facts.id


def test_trouble_with_one_key_says_nothing_of_the_one_in_its_place(
    workspace: Workspace, vault: int, keyring: HeldKeyring, clock: FakeClock
) -> None:
    store = workspace.secrets
    store.set(vault, "TOKEN", VALUE)
    with Workspace(workspace.folder.root, clock=clock, keyring=held_access(keyring)) as another:
        keys = another.secrets.keys
        for error, trouble in ((None, KeyTrouble.LOST), (KeyringLocked("it is locked"), KeyTrouble.LOCKED)):
            change_key(workspace.database, store.keys)
            entries, keyring.error = dict(keyring.entries), error
            keyring.entries.clear()
            with pytest.raises(KeyUnavailableError) as caught:
                keys.key(id_of(store))
            assert caught.value.trouble is keys.last_trouble is trouble
            keyring.entries, keyring.error = entries, None
            change_key(workspace.database, store.keys)
            assert keys.key(id_of(store)).id == id_of(store)


def test_a_key_that_is_brought_back_is_found_at_once(
    workspace: Workspace, vault: int, keyring: HeldKeyring, clock: FakeClock
) -> None:
    store = workspace.secrets
    store.set(vault, "TOKEN", VALUE)
    with Workspace(workspace.folder.root, clock=clock, keyring=held_access(keyring)) as another:
        entries = dict(keyring.entries)
        keyring.entries.clear()
        with pytest.raises(KeyUnavailableError):
            another.secrets.keys.key(id_of(store))
        keyring.entries = entries
        assert another.secrets.keys.key(id_of(store)).id == id_of(store)
        assert another.secrets.keys.last_trouble is None


def test_a_person_who_asks_gets_a_fresh_answer_and_whoever_waits_hears_of_it(
    data_folder: Path, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    heard = threading.Event()
    with Workspace(data_folder, keyring=held_access(keyring)) as another:
        another.secrets.keys.subscribe(heard.set)
        keyring.error = KeyringLocked("it is locked")
        assert trouble_of(another.secrets, vault) is KeyTrouble.LOCKED
        keyring.error = None
        assert another.secrets.reveal(vault, "TOKEN") == VALUE
        assert heard.is_set()


def test_an_entry_that_is_not_the_key_is_a_key_that_is_lost(
    data_folder: Path, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    (entry,) = keyring.entries
    for wrong in ("", "not base64", "AAAA", "A" * 43 + "="):
        keyring.entries[entry] = wrong
        with Workspace(data_folder, keyring=held_access(keyring)) as another:
            assert trouble_of(another.secrets, vault) is KeyTrouble.LOST


def test_a_first_value_that_is_refused_leaves_no_entry(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    run = workspace.database.write
    run(
        lambda transaction: transaction.connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON settings BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    )
    for _ in range(3):
        with pytest.raises(StorageError):
            store.set(vault, "TOKEN", VALUE)
    assert keyring.entries == {}
    run(lambda transaction: transaction.connection.exec_driver_sql("DROP TRIGGER refuse"))
    store.set(vault, "TOKEN", VALUE)
    assert store.reveal(vault, "TOKEN") == VALUE


def test_a_keyring_that_keeps_nothing_gets_no_values(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "set_password", lambda *_: None)
    with pytest.raises(KeyUnavailableError, match="did not keep the key"):
        store.set(vault, "TOKEN", VALUE)
    assert store.keys.facts() is None


def test_the_state_tells_before_and_after_the_first_value(store: SecretStore, vault: int, keyring: HeldKeyring) -> None:
    state = store.keys.state()
    assert (state.kind, state.trouble) == (None, None)
    store.set(vault, "TOKEN", VALUE)
    state = store.keys.state()
    assert (state.kind, state.trouble, state.sentence) == (KeyKind.KEYRING, None, None)


def test_a_passphrase_is_asked_for_once_per_start(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    change_key(workspace.database, with_passphrase(workspace, keyring), KeyKind.PASSPHRASE, passphrase=PASSPHRASE)
    assert keyring.entries == {}
    again = SecretStore(workspace.database, with_passphrase(workspace, keyring))
    assert trouble_of(again, vault) is KeyTrouble.NO_PASSPHRASE
    with pytest.raises(WrongPassphraseError, match="is wrong"):
        again.keys.enter_passphrase("some other words")
    assert trouble_of(again, vault) is KeyTrouble.NO_PASSPHRASE
    again.keys.enter_passphrase(PASSPHRASE)
    assert again.reveal(vault, "TOKEN") == VALUE


def test_a_program_without_a_person_reads_the_passphrase_from_a_file(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring, tmp_path: Path
) -> None:
    store.set(vault, "TOKEN", VALUE)
    change_key(workspace.database, with_passphrase(workspace, keyring), KeyKind.PASSPHRASE, passphrase=PASSPHRASE)
    file = tmp_path / "passphrase"
    again = SecretStore(workspace.database, with_passphrase(workspace, keyring, file))
    assert trouble_of(again, vault) is KeyTrouble.BAD_PASSPHRASE_FILE
    file.write_text("some other words")
    file.chmod(0o600)
    assert trouble_of(again, vault) is KeyTrouble.BAD_PASSPHRASE_FILE
    file.write_text(PASSPHRASE + "\n")
    file.chmod(0o640)
    assert trouble_of(again, vault) is KeyTrouble.BAD_PASSPHRASE_FILE, "others can read it"
    file.chmod(0o600)
    assert again.reveal(vault, "TOKEN") == VALUE


def test_a_short_passphrase_is_refused_and_changes_nothing(
    workspace: Workspace, store: SecretStore, vault: int
) -> None:
    store.set(vault, "TOKEN", VALUE)
    for passphrase in (None, "", "short"):
        with pytest.raises(InvalidError):
            change_key(workspace.database, store.keys, KeyKind.PASSPHRASE, passphrase=passphrase)
    assert store.reveal(vault, "TOKEN") == VALUE


def test_a_new_beginning_forgets_all_and_needs_no_old_key(
    workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    keyring.entries.clear()
    assert start_over(workspace.database, store.keys, KeyKind.KEYRING) == 1
    assert not store.has_value(vault, "TOKEN")
    store.set(vault, "TOKEN", VALUE)
    assert store.reveal(vault, "TOKEN") == VALUE


def test_a_damaged_record_is_said_so_and_can_be_replaced(workspace: Workspace, store: SecretStore, vault: int) -> None:
    store.set(vault, "TOKEN", VALUE)
    workspace.database.write(
        lambda transaction: transaction.connection.exec_driver_sql(
            "UPDATE settings SET value = '{\"kind\": \"keyring\"}' WHERE key = 'secrets.key'"
        )
    )
    with pytest.raises(StorageError, match="damaged"):
        store.keys.facts()
    assert start_over(workspace.database, store.keys, KeyKind.KEYRING) == 1


def test_a_value_of_an_earlier_key_is_told_from_one_that_waits(
    workspace: Workspace, store: SecretStore, vault: int, data_folder: Path, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    with workspace.database.reading() as connection:
        sealed = connection.exec_driver_sql("SELECT sealed FROM variables WHERE name = 'TOKEN'").scalar()
    change_key(workspace.database, store.keys)
    workspace.database.write(
        lambda transaction: transaction.connection.exec_driver_sql(
            "UPDATE variables SET sealed = ? WHERE name = 'TOKEN'", (sealed,)
        )
    )
    another = Workspace(data_folder, keyring=held_access(keyring))
    with another, pytest.raises(SecretUnreadableError, match="TOKEN of the environment “vault”"):
        another.secrets.reveal(vault, "TOKEN")
    assert [(state.has_value, state.is_readable) for state in store.states(vault)] == [(True, False), (False, False)]
