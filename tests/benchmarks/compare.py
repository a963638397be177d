"""Comparing two runs: how long it takes, how much memory its process takes, and how free the window stays meanwhile.

Every kind of output is written twice, the second time with other times, ids and numbers. Usage:
python -m tests.benchmarks.compare [megabytes of the large ones].
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6.QtCore import QProcess, Qt
from PySide6.QtWidgets import QApplication

from core.workspace import Workspace
from desktop.pages.run_compare import CompareWindow
from desktop.theme import Theme
from tests.benchmarks._support import work_folder
from tests.benchmarks.window import Gaps, end, pause, runs_page, start
from tests.support.comparisons import ran

MB = 1_000_000


def log(megabytes: float, hour: int) -> bytes:
    """Return a log of which each line has another time and id, and one of a hundred says something else."""
    noise = random.Random(hour)
    lines: list[bytes] = []
    size = number = 0
    while size < megabytes * MB:
        word = "failed" if noise.random() < 0.01 else "ok"
        line = (
            f"2026-11-24T{hour:02}:{number // 60 % 60:02}:{number % 60:02}.{noise.randrange(1000):03}Z INFO "
            f"worker[{noise.randrange(9999)}]: item {number} {word}, id={noise.getrandbits(64):016x}\n"
        ).encode()
        lines.append(line)
        size += len(line)
        number += 1
    return b"".join(lines)


def kinds(megabytes: int) -> dict[str, Callable[[int], bytes]]:
    """Return what makes an output of each kind; its argument is another one for each of the two."""
    return {
        "a log of 10 kB": lambda which: log(0.01, which),
        "a log of 1 MB": lambda which: log(1, which),
        f"a log of {megabytes} MB": lambda which: log(megabytes, which),
        f"one line of {megabytes} MB": lambda which: bytes([which + 97]) * (megabytes * MB),
        f"a progress bar of {megabytes} MB": lambda which: b"\r%6d %%" % which * (megabytes * MB // 9),
        "20 MB of noise": lambda which: random.Random(which).randbytes(20 * MB),
        "five different short lines, 3 million times": lambda which: b"".join(
            b"%d\n" % each for each in random.Random(which).choices(range(5), k=3_000_000)
        ),
    }


def memory_mb(window: CompareWindow) -> float:
    """Return how much memory the process takes that compares for the window; 0 where there is none."""
    process = window.process.findChild(QProcess)
    try:
        return psutil.Process(process.processId()).memory_info().rss / MB if process is not None else 0.0
    except (psutil.Error, ValueError):
        return 0.0


def compare_one(theme: Theme, folder: Path, name: str, make: Callable[[int], bytes]) -> None:
    """Write two runs, compare them in the window, and print a line."""
    with Workspace(folder) as workspace:
        ran(workspace, make(6), in_file=True)
        ran(workspace, make(7), in_file=True, fails=True)
        session = start(workspace, theme)
        page = runs_page(session)
        while not page.actions_.compare.isEnabled():
            pause(0.1)
        pause(1)
        gaps = Gaps()
        began = time.perf_counter()
        page.comparing.open()
        (window,) = page.comparing.windows
        most_mb = 0.0
        gaps.start()
        while window.process.is_running:
            pause(0.05)
            most_mb = max(most_mb, memory_mb(window))
        seconds = time.perf_counter() - began
        gaps.stop(f"{name}: {seconds:.1f} s, {most_mb:.0f} MB")
        end(session)


def main() -> None:
    """Measure and print."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    print(f"{'gaps of the event loop beyond 1 ms, in ms':<58}{'median':>9}{'p99':>9}{'longest':>9}")
    for name, make in kinds(megabytes).items():
        with work_folder() as folder:
            compare_one(theme, folder / "data", name, make)


if __name__ == "__main__":
    main()
