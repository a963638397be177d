"""Finished jobs with a plan, an output and a duration of their own, for comparing them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.clock import to_micros
from core.execution.outcome import Failed, Succeeded
from core.output.index import Stream
from core.output.spool import INLINE_LIMIT_US, Spool
from core.queue.jobs import Finished, OutputFacts, Started
from core.workspace import Workspace
from tests.support.outputs import begin_run

__all__ = ["plan", "ran"]


def plan(text: str = "true", *, secrets: tuple[str, ...] = (), **variables: str) -> dict[str, Any]:
    """Return what is kept of a command that ran with these variables of the environment “live”."""
    return {
        "shell": "sh",
        "program": "/bin/sh",
        "text": text,
        "working_directory": "/home/me",
        "timeout_ms": None,
        "grace_ms": 10_000,
        "success_exit_codes": [0],
        "interactive": False,
        "base": "session",
        "variables": [
            *({"name": name, "origin": "live", "value": value} for name, value in variables.items()),
            *({"name": name, "origin": "live", "secret": True} for name in secrets),
        ],
    }


def ran(
    workspace: Workspace,
    output: bytes,
    *,
    what: dict[str, Any] | None = None,
    command: str = "print",
    environment_id: int | None = None,
    seconds: float = 1,
    fails: bool = False,
    in_file: bool = False,
) -> int:
    """Return the number of a new finished job that ran `what` and printed `output`."""
    job = begin_run(workspace, command, environment_id)
    at = workspace.clock.now()
    spool = Spool(workspace.folder.output, job.id, job.attempt, started_at_us=to_micros(at))
    spool.write(Stream.STDOUT, output, to_micros(at) + (INLINE_LIMIT_US if in_file else 0))
    record = spool.close()
    if record.inline is not None:
        workspace.outputs.save_many([(job.id, job.attempt, record.inline, record.index)])
    facts = OutputFacts(record.stdout_bytes, record.stderr_bytes, record.location)
    started = Started(
        job_id=job.id,
        attempt=job.attempt,
        at=at,
        pid=1,
        process_started_at=None,
        plan=plan() if what is None else what,
    )
    outcome = Failed(1) if fails else Succeeded()
    ended = Finished(job=job, outcome=outcome, at=at, duration=timedelta(seconds=seconds), output=facts)
    agent = workspace.queue.register_agent("test").result()
    workspace.queue.record(agent, started=[started]).result()
    workspace.queue.record(agent, finished=[ended]).result()
    return job.id
