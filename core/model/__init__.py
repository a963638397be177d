"""The tables: the catalog, the queue with its history, and what the agents observed.

Jobs and events name catalog rows by id and by name, without foreign keys: history outlives what it speaks of. Ids are
never used twice (AUTOINCREMENT), so an id that finds nothing means “deleted since”.
"""

from core.model.base import Base
from core.model.catalog import Command, Cron, Environment, Schedule, ScheduleCron, ScheduleEnvironment, Variable
from core.model.observed import Observation, Setting
from core.model.queue import Agent, Event, Job, Pause, PlanRecord, Queue, Skip

__all__ = [
    "Agent",
    "Base",
    "Command",
    "Cron",
    "Environment",
    "Event",
    "Job",
    "Observation",
    "Pause",
    "PlanRecord",
    "Queue",
    "Schedule",
    "ScheduleCron",
    "ScheduleEnvironment",
    "Setting",
    "Skip",
    "Variable",
]
