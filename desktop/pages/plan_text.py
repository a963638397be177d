"""Says what exactly a run ran, as text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from PySide6.QtCore import QCoreApplication

from core.durations import describe_duration
from core.history.runs import Run

__all__ = ["plan_text"]


def plan_text(plan: dict[str, Any] | None, run: Run) -> str:
    """Return the text that ran, then how it ran; of a secret only its name was kept."""
    if plan is None:
        return _tr("It has not started yet.") if run.is_live else _tr("Nothing was started.")
    facts = [
        (_tr("Shell"), f"{plan['shell']} ({plan['program']})"),
        (_tr("Working directory"), plan["working_directory"]),
    ]
    if plan["timeout_ms"] is not None:
        facts.append((_tr("Time limit"), describe_duration(timedelta(milliseconds=plan["timeout_ms"]))))
    if plan.get("terminal"):
        facts.append((_tr("Terminal"), _tr("its own")))
    facts.append((_tr("Base environment"), plan["base"]))
    width = max(len(name) for name, _ in facts) + 2
    lines = [plan["text"].strip("\n"), "", *(f"# {name + ':':<{width}}{value}" for name, value in facts)]
    lines += [_variable(variable) for variable in plan["variables"]]
    return "\n".join(lines)


def _variable(variable: dict[str, Any]) -> str:
    value = _tr("(secret)") if variable.get("secret") else variable["value"]
    return _tr("# {name}={value}   from {origin}").format(name=variable["name"], value=value, origin=variable["origin"])


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlanText", text)
