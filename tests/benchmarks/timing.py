"""Shows that every question about time is answered within 10 ms (CRON.md, R5): prints the worst of many, cold and warm.

`cold` is the first question to a new object when the zone's stretches are not remembered, `warm` the same again.
Usage: python -m tests.benchmarks.timing [number of random expressions]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.timing.cron import CronError, parse
from core.timing.describe import describe, warnings
from core.timing.due import CatchUp, CatchUpPolicy, due_times
from core.timing.occurrences import Occurrences
from core.timing.zones import stretches

BOUND_MS = 10.0
START = datetime(2026, 3, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
# What costs most: 40 years without a day, all seconds, days late in the month, lists of a thousand characters.
HARD = (
    "0 0 29 2 */7",
    "0 0 * 2 1#5",
    "* * * * * *",
    "*/7 */11 */13 * * *",
    "0 0 31 */11 */7",
    "59 59 23 31 12 *",
    "30 2 * * *",
    "0 0 LW,L,1-31/3 * 1#1,2#2,3L,4",
    ",".join(str(number % 60) for number in range(345)) + " * * * *",
)


@dataclass
class Question:
    """One kind of question with the times its answers took, in ms, and what was asked when it took longest."""

    name: str
    ask: Callable[[Occurrences], object]
    cold_ms: list[float] = field(default_factory=list)
    warm_ms: list[float] = field(default_factory=list)
    slowest: str = ""

    def measure(self, text: str, zone: str) -> None:
        """Ask twice, the first time with nothing remembered."""
        stretches.cache_clear()
        occurrences = Occurrences(parse(text), ZoneInfo(zone))
        cold, warm = (_milliseconds(lambda: self.ask(occurrences)) for _ in range(2))
        if cold >= max(self.cold_ms, default=0):
            self.slowest = f"{text[:30]} in {zone}"
        self.cold_ms.append(cold)
        self.warm_ms.append(warm)

    def line(self) -> str:
        """Return one line of the table."""
        numbers = [
            max(self.cold_ms),
            statistics.median(self.cold_ms),
            max(self.warm_ms),
            statistics.median(self.warm_ms),
        ]
        return f"{self.name:<34}" + "".join(f"{number:>10.3f}" for number in numbers) + f"  {self.slowest}"


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def questions() -> list[Question]:
    """Return what the program asks."""
    policy = CatchUpPolicy(CatchUp.ALL)
    return [
        Question("parse", lambda each: parse(each.expression.text)),
        Question("next", lambda each: each.next(START)),
        Question("next, sparse years ahead", lambda each: each.next(START + 46 * YEAR)),
        Question("previous", lambda each: each.previous(START)),
        Question("five upcoming", lambda each: each.upcoming(START, 5)),
        Question("count of 10 years", lambda each: each.count(START, START + 10 * YEAR)),
        Question("count of 50 years", lambda each: each.count(START, START + 50 * YEAR)),
        Question("latest 10 of 50 years", lambda each: each.latest(START, START + 50 * YEAR, 10)),
        Question(
            "due after a year asleep",
            lambda each: due_times(each, watermark=START, now=START + YEAR, policy=policy),
        ),
        Question("sentence", lambda each: describe(each.expression)),
        Question("warnings", lambda each: warnings(each.expression, each.zone, START)),
    ]


def _random_field(chooser: random.Random, low: int, high: int) -> str:
    first = chooser.randint(low, high)
    return chooser.choice(["*", f"*/{first + 1}", str(first), f"{first}-{high}", f"{low},{first}"])


def random_expression(chooser: random.Random) -> str:
    """Return a valid expression of six fields."""
    while True:
        bounds = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
        text = " ".join(_random_field(chooser, *each) for each in bounds)
        try:
            parse(text)
        except CronError:
            continue
        return text


def main(arguments: list[str]) -> int:
    """Print the table; return 1 if a median misses the bound (the worst may be another program's fault)."""
    chooser = random.Random(1)
    texts = [*HARD, *(random_expression(chooser) for _ in range(int(arguments[0]) if arguments else 200))]
    asked = questions()
    for question in asked:
        for text in texts:
            question.measure(text, chooser.choice(ZONES))
    print(
        f"{len(texts)} expressions, ms{'':<17}"
        + "".join(f"{head:>10}" for head in ("cold max", "median", "warm max", "median"))
    )
    for question in asked:
        print(question.line())
    worst = max(max(question.cold_ms) for question in asked)
    print(f"The slowest answer took {worst:.2f} ms; the bound is {BOUND_MS:.0f} ms.")
    return 0 if all(statistics.median(question.cold_ms) < BOUND_MS for question in asked) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
