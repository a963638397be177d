"""That no secret passes a mask, however the stream is cut, and that nothing else is changed."""

from __future__ import annotations

import random
import re
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


# Their letters are nobody else's, so that it can be counted how much of them comes out.
SECRETS = st.lists(
    st.sampled_from([b"ABCD", b"ABCDEFGH", b"ABCDEFGHIJKLMNOPQRST", b"ABCXY", b"CDEFGHIJKLMN", b"BCDE", b"STUVWXYZ"]),
    min_size=1,
    unique=True,
)
STEPS = st.lists(st.sampled_from(["plain", "secret", "short pause", "long pause"]), max_size=12)


@settings(max_examples=500)
@given(secrets=SECRETS, steps=STEPS, ending=st.integers(0, 20), places=st.lists(st.integers(0, 99), max_size=12))
def test_pauses_and_the_end_show_three_letters_and_a_quarter_of_a_secret_at_most(
    secrets: list[bytes], steps: list[str], ending: int, places: list[int]
) -> None:
    mask = StreamMask(secrets)
    begun = 0
    out = b""
    for number, step in enumerate(steps):
        secret = secrets[number % len(secrets)]
        if step == "plain":
            out += mask.feed(b"--")
        elif step == "secret":
            begun += 1
            for part in cut(secret, tuple(sorted(place % (len(secret) + 1) for place in places))):
                out += mask.feed(part)
                out += (mask.give_way, mask.hint, bytes)[(len(part) + number) % 3]()
            out += mask.feed(b"--")
        else:
            out += mask.hint() if step == "long pause" else mask.give_way()
    # What is left of one when its process is ended.
    cut_off = secrets[0][: ending % len(secrets[0])]
    begun += bool(cut_off)
    out += mask.feed(cut_off) + mask.flush()
    shown = [part for part in re.split(rb"[*-]+", out) if part]
    assert len(shown) <= begun
    for part in shown:
        assert len(part) <= 3
        assert any(secret.startswith(part) for secret in secrets)
        assert all(len(part) * 4 <= len(secret) for secret in secrets if secret.startswith(part))


@settings(max_examples=500)
@given(secrets=SECRETS, places=st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=12), data=TEXTS)
def test_pauses_lose_nothing_of_what_is_no_secret(
    secrets: list[bytes], places: list[tuple[int, bool]], data: bytes
) -> None:
    # Beginnings of secrets, which go on otherwise.
    data = b"".join(secrets[byte % len(secrets)][: byte % 4] + bytes([byte]) for byte in data)
    mask = StreamMask(secrets)
    out, start = b"", 0
    for place, is_long in sorted((min(place, len(data)), is_long) for place, is_long in places):
        out += mask.feed(data[start:place])
        out += mask.hint() if is_long else mask.give_way()
        start = place
    out += mask.feed(data[start:]) + mask.flush()
    assert out.replace(MASK, b"") == data


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


def test_a_prompt_that_is_the_beginning_of_a_secret_is_seen_after_a_long_pause_without_giving_it_away() -> None:
    mask = StreamMask([b"Password123!"])
    assert mask.feed(b"Pass") == mask.give_way() == b""
    assert mask.hint() == b"Pas***"
    assert mask.hint() == mask.give_way() == b""
    # It was no secret: the rest follows. Or it was: it is masked already.
    assert mask.feed(b"code: ") == b"scode: "
    assert mask.feed(b"Pass") + mask.hint() + mask.feed(b"word123!\n") == b"Pas***\n"


def test_after_a_hint_as_much_more_of_the_secret_as_comes_stays_hidden() -> None:
    mask = StreamMask([b"s3cret-word"])
    assert mask.feed(b"it is s3") + mask.give_way() == b"it is s3"
    assert mask.feed(b"cre") + mask.hint() == b"***"
    assert mask.feed(b"t-wor") + mask.hint() + mask.flush() == b""


