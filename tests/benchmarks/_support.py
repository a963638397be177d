"""What the benchmarks share: interleaved rounds, medians, one way to print a table, and a folder to work in."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["interleaved", "median_ms", "print_table", "rate", "work_folder"]


@contextmanager
def work_folder() -> Iterator[Path]:
    """Give a folder on the disk that CLOCKHAND_BENCH_DIR names (by default the one for temporary files)."""
    with tempfile.TemporaryDirectory(prefix="clockhand-bench-", dir=os.environ.get("CLOCKHAND_BENCH_DIR")) as folder:
        yield Path(folder)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def interleaved(works: Mapping[str, Callable[[], object]], *, rounds: int = 5) -> dict[str, list[float]]:
    """Return the seconds of each round of each work; they take turns, so that a busy moment hits all of them."""
    for work in works.values():
        work()  # what is slow only once is not what is measured
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        order = list(works) if number % 2 == 0 else list(works)[::-1]
        for name in order:
            seconds[name].append(timed(works[name]))
    return seconds


def rate(seconds: Sequence[float], count: int) -> float:
    """Return things per second in the median round of `count` things."""
    return count / statistics.median(seconds)


def median_ms(seconds: Sequence[float], count: int = 1) -> float:
    """Return milliseconds per thing in the median round."""
    return statistics.median(seconds) / count * 1000


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print `rows` under `head`; the first column is text, the others are numbers."""
    texts = [list(head), *[[_text(cell) for cell in row] for row in rows]]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    print(f"\n{title}")
    for number, row in enumerate(texts):
        first, *others = (
            cell.ljust(widths[0]) if column == 0 else cell.rjust(widths[column]) for column, cell in enumerate(row)
        )
        print("  " + "  ".join([first, *others]))
        if number == 0:
            print("  " + "  ".join("-" * width for width in widths))


def _text(cell: object) -> str:
    return f"{cell:,.2f}" if isinstance(cell, float) else f"{cell:,}" if isinstance(cell, int) else str(cell)
