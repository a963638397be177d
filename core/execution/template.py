"""The template of a command's text: Jinja2 in a sandbox, with placeholders that never harm ordinary shell text.

Only `{{ … }}` and statements `{% if %}`, `{% for %}`, `{% set %}`, `{% raw %}` are special; there are no comments,
because `{#` is shell syntax in `${#array[@]}`, and `{%H}` or `{%s}` of a format stays text. What a placeholder puts
in is not written by Jinja at all: it leaves a mark, and `quoting.fill` puts the quoted values in afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypedDict

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context as JinjaContext
from jinja2.sandbox import SandboxedEnvironment

from core.errors import ClockhandError, suggest
from core.execution.definitions import Shell
from core.execution.places import MARK, mark
from core.execution.quoting import QuotingError, Secret, fill
from core.execution.shells import split

__all__ = ["FACT_NAMES", "Template", "TemplateError", "compile_template"]

FACT_NAMES = ("job.id", "job.attempt", "job.due_at", "schedule.name", "environment.name", "command.name")
_NAMESPACES = frozenset(name.partition(".")[0] for name in FACT_NAMES)
_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "lower",
    "replace", "round", "string", "title", "trim", "truncate", "upper", "urlencode",
)  # fmt: skip
_TESTS = ("defined", "undefined", "eq", "ne", "lt", "le", "gt", "ge", "==", "!=", "<", "<=", ">", ">=", "in", "number")
_COLLECTED = "\ufdd5"
_OWN_CHARACTERS = re.compile("[\ufdd0-\ufdd5]")
_STRING = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
_STATEMENTS = "if|elif|else|endif|for|endfor|set|raw|endraw"
_STATEMENT = re.compile(rf"\{{%[-+]?\s*({_STATEMENTS})\b")
_TAG = re.compile(
    rf"""(?P<raw>\{{%[-+]?\s*raw\s*[-+]?%\}}.*?(?P<endraw>\{{%[-+]?\s*endraw\s*[-+]?%\}}))
    | \{{\{{ (?:{_STRING}|(?!\}}\}}).)*? \}}\}}
    | \{{% [-+]?\s* (?: (?:{_STATEMENTS})\b | (?<=\s)[a-z] ) (?:{_STRING}|(?!%\}}).)*? %\}}
    | (?P<open>\{{\{{)""",
    re.VERBOSE | re.DOTALL,
)
_FAILURES = (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)


class _Place(TypedDict):
    line: int
    column: int


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


class Template:
    """A command's text, ready to be filled in; immutable, so one object serves all threads."""

    def __init__(self, text: str, shell: Shell) -> None:
        """Read `text`. Raises TemplateError when it is no template."""
        self._text = text
        self._shell = shell
        _refuse_own_characters(text)
        self._tags = [found for found in _TAG.finditer(text) if "{{" in text or "{%" in text]
        for tag in self._tags:
            if tag["open"]:
                raise self._error_at(tag.start(), f"“{{{{” opens a placeholder that is never closed. {_escape('{{')}")
        self._compiled: jinja2.Template | None = None
        self._tree: nodes.Template | None = None
        if self._tags:
            self._compile()

    def render(self, values: Mapping[str, str], secret_names: Collection[str] = ()) -> str:
        """Return the text that the shell will read.

        `values` holds the environment's variables and the FACT_NAMES that the job has; a secret's placeholder becomes
        a reference to the process's variable of that name. Raises TemplateError: an unknown name, a value that can't
        stand where its placeholder stands, a statement that fails.
        """
        text, collected = self._collect(values, secret_names)
        try:
            return fill(text, collected, self._shell) if collected else text
        except QuotingError as error:
            raise TemplateError(str(error), **self._first_place()) from error

    def render_argv(self, values: Mapping[str, str], secret_names: Collection[str] = ()) -> list[str]:
        """Return the words of a text that no shell reads; a placeholder's value always stays within its word.

        Raises TemplateError as `render` does, and for a secret: its value would stand in the command line, which
        every user of the machine can read (proc(5), cmdline).
        """
        text, collected = self._collect(values, secret_names)
        for value in collected:
            if isinstance(value, Secret):
                raise TemplateError(
                    f"The secret {value.name} can't be an argument of a command without a shell, because other users"
                    " could read it. Let the program read the environment variable, or choose a shell.",
                    **self._place_of(value.name),
                )
        plain = [value if isinstance(value, str) else "" for value in collected]
        try:
            words = split(text)
        except ClockhandError as error:
            raise TemplateError(str(error)) from error
        return [MARK.sub(lambda found: plain[int(found[1])], word) for word in words]

    def unknown_names(self, known: Collection[str]) -> list[tuple[str, int, int]]:
        """Return (name, line, column) of each place that names what is not in `known`, in order of the text.

        `known` holds variable names and FACT_NAMES. A name that the text itself sets, or that it tests with
        `is defined` or covers with `default`, is no fault.
        """
        if self._tree is None:
            return []
        unknown = {name for name in _named(self._tree) if name not in known}
        places = ((offset, name) for name in unknown for offset in self._offsets(name))
        return [(name, *self._line_and_column(offset)) for offset, name in sorted(places)]

    def _compile(self) -> None:
        source = self._source()
        environment = _environment()
        try:
            tree = environment.parse(source)
            self._compiled = environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            tag = self._culprit(error.lineno)
            offset = tag.start() if tag else 0
            text = tag[0] if tag else self._text
            raise self._error_at(offset, f"“{text}” can't be read: {_plain(error.message)}. {_escape(text)}") from error
        except _FAILURES as error:
            raise self._error_at(0, f"The text can't be read as a template: {_plain(str(error))}.") from error
        self._refuse_statements(tree)
        self._tree = tree

    def _refuse_statements(self, tree: nodes.Template) -> None:
        for kind in _REFUSED_STATEMENTS:
            found = tree.find(kind)
            if found is not None:
                tag = self._culprit(found.lineno)
                raise self._error_at(
                    tag.start() if tag else 0,
                    "Only the statements if, for, set and raw can be used in a command's text."
                    f" {_escape(tag[0] if tag else '{% … %}')}",
                )

    def _source(self) -> str:
        """Return the text with the openings of its tags replaced by characters that nothing else contains."""
        parts = []
        end = 0
        for tag in self._tags:
            parts.append(self._text[end : tag.start()])
            if tag["raw"]:
                cut = tag.start("endraw") - tag.start()
                parts.append(_translate(tag[0][:cut]) + _translate(tag["endraw"]))
            else:
                parts.append(_translate(tag[0]))
            end = tag.end()
        return "".join(parts) + self._text[end:]

    def _collect(self, values: Mapping[str, str], secret_names: Collection[str]) -> tuple[str, list[str | Secret]]:
        """Return the text with marks, and what the marks stand for."""
        if self._compiled is None:
            return self._text, []
        collected: list[str | Secret] = []
        try:
            text = self._compiled.render(_names(values, secret_names) | {_COLLECTED: collected})
        except jinja2.UndefinedError as error:
            name = str(error)
            raise TemplateError(
                f"unknown variable {name}.{_why_unknown(name, values, secret_names)}",
                unknown=name,
                **self._place_of(name),
            ) from error
        except TemplateError as error:
            raise TemplateError(error.message, **self._first_place()) from error
        except _FAILURES as error:
            raise TemplateError(
                f"A placeholder or statement can't be worked out: {_plain(str(error))}.", **self._first_place()
            ) from error
        return text, collected

    # Places

    def _error_at(self, offset: int, message: str) -> TemplateError:
        line, column = self._line_and_column(offset)
        return TemplateError(message, line=line, column=column)

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        before = self._text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    def _culprit(self, line: int) -> re.Match[str] | None:
        """Return the tag that an error in `line` is about: Jinja tells the line alone."""
        reached = [tag for tag in self._tags if self._line_and_column(tag.start())[0] <= line]
        in_line = [tag for tag in reached if self._line_and_column(tag.end())[0] >= line]
        at_fault = [tag for tag in in_line if _is_at_fault(tag[0])]
        statements = [tag for tag in reached if tag[0].startswith("{%")]
        return next(iter(at_fault or statements[-1:] or reached[-1:]), None)

    def _first_place(self) -> _Place:
        line, column = self._line_and_column(self._tags[0].start() if self._tags else 0)
        return {"line": line, "column": column}

    def _place_of(self, name: str) -> _Place:
        offset = next(self._offsets(name), None)
        if offset is None:
            return self._first_place()
        line, column = self._line_and_column(offset)
        return {"line": line, "column": column}

    def _offsets(self, name: str) -> Iterator[int]:
        """Yield where `name` stands within tags and outside of quoted strings."""
        wanted = re.compile(rf"{_STRING}|(?<![\w.])({re.escape(name)})(?![\w])")
        for tag in self._tags:
            if not tag["raw"]:
                for found in wanted.finditer(tag[0]):
                    if found[1]:
                        yield tag.start() + found.start()


@lru_cache(maxsize=512)
def compile_template(text: str, shell: Shell) -> Template:
    """Return the template of `text` for `shell`; the newest 512 are kept. Raises TemplateError."""
    return Template(text, shell)


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
def _environment() -> _Sandbox:
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
    collected: list[str | Secret] = context.parent[_COLLECTED]
    if isinstance(value, _SecretValue):
        collected.append(Secret(value.name))
    elif isinstance(value, (str, int, float, jinja2.Undefined, _Namespace)):
        collected.append(str(value))
    else:
        raise TemplateError("Only texts and numbers can be put into a command. Put a list together with join('…').")
    return mark(len(collected) - 1)


_REFUSED_STATEMENTS: tuple[type[nodes.Node], ...] = (
    nodes.AssignBlock, nodes.Block, nodes.CallBlock, nodes.Extends, nodes.FilterBlock, nodes.FromImport, nodes.Import,
    nodes.Include, nodes.Macro, nodes.ScopedEvalContextModifier, nodes.With, nodes.Call,
)  # fmt: skip


def _is_at_fault(tag: str) -> bool:
    """Return whether a tag is wrong by itself: a statement of a kind that is not for us, or no expression."""
    if tag.startswith("{%"):
        statement = _STATEMENT.match(tag)
        return statement is None or (statement[1] == "set" and "=" not in tag)
    try:
        return _environment().parse(_translate(tag)).find(nodes.Call) is not None
    except jinja2.TemplateSyntaxError:
        return True


def _translate(tag: str) -> str:
    return {"{{": "\ufdd2{", "{%": "\ufdd3%"}[tag[:2]] + tag[2:]


def _names(values: Mapping[str, str], secret_names: Collection[str]) -> dict[str, Any]:
    names: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    names.update({name: _SecretValue(name) for name in secret_names})
    spaces = {name: _Namespace(name) for name in _NAMESPACES}
    for fact in FACT_NAMES:
        if fact in values:
            space, _, part = fact.partition(".")
            spaces[space].values[part] = values[fact]
    return names | spaces


def _named(tree: nodes.Template) -> set[str]:
    """Return the names that must be known for `tree` to be worked out."""
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"} | {"loop"}
    found: set[str] = set()
    _walk(tree, own, found)
    return found


def _walk(node: nodes.Node, own: set[str], found: set[str]) -> None:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        if node.node.name not in own:
            found.add(f"{node.node.name}.{node.attr}")
        return
    if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in own:
        found.add(node.name)
    may_be_missing = (isinstance(node, nodes.Filter) and node.name in {"default", "d"}) or (
        isinstance(node, nodes.Test) and node.name in {"defined", "undefined"}
    )
    for child in node.iter_child_nodes():
        is_subject = may_be_missing and child is node.node  # type: ignore[attr-defined]  # both kinds have one
        if not (is_subject and isinstance(child, (nodes.Name, nodes.Getattr))):
            _walk(child, own, found)


def _why_unknown(name: str, values: Mapping[str, str], secret_names: Collection[str]) -> str:
    if name in FACT_NAMES:
        return f' This job has no {name}. Write {{{{ {name} | default("…") }}}} for jobs without one.'
    near = suggest(name, [*values, *secret_names, *FACT_NAMES])
    return near or " Add it to the environment in which the command runs, or take the placeholder out."


def _escape(text: str) -> str:
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    # Last and without a full stop: it is there to be copied.
    return (
        "If these braces belong to the command, and are no placeholder of Clockhand, put {% raw %} before them and"
        f" {{% endraw %}} behind them: {{% raw %}}{shown}{{% endraw %}}"
    )


def _refuse_own_characters(text: str) -> None:
    found = _OWN_CHARACTERS.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        raise TemplateError(
            f"The character U+{ord(found[0]):04X} is no character (Unicode 23.7). Take it out.",
            line=line,
            column=column,
        )


def _plain(message: str | None) -> str:
    """Return an error text of Jinja without its full stop and our private characters."""
    text = _OWN_CHARACTERS.sub("{", message or "it is no template").rstrip(".")
    # The position counts from the start of the whole text, which is of no help to a person.
    return re.sub(r" at [0-9]+$", "", text)
