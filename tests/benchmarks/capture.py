"""What a job prints at full speed, captured into its file, beside `cat` taking the same bytes from a pipe into a file.

The jobs run in an agent as they always do: claimed, started, read in slices by Qt's event loop, written with an index,
recorded. Targets: at least 0.80 of cat; with two secrets to mask, which come up every thousand lines, at least 0.25;
the memory of the process grows by less than 50 MB. Usage: python -m tests.benchmarks.capture [megabytes]
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from core.catalog.specs import CommandSpec, EnvironmentSpec
from core.execution.definitions import EnvironmentDefinition
from core.output.files import delete_outputs
from core.queue.states import JobState, Origin
from core.settings import OUTPUT_LIMIT_BYTES
from core.workspace import Workspace
from desktop.agent import Agent
from tests.benchmarks._agents import agent_in, loop_until
from tests.benchmarks._support import interleaved, print_table, rate, work_folder

ROUNDS = 5
SECRETS = {"TOKEN": "mJX-ctGrmDSYm3+FCCdfY0ek/ZmFim2P", "PASSWORD": "correct horse battery staple"}
TARGETS = {"captured": "0.80", "captured, two secrets masked": "0.25"}


class FixedSecrets:
    """The values of the secrets, as a keyring would give them."""

    def values(self, environment: EnvironmentDefinition) -> Mapping[str, str]:
        """Return those that the environment has."""
        names = {each.name for layer in environment.layers for each in layer.variables if each.secret}
        return {name: value for name, value in SECRETS.items() if name in names}


def make_text(path: Path, megabytes: int) -> None:
    """Write lines as programs print them, of which every thousandth holds both secrets."""
    lines = [
        b"2026-11-24 10:00:%02d INFO  worker %03d took %06d ms" % (n % 60, n % 128, n * 7919) for n in range(20_000)
    ]
    for number in range(0, len(lines), 1000):
        lines[number] += " token={TOKEN} password={PASSWORD}".format(**SECRETS).encode()
    block = b"\n".join(lines) + b"\n"
    with path.open("wb") as file:
        for _ in range(max(1, megabytes * 1_000_000 // len(block))):
            file.write(block)


def bare_cat(source: Path, target: Path) -> Callable[[], None]:
    """Return what sends the text through a pipe into a file by two cats."""

    def work() -> None:
        target.unlink(missing_ok=True)
        subprocess.run(["sh", "-c", 'cat "$1" | cat > "$2"', "sh", source, target], check=True)

    return work


def captured(workspace: Workspace, agent: Agent, command_id: int, environment_id: int | None) -> Callable[[], None]:
    """Return what runs a job that prints the text, until its end is on disk."""
    before: list[str | None] = []

    def work() -> None:
        delete_outputs(workspace.folder.output, before)
        before.clear()
        job_id = workspace.queue.run(command_id, environment_id, origin=Origin.MANUAL).result().job_id
        loop_until(lambda: not workspace.runs.get(job_id).is_live, agent.pool.ledger.settled)
        run = workspace.runs.get(job_id)
        assert run.state is JobState.COMPLETED
        with workspace.output(job_id) as reader:
            assert reader.size() == run.stdout_bytes
            is_masked = b"token=*** password=***" in reader.read(0, 1000)
            assert is_masked == (environment_id is not None)
        attempt = workspace.runs.attempt(job_id, None)
        before.append(attempt.output if attempt else None)

    return work


def peak_bytes() -> int:
    """Return the most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    megabytes = int(arguments[0]) if arguments else 1000
    with work_folder() as folder:
        with Workspace(folder / "data") as workspace:
            workspace.settings.set(OUTPUT_LIMIT_BYTES, 4 * megabytes * 1_000_000)
        measure(folder, megabytes)


def measure(folder: Path, megabytes: int) -> None:
    """Measure and print, in a data folder whose limit is beyond what will be printed."""
    with agent_in(folder / "data", secrets=FixedSecrets()) as (workspace, agent, _):
        source = folder / "text"
        make_text(source, 1)
        command_id = workspace.catalog.create(CommandSpec(name="text", run=f"/bin/cat {source}", shell="none"))
        environment_id = workspace.catalog.create(EnvironmentSpec(name="secrets", secrets=tuple(SECRETS)))
        works = {
            "cat from a pipe into a file": bare_cat(source, folder / "copy"),
            "captured": captured(workspace, agent, command_id, None),
            "captured, two secrets masked": captured(workspace, agent, command_id, environment_id),
        }
        for work in works.values():
            work()
        peak = peak_bytes()
        make_text(source, megabytes)
        seconds = interleaved(works, rounds=ROUNDS)
        growth = (peak_bytes() - peak) / 1e6
        size = source.stat().st_size / 1e6
    rates = {name: rate(each, 1) * size for name, each in seconds.items()}
    print_table(
        f"Capture of {size:.0f} MB (median of {ROUNDS} rounds)",
        ["", "MB/s", "ratio", "target"],
        [[name, speed, speed / next(iter(rates.values())), TARGETS.get(name, "")] for name, speed in rates.items()],
    )
    print(f"  The memory of the process grew by {growth:.0f} MB (target: less than 50).")


if __name__ == "__main__":
    main(sys.argv[1:])
