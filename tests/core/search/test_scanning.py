"""The scan of one output finds what a plain search of the decoded lines finds, wherever the blocks end."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.search.lines import EXCERPT_CHARACTERS
from core.search.query import Pattern, SearchQuery
from core.search.scanning import LITERAL_SIZES, FoundLine, Scanner, ScanSizes
from core.search.visible import final_text

SMALL = ScanSizes(block=64, piece=64, overlap=24)
# The last letters are what Python takes for k, s and i when it ignores the case.
ALPHABET = "abABski \t\u00fc\u20ac\U0001f600.\u212a\u017f\u0131\u0130"
ESCAPES = ("\x1b[31m", "\x1b[0m", "\x1b[38;5;12m", "\x1b]8;;https://example.org\x1b\\", "\x1b]0;title\x07", "\x9b1m")


class Bytes:
    """A source that is in memory, and notes the largest read, and how much was read in all."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.largest_read = 0
        self.all_reads = 0

    def size(self) -> int:
        return len(self.data)

    def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length > 0
        self.largest_read = max(self.largest_read, length)
        self.all_reads += length
        return self.data[offset : offset + length]


def scan(
    data: bytes, text: str = "needle", *, sizes: ScanSizes = SMALL, most: int = 1000, **query: object
) -> list[FoundLine]:
    wanted = SearchQuery(text=text, **query)  # type: ignore[arg-type]  # a test names the fields
    scanner = Scanner(Bytes(data), Pattern(wanted), context_lines=wanted.context_lines, most_lines=most, sizes=sizes)
    return [line for piece in scanner.slices() for line in piece.lines]


def lines_of(data: bytes) -> list[bytes]:
    return data.removesuffix(b"\n").split(b"\n") if data else []


def naive(data: bytes, regex: re.Pattern[str]) -> list[int]:
    return [number for number, line in enumerate(lines_of(data), 1) if regex.search(final_text(line))]


texts = st.text(ALPHABET, max_size=60).flatmap(lambda text: st.sampled_from([text, text + "\r"]))
rewritten_texts = st.text(ALPHABET + "\r\b", max_size=60)
junk = st.binary(max_size=12).map(lambda data: data.replace(b"\x1b", b"").replace(b"\xc2\x9b", b"").replace(b"\n", b""))
contents = st.lists(st.one_of(texts.map(str.encode), junk), max_size=12).map(b"\n".join)
sizes = st.builds(
    lambda overlap, piece, block: ScanSizes(overlap + 12 + piece + block, overlap + 12 + piece, overlap),
    st.integers(20, 30),
    st.integers(0, 60),
    st.integers(0, 60),
)


@settings(max_examples=300, deadline=None)
@given(contents, st.text(ALPHABET, min_size=1, max_size=4), sizes, st.booleans(), st.booleans())
@example("\u212a".encode(), "k", SMALL, True, False)
@example("\u017f".encode(), "s", SMALL, True, False)
@example(b"xx" * 40 + b"ab", "ab", SMALL, False, True)
def test_a_text_is_found_where_a_plain_search_finds_it(
    data: bytes, text: str, cuts: ScanSizes, ignore_case: bool, whole_words: bool
) -> None:
    bare = re.escape(text)
    regex = re.compile(rf"(?<!\w){bare}(?!\w)" if whole_words else bare, re.IGNORECASE if ignore_case else 0)
    found = scan(data, text, sizes=cuts, ignore_case=ignore_case, whole_words=whole_words)
    assert [line.number for line in found] == naive(data, regex)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(texts | rewritten_texts, max_size=12).map(lambda lines: "\n".join(lines).encode()),
    st.sampled_from(["^a", "b$", "a+b", "^$", r"\s", "[^a]", "^(?:a|B).*b$", r"\ba", "x*"]),
    st.integers(300, 900),
    st.booleans(),
)
def test_an_expression_is_found_where_a_plain_search_finds_it(
    data: bytes, text: str, block: int, ignore_case: bool
) -> None:
    # Blocks end anywhere, but no line is longer than a piece.
    cuts = ScanSizes(block, 256, 24)
    found = scan(data, text, sizes=cuts, is_regex=True, ignore_case=ignore_case)
    assert [line.number for line in found] == naive(data, re.compile(text, re.IGNORECASE if ignore_case else 0))


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(st.text("abAB ", max_size=30), max_size=10), st.integers(200, 500))
def test_escape_sequences_do_not_keep_a_text_from_being_found(
    data: st.DataObject, plain: list[str], block: int
) -> None:
    def dress(line: str) -> str:
        places = data.draw(st.lists(st.tuples(st.integers(0, len(line)), st.sampled_from(ESCAPES)), max_size=3))
        for place, escape in sorted(places, reverse=True):
            line = line[:place] + escape + line[place:]
        return line

    dressed = "\n".join(map(dress, plain)).encode()
    expected = naive("\n".join(plain).encode(), re.compile("aB"))
    for query in ({}, {"is_regex": True}):
        found = scan(dressed, "aB", sizes=ScanSizes(block, 190, 100), **query)
        assert [line.number for line in found] == expected
        for line in found:
            assert dressed[line.match_offset :].decode()[0] == "a"
            assert all(line.excerpt.text[slice(*span)] == "aB" for span in line.excerpt.spans)


