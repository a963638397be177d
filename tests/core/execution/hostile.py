"""Values that would become something else if a shell, a format or a program read them."""

from __future__ import annotations

import itertools
import random

__all__ = ["ATTACKS", "HOSTILE", "MANY"]

HOSTILE = [
    "", " ", "  two  spaces  ", "\t", "\n", "\n\n", "a\nb", "\r\n", "end\n", "'", "''", "'''", '"', '""', "\"'\"'",
    "\\", "\\\\", "\\'", "\\n", "a\\", "`", "`: >PWNED`", "$(: >PWNED)", "${HOME}", "$HOME", "$$", "$", "$'x'", '$"x"',
    "; : >PWNED", "& : >PWNED", "| : >PWNED", "&& : >PWNED", "\n: >PWNED\n", "'; : >PWNED; '", "\"; : >PWNED; \"",
    ") : >PWNED", "} : >PWNED", "' : >PWNED #", ">PWNED", ">>PWNED", "2>PWNED", "<(: >PWNED)", "*", "?", "[a-z]*",
    "~", "~root", "{a,b}", "{1..3}", "!", "!!", "#", "# x", "-n", "-e", "--", "if", "then", "case", "function", "time",
    "=ls", "A=b", "PATH=/nowhere", "%s%d", "%PATH%", "^", "\x01\x1b[31m\x7f", "é漢🎉", "\u2028", "a[$(: >PWNED)]",
    "\nE\n: >PWNED\n", "\\\n: >PWNED\n", "x" * 5000,
]  # fmt: skip
ATTACKS = [value for value in HOSTILE if "PWNED" in value]

_PIECES = [
    "'", '"', "\\", "`", "$", "$(", "${", "}", ")", "((", "))", "[[", "]]", "{", ";", ";;", "&", "&&", "|", "||", "<",
    "<<E", "<<<", ">", "!", "!!", "!x", "#", "*", "?", "[a-z]", "**", "~", "~+", "^", "=", "%", "%s", "%n", "%PATH%",
    "%VAR%", "!VAR!", "-", "--", "-rf", "@", ":", ",", "+", "\n", "\r", "\t", "\x0b", "\x0c", "\x08", "\x1b[2J", "\x7f",
    " ", "  ", "\u00a0", "\u2028", "\u202e", "\u200b", "é", "e\u0301", "漢", "🎉", "\U0010ffff", "a", "0", "\\0",
    "\\x41", "\\$(: >PWNED)", "\\`: >PWNED\\`", "\u2018", "\u2019", "\u201c", "\u201d", "E", "fi", "done", "esac",
    "{{ x }}", "{% if %}", "{#", "\ufffd", "history -c", "$IFS", "$@", "$0", "$?", "$-", "$!", "PWNED", "/etc/passwd",
    "..", "()", "() { :; }; : >PWNED",
]  # fmt: skip


def _many() -> list[str]:
    chance = random.Random(20261124)
    found = dict.fromkeys(HOSTILE)
    for attack in ATTACKS:
        for before, behind in itertools.product(("'", '"', "\\", "x\n"), ("", "'", "\\")):
            found[before + attack + behind] = None
    while len(found) < 560:
        pieces = chance.choices([*_PIECES, *ATTACKS], k=chance.randint(1, 8))
        found["".join(pieces)] = None
    found["'\"\\$(: >PWNED)`" * 2500] = None
    return list(found)


MANY = _many()
"""More than five hundred of them, each once; none holds a NUL, which no process can be given."""
