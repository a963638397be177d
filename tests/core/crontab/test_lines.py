"""The forms of a crontab's lines: variables with cron's quoting, and percent signs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.crontab.lines import join_percent, read_setting, split_percent, write_setting


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("A = b", "b"),
        ("A\t=\tb", "b"),
        ("A=b c ", "b c"),
        ('A="b c "', "b c "),
        ("A=' b'  ", " b"),
        ('A="it\'s"', "it's"),
        ("A=$B:${C}", "$B:${C}"),
        ('A=""', ""),
        ("A=", ""),
        ("A=b # no comment", "b # no comment"),
        ('A=b"c"', 'b"c"'),
        (r"A=\t", r"\t"),
        ("A=b=c", "b=c"),
        ('"A"=b', "b"),
        ("'A' = 'b'", "b"),
    ],
)
def test_a_variable_is_read_with_crons_quoting(line: str, value: str) -> None:
    assert read_setting(line) == ("A", value)


@pytest.mark.parametrize(
    "line",
    [
        'A="b',
        'A="b" "c"',
        "A='b''c'",
        'A="b" c',
        "A='b\"",
        "A B=c",
        "0 5 * * * A=b c",
        "@daily A=b c",
        "=b",
        '""=b',
        "A",
        '"A=b"',
        '"A"B=c',
    ],
)
def test_what_is_no_variable_is_left_to_be_a_job(line: str) -> None:
    assert read_setting(line) is None


@pytest.mark.parametrize(
    ("text", "command", "stdin"),
    [
        ("date", "date", None),
        (r"date +\%F", "date +%F", None),
        ("cat%a", "cat", "a\n"),
        ("cat%a%b", "cat", "a\nb\n"),
        ("mail joe%Joe,%%Where?%", "mail joe", "Joe,\n\nWhere?\n"),
        ("cat%", "cat", ""),
        ("cat%%", "cat", "\n"),
        (r"cat%5\% off%x", "cat", "5% off\nx\n"),
        (r"grep '\.x' \\%y", r"grep '\.x' \\ "[:-1], "y\n"),
        (r"a \\\%", r"a \\%", None),
        (r"cat%a\b\\c", "cat", "a\\b\\\\c\n"),
        (r"cat%\\%", "cat", "\\%\n"),
    ],
)
def test_percent_signs_part_the_command_from_its_input(text: str, command: str, stdin: str | None) -> None:
    assert split_percent(text) == (command, stdin)


@settings(max_examples=300)
@given(st.text(st.sampled_from("%\\a ")))
def test_what_cron_reads_is_written_back_so_that_it_reads_the_same(text: str) -> None:
    command, stdin = split_percent(text)
    written = join_percent(command, stdin)
    assert written is not None
    assert split_percent(written) == (command, stdin)


@settings(max_examples=300)
@given(st.text(st.sampled_from("%\\a\n")), st.none() | st.text(st.sampled_from("%\\a\n")))
def test_what_is_written_with_percent_signs_reads_as_it_was_or_is_refused(command: str, stdin: str | None) -> None:
    written = join_percent(command, stdin)
    assert written is None or split_percent(written) == (command, stdin)


@pytest.mark.parametrize(("command", "stdin"), [("a\nb", None), (r"a\%", None), ("a", "b"), ("a", "b\\\nc\n")])
def test_what_cron_has_no_way_to_say_is_refused(command: str, stdin: str | None) -> None:
    assert join_percent(command, stdin) is None


@pytest.mark.parametrize(
    ("value", "line"),
    [("b c", "A=b c"), ("", 'A=""'), (" b", 'A=" b"'), ('"b" ', "A='\"b\" '"), ("b\nc", None), ("' \"", None)],
)
def test_a_value_is_put_in_quotes_where_cron_needs_them(value: str, line: str | None) -> None:
    assert write_setting("A", value) == line


@settings(max_examples=300)
@given(st.text(st.sampled_from("a =\"'#$\\\t")))
def test_a_value_is_written_so_that_it_reads_the_same_or_is_refused(value: str) -> None:
    line = write_setting("A", value)
    assert line is None or read_setting(line) == ("A", value)
    if "'" not in value or '"' not in value:
        assert line is not None
