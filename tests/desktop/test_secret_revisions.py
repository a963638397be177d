"""Changing an environment's secrets, taken back and taken again: their values come and go with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.catalog.specs import EnvironmentSpec, Kind
from core.workspace import Workspace
from desktop.steps import Copying, Revision
from tests.support.keyrings import HeldKeyring, held_access

VALUE = "correct horse battery"
OLD = EnvironmentSpec(name="vault", secrets=("TOKEN",))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "data", keyring=held_access(HeldKeyring())) as opened:
        yield opened


@pytest.fixture
def vault(workspace: Workspace) -> int:
    vault = workspace.catalog.create(OLD)
    workspace.secrets.set(vault, "TOKEN", VALUE)
    return vault


def found(workspace: Workspace) -> list[tuple[str, bool]]:
    return [(state.name, state.has_value) for state in workspace.secrets.states()]


def test_a_removed_secret_comes_back_as_often_as_one_likes(workspace: Workspace, vault: int) -> None:
    step = Revision(workspace.catalog, vault, OLD, replace(OLD, secrets=()))
    for _ in range(2):
        step.do()
        assert found(workspace) == []
        step.undo()
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE


def test_a_renamed_secret_keeps_its_value_back_and_forth(workspace: Workspace, vault: int) -> None:
    step = Revision(workspace.catalog, vault, OLD, replace(OLD, secrets=("API",)), renamed={"API": "TOKEN"})
    for _ in range(2):
        step.do()
        assert workspace.secrets.reveal(vault, "API") == VALUE
        step.undo()
        assert workspace.secrets.reveal(vault, "TOKEN") == VALUE


def test_a_copy_that_was_taken_back_comes_again_with_its_values(workspace: Workspace, vault: int) -> None:
    step = Copying(workspace.catalog, Kind.ENVIRONMENT, vault)
    step.do()
    step.undo()
    assert found(workspace) == [("TOKEN", True)]
    assert workspace.secrets.reveal(step.do(), "TOKEN") == VALUE
