"""What is known of two runs beside their output, side by side: how they ended, and with what they ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.history.contract import run_as_json
from core.history.runs import Run

__all__ = ["Change", "Fact", "Variable", "compare_facts", "compare_variables"]

# Those that say something about what the run did, or was to do. The others are always different.
_OF_RUN = ("command", "environment", "outcome", "exit_code", "signal")
_BESIDE = ("duration_ms", "started_at", "origin", "schedule", "attempt", "output_bytes")
_OF_PLAN = (
    "shell",
    "program",
    "working_directory",
    "timeout_ms",
    "success_exit_codes",
    "interactive",
    "base",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of both runs, under its name in the contract of DESIGN §12 or in the plan, as a value fit for JSON.

    `differs` is never set for what is always another one, such as the time of the start.
    """

    name: str
    before: Any
    after: Any
    differs: bool


class Change(StrEnum):
    """What has become of a variable."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the environment in both runs. A secret's value was never kept, so that it can't be compared.

    `before` and `after` are its values, None where it is missing or secret; the origins say where it comes from.
    """

    name: str
    change: Change
    before: str | None
    after: str | None
    before_origin: str | None
    after_origin: str | None
    is_secret: bool


def compare_facts(
    before: Run, after: Run, plan_before: Mapping[str, Any] | None, plan_after: Mapping[str, Any] | None
) -> tuple[Fact, ...]:
    """Return the facts of both runs, in the order in which they are shown. Of a run without a plan it is not known.

    The outcome of a run that has none yet is its state.
    """
    here, there = ({**told, "outcome": told["outcome"] or told["state"]} for told in map(run_as_json, (before, after)))
    facts = [Fact(name, here[name], there[name], here[name] != there[name]) for name in _OF_RUN]
    facts += [Fact(name, here[name], there[name], differs=False) for name in _BESIDE]
    old, new = plan_before or {}, plan_after or {}
    facts += [Fact(name, old.get(name), new.get(name), old.get(name) != new.get(name)) for name in _OF_PLAN]
    return tuple(facts)


def compare_variables(
    plan_before: Mapping[str, Any] | None, plan_after: Mapping[str, Any] | None
) -> tuple[Variable, ...]:
    """Return the variables that the environment gave to either run, by name."""
    here, there = _variables(plan_before), _variables(plan_after)
    return tuple(_variable(name, here.get(name), there.get(name)) for name in sorted(here.keys() | there.keys()))


def _variables(plan: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    return {variable["name"]: variable for variable in (plan or {}).get("variables", ())}


def _variable(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Variable:
    here, there = before or {}, after or {}
    if before is None or after is None:
        change = Change.ADDED if before is None else Change.REMOVED
    else:
        is_same = all(here.get(key) == there.get(key) for key in ("value", "secret", "origin"))
        change = Change.SAME if is_same else Change.CHANGED
    return Variable(
        name=name,
        change=change,
        before=here.get("value"),
        after=there.get("value"),
        before_origin=here.get("origin"),
        after_origin=there.get("origin"),
        is_secret=bool(here.get("secret") or there.get("secret")),
    )
