"""The verb `log`: what a job printed, byte for byte, or piece by piece in JSON."""

from __future__ import annotations

import codecs
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import NotFoundError
from desktop.cli.arguments import DataDir, JobId, Json, examples
from desktop.cli.errors import NoAttemptError
from desktop.cli.printing import answer_bytes, answer_json, flush_answer, note
from desktop.cli.session import Session
from desktop.cli.wording import state_sentence

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.output.index import Stream
    from core.workspace import Workspace

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this subject."""
    app.command(
        short_help="The output of a job.",
        epilog=examples("clockhand log 42", "clockhand log 42 --follow", "clockhand log 42 --attempt 1 --json"),
    )(log)


def log(
    context: typer.Context,
    *,
    job: JobId,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on while it runs, until it has ended.")] = False,
    attempt: Annotated[
        int | None, typer.Option("--attempt", min=1, metavar="N", help="This attempt; by default the latest.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Print the output of a job, byte for byte as the command wrote it.

    With --json each piece is one line: {"at", "stream", "text"}, the stream being stdout, stderr or note.
    """
    with Session.of(context, data_dir).open_existing(NotFoundError("job", str(job))) as workspace:
        if follow:
            _follow(workspace, job, attempt, as_json=as_json)
        elif _has_attempt(workspace, job, attempt):
            if as_json:
                _answer_pieces(workspace, job, attempt)
            else:
                _answer_all(workspace, job, attempt)


def _has_attempt(workspace: Workspace, job: int, attempt: int | None) -> bool:
    """Return whether there is something to read; say so where there is not yet."""
    run = workspace.runs.get(job)
    if attempt is not None and attempt > run.attempt:
        made = "no attempt" if run.attempt == 0 else f"{run.attempt} of {run.max_attempts} attempts"
        raise NoAttemptError(job, attempt, made)
    if run.attempt == 0:
        note(f"{state_sentence(run, workspace.clock.zone())} It has printed nothing.")
    return run.attempt > 0


def _answer_all(workspace: Workspace, job: int, attempt: int | None) -> None:
    from core.output.reader import CHUNK_BYTES

    with closing(workspace.output(job, attempt)) as reader:
        offset = 0
        while data := reader.read(offset, CHUNK_BYTES):
            answer_bytes(data)
            offset += len(data)


def _answer_pieces(workspace: Workspace, job: int, attempt: int | None) -> None:
    pieces = _PieceLines()
    with closing(workspace.output(job, attempt)) as reader:
        for at_us, stream, data in reader.pieces():
            pieces.add(at_us, stream, data)
    pieces.finish()


def _follow(workspace: Workspace, job: int, attempt: int | None, *, as_json: bool) -> None:
    from desktop.cli.following import Follower

    lines = _PieceLines()
    shown = 0

    def on_piece(at_us: int, stream: Stream, data: bytes) -> None:
        if as_json:
            lines.add(at_us, stream, data)
            flush_answer()
        else:
            answer_bytes(data)

    def on_attempt(number: int) -> None:
        nonlocal shown
        lines.finish()
        shown += 1
        if shown > 1:
            note(f"Attempt {number}:")

    with Follower(workspace, job, on_piece, attempt=attempt, on_attempt=on_attempt) as follower:
        run = follower.follow()
    lines.finish()
    if attempt is not None and attempt > run.attempt:
        _has_attempt(workspace, job, attempt)
    note(state_sentence(run, workspace.clock.zone()))


class _PieceLines:
    """Answers each piece as a line of JSON; a character that spans two pieces of a stream comes whole in the later."""

    def __init__(self) -> None:
        self._decoders: dict[str, codecs.IncrementalDecoder] = {}

    def add(self, at_us: int, stream: Stream, data: bytes) -> None:
        """Answer with the text of a piece, if it has any."""
        name = stream.name.lower()
        decoder = self._decoders.setdefault(name, codecs.getincrementaldecoder("utf-8")("replace"))
        self._answer(at_us, name, decoder.decode(data))

    def finish(self) -> None:
        """Answer with what is left of characters that never became whole."""
        for name, decoder in self._decoders.items():
            self._answer(0, name, decoder.decode(b"", True))
        self._decoders.clear()

    @staticmethod
    def _answer(at_us: int, stream: str, text: str) -> None:
        from core.clock import from_micros
        from core.history.contract import as_utc_text

        if text:
            at = as_utc_text(from_micros(at_us)) if at_us else None
            answer_json({"at": at, "stream": stream, "text": text}, indent=None)
