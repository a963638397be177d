"""That a value is recognised in whatever form a program prints it."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.execution.definitions import Shell
from core.execution.quoting import QuotingError
from core.execution.quoting import quote as quote_word
from core.execution.secret_forms import SHORTEST_SECRET, secret_forms
from core.output.masking import StreamMask

VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=4, max_size=24)
HARD = ['it\'s a "key"/+~é$x', "abcd", "pass word+/=&<>", "tab\tand\nline", "%41%42 100%", "ÿþ�kéy", "a\\b`c$d!e*f(g)h"]


def hides(value: str, printed: bytes, *, but: int = 0) -> None:
    """Assert that the mask leaves no more than `but` bytes of `printed` and its marks."""
    mask = StreamMask(secret_forms([value]))
    out = mask.feed(printed) + mask.flush()
    assert b"***" in out
    assert len(out.replace(b"***", b"")) <= but, (printed, out)


@pytest.mark.parametrize("value", HARD)
def test_values_are_hidden_as_web_programs_write_them(value: str) -> None:
    for encoded in (quote(value), quote(value, safe=""), quote_plus(value), urlencode({"k": value})[2:]):
        hides(value, encoded.encode())
        hides(value, re.sub("%..", lambda found: found[0].lower(), encoded).encode())
    hides(value, json.dumps(value).encode(), but=2)
    hides(value, json.dumps(value, ensure_ascii=False).encode(), but=2)
    hides(value, html.escape(value).encode())
    hides(value, value.encode().hex().encode())
    hides(value, value.encode().hex().upper().encode())


@pytest.mark.parametrize("value", [*HARD, 'it\'s a "key" of two\\kinds', "only 'one' kind"])
@pytest.mark.parametrize("beside", ["", "'", '"', "'\""])
def test_values_are_hidden_as_python_shows_them(value: str, beside: str) -> None:
    for show in (repr, ascii):
        hides(value, show(beside + value).encode(), but=2 + 2 * len(beside))
    hides(value, repr((beside + value).encode()).encode(), but=3 + 2 * len(beside))


@settings(max_examples=150)
@given(value=VALUES, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_base64_is_hidden_wherever_in_it_the_value_stands(value: str, before: bytes, after: bytes) -> None:
    data = before + value.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        # Beside the neighbours' own digits one stays at each end that holds bits of both.
        hides(value, encode(data), but=(len(before) + len(after)) * 4 // 3 + 6)


def test_long_values_are_hidden_in_base64_that_is_wrapped() -> None:
    value = "".join(chr(33 + number * 7 % 90) for number in range(300))
    hides(value, base64.encodebytes(value.encode()), but=20)
    folded = base64.b64encode(value.encode()).decode()
    hides(value, "\n".join(folded[at : at + 64] for at in range(0, len(folded), 64)).encode(), but=20)


@settings(max_examples=100)
@given(value=VALUES)
def test_values_are_hidden_in_the_quotes_of_every_shell(value: str) -> None:
    hides(value, shlex.quote(value).encode(), but=8)
    for shell in Shell:
        if shell is not Shell.NONE:
            try:
                quoted = quote_word(value, shell)
            except QuotingError:
                continue
            hides(value, quoted.encode(), but=10)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash says how it shows words")
@pytest.mark.parametrize("value", ['it\'s a "key"/+~é$x', "abcd efgh", "a\\b`c$d!e*f(g)h", "tab\tand\nline"])
@pytest.mark.parametrize("text", ['printf %q "$S"', 'set -x; : "$S"', "declare -p S", 'echo "${S@Q}"'])
def test_values_are_hidden_as_bash_shows_them(value: str, text: str) -> None:
    shown = subprocess.run(
        ["bash", "-c", text], env={"S": value, "LC_ALL": "C.UTF-8"}, capture_output=True, check=True, timeout=20
    )
    hides(value, shown.stdout + shown.stderr, but=40)


def test_each_line_of_a_value_is_hidden_alone_and_the_whole_with_any_line_end() -> None:
    value = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nx\n-----END KEY-----"
    hides(value, b"  MIIEvQIBADANBgkqhkiG9w0\n", but=3)
    hides(value, value.encode())
    hides(value, value.replace("\n", "\r\n").encode())


OUTER_BLANKS = ["s3cret/value+é ", "\n s3cret/value+é\r\n", "\ts3cret value'q", " p/w é\n", " ab'1\ncd/2é "]
ENCODERS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 behind other bytes": lambda text: base64.b64encode(b"u:" + text.encode())[3:],
    "URL": lambda text: quote(text, safe="").encode(),
    "form": lambda text: quote_plus(text).encode(),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "JSON": lambda text: json.dumps(text)[1:-1].encode(),
    "HTML": lambda text: html.escape(text).encode(),
    "shell": lambda text: shlex.quote(text).encode(),
}


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("value", OUTER_BLANKS)
def test_a_value_without_its_outer_blanks_is_hidden_in_every_form(value: str, encoding: str) -> None:
    hides(value, ENCODERS[encoding](value.strip()), but=3)


@pytest.mark.parametrize("encoding", ENCODERS)
def test_each_long_line_of_a_value_is_hidden_in_every_form(encoding: str) -> None:
    lines = ["-----BEGIN KEY-----", "  it's/some+thing é", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"]
    for line in lines:
        hides("\n".join(lines), ENCODERS[encoding](line.strip()), but=3)


@pytest.mark.parametrize("shell", [name for name in ("sh", "bash", "zsh") if shutil.which(name)])
@pytest.mark.parametrize("value", ["canary-one  canary-two", "it's\ta-$canary*s\n  and-another-one"])
def test_the_words_that_a_shell_splits_a_value_into_are_hidden_in_its_trace(value: str, shell: str) -> None:
    script = "setopt shwordsplit 2>/dev/null; set -f; set -x; : $SECRET"
    if shell != "zsh":
        script = "set -f; set -x; : $SECRET"
    done = subprocess.run([shell, "-c", script], env={"SECRET": value}, stderr=subprocess.PIPE, check=True)
    mask = StreamMask(secret_forms([value]))
    out = mask.feed(done.stderr) + mask.flush()
    assert done.stderr.count(b"one") == 1
    for word in (b"canary", b"another"):
        assert word not in out


def test_a_long_word_of_a_value_is_hidden_and_its_short_ones_are_not() -> None:
    mask = StreamMask(secret_forms(["the right answer-of-all"]))
    assert (
        mask.feed(b"the right answer-of-all, the right one, answer-of-all") + mask.flush() == b"***, the right one, ***"
    )


def test_values_too_short_to_be_secrets_have_no_forms_and_long_ones_come_first() -> None:
    assert secret_forms(["", "a", "abc"]) == ()
    forms = secret_forms(["abcd", "abcdefgh"])
    assert [len(form) for form in forms] == sorted((len(form) for form in forms), reverse=True)
    assert min(map(len, forms)) >= SHORTEST_SECRET


def test_bytes_that_are_no_text_are_hidden_too() -> None:
    value = b"key\xff\xfe\x80".decode("utf-8", "surrogateescape")
    hides(value, b"key\xff\xfe\x80")
    assert secret_forms(["abcd\ud800"])
