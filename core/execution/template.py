"""The template of a command's text: Jinja2 in a sandbox, with placeholders that never harm ordinary shell text.

Only `{{ … }}` and statements `{% if %}`, `{% for %}`, `{% set %}`, `{% raw %}` are special; there are no comments,
because `{#` is shell syntax in `${#array[@]}`, and `{%H}` or `{%s}` of a format stays text. What a placeholder puts
in is not written by Jinja at all: it leaves a mark, and `quoting.fill` puts the quoted values in afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from traceback import extract_tb
from typing import TypedDict

import jinja2
from jinja2 import nodes

from core.errors import ClockhandError, suggest
from core.execution.definitions import Shell
from core.execution.places import MARK
from core.execution.quoting import QuotingError, Secret, fill
from core.execution.sandbox import COLLECTED, FACT_NAMES, TemplateError, names_for, sandbox
from core.execution.shells import split

__all__ = ["FACT_NAMES", "Template", "TemplateError", "compile_template"]

# Before a placeholder's mark stands the number of its tag, which tells where in the text it is.
_TAG_NUMBER = re.compile("\ufdd6([0-9]+)\ufdd7")
_NUMBERED_MARK = re.compile(f"(?:{_TAG_NUMBER.pattern})?{MARK.pattern}")
_OWN_CHARACTERS = re.compile("[\ufdd0-\ufdd7]")
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
        numbered, collected = self._collect(values, secret_names)
        text = _TAG_NUMBER.sub("", numbered)
        try:
            return fill(text, collected, self._shell) if collected else text
        except QuotingError as error:
            raise TemplateError(str(error), **self._place_of_mark(numbered, error.number)) from error

    def render_argv(self, values: Mapping[str, str], secret_names: Collection[str] = ()) -> list[str]:
        """Return the words of a text that no shell reads; a placeholder's value always stays within its word.

        Raises TemplateError as `render` does, and for a secret: its value would stand in the command line, which
        every user of the machine can read (proc(5), cmdline).
        """
        numbered, collected = self._collect(values, secret_names)
        text = _TAG_NUMBER.sub("", numbered)
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
        environment = sandbox()
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
        for number, tag in enumerate(self._tags):
            parts.append(self._text[end : tag.start()])
            # “{{-” takes the blanks before it away, and a number would stand between them.
            if tag[0].startswith("{{") and not tag[0].startswith("{{-"):
                parts.append(f"\ufdd6{number}\ufdd7")
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
            text = self._compiled.render(names_for(values, secret_names) | {COLLECTED: collected})
        except jinja2.UndefinedError as error:
            name = str(error)
            raise TemplateError(
                f"unknown variable {name}.{_why_unknown(name, values, secret_names)}",
                unknown=name,
                **self._place_of(name),
            ) from error
        except TemplateError as error:
            raise TemplateError(error.message, **self._place_of_failure(error)) from error
        except _FAILURES as error:
            raise TemplateError(
                f"A placeholder or statement can't be worked out: {_plain(str(error))}.",
                **self._place_of_failure(error),
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
        # What can't be read goes before what can, and is refused: Jinja reads all of the text first.
        at_fault = [tag for tag in in_line if not _is_readable(tag[0])] or [
            tag for tag in in_line if _is_refused(tag[0])
        ]
        statements = [tag for tag in reached if tag[0].startswith("{%")]
        return next(iter(at_fault or statements[-1:] or reached[-1:]), None)

    def _first_place(self) -> _Place:
        line, column = self._line_and_column(self._tags[0].start() if self._tags else 0)
        return {"line": line, "column": column}

    def _place_of_tag(self, tag: re.Match[str]) -> _Place:
        line, column = self._line_and_column(tag.start())
        return {"line": line, "column": column}

    def _place_of_mark(self, numbered: str, number: int | None) -> _Place:
        """Return where the placeholder is written whose mark has this number in the rendered text."""
        for found in _NUMBERED_MARK.finditer(numbered):
            if int(found[2]) == number and found[1]:
                return self._place_of_tag(self._tags[int(found[1])])
        return self._first_place()

    def _place_of_failure(self, error: Exception) -> _Place:
        """Return the place of the tag that could not be worked out; Jinja tells its line in the traceback."""
        frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename == "<template>"]
        for tag in self._tags if frames else ():
            last = self._line_and_column(tag.end())[0]
            if self._line_and_column(tag.start())[0] <= (frames[-1].lineno or 0) <= last:
                return self._place_of_tag(tag)
        return self._first_place()

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


_REFUSED_STATEMENTS: tuple[type[nodes.Node], ...] = (
    nodes.AssignBlock, nodes.Block, nodes.CallBlock, nodes.Extends, nodes.FilterBlock, nodes.FromImport, nodes.Import,
    nodes.Include, nodes.Macro, nodes.ScopedEvalContextModifier, nodes.With, nodes.Call,
)  # fmt: skip


_AROUND = {
    "if": ("", "{% endif %}"),
    "elif": ("{% if 1 %}", "{% endif %}"),
    "else": ("{% if 1 %}", "{% endif %}"),
    "endif": ("{% if 1 %}", ""),
    "for": ("", "{% endfor %}"),
    "endfor": ("{% for each in 1 %}", ""),
}
# Jinja's words for what a person never wrote, and those that stand for it.
_WORDS = {
    "'end of statement block'": "the end of the statement",
    "'end of print statement'": "the end of the placeholder",
    "Jinja was looking for the following tags": "One of these is missing",
}


def _is_readable(tag: str) -> bool:
    """Return whether a tag is right by itself, with the statements around it that it needs."""
    statement = _STATEMENT.match(tag)
    before, behind = _AROUND.get(statement[1], ("", "")) if statement else ("", "")
    try:
        sandbox().parse(_translate_all(before, tag, behind))
    except jinja2.TemplateSyntaxError:
        return False
    return True


def _is_refused(tag: str) -> bool:
    """Return whether a tag is of a kind that is not for us."""
    if tag.startswith("{%"):
        statement = _STATEMENT.match(tag)
        return statement is None or (statement[1] == "set" and "=" not in tag)
    try:
        return sandbox().parse(_translate(tag)).find(nodes.Call) is not None
    except jinja2.TemplateSyntaxError:
        return True


def _translate_all(*tags: str) -> str:
    return "".join(_translate(tag) for tag in tags if tag)


def _translate(tag: str) -> str:
    return {"{{": "\ufdd2{", "{%": "\ufdd3%"}[tag[:2]] + tag[2:]


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
    for words, ours in _WORDS.items():
        text = text.replace(words, ours)
    # The position counts from the start of the whole text, which is of no help to a person.
    return re.sub(r" at [0-9]+$", "", text)
