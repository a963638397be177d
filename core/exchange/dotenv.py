"""The text of `.env` files, in and out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dotenv.parser import Binding, parse_stream
from dotenv.variables import Variable, parse_variables

from core.errors import InvalidError, Problem
from core.execution.environment import validate_variable
from core.execution.references import escape, references, substitute

__all__ = ["Dotenv", "read_dotenv", "write_dotenv", "write_variables"]

# The name that a line seems to set. A word that nothing of the kind follows may be the rest of a value.
_SEEMS_SET = re.compile(r"\s*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*[=:]", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
# What a shell and every reader of such files takes as it stands.
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Dotenv:
    """What such a text defines, in its order, and what a person should look at, with its line.

    Of the `problems` those that are `wrong` say what could not be taken as it was meant; the others are oddities.
    `put_in` holds, of the values whose references were replaced, the names and values that they were replaced by.
    """

    variables: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    wrong: tuple[Problem, ...] = ()
    put_in: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)


def read_dotenv(
    text: str,
    known: Mapping[str, str] | None = None,
    *,
    known_put_in: Mapping[str, frozenset[tuple[str, str]]] | None = None,
    keep_references: bool = False,
) -> Dotenv:
    """Read a text in the syntax of python-dotenv; it never raises, what can't be taken is a problem.

    `${NAME}` and `${NAME:-otherwise}` are replaced by what stands before in the text or else in `known`, but not
    within single quotes, as in a shell. A name that neither of them knows is left as it stands and is a problem,
    because the environment of this process is not that of a job. Where a name stands twice the last one counts.
    `known_put_in` says of the values in `known` what had been put into them.

    With `keep_references` the values are such as an environment of the catalog has them: `${NAME}` stays a reference,
    and text that only looks like one is written so that it stays text (`core.execution.references`).
    """
    found: dict[str, str] = {}
    put_in = dict(known_put_in or {})
    problems: list[Problem] = []
    odd: list[Problem] = []
    for binding in parse_stream(io.StringIO(text)):
        start = binding.original.string
        line = binding.original.line + len(re.findall(r"\r\n|\n|\r", start[: len(start) - len(start.lstrip())]))
        problem = _problem(binding, line)
        if problem is not None:
            problems.append(problem)
        elif binding.key is not None and binding.value is not None:
            here = {**(known or {}), **found}
            value, missing = (_refer(binding, here), []) if keep_references else _take(binding, here)
            problems += [Problem(f"variable “{binding.key}”", _not_known(name), line=line) for name in missing]
            if binding.key in found:
                message = "It stands there more than once; the last one counts."
                odd.append(Problem(f"variable “{binding.key}”", message, line=line))
                problems.append(odd[-1])
            if not keep_references:
                put_in[binding.key] = _put_in(binding, here, put_in)
            found[binding.key] = value
    return Dotenv(
        found,
        tuple(problems),
        tuple(problem for problem in problems if problem not in odd),
        {name: parts for name, parts in put_in.items() if name in found and parts},
    )


def write_dotenv(variables: Mapping[str, str]) -> str:
    """Return a text that `read_dotenv` reads as these variables.

    A shell can source it, too, unless a value holds a single quote or a backslash: those are escaped differently there.
    """
    return "".join(f"{name}={_quote(value)}\n" for name, value in variables.items())


def write_variables(variables: Mapping[str, str]) -> str:
    """Return a text that gives an environment of the catalog these very values again, references included.

    Of a value with both references and text that only looks like one (`$${NAME}`) the latter becomes a reference: there
    is no way to write that.
    """
    return "".join(f"{name}={_quote_written(value)}\n" for name, value in variables.items())


def _quote_written(value: str) -> str:
    if not references(value):
        return _quote(substitute(value, str))
    text = substitute(value, lambda name: f"${{{name}}}")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _quote(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _problem(binding: Binding, line: int) -> Problem | None:
    """Return what is wrong with a line, with no more of its text than the name: the rest may be a secret."""
    if binding.error:
        return Problem(_where(binding), "It is no NAME=value. Is a quote missing?", line=line)
    if binding.key is None:
        return None
    if binding.value is None:
        return Problem(_where(binding), "It has no value. Write NAME= for an empty one.", line=line)
    try:
        validate_variable(binding.key, binding.value)
    except InvalidError as error:
        return Problem(_where(binding), error.problems[0].message, line=line)
    return None


def _where(binding: Binding) -> str:
    found = _SEEMS_SET.match(binding.original.string)
    return f"variable “{found[1]}”" if found else ""


def _not_known(name: str) -> str:
    if not _NAME.fullmatch(name):
        return "What stands between ${ and } is no name, so it stays as it stands. Put the value into single quotes."
    return f"“{name}” is not known here, so ${{{name}}} stays as it stands. Write its value instead."


def _refer(binding: Binding, known: Mapping[str, str]) -> str:
    """Return the value with its references as an environment's value has them."""
    value = binding.value or ""
    if _is_raw(binding):
        return escape(value)
    done = text = ""
    for atom in parse_variables(value):
        if isinstance(atom, Variable) and (atom.default is None or atom.name in known):
            text = escape(text)
            # Dollars right before a reference would be read with it.
            dollars = len(text) - len(text.rstrip("$"))
            done, text = f"{done}{text}{'$' * dollars}${{{atom.name}}}", ""
        else:
            text += atom.resolve(known)
    return done + escape(text)


def _is_raw(binding: Binding) -> bool:
    """Return whether the value stands in single quotes, where nothing is replaced."""
    _, _, written = binding.original.string.partition("=")
    return written.lstrip(" \t").startswith("'")


def _put_in(
    binding: Binding, known: Mapping[str, str], put_in: Mapping[str, frozenset[tuple[str, str]]]
) -> frozenset[tuple[str, str]]:
    """Return what the references of the value are replaced by, with what had been put into that."""
    if _is_raw(binding):
        return frozenset()
    atoms = parse_variables(binding.value or "")
    names = {atom.name for atom in atoms if isinstance(atom, Variable) and atom.name in known}
    return frozenset((name, known[name]) for name in names).union(*(put_in.get(name, frozenset()) for name in names))


def _take(binding: Binding, known: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the value with its references replaced, and the names that nobody knows."""
    missing: list[str] = []
    value = binding.value or ""
    if _is_raw(binding):
        return value, missing

    def parts() -> Iterator[str]:
        for atom in parse_variables(value):
            if isinstance(atom, Variable) and atom.name not in known and atom.default is None:
                missing.append(atom.name)
                yield f"${{{atom.name}}}"
            else:
                yield atom.resolve(known)

    return "".join(parts()), missing
