"""The lock by which one agent at a time dispatches for a data folder."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from core.errors import AlreadyRunningError, StorageError

__all__ = ["AgentLock"]

_PATIENCE_S = 0.5


class AgentLock:
    """A lock of the operating system on a file: it ends with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path, timeout=0, mode=0o600)

    def acquire(self) -> None:
        """Take the lock. Raises AlreadyRunningError where another agent holds it, StorageError where it can't be."""
        try:
            # Whoever asks `is_held_elsewhere` holds it for a moment, which must not turn an agent away.
            self._lock.acquire(timeout=_PATIENCE_S)
        except Timeout:
            raise AlreadyRunningError(
                f"Another agent (the window, or “clockhand agent”) already works on the data folder "
                f"{self._path.parent}. Use that one, end it first, or choose another folder with --data-dir."
            ) from None
        except OSError as error:
            raise StorageError(f"The lock {self._path} can't be taken: {error.strerror}.") from error

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()

    def is_held_elsewhere(self) -> bool:
        """Return whether another agent holds the lock now."""
        if self._lock.is_locked:
            return False
        try:
            self._lock.acquire()
        except Timeout:
            return True
        except OSError:
            return False
        self._lock.release()
        return False
