"""Finished and running jobs with an output, written through the queue's own verbs and the spool, without a process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from core.catalog.specs import CommandSpec
from core.clock import to_micros
from core.errors import NotFoundError
from core.execution.outcome import Failed, Outcome, Succeeded
from core.output.index import Stream
from core.output.spool import INLINE_LIMIT_US, Spool
from core.queue.jobs import ClaimedJob, Finished, OutputFacts
from core.queue.states import Origin
from core.workspace import Workspace

__all__ = ["begin_run", "print_and_end", "printed"]

Pieces = Sequence[tuple[Stream, bytes]]


def begin_run(workspace: Workspace, command: str = "print", environment_id: int | None = None) -> ClaimedJob:
    """Take a new job of the command, which is made where it is missing; its process is not started."""
    try:
        command_id = workspace.catalog.command(command).id
    except NotFoundError:
        command_id = workspace.catalog.create(CommandSpec(name=command, run="true", shell="sh", overlap="allow"))
    job_id = workspace.queue.run(command_id, environment_id, origin=Origin.MANUAL).result().job_id
    (job,) = workspace.queue.claim_job(job_id, _agent_of(workspace)).result()
    return job


def print_and_end(
    workspace: Workspace,
    job: ClaimedJob,
    pieces: Pieces,
    *,
    in_file: bool = False,
    outcome: Outcome | None = None,
    after: Sequence[timedelta] = (),
) -> None:
    """Write the output of the attempt, into a file if asked for, and record its end.

    `after` says how long after the start each of the pieces was written, by default all at once.
    """
    at = workspace.clock.now()
    spool = Spool(workspace.folder.output, job.id, job.attempt, started_at_us=to_micros(at))
    late = INLINE_LIMIT_US if in_file else 0
    for (stream, data), delay in zip(pieces, after or [timedelta()] * len(pieces), strict=True):
        spool.write(stream, data, to_micros(at + delay) + late)
    record = spool.close()
    if record.inline is not None:
        workspace.outputs.save_many([(job.id, job.attempt, record.inline, record.index)])
    facts = OutputFacts(record.stdout_bytes, record.stderr_bytes, record.location)
    ended = Finished(job=job, outcome=outcome or Succeeded(), at=at, duration=timedelta(seconds=1), output=facts)
    workspace.queue.record(_agent_of(workspace), finished=[ended]).result()


def printed(
    workspace: Workspace,
    output: bytes,
    *,
    command: str = "print",
    environment_id: int | None = None,
    in_file: bool = False,
    fails: bool = False,
) -> int:
    """Return the number of a new finished job with this output."""
    job = begin_run(workspace, command, environment_id)
    outcome = Failed(1) if fails else Succeeded()
    print_and_end(workspace, job, [(Stream.STDOUT, output)], in_file=in_file, outcome=outcome)
    return job.id


def _agent_of(workspace: Workspace) -> int:
    return workspace.queue.register_agent("test").result()
