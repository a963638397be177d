"""The APScheduler thread: wakes the dispatcher when something is due, and at least every half minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from core.catalog.due import refresh_system_zone
from core.changes import Changes, Publisher
from core.clock import Clock
from core.database import Database
from core.dispatch.correction import ZONE_CHANGED
from core.dispatch.dispatcher import Dispatcher
from core.errors import ClockhandError
from core.queue.agents import observe
from core.timing.flow import Flow, Reading, Steady, judge
from core.writer import Transaction

__all__ = ["LONGEST_SLEEP", "Timekeeper"]

logger = logging.getLogger(__name__)

LONGEST_SLEEP = timedelta(seconds=30)
_AFTER_FAILURE = timedelta(seconds=2)
_HOUSEKEEPING = timedelta(hours=1)
_FIRST_HOUSEKEEPING = timedelta(seconds=20)
_NOTICEABLE_SLEEP_S = 5.0
_SLACK = timedelta(seconds=1)


class _SteadyJobStore(MemoryJobStore):  # type: ignore[misc]  # APScheduler 3 has no types
    """Looks again after LONGEST_SLEEP at the latest, also where the wall clock was set back.

    APScheduler sleeps until the wall clock shows the next run's time: after a step back by two hours, for two hours.
    """

    def get_next_run_time(self) -> datetime | None:
        """Return when the loop is to look again."""
        latest = datetime.now(UTC) + LONGEST_SLEEP
        soonest = super().get_next_run_time()
        return latest if soonest is None else min(soonest, latest)

    def get_due_jobs(self, now: datetime) -> list[Job]:
        """Return what is due; a waking is never planned further ahead than LONGEST_SLEEP, so one that is, is due."""
        wake = self.lookup_job("wake")
        if wake is not None and wake.next_run_time is not None and wake.next_run_time > now + LONGEST_SLEEP + _SLACK:
            wake.modify(next_run_time=now)
        due: list[Job] = super().get_due_jobs(now)
        return due


class Timekeeper:
    """Runs the wakings in a thread of its own, and notices what happened to time in between.

    A failure inside a waking is logged and tried again soon; the thread never ends by itself. `beat` is called at
    every waking, `housekeep` once an hour, and `halt` when it is to end soon. Whoever starts it must `stop` it.
    """

    # APScheduler's own trigger for cron expressions is not used: it counts weekdays from Monday and joins the day
    # fields by AND. Here it is only the clock that rings.

    def __init__(
        self,
        *,
        database: Database,
        dispatcher: Dispatcher,
        clock: Clock,
        publisher: Publisher,
        beat: Callable[[], object],
        housekeep: Callable[[], object],
        halt: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._clock = clock
        self._publisher = publisher
        self._beat = beat
        self._housekeep = housekeep
        self._halt = halt
        self._started_at = clock.now()
        self._zone = clock.zone()
        self._reading = self._read()
        self._seen_s = (clock.elapsed(), clock.awake())
        self._has_woken = False
        # These three are read and written under `_arming`.
        self._is_poked = False
        self._is_waking = False
        self._is_stopping = False
        self._arming = threading.Lock()
        self._unsubscribe: Callable[[], None] | None = None
        # One worker, so that wakings follow one another; several instances may wait for it, so that none is dropped.
        # It is not run inside the scheduler's own loop, whose lock a waking writer thread may need (`_on_changes`).
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": _SteadyJobStore()},
            executors={"default": ThreadPoolExecutor(1), "slow": ThreadPoolExecutor(1)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 16},
        )

    def start(self) -> None:
        """Start the thread; the first waking comes at once."""
        now = datetime.now(UTC)
        self._scheduler.add_job(
            self._wake, IntervalTrigger(seconds=LONGEST_SLEEP.total_seconds()), id="wake", next_run_time=now
        )
        self._scheduler.add_job(
            self._keep_house,
            IntervalTrigger(seconds=_HOUSEKEEPING.total_seconds()),
            id="housekeeping",
            executor="slow",
            next_run_time=now + _FIRST_HOUSEKEEPING,
            max_instances=1,
        )
        self._unsubscribe = self._publisher.subscribe(self._on_changes)
        self._scheduler.start()

    def stop(self) -> None:
        """End the thread after the waking that runs."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
            self._halt()
            with self._arming:
                # APScheduler waits for the waking that runs while it holds the lock that arming the next one needs.
                self._is_stopping = True
            self._scheduler.shutdown(wait=True)

    def poke(self) -> None:
        """Wake now; may be called from any thread and returns at once."""
        with self._arming:
            # A waking that runs looks at the flag when it ends, and one ring is enough for many pokes.
            if not self._is_poked and not self._is_waking:
                self._ring_at(datetime.now(UTC))
            self._is_poked = True

    def _on_changes(self, changes: Changes) -> None:
        if changes.due_times:
            self.poke()

    def _wake(self) -> None:
        with self._arming:
            self._is_waking = True
            self._is_poked = False
        try:
            next_at = self._work()
        except Exception as error:
            # Catching all is right here: a thread that ended would be a scheduler that silently does nothing.
            sentence = error if isinstance(error, ClockhandError) else repr(error)
            logger.exception("A waking of the scheduler failed and is tried again: %s", sentence)
            next_at = self._clock.now() + _AFTER_FAILURE
        self._arm(next_at)

    def _work(self) -> datetime | None:
        self._notice_sleep()
        reading = self._read()
        flow = self._judge(reading)
        zone = self._clock.zone()
        if not self._has_woken:
            self._zone = zone
            self._dispatcher.follow_zone(reading.wall, zone)
            self._dispatcher.start(self._started_at)
        elif zone.key != self._zone.key:
            # What was due before the change is dealt with in the old zone.
            self._dispatcher.wake(reading.wall, self._zone, flow=flow)
            self._reading, flow = reading, Steady()
            self._change_zone(reading.wall, zone)
        dispatched = self._dispatcher.wake(reading.wall, self._zone, flow=flow)
        # Only now: had the dispatcher failed, the next waking must see the same step again.
        self._reading = reading
        self._has_woken = True
        self._beat()
        return dispatched.next_at

    def _judge(self, reading: Reading) -> Flow:
        if not self._has_woken:
            return self._dispatcher.flow_at_start(reading.wall)
        return judge(self._reading, reading, elapsed_counts_sleep=self._clock.counts_sleep)

    def _notice_sleep(self) -> None:
        elapsed_s, awake_s = self._clock.elapsed(), self._clock.awake()
        slept_s = (elapsed_s - self._seen_s[0]) - (awake_s - self._seen_s[1])
        self._seen_s = (elapsed_s, awake_s)
        if slept_s > _NOTICEABLE_SLEEP_S:
            now = self._clock.now()
            logger.info("The machine slept for %.0f s", slept_s)
            self._database.write(lambda tx: observe(tx, now, "slept", seconds=round(slept_s)))

    def _change_zone(self, now: datetime, new: ZoneInfo) -> None:
        old = self._zone
        logger.info("The machine's time zone changed from %s to %s", old.key, new.key)

        def work(transaction: Transaction) -> None:
            observe(transaction, now, ZONE_CHANGED, before=old.key, after=new.key)
            refresh_system_zone(transaction, new, now, before=old)

        self._database.write(work)
        self._zone = new

    def _keep_house(self) -> None:
        try:
            self._housekeep()
        except Exception as error:
            sentence = error if isinstance(error, ClockhandError) else repr(error)
            logger.exception("Housekeeping failed and is tried again in an hour: %s", sentence)

    def _arm(self, next_at: datetime | None) -> None:
        now = self._clock.now()
        wait = LONGEST_SLEEP if next_at is None else min(max(next_at - now, timedelta()), LONGEST_SLEEP)
        with self._arming:
            self._is_waking = False
            # A poke during this waking may have come too late for it, and must not be put off.
            self._ring_at(datetime.now(UTC) + (timedelta() if self._is_poked else wait))

    def _ring_at(self, moment: datetime) -> None:
        if self._scheduler.running and not self._is_stopping:
            self._scheduler.modify_job("wake", next_run_time=moment)

    def _read(self) -> Reading:
        return Reading(self._clock.now(), self._clock.elapsed())
