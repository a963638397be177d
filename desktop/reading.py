"""Asks the same question again and again, but never twice at once and never too often."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

from desktop.operations import Operations

__all__ = ["Reading"]

T = TypeVar("T")


class Reading(Generic[T]):
    """A question whose answer is wanted anew when something changed.

    The first `request` is asked at once; those that come while it is under way, or within `interval_ms` after its
    answer, are answered by one more question. `question` is called in the main thread, when what is asked depends on
    the state of something there, and returns what the other thread is to do. `is_slow`: the answer may take seconds.
    """

    def __init__(
        self,
        owner: QObject,
        operations: Operations,
        question: Callable[[], Callable[[], T]],
        then: Callable[[T], None],
        *,
        interval_ms: int = 150,
        is_slow: bool = False,
    ) -> None:
        self._owner = owner
        self._operations = operations
        self._ask = operations.ask_slowly if is_slow else operations.ask
        self._question = question
        self._then = then
        self._is_asking = False
        self._is_wanted = False
        self._pause = QTimer(owner)
        self._pause.setSingleShot(True)
        self._pause.setInterval(interval_ms)
        self._pause.timeout.connect(self._on_pause_over)

    def request(self) -> None:
        """Ask soon."""
        if self._is_asking or self._pause.isActive():
            self._is_wanted = True
            return
        self._is_asking = True
        self._is_wanted = False
        self._ask(self._owner, partial(_attempt, self._question()), self._on_answer)

    def rest(self, interval_ms: int) -> None:
        """Rest so long after each answer from now on."""
        self._pause.setInterval(interval_ms)

    def stop(self) -> None:
        """Ask no more by itself."""
        self._is_wanted = False
        self._pause.stop()

    def _on_answer(self, answer: T | Exception) -> None:
        self._is_asking = False
        self._pause.start()
        if isinstance(answer, Exception):
            self._operations.report(answer)
        else:
            self._then(answer)

    def _on_pause_over(self) -> None:
        if self._is_wanted:
            self.request()


def _attempt(work: Callable[[], T]) -> T | Exception:
    # An error is an answer too, or the next request would wait for ever.
    try:
        return work()
    except Exception as error:  # noqa: BLE001  (whatever it is, it is shown)
        return error
