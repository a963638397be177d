"""A file system that is really small, for tests of full disks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["free_bytes", "mounted_small_disk"]


@contextmanager
def mounted_small_disk(place: Path, *, kilobytes: int = 256) -> Iterator[Path]:
    """Give a file system of that size at `place`, in the memory; the test is skipped where nothing can be mounted."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True, timeout=20).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True, timeout=20)


def free_bytes(place: Path) -> int:
    """Return the bytes that are free on the file system of `place`."""
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
