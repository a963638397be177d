"""The errors of the command line itself, and the one place where an error becomes a text and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ClockhandError, NotFoundError, Problem, StorageError
from core.timing.cron import CronError

__all__ = [
    "AnswerError",
    "ExpressionRefusedError",
    "FileRefusedError",
    "NoAttemptError",
    "exit_code_of",
    "lines_of",
]


class AnswerError(ClockhandError):
    """The answer could not be written to standard output."""


class FileRefusedError(ClockhandError):
    """A file was refused; one line for each problem: `FILE:line: where: message`."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(_line(source, problem) for problem in problems))


class ExpressionRefusedError(ClockhandError):
    """An expression was refused, shown with a mark below the place."""

    def __init__(self, text: str, error: CronError) -> None:
        where = "" if error.position is None or not text.isprintable() else f"\n  {text}\n  {' ' * error.position}^"
        super().__init__(f"{error.message}{where}")


class NoAttemptError(NotFoundError):
    """The job exists, the attempt does not."""

    def __init__(self, job: int, attempt: int, made: str) -> None:
        super().__init__("attempt", str(attempt))
        self.args = (f"Job {job} has no attempt {attempt}: it has made {made}.",)


_EXIT_CODES: tuple[tuple[type[ClockhandError], int], ...] = (
    (AnswerError, 1),
    (NotFoundError, 3),
    (StorageError, 5),
    (ClockhandError, 4),
)


def exit_code_of(error: ClockhandError) -> int:
    """Return the exit code that tells programs what kind of error it was."""
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def lines_of(error: ClockhandError) -> str:
    """Return what the person is told: whose error it is, unless a file's name tells that better."""
    text = str(error)
    return text if isinstance(error, FileRefusedError) else f"clockhand: {text}"


def _line(source: str, problem: Problem) -> str:
    place = f"{source}:{problem.line}" if problem.line else source
    where = f"{problem.where}: " if problem.where and problem.where != source else ""
    return f"{place}: {where}{problem.message}"
