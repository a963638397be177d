"""Shows how free the window's event loop stays: floods, a burst of due jobs, a million runs, a gigabyte of output.

At last it starts the real program on a million runs, and tells when its window was shown (the median of five starts).
A timer of 1 ms notes how much later than that it fires; the table gives the median, the 99th percentile and the longest
of these gaps. Usage: python -m tests.benchmarks.window [megabytes of the flood] [runs in the history]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from core.catalog.specs import CommandSpec, CronSpec, EnvironmentSpec, QueueSpec, ScheduleSpec
from core.history.ordering import NEWEST_FIRST, OLDEST_FIRST, RunOrder, SortKey
from core.history.runs import RunFilter
from core.paths import DATA_DIR_VARIABLE
from core.queue.states import Origin
from core.settings import OUTPUT_LIMIT_BYTES
from core.workspace import Workspace
from desktop.application import Session, settle_memory
from desktop.models.run_sorting import order_words
from desktop.pages.runs import RunsPage
from desktop.theme import Theme
from desktop.widgets.output_view import OutputView
from tests.benchmarks._support import work_folder
from tests.support.jobs import write_history

PATIENCE_S = 600
BEFORE_THE_MINUTE_S = 57
TIMED_START = """
import sys, time
began = float(sys.argv.pop(1))
from PySide6.QtCore import QTimer
from desktop.cli import main
from desktop.window import MainWindow

def tell():
    print(time.time() - began, flush=True)

# The loop comes to what waits behind the first painting.
MainWindow.showEvent = lambda self, event: QTimer.singleShot(0, tell)
sys.exit(main())
"""


class Gaps(QObject):
    """How late a timer of 1 ms fires, in ms, between `start` and `stop`."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._on_timeout)

    def start(self) -> None:
        """Forget what was, and begin."""
        self.late_ms = []
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self, what: str) -> None:
        """End, and print a line."""
        self._timer.stop()
        late = sorted(self.late_ms) or [0.0]
        p99 = late[min(len(late) - 1, len(late) * 99 // 100)]
        print(f"{what:<58}{statistics.median(late):>9.1f}{p99:>9.1f}{late[-1]:>9.1f}   {len(late)} ticks", flush=True)

    def _on_timeout(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self._last) * 1000 - 1))
        self._last = now


