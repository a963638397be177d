"""What a template may reach: the names it was given, a few filters and tests, and nothing of Python."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import jinja2
from jinja2.runtime import Context as JinjaContext
from jinja2.sandbox import SandboxedEnvironment

from core.errors import ClockhandError
from core.execution.places import mark
from core.execution.quoting import Secret

__all__ = ["COLLECTED", "FACT_NAMES", "TemplateError", "names_for", "sandbox"]

FACT_NAMES = ("job.id", "job.attempt", "job.due_at", "schedule.name", "environment.name", "command.name")
"""What a template may name besides variables."""

_NAMESPACES = frozenset(name.partition(".")[0] for name in FACT_NAMES)
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "lower",
    "replace", "round", "string", "title", "trim", "truncate", "upper", "urlencode",
)  # fmt: skip
_TESTS = ("defined", "undefined", "eq", "ne", "lt", "le", "gt", "ge", "==", "!=", "<", "<=", ">", ">=", "in", "number")
COLLECTED = "\ufdd5"
"""The name under which a rendering is given the list that its placeholders fill."""


class TemplateError(ClockhandError):
    """A command's text can't be used as it is; `line` and `column` count from 1 and point at the place.

    `unknown` is the name that has no value, where that is what is wrong, and empty otherwise.
    """

    def __init__(self, message: str, *, line: int = 1, column: int = 1, unknown: str = "") -> None:
        self.message = message
        self.unknown = unknown
        self.line = line
        self.column = column
        super().__init__(message)


class _Unknown(jinja2.StrictUndefined):
    """A name without a value; any use but `default` and `is defined` raises with the bare name as the message."""

    @property
    def _undefined_message(self) -> str:
        owner = self._undefined_obj
        return f"{owner.name}.{self._undefined_name}" if isinstance(owner, _Namespace) else str(self._undefined_name)


class _Namespace:
    """What `job`, `schedule`, `environment` and `command` are in a template: names with a dot, no value."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: dict[str, str] = {}

    def __str__(self) -> str:
        known = " or ".join(name for name in FACT_NAMES if name.startswith(f"{self.name}."))
        raise TemplateError(f"“{self.name}” alone has no value. Write {known}.")


class _SecretValue:
    """A secret in a template: it can be put in and tested, and nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        raise TemplateError(
            f"The secret {self.name} can only be put in as it is, {{{{ {self.name} }}}}, because the text carries a"
            " reference to it and not its value. Let the shell or the program change it."
        )


class _Sandbox(SandboxedEnvironment):
    """Lets a template reach the names that it was given, and no attribute of any Python object."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, _Namespace):
            found = obj.values.get(attribute)
            return self.undefined(obj=obj, name=attribute) if found is None else found
        if isinstance(obj, jinja2.Undefined):
            return obj
        raise TemplateError(f"“.{attribute}” can't be read: the value before it is a text, which has no parts.")

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, (str, list)) and isinstance(argument, (int, slice)):
            return obj[argument]
        return self.getattr(obj, str(argument))


@lru_cache(maxsize=1)
def sandbox() -> SandboxedEnvironment:
    """Return the environment of all templates; it is made once."""
    environment = _Sandbox(
        variable_start_string="\ufdd2{",
        variable_end_string="}}",
        block_start_string="\ufdd3%",
        block_end_string="%}",
        comment_start_string="\ufdd4#",
        comment_end_string="#\ufdd4",
        undefined=_Unknown,
        finalize=_finalize,
        keep_trailing_newline=True,
        autoescape=False,
        cache_size=0,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


@jinja2.pass_context
def _finalize(context: JinjaContext, value: object) -> str:
    """Keep what a placeholder gives and leave a mark. The context is asked for also so that constants come here."""
    collected: list[str | Secret] = context.parent[COLLECTED]
    if isinstance(value, _SecretValue):
        collected.append(Secret(value.name))
    elif isinstance(value, (str, int, float, jinja2.Undefined, _Namespace)):
        collected.append(str(value))
    else:
        raise TemplateError("Only texts and numbers can be put into a command. Put a list together with join('…').")
    return mark(len(collected) - 1)


def names_for(values: Mapping[str, str], secret_names: Collection[str]) -> dict[str, Any]:
    """Return what a template may name: `values` with the FACT_NAMES among them, and secrets without their values."""
    names: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    names.update({name: _SecretValue(name) for name in secret_names})
    spaces = {name: _Namespace(name) for name in _NAMESPACES}
    for fact in FACT_NAMES:
        if fact in values:
            space, _, part = fact.partition(".")
            spaces[space].values[part] = values[fact]
    return names | spaces
