"""How wide characters are, and which ones are one: the quick way says what the tables say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import iter_graphemes, wcswidth

from core.output.terminal import widths
from core.output.terminal.widths import clusters, stretches, width_of

# Among them what joins with a neighbour: a mark, two signs of emojis, vowels and consonants of Hangul, a sign of Arabic
# that takes what follows, a flag's letter, a spacing vowel.
LETTERS = "aé日本カ한\u1100\u1161\u11a8\u0301\u200d\ufe0f👩\u0600\U0001f1e9\u0903█\t"


def plainly(text: str) -> list[tuple[str, int]]:
    return [(cluster, max(0, wcswidth(cluster))) for cluster in iter_graphemes(text)]


@given(st.text(LETTERS, max_size=20) | st.text(max_size=20))
@settings(max_examples=400)
def test_clusters_are_those_of_unicode_with_the_widths_of_the_tables(text: str) -> None:
    if not text.isascii():
        assert list(clusters(text)) == plainly(text)
        assert width_of(text) == sum(width for _cluster, width in plainly(text))


@pytest.mark.parametrize(("characters", "width"), [(widths._NARROW, 1), (widths._WIDE, 2)])
def test_what_is_taken_for_even_is_even(characters: str, width: int) -> None:
    those = "".join(
        re.findall(f"[{characters}]", "".join(map(chr, range(0xD800))) + "".join(map(chr, range(0xE000, 0x10000))))
    )
    assert list(iter_graphemes(those)) == list(those)
    assert {wcswidth(each) for each in those} == {width}


def test_many_characters_of_one_width_come_at_once() -> None:
    assert list(stretches("e\u0301 日本語日本語 ok")) == [
        ("e\u0301", 1, False),
        (" ", 1, False),
        ("日", 2, False),
        ("本語日本", 2, True),
        ("語", 2, False),
        (" ", 1, False),
        ("ok", 1, True),
    ]
