"""Writes a run down as a shell script that does the same again, from what was kept of it.

The script sets what Clockhand added (the working directory, the environment's variables, its own) and then holds the
text as it ran. Secrets were never kept: their lines are comments without a value.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Any

from core.execution.definitions import Base, CommandDefinition, EnvironmentDefinition, JobFacts, Shell
from core.execution.environment import clockhand_variables
from core.execution.quoting import QuotingError, quote
from core.history.runs import Run

__all__ = ["shell_script"]

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_COMMENT = {Shell.CMD: "rem "}
_BASES = {
    Base.SESSION: "Its other variables came from the session in which Clockhand ran.",
    Base.LOGIN: "Its other variables came from the login shell.",
    Base.CLEAN: "It had no other variables than a clean environment has; env -i gives one.",
}


def shell_script(plan: Mapping[str, Any], run: Run, zone: tzinfo) -> str:
    """Return the text of a script for the shell that the run used; a run without a shell becomes one for sh.

    `plan` is what `Runs.plan` returned. `zone` is the machine's zone, for the local due time that the run was told.
    """
    shell = Shell(plan["shell"])
    writer = Shell.SH if shell is Shell.NONE else shell
    own = clockhand_variables(
        CommandDefinition(id=run.command_id, name=run.command, run="", shell=shell),
        EnvironmentDefinition(id=run.environment_id or 0, name=run.environment) if run.environment else None,
        JobFacts(
            id=run.id,
            attempt=max(1, run.attempt),
            due_at=run.due_at,
            scheduled_at=run.scheduled_at,
            schedule_name=run.schedule,
        ),
        zone,
    )
    lines = [*_first_lines(plan, shell), *_comments(plan, run, writer), _enter(plan["working_directory"], writer)]
    if writer.is_posix and not plan["interactive"]:
        lines.append("exec </dev/null")
    lines += [_kept(variable, writer) for variable in plan["variables"]]
    lines += [_assign(name, value, writer) for name, value in own.items()]
    return "\n".join([*lines, "", _text(plan, shell), ""])


def _first_lines(plan: Mapping[str, Any], shell: Shell) -> list[str]:
    if shell is Shell.NONE:
        return ["#!/bin/sh"]
    if shell.is_posix:
        program = str(plan["program"])
        # A kernel splits the line at its first space.
        return [f"#!{program}" if " " not in program else f"#!/usr/bin/env {shell.value}"]
    return ["@echo off"] if shell is Shell.CMD else []


def _comments(plan: Mapping[str, Any], run: Run, writer: Shell) -> list[str]:
    where = f"“{run.command}” in “{run.environment}”" if run.environment else f"“{run.command}”"
    sentences = [f"Run {run.id} of {where} as Clockhand ran it.", _BASES[Base(plan["base"])]]
    if plan["timeout_ms"] is not None:
        sentences.append(f"It was given {plan['timeout_ms'] / 1000:g} s; this script sets no limit.")
    if plan.get("terminal"):
        sentences.append("It had a terminal; run this script in one.")
    if writer is Shell.CMD and "%" in plan["text"]:
        sentences.append("Within a file, cmd wants each % of a variable of FOR to be doubled.")
    return [_comment(sentence, writer) for sentence in sentences]


def _comment(sentence: str, writer: Shell) -> str:
    # A name with a line feed would end the comment and be run.
    return _COMMENT.get(writer, "# ") + _CONTROL.sub(" ", sentence)


def _enter(folder: str, writer: Shell) -> str:
    if writer.is_posix:
        return f"cd -- {quote(folder, writer)} || exit"
    if writer is Shell.PWSH:
        return f"Set-Location -LiteralPath {quote(folder, writer)} -ErrorAction Stop"
    return _or_comment(lambda: f"cd /d {quote(folder, writer)} || exit /b", f"cd /d to {folder}", writer)


def _kept(variable: Mapping[str, Any], writer: Shell) -> str:
    name = variable["name"]
    if not variable.get("secret"):
        return _assign(name, variable["value"], writer)
    form = {Shell.PWSH: f"$env:{name} = ''", Shell.CMD: f'set "{name}="'}.get(writer, f"export {name}=")
    return _comment(f"{form}   (a secret of {variable['origin']}: put its value in, and take the mark away)", writer)


def _assign(name: str, value: str, writer: Shell) -> str:
    if writer.is_posix:
        return f"export {name}={quote(value, writer)}"
    if writer is Shell.PWSH:
        return f"$env:{name} = {quote(value, writer)}"

    def write() -> str:
        quote(value, writer)  # refuses what can't be carried; SET itself reads backslashes as they stand
        return f'set "{name}={value}"'

    return _or_comment(write, f"set {name}={value}", writer)


def _or_comment(write: Callable[[], str], meant: str, writer: Shell) -> str:
    try:
        return write()
    except QuotingError:
        return _comment(f"{meant}   (not written: cmd can't carry one of its characters safely)", writer)


def _text(plan: Mapping[str, Any], shell: Shell) -> str:
    if shell is not Shell.NONE:
        return str(plan["text"]).strip("\n")
    # The program was looked for when it ran, and what was found is what ran.
    words = [plan["program"], *shlex.split(plan["text"])[1:]]
    return "exec " + shlex.join(words)
