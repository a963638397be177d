"""Another key takes over whole or not at all, whatever comes between."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from types import FrameType

import pytest

from core.database import Database
from core.errors import StorageError
from core.secrets import rekeying
from core.secrets.key_facts import KeyKind
from core.secrets.keys import Keys
from core.secrets.rekeying import change_key, start_over
from core.secrets.sealing import SealingKey
from core.secrets.store import SecretStore
from core.workspace import Workspace
from core.writer import Transaction
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"
posix = pytest.mark.skipif(os.name != "posix", reason="Windows wakes no thread that waits for a lock")


def reveal_elsewhere(folder: Path, keyring: HeldKeyring, vault: int) -> str:
    """Return the value as a program reads it that has nothing in its memory."""
    with Workspace(folder, keyring=held_access(keyring)) as another:
        return another.secrets.reveal(vault, "TOKEN")


@pytest.fixture
def interrupt() -> Iterator[Callable[[], None]]:
    """Return what lets Ctrl+C come to the main thread, and returns when that has taken it."""
    taken = threading.Event()

    def handle(_signal: int, _frame: FrameType | None) -> None:
        if not taken.is_set():
            taken.set()
            raise KeyboardInterrupt

    def send() -> None:
        # Again and again, since one that comes just before a thread begins to wait for a lock does not wake it.
        deadline = time.monotonic() + 20
        while not taken.wait(0.05):
            assert time.monotonic() < deadline
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    before = signal.signal(signal.SIGINT, handle)
    yield send
    signal.signal(signal.SIGINT, before)


@posix
def test_ctrl_c_while_a_new_key_is_written_loses_no_value(
    workspace: Workspace,
    vault: int,
    keyring: HeldKeyring,
    interrupt: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = workspace.secrets
    store.set(vault, "TOKEN", VALUE)
    seal_all = rekeying._seal_all

    def interrupted(transaction: Transaction, old: SealingKey, new: SealingKey) -> int:
        interrupt()
        return seal_all(transaction, old, new)

    monkeypatch.setattr(rekeying, "_seal_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        change_key(workspace.database, store.keys)
    assert reveal_elsewhere(workspace.folder.root, keyring, vault) == VALUE
    assert store.reveal(vault, "TOKEN") == VALUE
    assert len(keyring.entries) == 1


@posix
def test_ctrl_c_while_a_new_key_waits_for_its_turn_changes_nothing(
    workspace: Workspace,
    vault: int,
    keyring: HeldKeyring,
    interrupt: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = workspace.secrets
    store.set(vault, "TOKEN", VALUE)
    before = dict(keyring.entries)
    begun, may_go_on = threading.Event(), threading.Event()

    def stand_in_the_way(_transaction: Transaction) -> None:
        begun.set()
        assert may_go_on.wait(20)

    def interrupt_and_go_on() -> None:
        interrupt()
        may_go_on.set()

    workspace.database.submit(stand_in_the_way)
    assert begun.wait(20)
    submit = workspace.database.submit

    def submit_and_interrupt(work: Callable[[Transaction], int]) -> Future[int]:
        waiting = submit(work)
        result = waiting.result

        def result_interrupted() -> int:
            threading.Thread(target=interrupt_and_go_on).start()
            return result()

        monkeypatch.setattr(waiting, "result", result_interrupted)
        return waiting

    monkeypatch.setattr(workspace.database, "submit", submit_and_interrupt)
    with pytest.raises(KeyboardInterrupt):
        change_key(workspace.database, store.keys)
    assert reveal_elsewhere(workspace.folder.root, keyring, vault) == VALUE
    assert keyring.entries == before


@pytest.mark.parametrize("change", [change_key, partial(start_over, kind=KeyKind.KEYRING)])
def test_a_change_of_the_key_that_is_refused_leaves_no_entry(
    change: Callable[[Database, Keys], int], workspace: Workspace, store: SecretStore, vault: int, keyring: HeldKeyring
) -> None:
    store.set(vault, "TOKEN", VALUE)
    before = dict(keyring.entries)
    workspace.database.write(
        lambda transaction: transaction.connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE UPDATE ON variables BEGIN SELECT RAISE(ABORT, 'no'); END"
        )
    )
    with pytest.raises(StorageError):
        change(workspace.database, store.keys)
    assert keyring.entries == before
    assert reveal_elsewhere(workspace.folder.root, keyring, vault) == VALUE


@pytest.mark.parametrize(("kind", "entries"), [(KeyKind.KEYRING, 2), (KeyKind.MEMORY, 1)])
def test_where_nobody_knows_which_key_is_used_both_are_kept(
    kind: KeyKind, entries: int, workspace: Workspace, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, vault = workspace.secrets, request.getfixturevalue("vault")
    keyring: HeldKeyring = request.getfixturevalue("keyring")
    store.set(vault, "TOKEN", VALUE)
    facts, seal_all = store.keys.facts, rekeying._seal_all

    def unreadable() -> None:
        raise StorageError("It can't be read now.")

    def seal_and_lose_sight(transaction: Transaction, old: SealingKey, new: SealingKey) -> int:
        monkeypatch.setattr(store.keys, "facts", unreadable)
        return seal_all(transaction, old, new)

    monkeypatch.setattr(rekeying, "_seal_all", seal_and_lose_sight)
    assert change_key(workspace.database, store.keys, kind) == 1
    monkeypatch.setattr(store.keys, "facts", facts)
    assert len(keyring.entries) == entries
    assert store.reveal(vault, "TOKEN") == VALUE
