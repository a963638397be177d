"""Ends a process with everything that it started, as far as the operating system still tells what that is."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from datetime import UTC, datetime

import psutil

__all__ = ["ProcessTree"]


class ProcessTree:
    """The tree of a process that leads a session of its own (setsid(2)).

    It consists of the members of that session, also those in other process groups and those whose parents have gone
    (double forks), and of the descendants that made sessions of their own as long as their line of parents is whole.
    What was once seen as a member stays one. Looking takes some milliseconds: not for a window's thread.
    """

    def __init__(self, leader_pid: int, started_at: datetime | None) -> None:
        self._leader = leader_pid
        self._started_at = started_at
        self._members: dict[int, psutil.Process] = {}

    def terminate(self) -> None:
        """Ask every member to end (SIGTERM)."""
        self._signal(signal.SIGTERM)

    def kill(self) -> int:
        """End every member at once (SIGKILL), also those that appear meanwhile; return how many there were."""
        count = 0
        # A member may fork between the look and the blow; a second look finds what the first one missed.
        for _ in range(3):
            found = self._signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            count = max(count, found)
            if not found:
                break
        return count

    def is_alive(self) -> bool:
        """Return whether any member still runs."""
        self._look()
        return any(_runs(process) for process in self._members.values())

    def _signal(self, number: int) -> int:
        self._look()
        running = [process for process in self._members.values() if _runs(process)]
        # Asked before the first one dies of it. Nobody is signalled twice: to many programs a second SIGTERM says
        # that they are to end at once instead of in order.
        others = [process for process in running if not self._is_in_group(process)]
        if sys.platform != "win32" and not self._is_number_taken_again():
            # The whole group at once, so that nobody sees another one die first.
            with contextlib.suppress(OSError):
                os.killpg(self._leader, number)
        for process in others:
            with contextlib.suppress(psutil.Error, OSError):
                process.send_signal(number)
        return len(running)

    def _is_in_group(self, process: psutil.Process) -> bool:
        if sys.platform == "win32":
            return False
        try:
            return os.getpgid(process.pid) == self._leader
        except OSError:
            return False

    def _look(self) -> None:
        for known in list(self._members.values()):
            if not _runs(known):
                del self._members[known.pid]
        fresh = self._session_members() if sys.platform != "win32" else set()
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self._leader)
            if not self._is_number_taken_again():
                fresh |= {leader.pid} | {child.pid for child in leader.children(recursive=True)}
        for pid in fresh - self._members.keys():
            with contextlib.suppress(psutil.Error):
                self._members[pid] = psutil.Process(pid)

    def _session_members(self) -> set[int]:
        if self._is_number_taken_again():
            return set()
        members = set()
        for pid in psutil.pids():
            with contextlib.suppress(OSError):
                if os.getsid(pid) == self._leader:
                    members.add(pid)
        return members

    def _is_number_taken_again(self) -> bool:
        """Return whether the leader has gone and its number now belongs to a later process."""
        if self._started_at is None:
            return False
        try:
            started = datetime.fromtimestamp(psutil.Process(self._leader).create_time(), UTC)
        except (psutil.Error, OSError):
            return False
        return abs((started - self._started_at).total_seconds()) > 2


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
