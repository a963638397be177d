"""A pytest plugin that makes PySide6 unimportable: `-p tests.without_qt -p no:pytest-qt`."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest

_BLOCKED = ("PySide6", "shiboken6", "desktop")


class _Blocker(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in _BLOCKED:
            raise ModuleNotFoundError(f"{fullname} is out of reach for the tests of core", name=fullname)
        return None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings of pytest-qt, which are unknown, and therefore an error, while it is not loaded."""
    for name in ("qt_api", "qt_log_level_fail", "qt_log_ignore", "qt_default_raising", "qt_wait_signal_raising"):
        parser.addini(name, "A setting of pytest-qt, which is not loaded.")


if present := sorted(name for name in sys.modules if name.partition(".")[0] in _BLOCKED):
    raise pytest.UsageError(f"Too late to block Qt: {', '.join(present)} loaded already.")
sys.meta_path.insert(0, _Blocker())
