"""Reads a text as sh, bash and zsh do, as far as it takes to know the quoting at each placeholder.

The rules are those of the Shell Command Language (POSIX 2.2 Quoting, 2.3 Token Recognition, 2.6 Word Expansions,
2.7.4 Here-Document) with bash's and zsh's additions. Where the reading would have to guess, it says so, and every
placeholder after that point is refused: a wrong guess would let a value become syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from core.execution.definitions import Shell
from core.execution.places import MARK, Context, Place

__all__ = ["read_posix"]

_BACKSLASH = "right after a backslash. Take the backslash away; a value needs none"
_DOLLAR = "right after “$”. Put the placeholder alone, or write \\$ for a dollar sign"
_BRACES = "inside ${…}. Use a shell variable of its own: write X={{ … }} first"
_BACKQUOTES = "inside backquotes. Write $(…) instead of `…`"
_HERE_DOCUMENT = "inside a here-document. Pass the value on as an environment variable and write ${NAME} there"
_DOLLAR_QUOTES = "inside $'…' in sh, where not every shell knows it. Use other quotes"
_UNSURE = "behind {what}, which can be read in two ways. Move the placeholder before it: write X={{{{ … }}}} first"
_BLANK = " \t\n;|&()<>"
_HERE = re.compile(r"<<(-?)[ \t]*((?:\\.|'[^'\n]*'|\"[^\"\n]*\"|[^\s;|&()<>'\"\\])+)")
_WORD = re.compile(r"[A-Za-z_]+(?=[\s;|&()<>]|$)")


class _Kind:
    COMMAND = "command"
    DOUBLE = "double"
    BRACES = "braces"
    ARITHMETIC = "arithmetic"
    BACKQUOTES = "backquotes"


@dataclass(slots=True)
class _Frame:
    """One level of nesting; `parentheses` counts those that are open within it."""

    kind: str
    parentheses: int = 0
    in_double: bool = False
    here_documents: list[tuple[str, bool, bool]] = field(default_factory=list)


def read_posix(text: str, shell: Shell) -> tuple[Place, ...]:
    """Return the place of each mark in `text`, in order."""
    return _Reading(text, shell).run()


class _Reading:
    """One pass over a text. Each `_in_…` method reads one step of a kind of frame and moves on by at least one."""

    def __init__(self, text: str, shell: Shell) -> None:
        self._text = text
        self._shell = shell
        self._at = 0
        self._frames = [_Frame(_Kind.COMMAND)]
        self._places: list[Place] = []
        self._word_starts = True
        self._behind_dollar = -1
        self._unsure: str | None = None

    def run(self) -> tuple[Place, ...]:
        steps = {
            _Kind.COMMAND: self._in_command,
            _Kind.DOUBLE: self._in_double,
            _Kind.BRACES: self._in_braces,
            _Kind.ARITHMETIC: self._in_arithmetic,
            _Kind.BACKQUOTES: self._in_backquotes,
        }
        while self._at < len(self._text):
            steps[self._frames[-1].kind]()
        return tuple(self._places)

    # Steps

    def _in_command(self) -> None:
        rest = self._text[self._at : self._at + 3]
        first = rest[0]
        if self._take_mark(Context.PLAIN) or self._take_expansion(rest, ansi=True):
            return
        if first == "\\":
            self._take_escape()
        elif first == "'":
            self._take_single()
        elif first == '"':
            self._push(_Kind.DOUBLE, 1)
        elif first == "#" and self._word_starts:
            self._take_comment()
        elif rest.startswith("<<") and not rest.startswith("<<<"):
            self._take_here_operator()
        elif first in "()":
            self._take_parenthesis(first)
        elif first == "\n":
            self._take_newline()
        else:
            self._take_plain(rest)

    def _in_double(self) -> None:
        rest = self._text[self._at : self._at + 3]
        if self._take_mark(Context.DOUBLE) or self._take_expansion(rest, ansi=False):
            return
        if rest[0] == "\\":
            self._take_escape()
        elif rest[0] == '"':
            self._pop()
        else:
            self._at += 1

    def _in_braces(self) -> None:
        rest = self._text[self._at : self._at + 3]
        in_double = self._frames[-1].in_double
        if self._take_mark(Context.REFUSED, _BRACES) or self._take_expansion(rest, ansi=not in_double):
            return
        if rest[0] == "\\":
            self._take_escape()
        elif rest[0] == "'":
            # Within double quotes shells differ: a quote that is text to one opens a string for another.
            self._doubt("a single quote inside ${…}") if in_double else self._take_single()
        elif rest[0] == '"':
            self._doubt('double quotes inside "${…}"') if in_double else self._push(_Kind.DOUBLE, 1)
        elif rest[0] == "}":
            self._pop()
        else:
            self._at += 1

    def _in_arithmetic(self) -> None:
        rest = self._text[self._at : self._at + 3]
        frame = self._frames[-1]
        if self._take_mark(Context.ARITHMETIC) or self._take_expansion(rest, ansi=False):
            return
        if rest[0] == "\\":
            self._take_escape()
        elif rest[0] == '"':
            self._push(_Kind.DOUBLE, 1)
        elif rest[0] == "'":
            self._doubt("a single quote in ((…))")
        elif rest[0] == "(":
            frame.parentheses += 1
            self._at += 1
        elif rest[0] == ")":
            self._close_arithmetic(frame, rest)
        else:
            self._at += 1

    def _in_backquotes(self) -> None:
        first = self._text[self._at]
        if self._take_mark(Context.REFUSED, _BACKQUOTES):
            return
        if first == "\\":
            self._take_escape()
        elif first == "`":
            self._pop()
        else:
            self._at += 1

    # What steps are made of

    def _take_mark(self, context: Context, advice: str = "") -> bool:
        found = MARK.match(self._text, self._at)
        if found is None:
            return False
        if self._unsure:
            place = Place(Context.REFUSED, _UNSURE.format(what=self._unsure))
        elif context is Context.PLAIN and self._at == self._behind_dollar:
            place = Place(Context.REFUSED, _DOLLAR)
        else:
            place = Place(context, advice)
        self._places.append(place)
        self._at = found.end()
        self._word_starts = False
        return True

    def _take_expansion(self, rest: str, *, ansi: bool) -> bool:
        """Take what begins with a dollar sign or a backquote, where that is special."""
        if rest[0] == "`":
            self._push(_Kind.BACKQUOTES, 1)
        elif rest.startswith("$(("):
            self._push(_Kind.ARITHMETIC, 3, parentheses=2)
        elif rest.startswith("$("):
            self._push(_Kind.COMMAND, 2, parentheses=1)
        elif rest.startswith("${"):
            self._push_braces()
        elif rest.startswith("$["):
            self._doubt("$[…]")
        elif ansi and rest.startswith("$'"):
            self._take_dollar_quotes()
        elif rest[0] == "$" and rest[1:2] in tuple("#?!$@*-0123456789"):
            self._at += 2
        else:
            return False
        # Behind `$(` a word begins; any other expansion is part of one.
        self._word_starts = rest.startswith("$(") and not rest.startswith("$((")
        return True

    def _push_braces(self) -> None:
        if self._text[self._at + 2 : self._at + 3] in tuple(" \t\n|"):
            self._doubt("“${ …}”", step=0)
        double = any(frame.kind == _Kind.DOUBLE for frame in self._since_command())
        self._push(_Kind.BRACES, 2, in_double=double)
        if self._text[self._at : self._at + 1] == "#":
            self._at += 1

    def _since_command(self) -> list[_Frame]:
        last = max(number for number, frame in enumerate(self._frames) if frame.kind == _Kind.COMMAND)
        return self._frames[last + 1 :]

    def _take_escape(self) -> None:
        following = self._text[self._at + 1 : self._at + 2]
        if MARK.match(self._text, self._at + 1):
            self._at += 1
            self._take_mark(Context.REFUSED, _BACKSLASH)
            return
        # A backslash before a line feed vanishes with it, so that a word may begin or go on behind it as before.
        self._word_starts = self._word_starts and following == "\n"
        self._at += 2

    def _take_single(self) -> None:
        self._at += 1
        self._word_starts = False
        while self._at < len(self._text) and self._text[self._at] != "'":
            if not self._take_mark(Context.SINGLE):
                self._at += 1
        self._at += 1

    def _take_dollar_quotes(self) -> None:
        self._at += 2
        while self._at < len(self._text) and self._text[self._at] != "'":
            if self._take_mark(*((Context.REFUSED, _DOLLAR_QUOTES) if self._shell is Shell.SH else (Context.ANSI,))):
                continue
            if self._text[self._at] == "\\":
                if self._shell is Shell.SH:
                    self._doubt("a backslash in $'…'", step=0)
                self._take_escape()
            else:
                self._at += 1
        self._at += 1

    def _take_comment(self) -> None:
        # After `$(` a comment may begin, but in `<(a)#b`, `@(#a)` and zsh's `(#i)` it is an ordinary character.
        if self._text[self._at - 1 : self._at] in {"(", ")"} and self._text[self._at - 2 : self._at] != "$(":
            self._doubt("“(#” or “)#”")
            return
        while self._at < len(self._text) and self._text[self._at] != "\n":
            if not self._take_mark(Context.COMMENT):
                self._at += 1

    def _take_parenthesis(self, which: str) -> None:
        frame = self._frames[-1]
        is_substitution = len(self._frames) > 1
        if which == "(" and self._text.startswith("((", self._at) and self._word_starts:
            self._push(_Kind.ARITHMETIC, 2, parentheses=2)
            return
        self._at += 1
        self._word_starts = True
        frame.parentheses += 1 if which == "(" else -1
        if is_substitution and frame.parentheses == 0:
            self._leave_substitution(frame)

    def _leave_substitution(self, frame: _Frame) -> None:
        if frame.here_documents:
            self._doubt("a here-document inside $(…)", step=0)
        self._frames.pop()
        self._word_starts = False

    def _close_arithmetic(self, frame: _Frame, rest: str) -> None:
        frame.parentheses -= 1
        self._at += 1
        if frame.parentheses == 1:
            if rest.startswith("))"):
                self._at += 1
                self._frames.pop()
                self._word_starts = False
            else:
                self._doubt("“((”", step=0)

    def _take_plain(self, rest: str) -> None:
        if rest.startswith("<<<"):
            self._at += 3
            self._word_starts = True
            return
        if self._word_starts and len(self._frames) > 1:
            word = _WORD.match(self._text, self._at)
            if word and word[0] == "case":
                self._doubt("“case” inside $(…)", step=0)
        self._word_starts = rest[0] in _BLANK
        self._at += 1
        if rest[0] == "$":
            self._behind_dollar = self._at

    def _take_here_operator(self) -> None:
        found = _HERE.match(self._text, self._at)
        if found is None or MARK.search(found[0]) or "$" in found[2] or "`" in found[2]:
            self._doubt("“<<”", step=2)
            return
        word = found[2]
        is_quoted = any(character in word for character in "\\'\"")
        end = re.sub(r"\\(.)|['\"]", lambda part: part[1] or "", word)
        self._frames[-1].here_documents.append((end, bool(found[1]), is_quoted))
        self._at = found.end()
        self._word_starts = False

    def _take_newline(self) -> None:
        self._at += 1
        self._word_starts = True
        waiting, self._frames[-1].here_documents = self._frames[-1].here_documents, []
        for end, strips_tabs, is_quoted in waiting:
            self._take_here_document(end, strips_tabs=strips_tabs, is_quoted=is_quoted)

    def _take_here_document(self, end: str, *, strips_tabs: bool, is_quoted: bool) -> None:
        continues = False
        while self._at < len(self._text):
            stop = self._text.find("\n", self._at)
            stop = len(self._text) if stop < 0 else stop
            line = self._text[self._at : stop]
            while self._at < stop:
                if not self._take_mark(Context.REFUSED, _HERE_DOCUMENT):
                    self._at += 1
            self._at = stop + 1
            if not continues and (line.lstrip("\t") if strips_tabs else line) == end:
                return
            continues = not is_quoted and (len(line) - len(line.rstrip("\\"))) % 2 == 1

    def _push(self, kind: str, length: int, *, parentheses: int = 0, in_double: bool = False) -> None:
        self._frames.append(_Frame(kind, parentheses=parentheses, in_double=in_double))
        self._at += length
        self._word_starts = False

    def _pop(self) -> None:
        self._frames.pop()
        self._at += 1
        self._word_starts = False

    def _doubt(self, what: str, *, step: int = 1) -> None:
        """Remember that nothing behind this point is certain, and move on by `step`."""
        self._unsure = self._unsure or what
        self._at += step
