"""Search over all output: time to the first result, bytes per second beside `grep -F`, and how free the window stays.

It writes runs of 50 MB each, 2 GB together (removed afterwards), and lets them be searched by a process of its own, as
the window does. Usage: python -m tests.benchmarks.search [gigabytes]. Target: the first result within 1 s at 10 GB.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtWidgets import QApplication

from core.output.index import Stream
from core.workspace import Workspace
from desktop.models.search_request import SearchRequest
from desktop.search_process import SearchProcess
from desktop.theme import Theme
from tests.benchmarks._support import print_table, work_folder
from tests.benchmarks.window import Gaps, end, pause, runs_page, start, wait
from tests.support.outputs import begin_run, print_and_end

RUN_MB = 50
ROUNDS = 3
LINES = [
    f"2026-11-24 06:{number // 60 % 60:02}:{number % 60:02} INFO worker[{number % 7}]: "
    f"order {number * 7919} fetched in {number % 900} ms, nothing to complain about\n".encode()
    for number in range(12_000)
]
BLOCK = b"".join(LINES)
RARE = b"2026-11-24 07:00:00 ERROR worker[3]: connection refused by db-2\n"
REQUESTS = {
    "a text": SearchRequest(text="connection refused by db-9", match_case=True),
    "a text, ignoring case": SearchRequest(text="connection refused by DB-9"),
    "an expression with sure letters": SearchRequest(text=r"connection \w+ by db-9", is_regex=True, match_case=True),
    "an expression without any": SearchRequest(text=r"\b9\d{17}\b", is_regex=True, match_case=True),
}


@dataclass
class Timed:
    """What one search took, in seconds, and what it found."""

    first_s: float | None = None
    all_s: float = 0.0
    hits: int = 0
    fault: str = ""
    loop: QEventLoop = field(default_factory=QEventLoop)


def pieces(run: int, is_newest: bool) -> Iterator[tuple[Stream, bytes]]:
    """Yield the output of a run: the newest and every fourth one have one rare line in their middle."""
    count = RUN_MB * 1_000_000 // len(BLOCK)
    for number in range(count):
        yield Stream.STDOUT, BLOCK
        if number == count // 2 and (is_newest or run % 4 == 0):
            yield Stream.STDERR, RARE


def write_runs(workspace: Workspace, gigabytes: float) -> list[Path]:
    """Write the runs and return their files."""
    count = max(1, round(gigabytes * 1000 / RUN_MB))
    for number in range(count):
        job = begin_run(workspace, "make much")
        print_and_end(workspace, job, list(pieces(number, number == count - 1)), in_file=True)
    return sorted(workspace.folder.output.rglob("*.log"))


def search(process: SearchProcess, request: SearchRequest) -> Timed:
    """Search once, and tell how long that took."""
    timed = Timed()
    began = time.perf_counter()

    def on_found(hits: list[object]) -> None:
        timed.first_s = timed.first_s or time.perf_counter() - began
        timed.hits += len(hits)

    def on_failed(sentence: str) -> None:
        timed.fault = sentence
        timed.loop.quit()

    process.found.connect(on_found)
    process.failed.connect(on_failed)
    process.ended.connect(timed.loop.quit)
    process.start(request)
    timed.loop.exec()
    process.found.disconnect(on_found)
    process.failed.disconnect(on_failed)
    process.ended.disconnect(timed.loop.quit)
    timed.all_s = time.perf_counter() - began
    if timed.fault:
        raise SystemExit(timed.fault)
    return timed


def grep(files: list[Path], text: str) -> float:
    """Return the seconds that grep takes for the same."""
    began = time.perf_counter()
    subprocess.run(["grep", "-F", "-c", text, *files], stdout=subprocess.DEVNULL, check=False, env={"LC_ALL": "C"})
    return time.perf_counter() - began


def throughput(process: SearchProcess, files: list[Path], megabytes: float) -> None:
    """Search for what is nowhere, by turns with grep."""
    seconds: dict[str, list[float]] = {name: [] for name in REQUESTS}
    theirs: list[float] = []
    grep(files, "nothing")  # what the disk takes the first time is not what is compared
    for _ in range(ROUNDS):
        theirs.append(grep(files, REQUESTS["a text"].text))
        for name, request in REQUESTS.items():
            if name != "an expression without any" or not seconds[name]:
                process.prepare()
                pause(1)
                seconds[name].append(search(process, request).all_s)
    grep_rate = megabytes / statistics.median(theirs)
    rows: list[list[object]] = [["grep -F", round(grep_rate), 1.0]]
    for name, each in seconds.items():
        rate = megabytes / statistics.median(each)
        rows.append([name, round(rate), rate / grep_rate])
    print_table(f"{megabytes / 1000:.1f} GB in {len(files)} runs", ["searched for", "MB/s", "of grep"], rows)


def first_results(process: SearchProcess, gigabytes: float) -> None:
    """Tell how soon the first result is there, with a process that waits already and with one that has to start."""
    request = SearchRequest(text="connection refused by db-2")
    ready, cold = [], []
    for _ in range(ROUNDS):
        cold.append(search(process, request).first_s or 0.0)
        process.prepare()
        pause(2)
        ready.append(search(process, request).first_s or 0.0)
    rows = [[name, statistics.median(each), max(each)] for name, each in (("it waits", ready), ("it starts", cold))]
    print_table(f"seconds to the first result in {gigabytes:g} GB, if", ["", "median", "longest"], rows)


def gaps_of_the_window(theme: Theme, workspace: Workspace) -> None:
    """Let 10,000 lines stream into the window."""
    session = start(workspace, theme)
    page = runs_page(session)
    pause(0.5)
    page.actions_.search.trigger()
    pause(2)
    print(f"\n{'gaps of the event loop beyond 1 ms, in ms':<58}{'median':>9}{'p99':>9}{'longest':>9}")
    for text in ("order 7919 fetched", "in 7 ms", "connection refused by db-9"):
        gaps = Gaps()
        gaps.start()
        page.searching.panel.search(SearchRequest(text=text))
        wait(lambda: not page.searching.panel.process.is_running)
        gaps.stop(f"“{text}”: {page.searching.panel.status.text().split(' · ')[0]}")
        pause(1)
    end(session)


def main(arguments: list[str]) -> int:
    """Print the tables."""
    gigabytes = float(arguments[0]) if arguments else 2.0
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    sys.setswitchinterval(0.0005)
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    with work_folder() as folder:
        free = shutil.disk_usage(folder).free / 1e9
        if free < gigabytes + 2:
            print(f"There are {free:.1f} GB free in {folder.parent}, which is too little for {gigabytes:g} GB.")
            return 1
        with Workspace(folder / "data") as workspace:
            files = write_runs(workspace, gigabytes)
            megabytes = sum(file.stat().st_size for file in files) / 1e6
            process = SearchProcess(workspace.folder.root)
            first_results(process, gigabytes)
            throughput(process, files, megabytes)
            process.close()
            gaps_of_the_window(theme, workspace)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
