"""What is left of a plain value in the data folder when its variable becomes a secret: nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.execution.plan import Plan
from core.model import PlanRecord
from core.queue.jobs import Started
from core.queue.states import Origin
from core.workspace import Workspace
from tests.core.queue.helpers import claim
from tests.support import wait_until

PEM = "\n".join(f"PEM-canary-{number:05d}-abcdefghijklmnopqrstuvwxyz" for number in range(200))


def begin(workspace: Workspace, environment: int, run: str) -> None:
    """Record the start of a job in the environment."""
    command = workspace.catalog.create(CommandSpec(name=run[:20], run=run, shell="sh"))
    workspace.queue.run(command, environment, origin=Origin.MANUAL).result()
    (job,) = claim(workspace)
    plan = workspace.launcher.prepare(job)
    assert isinstance(plan, Plan), plan
    now = workspace.clock.now()
    started = Started(job_id=job.id, attempt=1, at=now, pid=1, process_started_at=now, plan=plan.record())
    workspace.queue.record(1, started=[started]).result()


def kept(workspace: Workspace) -> list[dict[str, Any]]:
    with workspace.database.reading() as connection:
        return list(connection.execute(select(PlanRecord.body)).scalars())


def traces(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and b"canary" in path.read_bytes()]


def test_no_trace_of_a_plain_value_stays_when_it_becomes_a_secret(workspace: Workspace, data_folder: Path) -> None:
    spec = EnvironmentSpec(name="e", variables={"A": "1", "PEM": PEM, "WORD": "canary word", "COPY": "<${WORD}>"})
    environment = workspace.catalog.create(spec)
    child = workspace.catalog.create(EnvironmentSpec(name="child", extends="e"))
    begin(workspace, environment, "echo {{ WORD }}")
    begin(workspace, child, "true")
    assert "clockhand.db-wal" in traces(data_folder)
    secret = replace(spec, variables={"A": "1", "COPY": "<${WORD}>"}, secrets=("PEM", "WORD"))
    workspace.catalog.change(environment, secret)
    wait_until(lambda: not traces(data_folder))
    assert {plan["text"] for plan in kept(workspace)} == {"echo '***'", "true"}
    shown = [
        {each["name"]: each.get("value", each.get("secret")) for each in plan["variables"]} for plan in kept(workspace)
    ]
    assert shown == [{"A": "1", "PEM": True, "WORD": True, "COPY": True}] * 2


def test_a_reader_delays_the_clearing_and_does_not_prevent_it(workspace: Workspace, data_folder: Path) -> None:
    spec = EnvironmentSpec(name="e", variables={"WORD": "canary word"})
    environment = workspace.catalog.create(spec)
    with workspace.database.reading() as connection:
        connection.execute(select(PlanRecord.body)).all()
        workspace.catalog.change(environment, EnvironmentSpec(name="e", secrets=("WORD",)))
        assert traces(data_folder)
    wait_until(lambda: not traces(data_folder))


def test_the_same_value_elsewhere_stays(workspace: Workspace) -> None:
    spec = EnvironmentSpec(name="e", variables={"STAGE": "production"})
    environment = workspace.catalog.create(spec)
    other = workspace.catalog.create(EnvironmentSpec(name="other", variables={"KIND": "production"}))
    begin(workspace, other, "echo {{ KIND }}")
    workspace.catalog.change(environment, EnvironmentSpec(name="e", secrets=("STAGE",)))
    assert kept(workspace)[0]["text"] == "echo 'production'"
