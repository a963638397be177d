"""That no secret passes a mask, however the stream is cut, and that nothing else is changed."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.output.masking import MASK, StreamMask

FORMS = st.lists(st.binary(min_size=4, max_size=8).map(lambda data: bytes(97 + each % 3 for each in data)), max_size=4)
TEXTS = st.binary(max_size=60).map(lambda data: bytes(97 + each % 4 for each in data))


def masked(forms: list[bytes], parts: list[bytes]) -> bytes:
    mask = StreamMask(forms)
    return b"".join(map(mask.feed, parts)) + mask.flush()


def cut(data: bytes, places: tuple[int, ...]) -> list[bytes]:
    borders = [0, *places, len(data)]
    return [data[start:end] for start, end in pairwise(borders)]


def expected(forms: list[bytes], data: bytes) -> bytes:
    """Return what the whole of `data` becomes, found the slow and plain way."""
    found = sorted({(at, at + len(form)) for form in forms for at in range(len(data)) if data.startswith(form, at)})
    spans: list[tuple[int, int]] = []
    for start, end in found:
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    result, position = b"", 0
    for start, end in spans:
        result += data[position:start] + MASK
        position = end
    return result + data[position:]


CASES = [
    ([b"hunter2"], b"the password is hunter2, hunter2 and hunterhunter2.\n"),
    ([b"abcd", b"abcdef"], b"abcd abcdef abcde abcdabcdef--"),
    ([b"abcd", b"cdxy"], b"abcdxy abcdxyz cdxy abcd cdabcd--"),
    ([b"xxabcdyy", b"abcd"], b"xxabcdyy xxabcd xxabcdy xxxabcdyyy--"),
    ([b"aaaa"], b"aaa aaaa aaaaa aaaaaaaaaa aaa-"),
    ([b"line one\nline two"], b"so: line one\nline two\nline one\nline three\n"),
    ([b"\x00\xff\x00\xfe", b"\xff\x00\xfe\n"], b"\x00\xff\x00\xff\x00\xfe\n\x00\x00\xff\x00--"),
    ([b"abab", b"babx"], b"ababab ababx abababx babx-"),
]


@pytest.mark.parametrize(("forms", "data"), CASES)
def test_every_cut_in_two_and_in_three_gives_the_same(forms: list[bytes], data: bytes) -> None:
    whole = expected(forms, data)
    assert not any(form in whole for form in forms)
    for count in range(3):
        for places in combinations(range(len(data) + 1), count):
            assert masked(forms, cut(data, places)) == whole, places


@pytest.mark.parametrize(("forms", "data"), CASES)
def test_byte_by_byte_gives_the_same(forms: list[bytes], data: bytes) -> None:
    assert masked(forms, [bytes([each]) for each in data]) == expected(forms, data)


@settings(max_examples=500)
@given(forms=FORMS, data=TEXTS, places=st.lists(st.integers(0, 60), max_size=12))
def test_any_secrets_in_any_text_in_any_parts(forms: list[bytes], data: bytes, places: list[int]) -> None:
    data += b"-"  # what a stream ends with is another test's
    parts = cut(data, tuple(sorted(min(place, len(data)) for place in places)))
    assert masked(forms, parts) == expected(forms, data)


@settings(max_examples=300)
@given(forms=FORMS, data=TEXTS, places=st.lists(st.integers(0, 60), max_size=12))
def test_only_the_beginning_of_a_secret_is_held_back(forms: list[bytes], data: bytes, places: list[int]) -> None:
    mask = StreamMask(forms)
    seen = b""
    out = b""
    for part in cut(data, tuple(sorted(min(place, len(data)) for place in places))):
        seen += part
        out += mask.feed(part)
        held = max((size for form in forms for size in range(len(form)) if seen.endswith(form[:size])), default=0)
        whole = expected(forms, seen)
        assert whole.startswith(out)
        assert held or out == whole


@settings(max_examples=300)
@given(data=TEXTS, places=st.lists(st.integers(0, 60), max_size=6))
def test_a_text_without_a_secret_comes_out_as_it_was(data: bytes, places: list[int]) -> None:
    parts = cut(data, tuple(sorted(min(place, len(data)) for place in places)))
    assert masked([], parts) == data
    assert masked([b"ABCD", b"dddZ"], [*parts, b"-"]) == data + b"-"


@settings(max_examples=300)
@given(forms=FORMS, data=TEXTS, places=st.lists(st.integers(0, 60), max_size=12))
def test_pauses_show_at_most_a_quarter_of_a_secret(forms: list[bytes], data: bytes, places: list[int]) -> None:
    mask = StreamMask(forms)
    out = b""
    for part in cut(data, tuple(sorted(min(place, len(data)) for place in places))):
        out += mask.feed(part)
        out += mask.give_way()
    out += mask.flush()
    assert not any(form in out for form in forms)


def test_a_prompt_whose_last_letters_begin_a_secret_appears() -> None:
    mask = StreamMask([b": s3cret-word"])
    assert mask.feed(b"Password: ") == b"Password"
    assert mask.give_way() == b": "
    assert mask.give_way() == b""
    assert mask.feed(b"\n") == b"\n"


def test_a_secret_that_goes_on_after_a_pause_is_masked_from_there() -> None:
    mask = StreamMask([b"s3cret-word"])
    assert mask.feed(b"it is s3") == b"it is "
    assert mask.give_way() == b"s3"
    assert mask.feed(b"cret") == b""
    assert mask.give_way() == b""
    assert mask.feed(b"-word!") == b"***!"


def test_more_than_a_few_letters_of_a_secret_never_give_way() -> None:
    mask = StreamMask([b"s3cret-word"])
    assert mask.feed(b"s3cr") == b""
    assert mask.give_way() == b""
    assert mask.feed(b"umb") == b"s3crumb"


def test_what_a_process_leaves_of_a_secret_that_it_was_writing_is_masked() -> None:
    assert masked([b"s3cret-word"], [b"it is s3cret-wor"]) == b"it is ***"
    assert masked([b"s3cret-word"], [b"it is s3cr"]) == b"it is s3cr"


def test_an_endless_row_of_one_letter_is_not_held_back() -> None:
    mask = StreamMask([b"aaaa"])
    assert b"".join(mask.feed(b"a" * 1000) for _ in range(100)) == MASK
    assert mask.feed(b"b") == b"b"


def test_long_secrets_that_begin_alike_are_told_apart() -> None:
    long = bytes(33 + number * 31 % 90 for number in range(700))
    forms = [long, long[:300] + b"x", long[:13] + b"y", long[:13] + b"z" * 5]
    data = b" ".join([*forms, long[:13], long[:300], b"-"])
    for size in (1, 7, 250, 5000):
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        assert (
            masked(forms, parts) == expected(forms, data) == b"*** *** *** *** " + long[:13] + b" " + long[:300] + b" -"
        )
