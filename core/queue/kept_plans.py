"""Takes a value out of the plans that are kept, where it becomes a secret after it was a plain one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, func, select, type_coerce, update

from core.changes import Changes
from core.execution.secret_forms import secret_forms, without_secrets
from core.model import PlanRecord
from core.writer import Transaction

__all__ = ["hide_value"]

_TEXTS = ("program", "text", "working_directory")


def hide_value(transaction: Transaction, name: str, value: str) -> int:
    """Mask the value in the plans in which the variable `name` had it; return how many there were.

    They keep their digests: of a plan that was changed so, that is the digest of what was run, which may be run again.
    Other plans stay as they are, because a value such as “production” may stand there for another reason.
    """
    connection = transaction.connection
    # Names are letters, digits and underscores, so in JSON one stands as it is.
    mentions = func.instr(type_coerce(PlanRecord.body, Text), f'"{name}"') > 0
    forms = secret_forms([value])
    hidden = 0
    for digest, body in connection.execute(select(PlanRecord.digest, PlanRecord.body).where(mentions)).all():
        if any(each["name"] == name and each.get("value") == value for each in body.get("variables", ())):
            masked = _masked(body, name, value, forms)
            connection.execute(update(PlanRecord).where(PlanRecord.digest == digest).values(body=masked))
            hidden += 1
    if hidden:
        transaction.changed(Changes(jobs=True))
    return hidden


def _masked(body: dict[str, Any], name: str, value: str, forms: tuple[bytes, ...]) -> dict[str, Any]:
    texts = {key: without_secrets(body[key], forms) for key in _TEXTS if key in body}
    variables = []
    for each in body["variables"]:
        shown = each.get("value")
        is_it = each["name"] == name and shown == value
        if shown is not None and (is_it or without_secrets(shown, forms) != shown):
            variables.append({key: item for key, item in each.items() if key != "value"} | {"secret": True})
        else:
            variables.append(each)
    return body | texts | {"variables": variables}
