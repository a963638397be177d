"""Folder, PATH, file and unset variables of an environment, what comes of them, a terminal there, and a shell's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from core.catalog.specs import EnvironmentSpec
from tests.support.environments_page import (
    CONTROL,
    LEFT,
    OpenPage,
    choose,
    key,
    lines,
    open_tab,
    opening,
    type_text,
    use_shell,
    wait_for_saved,
)
from tests.support.window import PATIENCE_MS

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no login shell")

Key = Qt.Key


@pytest.fixture
def open_page(qtbot: QtBot, tmp_path: Path) -> Iterator[OpenPage]:
    """Return a function that opens the window on this page, with these environments saved before."""
    with opening(qtbot, tmp_path / "data") as open_it:
        yield open_it


def test_folder_path_file_and_what_is_unset_are_filled_saved_and_kept(qtbot: QtBot, open_page: OpenPage) -> None:
    spec = EnvironmentSpec(
        name="a", working_directory="/srv", path=("/opt/x", "${A}/bin"), env_file="/srv/.env", unset=("LANG", "LC_ALL")
    )
    page = open_page(spec)
    form = page.form
    assert form.spec() == spec
    assert not form.is_dirty
    open_tab(page, 1)
    places = form.places
    places.folder.line.setFocus()
    places.folder.line.selectAll()
    type_text("work")
    key(Key.Key_Tab)
    qtbot.waitUntil(lambda: "not a full path" in form.rows["working_directory"].problem, timeout=PATIENCE_MS)
    places.folder.line.setText("~/work")
    places.path.add("/opt/y")
    places.unset.setFocus()
    places.unset.selectAll()
    type_text("LANG  X,Y")
    places.file.line.clear()
    changed = EnvironmentSpec(
        name="a", working_directory="~/work", path=("/opt/x", "${A}/bin", "/opt/y"), unset=("LANG", "X", "Y")
    )
    qtbot.waitUntil(lambda: form.is_valid, timeout=PATIENCE_MS)
    key(Key.Key_S, CONTROL)
    wait_for_saved(qtbot, page, changed)


def test_the_result_tells_what_is_taken_away_what_a_file_brings_and_what_refers_in_circles(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OF_THE_SESSION", "yes")
    file = tmp_path / "x.env"
    file.write_text("FROM_FILE=1\nAPI_TOKEN=canary-value\n")
    page = open_page(
        EnvironmentSpec(name="a", variables={"URL": "x-${FROM_FILE}"}, unset=("OF_THE_SESSION",), env_file=str(file))
    )
    open_tab(page, 2)
    pane = page.form.result
    qtbot.waitUntil(lambda: "URL" in lines(pane.table), timeout=PATIENCE_MS)
    found = lines(pane.table)
    assert found["OF_THE_SESSION"] == ("taken away", "here", "session")
    assert found["FROM_FILE"] == ("1", "file x.env", "")
    assert found["URL"] == ("x-1", "here", "")
    assert "canary" not in str(found)
    QTest.mouseClick(pane.script_button, LEFT)
    script = QGuiApplication.clipboard().text()
    assert "unset OF_THE_SESSION\n" in script
    assert "export URL='x-1'\n" in script
    assert "canary" not in script
    assert "The script is in the clipboard" in pane.sentence.text()
    file.unlink()
    page.form.variables.put({"URL": "other"})
    qtbot.waitUntil(lambda: "does not exist" in pane.sentence.text(), timeout=PATIENCE_MS)
    assert pane.warning.isVisible()
    assert not pane.terminal_button.isEnabled()


@posix
def test_all_that_my_shell_has_is_captured_but_secrets(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_shell(monkeypatch, tmp_path / "shell", "export FROM_PROFILE='${HOME}' MY_API_KEY=canary TERM=vt100")
    page = open_page(EnvironmentSpec(name="a"))
    open_tab(page, 3)
    pane = page.form.contrast
    qtbot.waitUntil(lambda: "FROM_PROFILE" in lines(pane.table), timeout=PATIENCE_MS)
    QTest.mouseClick(pane.capture_button, LEFT)
    assert page.form.tabs.currentIndex() == 0
    assert page.form.spec().variables["FROM_PROFILE"] == "$${HOME}"
    assert not {"MY_API_KEY", "TERM"} & page.form.spec().variables.keys()
    assert "look like secrets: MY_API_KEY" in page.form.variables_row.hint


@posix
@pytest.mark.parametrize("with_secrets", [False, True])
def test_a_terminal_opens_in_the_environment_after_a_question_where_there_are_secrets(
    qtbot: QtBot, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, with_secrets: bool
) -> None:
    told = tmp_path / "told"
    tell = f"env >{told}.new; pwd >>{told}.new; mv {told}.new {told}"
    for name, text in {"x-terminal-emulator": 'shift; exec "$@"', "my-shell": tell}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    for name in ("XDG_CURRENT_DESKTOP", "TERMINAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SHELL", str(tmp_path / "my-shell"))
    monkeypatch.setenv("OF_THE_SESSION", "yes")
    (tmp_path / "work").mkdir()
    page = open_page(
        EnvironmentSpec(name="-a b'", base="clean", variables={"A": "1"}, working_directory=str(tmp_path / "work")),
        EnvironmentSpec(name="z", extends="-a b'", base="clean", secrets=("TOKEN",) if with_secrets else ()),
    )
    choose(qtbot, page, "z" if with_secrets else "-a b'")
    open_tab(page, 2)
    pane = page.form.result
    qtbot.waitUntil(lambda: "A" in lines(pane.table), timeout=PATIENCE_MS)
    page.form.enabled.click()
    QTest.mouseClick(pane.terminal_button, LEFT)
    assert "Save first" in pane.sentence.text()
    page.form.enabled.click()
    QTest.mouseClick(pane.terminal_button, LEFT)
    if with_secrets:
        box = page.findChild(QMessageBox)
        assert box is not None
        assert "TOKEN" in box.informativeText()
        without = next(each for each in box.buttons() if "Without" in each.text())
        QTest.mouseClick(without, LEFT)
    qtbot.waitUntil(told.exists, timeout=PATIENCE_MS)
    found = told.read_text().splitlines()
    assert {"A=1", str(tmp_path / "work")} <= set(found)
    assert not [line for line in found if line.startswith(("OF_THE_SESSION=", "TOKEN="))]
