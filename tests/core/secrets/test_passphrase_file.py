"""The file with the passphrase: read where it is its owner's alone, and never waited for by an agent."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from core.errors import InvalidError
from core.secrets.errors import KeyTrouble, KeyUnavailableError
from core.secrets.key_facts import KeyKind
from core.secrets.keys import Keys
from core.secrets.passphrase_file import read_passphrase_file
from core.secrets.rekeying import change_key
from core.workspace import Workspace
from tests.support.keyrings import HeldKeyring, held_access

PASSPHRASE = "several good words"
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes in the file system")


@needs_pipes
def test_an_agent_does_not_wait_for_a_pipe(
    workspace: Workspace, keyring: HeldKeyring, vault: int, tmp_path: Path
) -> None:
    pipe = tmp_path / "passphrase"
    os.mkfifo(pipe, 0o600)
    made = Keys(workspace.database, held_access(keyring), workspace.clock, cost=2**4)
    change_key(workspace.database, made, KeyKind.PASSPHRASE, passphrase=PASSPHRASE)
    keys = Keys(workspace.database, held_access(keyring), workspace.clock, passphrase_file=pipe)
    facts = keys.facts()
    assert facts is not None
    caught: list[KeyUnavailableError] = []

    def ask() -> None:
        try:
            keys.key(facts.id)
        except KeyUnavailableError as error:
            caught.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(10)
    assert [error.trouble for error in caught] == [KeyTrouble.BAD_PASSPHRASE_FILE]
    assert "is no regular file" in str(caught[0])


@needs_pipes
def test_a_person_may_hand_a_passphrase_through_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "passphrase"
    os.mkfifo(pipe, 0o600)
    writing = threading.Thread(target=pipe.write_text, args=(PASSPHRASE + "\n",), daemon=True)
    writing.start()
    assert read_passphrase_file(pipe) == PASSPHRASE
    writing.join(10)


def test_a_folder_is_no_passphrase_file(tmp_path: Path) -> None:
    for only_regular in (False, True):
        with pytest.raises(InvalidError, match="passphrase file"):
            read_passphrase_file(tmp_path, only_regular=only_regular)
