"""The safety nets of tests with Qt: windows, timers, threads and processes that outlive their test fail it.

The crash that they cause comes tests later, in an innocent place; so each is looked for where it was left.
"""

from __future__ import annotations

import gc
import os
import weakref
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QProcess, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from tests.support.leaks import left_behind


def _describe(thing: QObject) -> str:
    words = [type(thing).__name__]
    if name := thing.objectName():
        words.append(f"“{name}”")
    if (owner := thing.parent()) is not None:
        words.append(f"of {type(owner).__name__}")
    if isinstance(thing, QTimer):
        words.append(f"every {thing.interval()} ms")
    return " ".join(words)


def _is_live(thing: QObject) -> bool:
    match thing:
        case QProcess():
            return thing.state() != QProcess.ProcessState.NotRunning
        case QThread():
            return thing.isRunning() and thing is not QThread.currentThread()
        case QTimer():
            return thing.isActive()
        case QWidget():
            return thing.isWindow() and thing.parent() is None
        case _:
            return False


def _live_objects() -> set[weakref.ref[QObject]]:
    # Python's collector knows every wrapper, also those that nobody owns. type() instead of isinstance() alone, since
    # that would wake the lazy objects among all that exist. An object whose C++ half is gone raises RuntimeError, and
    # has nothing left that could run.
    found = set()
    for thing in gc.get_objects():
        if issubclass(type(thing), QObject):
            try:
                if _is_live(thing):
                    found.add(weakref.ref(thing))
            except RuntimeError:
                continue
    found.update(weakref.ref(w) for w in QApplication.topLevelWidgets() if w.parent() is None)
    return found


def _settled_live_objects() -> set[weakref.ref[QObject]]:
    # What was let go by deleteLater() is gone after this, and what a cycle alone keeps alive is nobody's.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QCoreApplication.processEvents()
    gc.collect()
    return _live_objects()


def _end(thing: QObject) -> None:
    match thing:
        case QProcess():
            thing.kill()
            thing.waitForFinished(2000)
        case QTimer():
            thing.stop()
        case QThread():
            thing.requestInterruption()
            thing.quit()
        case QWidget():
            thing.close()
            thing.deleteLater()
        case _:
            pass


@pytest.fixture(autouse=True)
def no_leaked_qt_objects(request: pytest.FixtureRequest, no_leaked_threads: None) -> Iterator[None]:
    """Fail the test that leaves a window, an active timer, a running thread or a live process of Qt."""
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    before = _live_objects()
    yield
    leaked = [thing for ref in left_behind(before, _settled_live_objects, pause_s=0.02) if (thing := ref()) is not None]
    descriptions = [_describe(thing) for thing in leaked]
    for thing in leaked:
        _end(thing)
    if not QThreadPool.globalInstance().waitForDone(2000):
        descriptions.append("a task in QThreadPool.globalInstance()")
    if descriptions:
        lines = "\n".join(descriptions)
        pytest.fail(f"Left by the test, and still there (stop it, or hand it to qtbot):\n{lines}", pytrace=False)
