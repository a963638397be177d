"""From a claimed job to the plan of its process: looks up the definitions and whatever else may take its time."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from core.catalog.definitions import DefinitionCache
from core.clock import Clock
from core.errors import ClockhandError, NotFoundError
from core.exchange.env_file import read_env_files
from core.execution.definitions import Base, CommandDefinition, EnvironmentDefinition, JobFacts
from core.execution.effective import secrets_needed
from core.execution.environment import base_environment, without_bundle_variables
from core.execution.login_shell import LoginShell
from core.execution.outcome import CouldNotStart
from core.execution.plan import CannotStart, Plan, make_plan
from core.processes import ATTEMPT_VARIABLE
from core.queue.engine import JobQueue
from core.queue.jobs import ClaimedJob
from core.secrets import SecretSource
from core.secrets.errors import KeyUnavailableError, SecretUnreadableError

__all__ = ["Launcher", "NotYet"]

logger = logging.getLogger(__name__)


_ASK_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class NotYet:
    """The job can't start now, and that is no fault of its own: it is put back for a while and uses up no attempt.

    `reason` is the few words of the history, such as “keyring locked”.
    """

    reason: str
    after: timedelta = _ASK_AGAIN


class Launcher:
    """Prepares plans; it reads the database, files, the login shell and secrets: not for a window's thread."""

    def __init__(
        self,
        *,
        definitions: DefinitionCache,
        queue: JobQueue,
        secrets: SecretSource,
        clock: Clock,
        session: Mapping[str, str] | None = None,
    ) -> None:
        self._definitions = definitions
        self._queue = queue
        self._secrets = secrets
        self._clock = clock
        self._session = without_bundle_variables(
            dict(os.environ if session is None else session), frozen=getattr(sys, "frozen", False)
        )
        self._login = LoginShell(self._session, elapsed=clock.elapsed)

    def asks_for_secrets(self, job: ClaimedJob) -> bool:
        """Return whether `prepare` will ask for secrets, and so may wait for a keyring. Never raises."""
        try:
            environment = self._environment(job)
        except ClockhandError:
            return False  # which `prepare` will find, and tell
        return isinstance(environment, EnvironmentDefinition) and bool(secrets_needed(environment.layers))

    def prepare(self, job: ClaimedJob) -> Plan | CouldNotStart | NotYet:
        """Return what is to be started for the job, or why nothing can be, or not yet. Never raises."""
        try:
            command = self._definitions.command(job.command_id)
            if command is None:
                return CouldNotStart(f"the command “{job.command_name}” was deleted", permanent=True)
            environment = self._environment(job)
            if isinstance(environment, CouldNotStart):
                return environment
            return self._plan(job, command, environment)
        except ClockhandError as error:
            return _why(error)
        except Exception as error:
            # One job that can't be prepared must not keep the others from running.
            logger.exception("Job %d could not be prepared", job.id)
            # Not its repr: that of a UnicodeEncodeError shows the text, which may be a secret.
            return CouldNotStart(_writable(f"an error inside Clockhand: {type(error).__name__}: {error}"))

    def draft(
        self, command: CommandDefinition, environment_id: int | None, facts: JobFacts, *, to_be_started: bool
    ) -> Plan:
        """Return the plan of a command as it is written now, saved or not, in a saved environment.

        A plan that is not to be started is for looking at `shown`: no secret is asked for, each has a stand-in. Raises
        CannotStart, NotFoundError where the environment was deleted, and other ClockhandErrors.
        """
        environment = None
        if environment_id is not None:
            environment = self._definitions.environment(environment_id)
            if environment is None:
                raise NotFoundError("environment", f"number {environment_id}")
        secrets: Mapping[str, str] = {}
        if environment is not None:
            secrets = self._secrets.values(environment) if to_be_started else _stand_ins(environment)
        return self._make(command, environment, facts, secrets)

    def _environment(self, job: ClaimedJob) -> EnvironmentDefinition | CouldNotStart | None:
        if job.environment_id is None:
            return None
        environment = self._definitions.environment(job.environment_id)
        if environment is None:
            return CouldNotStart(f"the environment “{job.environment_name}” was deleted", permanent=True)
        return environment

    def _plan(self, job: ClaimedJob, command: CommandDefinition, environment: EnvironmentDefinition | None) -> Plan:
        facts = JobFacts(
            id=job.id,
            attempt=job.attempt,
            due_at=job.due_at,
            scheduled_at=job.scheduled_at,
            schedule_name=job.schedule_name,
            cron_name=job.cron_name,
            origin=job.origin,
        )
        secrets = {} if environment is None else self._secrets.values(environment)
        plan = self._make(command, environment, facts, secrets)
        token = self._queue.attempt_token(job.id, job.attempt)
        return replace(plan, environment={**plan.environment, ATTEMPT_VARIABLE: token})

    def _make(
        self,
        command: CommandDefinition,
        environment: EnvironmentDefinition | None,
        facts: JobFacts,
        secrets: Mapping[str, str],
    ) -> Plan:
        kind = Base.SESSION if environment is None else environment.base
        login = self._login.variables() if kind is Base.LOGIN else None
        base = base_environment(kind, session=self._session, login=login)
        home = Path.home()
        return make_plan(
            command,
            environment,
            facts,
            base=base,
            secrets=secrets,
            local_zone=self._clock.zone(),
            home=home,
            files={} if environment is None else read_env_files(environment, base, home),
        )


def _stand_ins(environment: EnvironmentDefinition) -> dict[str, str]:
    secret = (each.name for layer in environment.layers for each in layer.variables if each.secret)
    # In brackets: the word alone would be masked in the sentences that say why a text is wrong.
    return dict.fromkeys(secret, "(secret)")


def _why(error: ClockhandError) -> CouldNotStart | NotYet:
    if isinstance(error, KeyUnavailableError) and error.trouble.is_passing:
        return NotYet(error.trouble.value)
    if isinstance(error, CannotStart):
        return CouldNotStart(_writable(error.reason), permanent=error.permanent)
    return CouldNotStart(
        _writable(str(error)), permanent=isinstance(error, KeyUnavailableError | SecretUnreadableError)
    )


def _writable(text: str) -> str:
    """Return `text` with the bytes of file names that are not UTF-8 made visible: no database takes them as text."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