def pause(seconds: float) -> None:
    """Let the event loop run."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def wait(condition: Callable[[], bool], *, every_ms: int = 20) -> None:
    """Let the event loop run until the condition holds, which is asked now and then."""
    loop = QEventLoop()
    deadline = time.monotonic() + PATIENCE_S
    timer = QTimer()
    timer.setInterval(every_ms)
    timer.timeout.connect(lambda: loop.quit() if condition() or time.monotonic() > deadline else None)
    timer.start()
    loop.exec()
    timer.stop()


def runs_page(session: Session) -> RunsPage:
    """Return the page of the runs."""
    page = session.window.page("runs")
    assert isinstance(page, RunsPage)
    return page


def start(workspace: Workspace, theme: Theme) -> Session:
    """Open the window."""
    session = Session(workspace, theme)
    session.start()
    settle_memory()
    return session


def end(session: Session) -> None:
    """Close the window in order."""
    loop = QEventLoop()
    session.ended.connect(loop.quit)
    session.end("the benchmark is over", 0.0)
    loop.exec()
    session.close()


def floods(theme: Theme, folder: Path, count: int, megabytes: int) -> None:
    """Stream `count` floods at once while the pane follows the newest."""
    with Workspace(folder) as workspace:
        workspace.settings.set(OUTPUT_LIMIT_BYTES, 2 * megabytes * 1_000_000)
        workspace.catalog.put_queue(QueueSpec(name="default", limit=count))
        run = f"yes 'a line of text as programs print it' | head -c {megabytes}000000"
        ids = [workspace.catalog.create(CommandSpec(name=f"flood {n}", run=run, shell="sh")) for n in range(count)]
        session = start(workspace, theme)
        page = runs_page(session)
        wait(lambda: not session.window.stack.is_making)
        gaps = Gaps()
        jobs = [workspace.queue.run(command_id, None, origin=Origin.MANUAL).result().job_id for command_id in ids]
        wait(lambda: page.detail.output.view.following and len(session.agent.pool.running) == count)
        began = time.perf_counter()
        gaps.start()
        wait(lambda: not any(run.is_live for run in workspace.runs.some(jobs).values()))
        seconds = time.perf_counter() - began
        gaps.stop(f"{count} flood(s) of {megabytes} MB, {count * megabytes / seconds:.0f} MB/s, followed")
        end(session)


def burst(theme: Theme, folder: Path, streams: int, due: int) -> None:
    """Stream the output of `streams` runs while `due` jobs become due at once."""
    with Workspace(folder) as workspace:
        workspace.catalog.put_queue(QueueSpec(name="default", limit=streams))
        workspace.catalog.put_queue(QueueSpec(name="burst", limit=1))
        text = "while :; do echo 'a line of text as programs print it'; sleep 0.01; done"
        ids = [workspace.catalog.create(CommandSpec(name=f"stream {n}", run=text, shell="sh")) for n in range(streams)]
        workspace.catalog.create(CommandSpec(name="due", run="sleep 60", shell="sh", queue="burst", overlap="allow"))
        workspace.catalog.create(CronSpec(name="each minute", expression="* * * * *"))
        names = [f"environment {n}" for n in range(due)]
        for name in names:
            workspace.catalog.create(EnvironmentSpec(name=name))
        workspace.catalog.create(
            ScheduleSpec(name="many", command="due", environments=tuple(names), crons=("each minute",))
        )
        session = start(workspace, theme)
        for command_id in ids:
            workspace.queue.run(command_id, None, origin=Origin.MANUAL)
        wait(lambda: len(session.agent.pool.running) >= streams)
        came = RunFilter(text="due", origins=(Origin.SCHEDULE,))
        wait(lambda: time.time() % 60 > BEFORE_THE_MINUTE_S or bool(workspace.runs.page(came, limit=1)))
        gaps = Gaps()
        gaps.start()
        wait(lambda: bool(workspace.runs.page(came, limit=1)))
        pause(3)
        count = len(workspace.runs.page(came, limit=due + 1))
        gaps.stop(f"{streams} runs stream while {count:,} jobs become due")
        end(session)


def real_starts(folder: Path, runs: int) -> None:
    """Start the program as a person does, until the window has painted its list, and end it; five times."""
    environ = {**os.environ, DATA_DIR_VARIABLE: str(folder)}
    # An installed program has its bytecode.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    seconds = []
    for _ in range(6):
        arguments = [sys.executable, "-c", TIMED_START, str(time.time())]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environ) as program:
            assert program.stdout is not None
            seconds.append(float(program.stdout.readline()))
            program.terminate()
            program.wait(PATIENCE_S)
    # The first start fills the cache of files.
    print(
        f"window shown {statistics.median(seconds[1:]) * 1000:.0f} ms after the start, with {runs:,} runs", flush=True
    )


def long_history(theme: Theme, folder: Path, runs: int) -> None:
    """Open the window on many runs and scroll through them."""
    with Workspace(folder) as workspace:
        write_history(workspace, runs)
    with Workspace(folder) as workspace:
        began = time.perf_counter()
        session = start(workspace, theme)
        page = runs_page(session)
        built = time.perf_counter()
        gaps = Gaps()
        gaps.start()
        wait(lambda: page.table.run_at(0) is not None)
        built_ms, first_ms = (built - began) * 1000, (time.perf_counter() - built) * 1000
        gaps.stop(f"{runs:,} runs: made in {built_ms:.0f} ms, newest {first_ms:.0f} ms later")
        gaps.start()
        wait(lambda: not session.window.stack.is_making)
        gaps.stop("the other pages are made meanwhile")
        first_pages(page, runs)
        gaps.start()
        wait(lambda: page.table.is_settled)
        gaps.stop(f"{runs:,} runs: all counted")
        for order in (RunOrder(SortKey.DURATION), OLDEST_FIRST, NEWEST_FIRST):
            gaps.start()
            page.sorting.sort(order)
            wait(lambda: page.table.is_settled)
            gaps.stop(f"{runs:,} runs: sorted, {order_words(order)}")
        bar = page.view.verticalScrollBar()
        gaps.start()
        for step in range(200):
            bar.setValue(bar.maximum() * step // 200)
            pause(0.01)
        gaps.stop(f"{runs:,} runs: scrolled from end to end in 200 steps")
        end(session)


def first_pages(page: RunsPage, runs: int) -> None:
    """Ask for the list anew, five times, and tell when its first rows are painted."""
    times_ms = []
    for _ in range(5):
        wait(lambda: page.table.is_settled)
        began = time.perf_counter()
        page.table.show(page.table.which)
        wait(lambda: page.table.run_at(0) is not None, every_ms=1)
        page.view.viewport().repaint()
        times_ms.append((time.perf_counter() - began) * 1000)
    print(f"{runs:,} runs: the first page is painted {statistics.median(times_ms):.1f} ms after it was asked for")
    page.table.show(page.table.which)


def large_output(theme: Theme, folder: Path, megabytes: int) -> None:
    """Open a large file and jump about in it."""
    from core.output.reader import FileReader

    path = folder / "large.log"
    block = b"".join(b"%09d a line of text as programs print it\n" % number for number in range(20_000))
    with path.open("wb") as file:
        for _ in range(megabytes * 1_000_000 // len(block)):
            file.write(block)
    view = OutputView(theme)
    view.resize(1000, 700)
    view.show()
    pause(0.2)
    began = time.perf_counter()
    view.show_source(FileReader(path), follow=False)
    view.viewport().repaint()
    print(f"{megabytes} MB of output opened and painted in {(time.perf_counter() - began) * 1000:.1f} ms")
    bar = view.verticalScrollBar()
    gaps = Gaps()
    gaps.start()
    for step in range(200):
        bar.setValue(bar.maximum() * step // 200)
        pause(0.01)
    gaps.stop(f"{megabytes} MB of output scrolled from end to end in 200 steps")
    view.deleteLater()


def main(arguments: list[str]) -> int:
    """Print the table."""
    megabytes = int(arguments[0]) if arguments else 500
    runs = int(arguments[1]) if len(arguments) > 1 else 1_000_000
    sys.setswitchinterval(0.0005)
    application = QApplication(sys.argv[:1])
    application.setQuitOnLastWindowClosed(False)
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    print(f"{'gaps of the event loop beyond 1 ms, in ms':<58}{'median':>9}{'p99':>9}{'longest':>9}")
    with work_folder() as folder:
        floods(theme, folder / "one", 1, megabytes)
        floods(theme, folder / "twenty", 20, megabytes // 20)
        burst(theme, folder / "burst", 20, 1000)
        long_history(theme, folder / "long", runs)
        real_starts(folder / "long", runs)
        large_output(theme, folder, megabytes * 2)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