@settings(max_examples=100, deadline=None)
@given(contents, sizes)
def test_offsets_lead_to_the_line_and_to_the_match(data: bytes, cuts: ScanSizes) -> None:
    starts = [0]
    for line in lines_of(data):
        starts.append(starts[-1] + len(line) + 1)
    for found in scan(data, "a", sizes=cuts):
        assert found.offset == starts[found.number - 1]
        assert found.offset <= found.match_offset < starts[found.number]
        assert data[found.match_offset : found.match_offset + 1] == b"a"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(["needle", "hay", "straw", ""]), max_size=40), st.integers(0, 3), st.integers(0, 200))
def test_hits_and_their_context_are_the_lines_in_order_and_each_once(lines: list[str], count: int, more: int) -> None:
    data = "".join(f"{line}\n" for line in lines).encode()
    found = scan(data, sizes=ScanSizes(64 + more, 40, 24), context_lines=count)
    shown = [(number, text) for hit in found for number, text in numbered(hit)]
    wanted = {
        each
        for number, line in enumerate(lines)
        if line == "needle"
        for each in range(number - count, number + count + 1)
        if 0 <= each < len(lines)
    }
    assert shown == [(number + 1, lines[number]) for number in sorted(wanted)]


def numbered(hit: FoundLine) -> list[tuple[int, str]]:
    first = hit.number - len(hit.before)
    return list(enumerate([*hit.before, hit.excerpt.text, *hit.after], first))


def test_a_line_longer_than_any_block_is_searched_in_bounded_memory_and_found_once() -> None:
    data = b"first\n" + b"x" * 5_000_000 + b"needle" + b"y" * 5_000_000 + b"needle\nlast needle"
    source = Bytes(data)
    cuts = ScanSizes(block=65_536, piece=65_536)
    found = [
        line
        for piece in Scanner(source, Pattern(SearchQuery(text="needle")), sizes=cuts).slices()
        for line in piece.lines
    ]
    assert [(line.number, line.offset, line.match_offset) for line in found] == [
        (2, 6, 5_000_006),
        (3, len(data) - 11, len(data) - 6),
    ]
    assert found[0].excerpt.is_cut_before
    assert found[0].excerpt.is_cut_after
    assert len(found[0].excerpt.text) == EXCERPT_CHARACTERS
    assert source.largest_read <= 65_536


@pytest.mark.parametrize("at", range(40, 130))
def test_a_match_across_the_end_of_a_block_is_found(at: int) -> None:
    data = b"x" * at + b"needle" + b"x" * 100
    assert [line.match_offset for line in scan(data)] == [at]
    assert [line.match_offset for line in scan(data, "n[e]+dle", is_regex=True)] == [at]


def test_the_end_of_a_line_is_not_taken_to_be_where_a_piece_ends() -> None:
    assert scan(b"ab" * 500, "a$", is_regex=True) == []
    assert scan(b"b" + b"a" * 1000, "^a", is_regex=True) == []
    assert [line.match_offset for line in scan(b"ab" * 500, "b$", is_regex=True)] == [999]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(rewritten_texts, max_size=12).map(lambda lines: "\n".join(lines).encode()),
    st.text(ALPHABET, min_size=1, max_size=3),
    st.booleans(),
)
def test_of_lines_that_are_written_over_the_text_that_is_left_is_found(
    data: bytes, text: str, ignore_case: bool
) -> None:
    found = {line.number for line in scan(data, text, sizes=ScanSizes(300, 256, 24), ignore_case=ignore_case)}
    regex = re.compile(re.escape(text), re.IGNORECASE * ignore_case)
    written = {number for number, line in enumerate(lines_of(data), 1) if regex.search(line.decode())}
    assert found == set(naive(data, regex)) & written or found == set(naive(data, regex))


