"""A workspace whose key lies in a keyring of the test's own, and an environment with secrets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.catalog.specs import EnvironmentSpec
from core.secrets.store import SecretStore
from core.workspace import Workspace
from tests.support import FakeClock
from tests.support.keyrings import HeldKeyring, held_access


@pytest.fixture
def keyring() -> HeldKeyring:
    return HeldKeyring()


@pytest.fixture
def workspace(data_folder: Path, clock: FakeClock, keyring: HeldKeyring) -> Iterator[Workspace]:
    with Workspace(data_folder, clock=clock, keyring=held_access(keyring)) as opened:
        yield opened


@pytest.fixture
def store(workspace: Workspace) -> SecretStore:
    return workspace.secrets


@pytest.fixture
def vault(workspace: Workspace) -> int:
    """Return the id of an environment with two secrets that have no value yet."""
    return workspace.catalog.create(EnvironmentSpec(name="vault", variables={"WHO": "me"}, secrets=("TOKEN", "OTHER")))
