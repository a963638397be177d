"""The whole way: from a file to runs that are recorded."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from tests.support import wait_until
from tests.system.conftest import Program

GRID = """
version = 1
[[environments]]
name = "one"
variables = { PLACE = "first" }
[[environments]]
name = "two"
variables = { PLACE = "second place" }
[[environments]]
name = "off"
enabled = false
[[crons]]
name = "even"
expression = "*/2 * * * * *"
timezone = "UTC"
[[crons]]
name = "third"
expression = "*/3 * * * * *"
timezone = "Asia/Kathmandu"
[[crons]]
name = "disabled"
expression = "* * * * * *"
timezone = "UTC"
enabled = false
[[commands]]
name = "say"
run = 'echo "$CLOCKHAND_ENVIRONMENT": {{ PLACE }}; exit 3'
success_exit_codes = [3]
overlap = "allow"
[[commands]]
name = "never"
run = "exit 1"
enabled = false
[[schedules]]
name = "grid"
command = "say"
environments = ["one", "two", "off"]
crons = ["even", "third", "disabled"]
[[schedules]]
name = "of a disabled command"
command = "never"
environments = []
crons = ["even"]
[[schedules]]
name = "disabled"
command = "say"
environments = ["one"]
crons = ["even"]
enabled = false
"""


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_grid_of_environments_and_crons_runs_at_its_due_times(program: Program, bundle: Callable[[str], str]) -> None:
    program.call("apply", bundle(GRID))
    agent = program.start_agent()

    def pairs() -> Counter[tuple[str, str]]:
        return Counter((j["environment"], j["cron"]) for j in program.json("jobs") if j["state"] == "completed")

    cells = {(environment, cron) for environment in ("one", "two") for cron in ("even", "third")}
    wait_until(lambda: all(pairs()[cell] >= 2 for cell in cells), timeout_s=30)
    assert program.stop_agent(agent) == 0
    jobs = [job for job in program.json("jobs") if job["state"] == "completed"]
    assert {(job["environment"], job["cron"]) for job in jobs} == cells
    assert {job["schedule"] for job in jobs} == {"grid"}
    for job in jobs:
        assert (job["outcome"], job["exit_code"], job["origin"]) == ("succeeded", 3, "schedule")
        assert job["duration_ms"] >= 0
        assert instant(job["started_at"]) >= instant(job["due_at"])
        step = 2 if job["cron"] == "even" else 3
        assert instant(job["due_at"]).second % step == 0
        place = {"one": "first", "two": "second place"}[job["environment"]]
        assert program.call("log", str(job["id"])) == f"{job['environment']}: {place}\n"
    due = Counter((job["schedule"], job["cron"], job["environment"], job["due_at"]) for job in program.json("jobs"))
    assert max(due.values()) == 1


def test_run_now_run_later_and_retry_say_where_they_come_from(program: Program, bundle: Callable[[str], str]) -> None:
    program.call(
        "apply",
        bundle('version = 1\n[[commands]]\nname = "fails"\nrun = "exit 5"\noverlap = "allow"\n'),
    )
    agent = program.start_agent()
    now = program.json("run", "fails")
    later = program.json("run", "fails", "--in", "10m")
    assert (now["origin"], later["origin"], later["state"]) == ("command-line", "command-line", "scheduled")
    assert (instant(later["scheduled_at"]) - instant(now["scheduled_at"])).total_seconds() >= 600

    def job(number: int) -> dict[str, object]:
        return next(j for j in program.json("jobs") if j["id"] == number)

    wait_until(lambda: job(now["id"])["state"] == "discarded", timeout_s=20)
    again = program.json("retry", str(now["id"]))
    assert (again["origin"], again["retry_of"]) == ("retry", now["id"])
    wait_until(lambda: job(again["id"])["state"] == "discarded", timeout_s=20)
    program.call("cancel", str(later["id"]))
    assert job(later["id"])["state"] == "cancelled"
    assert program.stop_agent(agent, signal.SIGTERM) == 0
