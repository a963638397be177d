"""Asks the user's login shell which variables it sets up, and keeps the answer for a while."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from core.durations import describe_duration
from core.errors import ClockhandError

__all__ = ["BOOKKEEPING", "LoginShell", "capture_login"]

BOOKKEEPING = ("_", "SHLVL", "PWD", "OLDPWD")
"""What a shell keeps for itself (environ(7)); it would be wrong for another process."""

_MARK = b"\x1eclockhand-environment\x1e"
_KEPT = timedelta(hours=6)
_FAILURE_KEPT = timedelta(minutes=1)
# Where login shells read what they set up (bash(1), zsh(1), environment(5)); an edit is to count at the next run.
_PROFILES = (
    "/etc/environment", "/etc/profile", "/etc/zprofile", "/etc/zshenv", "~/.bash_login", "~/.bash_profile",
    "~/.bashrc", "~/.profile", "~/.zlogin", "~/.zprofile", "~/.zshenv", "~/.zshrc", "~/.config/fish/config.fish",
)  # fmt: skip


class LoginShell:
    """Asks once and keeps the answer: for six hours, until a profile file is changed, or until `forget`.

    A failure is kept for a minute, so that a shell that hangs does not take its ten seconds from each job. From any
    thread, but never from a window's: it may take seconds.
    """

    def __init__(self, session: Mapping[str, str], *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._session = dict(session)
        self._elapsed = elapsed
        self._answer: dict[str, str] | ClockhandError | None = None
        self._asked_at_s = 0.0
        self._profiles: tuple[int, ...] = ()
        self._lock = threading.Lock()

    def variables(self) -> dict[str, str]:
        """Return what it sets up. Raises ClockhandError with a sentence."""
        with self._lock:
            profiles = _profile_times()
            if self._answer is None or self._is_old() or profiles != self._profiles:
                try:
                    self._answer = capture_login(self._session)
                except ClockhandError as error:
                    self._answer = error
                self._asked_at_s = self._elapsed()
                self._profiles = profiles
            if isinstance(self._answer, ClockhandError):
                raise ClockhandError(str(self._answer))
            return self._answer

    @property
    def is_known(self) -> bool:
        """Return whether the answer need not be waited for."""
        return self._answer is not None and not self._is_old()

    def forget(self) -> None:
        """Ask again the next time."""
        self._answer = None

    def _is_old(self) -> bool:
        kept = _FAILURE_KEPT if isinstance(self._answer, ClockhandError) else _KEPT
        return self._elapsed() - self._asked_at_s >= kept.total_seconds()


def _profile_times() -> tuple[int, ...]:
    found = []
    for name in _PROFILES:
        try:
            found.append(Path(name).expanduser().stat().st_mtime_ns)
        except (OSError, RuntimeError):
            found.append(0)
    return tuple(found)


def capture_login(session: Mapping[str, str], timeout: timedelta = timedelta(seconds=10)) -> dict[str, str]:
    """Return the environment that the user's login shell sets up, by running it once.

    Takes up to `timeout`, so it is no call for a window's thread. Raises ClockhandError with a sentence when there
    is no such shell, or it fails or does not end.
    """
    if sys.platform == "win32":
        raise ClockhandError("Windows has no login shell. Choose another base for the environment.")
    shell = session.get("SHELL") or "/bin/sh"
    # The mark separates what profile files may print; `env -0` carries values with line feeds.
    script = "printf '\\036clockhand-environment\\036'; exec env -0"
    try:
        # A session of its own: whatever the profile files start can be ended with it.
        process = subprocess.Popen(
            [shell, "-l", "-c", script],
            env=dict(session),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ClockhandError(
            f"The login shell {shell} can't be started: {error.strerror}. Choose another base for the environment."
        ) from error
    with process:
        try:
            output, _ = process.communicate(timeout=timeout.total_seconds())
        except subprocess.TimeoutExpired as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise ClockhandError(
                f"The login shell {shell} did not end within {describe_duration(timeout)}. One of its profile files"
                " waits for something; mend it, or choose another base for the environment."
            ) from error
    _, found, listing = output.rpartition(_MARK)
    if process.returncode != 0 or not found:
        raise ClockhandError(
            f"The login shell {shell} ended with exit code {process.returncode} before it told its environment."
            " Mend its profile files, or choose another base for the environment."
        )
    return _parse_listing(listing.split(b"\0"))


def _parse_listing(entries: Iterable[bytes]) -> dict[str, str]:
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if b"=" in entry)
    return {name: value for name, _, value in pairs if name not in BOOKKEEPING}
