"""What the placeholders of a command's text mean in an environment, and where they stand: plain values, no widget."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice

from PySide6.QtCore import QCoreApplication

from core.catalog.records import EnvironmentRecord
from core.execution.definitions import Shell
from core.execution.template import FACT_NAMES, TemplateError, compile_template

__all__ = ["Mark", "MarkKind", "Names", "marks_of"]

_TAG = re.compile(r"\{\{.*?\}\}|\{%[-+]?\s*[a-z].*?%\}", re.DOTALL)
_LONGEST_VALUE = 60


class MarkKind(Enum):
    """What a place of the text is."""

    TAG = auto()
    KNOWN = auto()
    SECRET = auto()
    ELSEWHERE = auto()
    """Another environment has a variable of this name, but not this one."""
    UNKNOWN = auto()
    FAULT = auto()
    """The text can't be read from here on."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the text, as indexes of its characters, with a sentence on it."""

    kind: MarkKind
    start: int
    end: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: MarkKind
    sentence: str


class Names:
    """The names that a text may use in one environment, and what each of them means there."""

    def __init__(
        self, meanings: Mapping[str, _Meaning] | None = None, where: str = "", files: Sequence[str] = ()
    ) -> None:
        self._meanings = dict(meanings or {})
        self._where = where
        self._files = tuple(files)

    @classmethod
    def of(cls, environments: Sequence[EnvironmentRecord], chosen: int | None) -> Names:
        """Return the names that count in the environment `chosen` by its id, or in none."""
        by_name = {record.spec.name: record for record in environments}
        here = next((record for record in environments if record.id == chosen), None)
        meanings: dict[str, _Meaning] = {}
        chain: list[EnvironmentRecord] = []
        nearest = here
        while nearest is not None and nearest not in chain:
            chain.append(nearest)
            nearest = by_name.get(nearest.spec.extends or "")
        for record in environments:
            owner = _tr("“{environment}” has it").format(environment=record.spec.name)
            for name in (*record.spec.variables, *record.spec.secrets):
                meanings.setdefault(name, _Meaning(MarkKind.ELSEWHERE, owner))
        for record in reversed(chain):
            for name in record.spec.unset:
                meanings.pop(name, None)
            meanings.update(_own(record))
        readers = chain or environments
        files = [record.spec.env_file for record in readers if record.spec.env_file is not None]
        return cls(meanings, here.spec.name if here is not None else "", files)

    def meaning(self, name: str) -> tuple[MarkKind, str]:
        """Return what a name is, with a sentence for a person."""
        if name in FACT_NAMES:
            return MarkKind.KNOWN, _tr("{name} is filled in for each run.").format(name=name)
        found = self._meanings.get(name)
        if self._files and (found is None or found.kind is MarkKind.ELSEWHERE):
            # It is read at each run only, so that nobody knows before.
            text = _tr("{name} has to come from {file}, which is read at each run.")
            return MarkKind.KNOWN, text.format(name=name, file=", ".join(self._files))
        if found is None:
            return MarkKind.UNKNOWN, _tr("No environment has a variable {name}.").format(name=name)
        if found.kind is MarkKind.ELSEWHERE:
            text = _tr("{owner}, but not “{where}”.") if self._where else _tr("{owner}: choose an environment.")
            return found.kind, text.format(owner=found.sentence, where=self._where)
        return found.kind, found.sentence


def marks_of(text: str, shell: Shell, names: Names) -> list[Mark]:
    """Return the marks of a text in its order; none lies upon another."""
    tags = [Mark(MarkKind.TAG, found.start(), found.end()) for found in _TAG.finditer(text)]
    starts = _line_starts(text)
    try:
        # Compared with no name at all, so that every one that the text needs is told with its place.
        places = compile_template(text, shell).unknown_names(())
    except TemplateError as error:
        start = min(starts[min(error.line, len(starts)) - 1] + error.column - 1, len(text))
        tag = next((tag for tag in tags if tag.start <= start < tag.end), None)
        end = tag.end if tag is not None else _end_of_line(text, start)
        return _cut([*tags, Mark(MarkKind.FAULT, start, end, error.message)])
    marks = tags
    for name, line, column in places:
        start = starts[line - 1] + column - 1
        kind, sentence = names.meaning(name)
        marks.append(Mark(kind, start, start + len(name), sentence))
    return _cut(marks)


def _cut(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks with what lies below another one left out: of two that overlap, a widget paints the first."""
    upper = sorted((mark for mark in marks if mark.kind is not MarkKind.TAG), key=lambda mark: mark.start)
    found = list(upper)
    ends = [mark.end for mark in upper]
    for tag in (mark for mark in marks if mark.kind is MarkKind.TAG):
        start = tag.start
        for mark in islice(upper, bisect_right(ends, start), None):
            if mark.start >= tag.end:
                break
            if start < mark.start:
                found.append(Mark(MarkKind.TAG, start, mark.start))
            start = max(start, mark.end)
        if start < tag.end:
            found.append(Mark(MarkKind.TAG, start, tag.end))
    return sorted(found, key=lambda mark: mark.start)


def _own(record: EnvironmentRecord) -> dict[str, _Meaning]:
    found = {}
    for name, value in record.spec.variables.items():
        shown = value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}…"
        sentence = _tr("{name} is “{value}” by “{environment}”.")
        found[name] = _Meaning(MarkKind.KNOWN, sentence.format(name=name, value=shown, environment=record.spec.name))
    for name in record.spec.secrets:
        sentence = _tr("{name} is a secret of “{environment}”: the text carries a reference to it, not its value.")
        found[name] = _Meaning(MarkKind.SECRET, sentence.format(name=name, environment=record.spec.name))
    return found


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in re.finditer("\n", text))]


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else max(end, start + 1)


def _tr(text: str) -> str:
    return QCoreApplication.translate("CommandMarks", text)
