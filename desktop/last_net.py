"""Brings errors that nobody caught to the window's one place for errors, instead of to standard error alone."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

__all__ = ["LastNet"]

logger = logging.getLogger(__name__)


class LastNet:
    """Takes what leaves a slot, a painter or a thread, until `restore`.

    Each fault is logged with its traceback and reported once: what fails while it is painted fails at every repaint,
    and showing it is a reason to paint. `report` is called in the thread in which the fault happened.
    """

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._seen: set[tuple[str, str]] = set()
        self._old = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_fault
        threading.excepthook = self._on_thread_fault

    def restore(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._old

    def _on_thread_fault(self, fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            self._on_fault(fault.exc_type, fault.exc_value, fault.exc_traceback)

    def _on_fault(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, Exception):
            self._old[0](kind, error, trace)
            return
        key = (kind.__name__, str(error))
        if key not in self._seen:
            self._seen.add(key)
            logger.error("A part of the window failed", exc_info=(kind, error, trace))
            self._report(error)