@pytest.mark.parametrize("length", range(2, 11))
def test_what_a_process_leaves_of_a_secret_that_it_was_writing_is_masked(length: int) -> None:
    left = b"s3cret-word"[:length]
    assert masked([b"s3cret-word"], [b"it is " + left]) == b"it is " + (left if length == 2 else MASK)


def shown_in_a_pause(forms: list[bytes], begun: bytes) -> bytes:
    mask = StreamMask(forms)
    assert mask.feed(begun) == b""
    return mask.hint()


def test_a_short_secret_decides_how_much_is_shown_of_a_long_one_that_begins_alike() -> None:
    assert shown_in_a_pause([b"abcdefghijkl"], b"abc") == b"abc"
    assert shown_in_a_pause([b"abcdefghijkl", b"abcd"], b"abc") == b"a***"
    assert shown_in_a_pause([b"abcdefghijkl", b"bcde"], b"abc") == b"ab***"
    assert shown_in_a_pause([b"abcdefghijkl" * 9], b"abcd") == b"abc***"


def test_an_endless_row_of_one_letter_is_not_held_back() -> None:
    mask = StreamMask([b"aaaa"])
    assert b"".join(mask.feed(b"a" * 1000) for _ in range(100)) == MASK
    assert mask.feed(b"b") == b"b"


def many_forms(count: int, shortest: int, longest: int) -> list[bytes]:
    numbers = random.Random(count)
    alphabet = b"abcdefghijklmnopqrstuvwxyz"
    return [bytes(numbers.choices(alphabet, k=numbers.randint(shortest, longest))) for _ in range(count)]


@pytest.mark.parametrize(("shortest", "longest"), [(4, 90), (23, 64), (7, 22), (4, 6), (64, 64)])
def test_hundreds_of_secrets_are_found_at_every_place(shortest: int, longest: int) -> None:
    forms = many_forms(300, shortest, longest)
    forms += [form[:30] + b"0" for form in forms[:40]]  # that begin alike
    data = b""
    for number, form in enumerate(forms):
        data += b"-" * (number % 33) + form + b"+"
    for size in (50, 997, len(data)):
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        assert masked(forms, parts) == re.sub(rb"[a-z0]+", MASK, data)


@settings(max_examples=200)
@given(data=st.data(), seed=st.integers(0, 3))
def test_many_secrets_are_found_as_the_slow_and_plain_way_finds_them(data: st.DataObject, seed: int) -> None:
    forms = many_forms(120, (4, 7, 12, 23)[seed], 40)
    words = st.one_of(
        st.sampled_from(forms),
        st.sampled_from(forms).flatmap(lambda form: st.integers(0, len(form)).map(lambda end: form[:end])),
        st.sampled_from(forms).flatmap(lambda form: st.integers(0, len(form)).map(lambda start: form[start:])),
        st.binary(max_size=20),
    )
    text = b"".join(data.draw(st.lists(words, max_size=15))) + b"-"
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    assert masked(forms, cut(text, tuple(sorted(places)))) == expected(forms, text)


def test_a_twin_hides_the_same_and_holds_back_nothing_of_the_other() -> None:
    mask = StreamMask([b"s3cret-word"])
    twin = mask.twin()
    assert mask.feed(b"s3cret-") == b""
    assert twin.feed(b"word s3cret-word") == b"word ***"
    assert mask.feed(b"word") == b"***"


def test_long_secrets_that_begin_alike_are_told_apart() -> None:
    long = bytes(33 + number * 31 % 90 for number in range(700))
    forms = [long, long[:300] + b"x", long[:13] + b"y", long[:13] + b"z" * 5]
    data = b" ".join([*forms, long[:13], long[:300], b"-"])
    for size in (1, 7, 250, 5000):
        parts = [data[at : at + size] for at in range(0, len(data), size)]
        assert (
            masked(forms, parts) == expected(forms, data) == b"*** *** *** *** " + long[:13] + b" " + long[:300] + b" -"
        )
