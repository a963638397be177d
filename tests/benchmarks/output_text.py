"""Shows how fast outputs are read as a terminal would, and what a page of them costs the event loop.

The first table reads 500,000 lines of each kind (or as many as the argument says) in a stream, and checks some of what
they become; the second paints a page of 50 rows that was not seen before, as each jump in a large output does, with its
target: half of the time that a frame of 60 Hz leaves. Usage: python -m tests.benchmarks.output_text [lines]
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from core.output.reader import InlineReader
from core.output.terminal.carrying import LineReader
from core.output.terminal.style import Style
from desktop.theme import Theme
from desktop.widgets.output_view import OutputView
from tests.benchmarks._support import print_table

TARGET_MS = 8.0
ROWS = 50
BLOCK = 10_000


def plain(number: int) -> bytes:
    """Return a line as most programs print it."""
    return b"%09d a line of text as programs print it\n" % number


def coloured(number: int) -> bytes:
    """Return a line of a coloured log."""
    return b"\x1b[32mINFO\x1b[0m \x1b[1mworker\x1b[22m item %d \x1b[38;5;208mslow\x1b[m\n" % number


def progress(number: int) -> bytes:
    """Return a progress bar with four steps."""
    steps = b"".join(b"\r%3d%% [%-10s] " % (percent, b"#" * (percent // 10)) for percent in (25, 50, 75, 100))
    return b"\x1b[?25l" + steps + b"\r\x1b[Kitem %d done\x1b[?25h\n" % number


def wide(number: int) -> bytes:
    """Return a line of wide characters."""
    return f"{number} 日本語のテキスト 한국어 \N{GRINNING FACE}\n".encode()


def endless_ideographs() -> bytes:
    """Return a line without an end, of as many different characters as people use."""
    choice = random.Random(1)
    used = [chr(0x4E00 + number * 9) for number in range(2000)]
    return "".join(choice.choices(used, k=500_000)).encode() * 20


def escapes_alone() -> bytes:
    """Return lines in which there is nothing to be seen."""
    return (b"\x1b[1m\x1b[31m\x1b[m" * 300 + b"\n") * 10_000


def rainbow() -> bytes:
    """Return lines in which each character has its colour."""
    return (
        b"".join(b"\x1b[38;5;%dmx%s" % (number % 200 + 16, b"\n" * (number % 90 == 0)) for number in range(300_000)) * 4
    )


HEAVY = {"endless ideographs": endless_ideographs, "escapes alone": escapes_alone, "a rainbow": rainbow}
KINDS = {"plain": plain, "colour codes": coloured, "progress bars": progress, "wide characters": wide}
LAST_TEXTS = {
    "plain": "000009999 a line of text as programs print it",
    "colour codes": "INFO worker item 9999 slow",
    "progress bars": "item 9999 done",
    "wide characters": "9999 日本語のテキスト 한국어 \N{GRINNING FACE}",
}


def stream(kind: str, count: int) -> list[object]:
    """Return the row of one kind: lines per second, megabytes per second."""
    block = b"".join(map(KINDS[kind], range(BLOCK)))
    reader, lines, size = LineReader(), 0, 0
    began = time.perf_counter()
    while lines < count:
        found = reader.feed(block)
        lines += len(found)
        size += len(block)
        if found[-1].text != LAST_TEXTS[kind] or len(found) != BLOCK:
            raise SystemExit(f"A line of {kind} became “{found[-1].text}”.")
        if kind == "colour codes" and found[-1].spans[-1].style != Style(foreground=208):
            raise SystemExit("A colour was lost.")
    seconds = time.perf_counter() - began
    return [kind, lines, round(lines / seconds), size / seconds / 1e6, seconds]


def pages(theme: Theme, kind: str, data: bytes) -> list[object]:
    """Return the row of one kind: milliseconds to lay out and paint a page not seen before, or the first part of it."""
    view = OutputView(theme)
    view.resize(1000, ROWS * 19)
    view.show_source(InlineReader(data, b""), follow=False)
    view.show()
    bar = view.verticalScrollBar()
    costs = []
    for step in range(200):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * step // 200)
        view.viewport().repaint()
        costs.append((time.perf_counter() - began) * 1000)
    view.deleteLater()
    costs.sort()
    return [kind, statistics.median(costs), costs[197], costs[-1], TARGET_MS]


def main(arguments: list[str]) -> int:
    """Print both tables."""
    count = int(arguments[0]) if arguments else 500_000
    rows = [stream(kind, count) for kind in KINDS]
    print_table("Lines read as a terminal would", ["kind", "lines", "lines/s", "MB/s", "seconds"], rows)
    application = QApplication(sys.argv[:1])
    theme = Theme(application, scheme=Qt.ColorScheme.Light)
    made = {kind: b"".join(map(KINDS[kind], range(min(count, 100_000)))) for kind in KINDS}
    made |= {kind: make() for kind, make in HEAVY.items()}
    rows = [pages(theme, kind, data) for kind, data in made.items()]
    print_table("A page not seen before, in ms", ["kind", "median", "p99", "longest", "target of p99"], rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
