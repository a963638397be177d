"""The ways in which a program may print a secret's value: as it is, and encoded or quoted for something else."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote as quote_url
from urllib.parse import quote_plus

from core.execution.definitions import Shell
from core.execution.places import mark
from core.execution.quoting import QuotingError, fill

__all__ = ["SHORTEST_SECRET", "secret_forms", "without_secrets"]

SHORTEST_SECRET = 4
"""Characters. A shorter value is no secret: it would be found, and masked, everywhere."""

_SHORTEST_LINE = 8
_SHORTEST_WORD = 8
_IN_ITS_PLACE = "***"
_PERCENT = re.compile(r"%[0-9A-F]{2}")
_UNICODE_ESCAPE = re.compile(r"\\u[0-9a-f]{4}")
# What is left as it is: nothing; paths; JavaScript's encodeURIComponent; forms as browsers send them.
_URL_SAFE = ("", "/", "!'()*~", "*")
_QUOTED = ("{}", "'{}'", '"{}"')
# What bash puts a backslash before, for printf %q and in its traces (sh_backslash_quote in its lib/sh/shquote.c).
_PRINTF_Q = re.compile(r"""[ \t\n!"$&'()*,;<>?\[\\\]^`{|}]|\A[#~]|(?<=[:=])~""")
_BASE64_COLUMNS = (64, 76)
_BITS_PER_BYTE = 8
_BITS_PER_DIGIT = 6


def secret_forms(values: Iterable[str]) -> tuple[bytes, ...]:
    """Return every form of the values that an output must not show, the longest first.

    They are: UTF-8; URL-encoded (RFC 3986, form encoding, both cases of the digits); base64 (RFC 4648, standard and
    URL-safe, also where the value stands in the middle of what was encoded, without the digits at its ends that depend
    on what stands beside it, and wrapped after 64 or 76 digits where it begins there); hexadecimal in both cases;
    escaped as in JSON; escaped as in HTML; as Python shows text and bytes; quoted for each shell as `quoting` does it,
    and as shells show words themselves. Of a value of several lines each line of 8 characters or more counts for
    itself, because programs indent lines, and take values apart. So does, as it is and quoted for shells, each word of
    8 characters or more: a shell splits what is not quoted into words (POSIX, Shell Command Language, 2.6.5), and its
    trace shows them one by one.
    """
    # Shells drop the newlines at the end of what `$(…)` gives, and programs the blanks around what they read.
    told = {each for value in values for each in (value, value.strip(), value.rstrip("\r\n"), *_long_lines(value))}
    forms = {form for value in told if len(value) >= SHORTEST_SECRET for form in _forms(value)}
    forms |= {form for value in told for word in _long_words(value) for form in _word_forms(word)}
    return tuple(sorted((form for form in forms if len(form) >= SHORTEST_SECRET), key=lambda form: (-len(form), form)))


def without_secrets(text: str, forms: Iterable[bytes]) -> str:
    """Return `text` with *** in the place of each of the `forms`, which come as `secret_forms` returns them."""
    for form in forms:
        text = text.replace(form.decode("utf-8", "surrogateescape"), _IN_ITS_PLACE)
    return text


def _long_lines(value: str) -> Iterator[str]:
    return (line.strip() for line in value.splitlines() if len(line.strip()) >= _SHORTEST_LINE)


def _long_words(value: str) -> Iterator[str]:
    words = value.split()
    return (word for word in words if len(words) > 1 and len(word) >= _SHORTEST_WORD)


def _word_forms(word: str) -> Iterator[bytes]:
    yield _bytes(word)
    yield from map(_bytes, set(_shell_forms(word)))


def _forms(value: str) -> Iterator[bytes]:
    for text in {value, value.replace("\n", "\r\n")}:
        data = _bytes(text)
        yield from (data, data.hex().encode(), data.hex().upper().encode())
        yield from _base64_forms(data)
        yield from map(_bytes, {*_url_forms(data), *_escaped_forms(text), *_python_forms(text), *_shell_forms(text)})


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # a variable may hold bytes that are no UTF-8 (PEP 383)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")  # no process can be given such a value


def _url_forms(data: bytes) -> Iterator[str]:
    for safe in _URL_SAFE:
        for encoded in (quote_url(data, safe=safe), quote_plus(data, safe=safe), quote_plus(data, safe=safe + " ")):
            yield from (encoded, encoded.replace("~", "%7E"))
            yield from (_lowered(_PERCENT, encoded), _lowered(_PERCENT, encoded.replace("~", "%7E")))


def _escaped_forms(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        # Some writers escape the slash, and some what means something in HTML.
        for form in (escaped, escaped.replace("/", "\\/"), _html_safe(escaped)):
            yield from (form, _UNICODE_ESCAPE.sub(lambda found: "\\u" + found[0][2:].upper(), form))
    yield from (html.escape(text), html.escape(text, quote=False), html.escape(text).replace("&#x27;", "&#39;"))


def _python_forms(text: str) -> Iterator[str]:
    for quotes in ("", "'\""):  # where both kinds stand in what is shown, also beside the value, one is escaped
        shown = quotes + text
        for form in (repr(shown), ascii(shown), repr(_bytes(shown))[1:]):
            yield form[1:-1].removeprefix("\\'\"") if quotes else form[1:-1]


def _html_safe(escaped: str) -> str:
    return escaped.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _shell_forms(text: str) -> Iterator[str]:
    for shell in Shell:
        if shell is Shell.NONE:
            continue
        for around in _QUOTED:
            try:
                yield _inner(fill(around.format(mark(0)), [text], shell))
            except QuotingError:
                continue  # this shell can't be given the value there, so nobody quoted it so
    yield _inner(shlex.quote(text))
    yield re.sub(r'([\\"$`])', r"\\\1", text)  # in double quotes
    yield re.sub(r"([\\\"'`])", r"\\\1", text)
    yield _PRINTF_Q.sub(r"\\\g<0>", text)


def _inner(quoted: str) -> str:
    """Return `quoted` without the quotes around it."""
    return re.sub(r"""^(?:"|\$?')+|['"]+\Z""", "", quoted)


def _lowered(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda found: found[0].lower(), text)


def _base64_forms(data: bytes) -> Iterator[bytes]:
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)
        # Digits that hold bits of the neighbours as well are different each time.
        first = -(-before * _BITS_PER_BYTE // _BITS_PER_DIGIT)
        end = (before + len(data)) * _BITS_PER_BYTE // _BITS_PER_DIGIT
        yield from _both_alphabets(encoded[first:end])
    whole = base64.b64encode(data).rstrip(b"=")
    for columns in _BASE64_COLUMNS:
        if len(whole) > columns:
            for start in range(0, len(whole), columns):
                if len(whole) - start >= _SHORTEST_LINE:
                    yield from _both_alphabets(whole[start : start + columns])


def _both_alphabets(digits: bytes) -> Iterator[bytes]:
    yield digits
    yield digits.replace(b"+", b"-").replace(b"/", b"_")
