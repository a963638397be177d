"""Fills a data folder with what the pictures of the window show: all of it has really run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.exchange.bundle import apply_bundle, read_bundle
from core.history.runs import Run, RunFilter
from core.queue.scopes import PauseScope
from core.queue.states import JobState, Origin
from core.workspace import Workspace
from desktop.models.pause_texts import WINDOW
from resources import SHOWCASE, sample

__all__ = ["Showcase"]

LONG = "back up the photos"
FAILING = "import the price list"
RETRYING = "renew the certificates"
LATE = "send the weekly report"
PAUSED = "photos to the NAS"
SKIPPED = "weekly report"
MUTED = "shop is up"
_OTHER_PRICES = {"PRICES": "tuesday.csv"}
_ENDED = (JobState.COMPLETED, JobState.DISCARDED)


class Showcase:
    """Runs what the bundle defines; `wait` lets time pass until a condition holds."""

    def __init__(self, workspace: Workspace, wait: Callable[[Callable[[], bool]], None]) -> None:
        self._workspace = workspace
        self._wait = wait

    def fill(self) -> None:
        """Make a history of successes, failures, retries and a time limit that was exceeded."""
        workspace = self._workspace
        apply_bundle(workspace.database, workspace.clock, read_bundle(sample(SHOWCASE), SHOWCASE))
        self._run(FAILING, "live")
        self._wait(lambda: self.newest(FAILING) is not None)
        self._bring_other_prices()
        self._run(LONG, "home office")
        for command, environments in (
            ("check the shop", ("live", "staging", "live", "staging")),
            ("dump the database", ("live", "staging")),
            (FAILING, ("staging", "live")),
            (RETRYING, (None,)),
            (LATE, (None,)),
        ):
            for environment in environments:
                self._run(command, environment)
        for command in (LATE, RETRYING, LONG):
            self._wait(lambda name=command: self.newest(name) is not None)  # type: ignore[misc]  # bound early
        self._wait(self._was_run_by_its_schedule)

    def be_busy(self) -> None:
        """Have something run for a while, something fail, and something skipped because the former runs."""
        self._run(LONG, "home office")
        self._wait(lambda: self.newest(LONG, JobState.EXECUTING) is not None)
        self._run(LONG, "home office")
        self._run(LATE, None)
        self._wait(lambda: self.newest(LATE, JobState.EXECUTING) is not None)

    def hold_back(self) -> None:
        """Pause one schedule, skip the next run of another, and mute a cell of a third that skips a run, too."""
        queue, catalog, now = self._workspace.queue, self._workspace.catalog, self._workspace.clock.now()
        queue.pause(PauseScope.schedule(catalog.schedule(PAUSED).id), until=now + timedelta(days=3), origin=WINDOW)
        queue.skip_next(catalog.schedule(SKIPPED).id, origin=WINDOW)
        muted = catalog.schedule(MUTED)
        cron_id = muted.links[-1].cron_id
        queue.pause(PauseScope.cell(muted.id, muted.environment_ids[-1], cron_id), origin=WINDOW)
        queue.skip_next(muted.id, cron_id, origin=WINDOW).result()

    def newest(self, command: str, *states: JobState) -> Run | None:
        """Return the newest run of a command that has ended, or is in one of the states."""
        wanted = RunFilter(text=command, states=list(states or _ENDED))
        return next(iter(self._workspace.runs.page(wanted, limit=1)), None)

    def _was_run_by_its_schedule(self) -> bool:
        run = self.newest("check the shop")
        return run is not None and run.schedule is not None

    def _bring_other_prices(self) -> None:
        """Change what an environment says, so that what succeeded with it fails from now on."""
        catalog = self._workspace.catalog
        live = catalog.environment("live")
        catalog.change(live.id, replace(live.spec, variables={**live.spec.variables, **_OTHER_PRICES}))

    def _run(self, command: str, environment: str | None) -> None:
        catalog = self._workspace.catalog
        where = catalog.environment(environment).id if environment is not None else None
        self._workspace.queue.run(catalog.command(command).id, where, origin=Origin.MANUAL)