@pytest.mark.parametrize("colour", [b"", b"\x1b[32m"])
@pytest.mark.parametrize("erase", [b"", b"\x1b[K"])
@pytest.mark.parametrize("is_regex", [False, True])
def test_a_progress_bar_is_found_as_it_ended_and_at_its_last_place(colour: bytes, erase: bytes, is_regex: bool) -> None:
    bar = b"get foo" + b"".join(b"\r%s%3d %% of foo%s" % (colour, each, erase) for each in range(0, 101, 5))
    data = b"before\n" + bar + b"\nafter 50 %\n"
    assert [line.number for line in scan(data, "50 %", sizes=LITERAL_SIZES, is_regex=is_regex)] == [3]
    (line,) = scan(data, "100 %", sizes=LITERAL_SIZES, is_regex=is_regex)
    assert line.excerpt.text.startswith("100 % of foo")
    assert data[line.match_offset :].startswith(b"100 % of foo")
    assert [found.number for found in scan(data, "get", sizes=LITERAL_SIZES, is_regex=is_regex)] == []
    assert scan(data, "after", sizes=LITERAL_SIZES)[0].before[0].startswith("100 % of foo")


def test_a_bar_that_is_longer_than_a_block_is_found_as_it_ended() -> None:
    data = b"".join(b"\r%06d bytes of it" % each for each in range(10_000)) + b"\rall of it is there\nnext\n"
    cuts = ScanSizes(4096, 1024, 256)
    assert [line.number for line in scan(data, "bytes of it", sizes=cuts)] == []
    assert [line.number for line in scan(data, "all of it", sizes=cuts)] == [1]
    (line,) = scan(b"\r50 %\r" + b"x" * 9000 + b"needle\n", sizes=cuts)
    assert line.match_offset == 6 + 9000


def test_it_stops_when_there_are_too_many() -> None:
    scanner = Scanner(Bytes(b"needle\n" * 100), Pattern(SearchQuery(text="needle")), most_lines=7, sizes=SMALL)
    assert len([line for piece in scanner.slices() for line in piece.lines]) == 7
    assert scanner.is_full


def test_a_hit_is_told_before_the_rest_of_a_large_output_is_searched() -> None:
    source = Bytes(b"needle\n" + b"hay\n" * 10_000)
    first = next(Scanner(source, Pattern(SearchQuery(text="needle")), sizes=ScanSizes(4200, 4200)).slices())
    assert [(line.number, line.after) for line in first.lines] == [(1, ("hay",))]
    assert first.end <= 4200


def test_the_lines_before_a_late_hit_are_counted_in_slices_of_their_own() -> None:
    source = Bytes(b"hay\n" * 20_000 + b"needle\n")
    scanner = Scanner(source, Pattern(SearchQuery(text="needle")), sizes=SMALL)
    read = largest = 0
    found: list[FoundLine] = []
    ends: list[int] = []
    for piece in scanner.slices():
        largest, read = max(largest, source.all_reads - read), source.all_reads
        found += piece.lines
        ends.append(piece.end)
    assert [line.number for line in found] == [20_001]
    assert largest < 20_000
    assert ends == sorted(ends)


def test_all_matches_in_the_excerpt_are_told() -> None:
    line = scan(b"a needle and a needle\r\n")[0]
    assert line.excerpt.text == "a needle and a needle"
    assert line.excerpt.spans == ((2, 8), (15, 21))


def test_bytes_that_are_not_utf8_are_shown_as_such_and_do_not_shift_the_place() -> None:
    line = scan(b"\xff\xfe\xc3 needle \x80")[0]
    assert line.match_offset == 4
    assert line.excerpt.text == "\ufffd\ufffd\ufffd needle \ufffd"


def test_sizes_with_which_a_scan_would_not_get_on_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ScanSizes(block=100, piece=100, overlap=100)
