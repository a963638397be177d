"""Where a data folder lies, and that it belongs to its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.errors import StorageError
from core.paths import DATA_DIR_VARIABLE, DataFolder, default_data_folder


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "here"))
    assert default_data_folder() == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(DATA_DIR_VARIABLE, "~/data")
    assert default_data_folder() == tmp_path / "data"


def test_without_the_variable_it_is_the_platforms_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_DIR_VARIABLE)
    assert default_data_folder().name == "clockhand"
    monkeypatch.setenv(DATA_DIR_VARIABLE, "")
    assert default_data_folder().name == "clockhand"


def test_the_folders_are_made_for_the_owner_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    folder.create()
    folder.create()
    for place in (folder.root, folder.output, folder.backups):
        assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(StorageError, match=r"data can't be made: .*\. Choose another with --data-dir"):
        DataFolder(tmp_path / "data").create()
