"""The words for how the scheduler is: alive, paused, late, or not there, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication

from core.history.glance import Glance
from core.queue.pauses import PauseSpan
from desktop.models.pause_texts import until_text, who_text
from desktop.models.run_texts import brief_text, elapsed_text

__all__ = ["LATE_BEAT", "LATE_DUE", "SchedulerState", "scheduler_state"]

LATE_BEAT = timedelta(seconds=60)
"""An agent that has not told for so long that it is alive is shown as an alarm."""

LATE_DUE = timedelta(seconds=30)
"""A due time that has been over for so long, and is still to come, is told; below that it is under way."""


@dataclass(frozen=True, slots=True)
class SchedulerState:
    """`words` are short, `advice` is a sentence or two; `tone` and `icon` are names that the theme knows."""

    words: str
    advice: str
    tone: str
    icon: str


def scheduler_state(glance: Glance, agent_id: int, now: datetime, *, is_ending: bool = False) -> SchedulerState:
    """Return how the scheduler of this agent is at this time; `is_ending` when it begins nothing any more."""
    if is_ending:
        return _ending(glance.running_count)
    mine = next((agent for agent in glance.agents if agent.id == agent_id), None)
    if mine is None:
        advice = _tr("Nothing becomes due while it does not run. Quit Clockhand and start it again.")
        return SchedulerState(_tr("The scheduler does not run"), advice, "bad", "warning")
    silence = now - mine.heartbeat_at
    if silence > LATE_BEAT:
        words = _tr("The scheduler has not answered for {time}").format(time=elapsed_text(silence))
        advice = _tr(
            "Runs may come late; none is lost. The machine may be very busy or its disk full. If this does not pass,"
            " quit Clockhand and start it again."
        )
        return SchedulerState(words, advice, "bad", "warning")
    if glance.paused is not None and not glance.paused.is_over(now):
        return _paused(glance.paused, now)
    if glance.overdue is not None and now - glance.overdue.since > LATE_DUE:
        first = glance.overdue
        words = _tr("The scheduler is {time} late").format(time=elapsed_text(now - first.since))
        advice = _tr("“{name}” should have begun at {at}. It comes as soon as the machine lets it; nothing is lost.")
        advice = advice.format(name=first.schedule, at=brief_text(first.since, now))
        return SchedulerState(words, advice, "warning", "warning")
    return SchedulerState(_tr("Scheduling"), _tr("What is due runs on time."), "good", "alive")


def _ending(running: int) -> SchedulerState:
    words = _tr("Ending")
    if running:
        words = _tr("Ending: waits for 1 run") if running == 1 else _tr("Ending: waits for {count} runs")
    advice = _tr("What becomes due or is run by hand meanwhile waits for the next start.")
    return SchedulerState(words.format(count=running), advice, "warning", "quit")


def _paused(pause: PauseSpan, now: datetime) -> SchedulerState:
    since = until_text(pause.started_at, now)
    words = _tr("Paused since {time}").format(time=since)
    advice = _tr(
        "Paused by {who}. Due times that pass meanwhile are skipped and recorded; what you run by hand still runs."
    )
    if pause.until_at is not None:
        words = _tr("Paused until {time}").format(time=until_text(pause.until_at, now))
        advice = _tr(
            "Paused by {who} since {time}. Due times that pass meanwhile are skipped and recorded; what you run by hand"
            " still runs."
        )
    return SchedulerState(words, advice.format(who=who_text(pause.origin), time=since), "warning", "pause")


def _tr(text: str) -> str:
    return QCoreApplication.translate("SchedulerState", text)
