"""Each safety net is broken once here, to see that it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
INI = """
[pytest]
addopts = --strict-markers -p no:cacheprovider -p no:xdist
filterwarnings = error
qt_api = pyside6
qt_log_level_fail = WARNING
markers = expects_log
"""


@pytest.fixture
def broken(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return an empty project with the real nets, whose runs happen in a process of their own."""
    monkeypatch.setenv("PYTHONPATH", str(TESTS.parent))
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    pytester.makeini(INI)
    impatient = "\nfrom tests.support import leaks\nleaks.PATIENCE_S = 1.0\n"
    pytester.makeconftest((TESTS / "conftest.py").read_text() + impatient)
    return pytester


@pytest.fixture
def broken_desktop(broken: pytest.Pytester) -> pytest.Pytester:
    """Return the same with the nets for Qt."""
    broken.makepyfile(**{"desktop_nets/conftest": (TESTS / "desktop" / "conftest.py").read_text()})
    return broken


def run_desktop(project: pytest.Pytester, code: str) -> pytest.RunResult:
    project.makepyfile(**{"desktop_nets/test_it": code})
    return project.runpytest_subprocess("desktop_nets")


def test_a_logged_warning_fails_its_test_unless_it_is_expected(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import logging, pytest

        def test_unexpected():
            logging.getLogger("clock").warning("the clock went %s", "backwards")

        @pytest.mark.expects_log
        def test_expected():
            logging.getLogger("clock").error("as announced")

        def test_information_is_no_warning():
            logging.getLogger("clock").info("all is well")
    """)
    result = broken.runpytest_subprocess()
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*WARNING clock: the clock went backwards"])


def test_a_thread_that_stays_fails_its_test(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import threading

        stop = threading.Event()

        def test_stays():
            threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()

        def test_ends_soon():
            threading.Timer(0.1, lambda: None).start()
    """)
    result = broken.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*Thread(forgotten, started daemon*"])


def test_a_process_that_stays_fails_its_test_and_is_ended(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import subprocess, psutil
        from tests.support import python_command, wait_until

        process = None

        def test_stays():
            global process
            process = subprocess.Popen(python_command("import time; time.sleep(60)"))

        def test_was_ended():
            assert process.wait(10) != 0
    """)
    result = broken.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*Processes are still running*", "*time.sleep(60)*"])


def test_a_grandchild_that_stays_fails_its_test(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import subprocess, sys
        from tests.support import python_command

        keep = []

        def test_stays():
            sleeper = python_command("import time; time.sleep(60)")
            parent = python_command(f"import subprocess; subprocess.run({sleeper!r})")
            keep.append(subprocess.Popen(parent, stdout=subprocess.PIPE))

        def test_reaps():
            keep[0].communicate(timeout=10)
    """)
    result = broken.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)


def test_the_users_own_data_and_keyring_are_out_of_reach(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import os
        from pathlib import Path

        from core.paths import default_data_folder

        def test_it():
            assert "clockhand-tests-" in str(default_data_folder())
            assert os.environ["PYTHON_KEYRING_BACKEND"] == "keyring.backends.fail.Keyring"
    """)
    broken.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("leak", "described"),
    [
        ("t = QTimer(app); t.setInterval(9000); t.start()", "QTimer of QApplication every 9000 ms"),
        ("w = QWidget(); w.setObjectName('pane'); keep.append(w)", "QWidget “pane”"),
        ("p = QProcess(app); p.start('sleep', ['60']); p.waitForStarted()", "QProcess of QApplication"),
        ("t = QThread(app); t.start()", "QThread of QApplication"),
    ],
)
def test_an_object_of_qt_that_stays_fails_its_test(broken_desktop: pytest.Pytester, leak: str, described: str) -> None:
    result = run_desktop(
        broken_desktop,
        f"""
        from PySide6.QtCore import QProcess, QThread, QTimer
        from PySide6.QtWidgets import QApplication, QWidget

        keep = []

        def test_leaks(qapp):
            app = QApplication.instance()
            {leak}

        def test_next_is_innocent(qtbot):
            for thread in qapp_threads():
                thread.wait(5000)

        def qapp_threads():
            return QApplication.instance().findChildren(QThread)
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines([f"*{described}"])


def test_objects_of_qt_that_are_let_go_fail_no_test(broken_desktop: pytest.Pytester) -> None:
    result = run_desktop(
        broken_desktop,
        """
        from PySide6.QtCore import QProcess, QTimer
        from PySide6.QtWidgets import QApplication, QWidget

        def test_closed_by_qtbot(qtbot):
            widget = QWidget()
            qtbot.addWidget(widget)
            widget.show()

        def test_deleted_later(qapp):
            widget = QWidget()
            widget.deleteLater()
            timer = QTimer(qapp)
            timer.start(10_000)
            timer.deleteLater()

        def test_ended(qtbot, qapp):
            process = QProcess(qapp)
            with qtbot.waitSignal(process.finished):
                process.start("true", [])

        def test_without_qt():
            pass
        """,
    )
    result.assert_outcomes(passed=4)


def test_a_warning_of_qt_fails_its_test(broken_desktop: pytest.Pytester) -> None:
    result = run_desktop(
        broken_desktop,
        """
        from PySide6.QtCore import QTimer

        def test_warns(qapp):
            QTimer(qapp).setInterval(-5)
        """,
    )
    result.assert_outcomes(failed=1)


def test_core_is_tested_where_neither_qt_nor_the_desktop_can_be_imported(broken: pytest.Pytester) -> None:
    broken.makepyfile("""
        import importlib, pytest

        @pytest.mark.parametrize("name", ["PySide6", "PySide6.QtCore", "shiboken6", "desktop"])
        def test_it(name):
            with pytest.raises(ModuleNotFoundError, match="out of reach"):
                importlib.import_module(name)
    """)
    broken.runpytest_subprocess("-p", "no:pytest-qt", "-p", "tests.without_qt").assert_outcomes(passed=4)
    broken.runpytest_subprocess().assert_outcomes(failed=4)
