"""What is around the rules: names out of comments, odd texts, and that nothing raises."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.crontab.becoming import become
from core.crontab.reading import decode_crontab, read_crontab
from core.crontab.warnings import general_notes, warnings_of
from core.timing.zones import load_zone

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PIECES = [
    "0 5 * * * ",
    "* * * * * ",
    "@daily ",
    "root ",
    "A=",
    "CRON_TZ=",
    "UTC",
    "'",
    '"',
    "%",
    "\\",
    "\n",
    "\r",
    "\0",
]
MORE = ["#", " ", "\t", "x", "{{", "{%", "~", "-", "/", "L", "é", "\udc80", "\ufdd0", "${A}", "RANDOM_DELAY=", "9" * 12]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES + MORE)).map("".join) | st.text(), st.booleans())
def test_no_text_raises_and_every_line_is_accounted_for(text: str, system: bool) -> None:
    crontab = read_crontab(text, system=system)
    plan = become(crontab, {}, "test")
    for each in plan.becomings:
        assert all(sentence.endswith(".") for sentence in warnings_of(each.job, load_zone("Europe/Berlin"), NOW))
    assert len(plan.becomings) + len(plan.errors) == len(crontab.jobs) + len(crontab.errors)
    lines = [each.job.line for each in plan.becomings] + [error.line for error in plan.errors]
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    ("comments", "name"),
    [
        ("# Back up the photos", "Back up the photos"),
        ("#backup", "backup"),
        ("## Two words ##", "Two words ##"),
        ("#Ansible: renew certificates", "renew certificates"),
        ("# about it\n# Clockhand: 0 5", "0 5"),
        ("# First line\n# and more of it", "First line"),
        ("# Other\n#\n# Mine", "Mine"),
        ("# m h  dom mon dow   command", None),
        ("# Edit this file to begin.\n#\n# Explained at length\n#\n# m h  dom mon dow   command", None),
        ("# m h  dom mon dow   command\n# Mine", "Mine"),
        ("# *  *  *  *  * user-name command to be executed", None),
        ("#----------", None),
        ("# 0 5 * * * old line", None),
        ("# Mine\n# 0 5 * * * old line", "Mine"),
        ("#MAILTO=me", None),
        ("# away\n", None),
        ("# of the variable\nA=1", None),
        ("# " + "word " * 40, ("word " * 16)[:79].strip() + "…"),
    ],
)
def test_the_comment_right_above_a_line_names_it(comments: str, name: str | None) -> None:
    assert read_crontab(f"{comments}\n0 5 * * * x\n").jobs[0].name == name


def test_bytes_that_are_no_utf_8_and_nul_make_bad_lines_of_their_own() -> None:
    crontab = read_crontab(decode_crontab(b"0 5 * * * \xff\n0 5 * * * a\0b\n0 5 * * * \xc3\xa9\n"))
    assert [error.line for error in crontab.errors] == [1, 2]
    assert "UTF-8" in crontab.errors[0].reason
    assert "NUL" in crontab.errors[1].reason
    assert crontab.jobs[0].command == "é"


def test_windows_line_ends_and_a_mark_of_the_encoding_are_left_out_and_said() -> None:
    crontab = read_crontab("\ufeffA=1\r\n0 5 * * * x\r\n")
    assert (crontab.jobs[0].command, crontab.jobs[0].environment) == ("x", {"A": "1"})
    assert any("Windows" in note for note in general_notes(crontab))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("0 5 * * * a%b\n", "standard input"),
        ("0 5 * * * a%\n", "empty"),
        ("0 5 * * * date +\\%F\n", "plain %"),
        ("0 5 * * * echo a\\\\b\n", "cronie leaves both"),
        ("0 5 * * * root /x\n", "--system"),
        ("MAILTO=joe\n0 5 * * * x\n", "joe"),
        ("PATH=$PATH:/opt\n0 5 * * * x\n", "expand"),
        ("PATH=~/bin\n0 5 * * * x\n", "expand"),
        ("A-B=1\n0 5 * * * x\n", "A-B"),
        ("LOGNAME=joe\n0 5 * * * x\n", "LOGNAME"),
        ("SHELL=/usr/bin/fish\n0 5 * * * x\n", "fish"),
        ("-0 5 * * * x\n", "logging"),
        ("0 5 * * * x", "line end"),
        ("0 5 * * * run-parts /etc/x\n", "folder"),
        ("0~9 5 * * * x\n", "chance"),
        ("RANDOM_DELAY=5\n0 5 * * * x\n", "5 minutes"),
        ("5/10 5 * * * x\n", "5/10"),
        ("CRON_TZ=Asia/Tokyo\n0 5 * * * x\n", "Asia/Tokyo"),
        ("0 0 */2 * 1 x\n", "both"),
        ("@reboot x\n", "start"),
        ("0 5 * * * x\n", "sleeps"),
        ("30 2 * * * x\n", "29 March 2026"),
        ("0,30 2 * * * x\n", "by itself"),
        ("CRON_TZ=America/New_York\n30 2 * * * x\n", "none of those"),
    ],
)
def test_what_will_behave_otherwise_is_said(text: str, word: str) -> None:
    berlin = load_zone("Europe/Berlin")
    assert any(word in sentence for sentence in warnings_of(read_crontab(text).jobs[0], berlin, NOW))


def test_the_user_of_a_system_crontab_is_named() -> None:
    crontab = read_crontab("0 5 * * * backup x\n", system=True)
    assert "“backup”" in warnings_of(crontab.jobs[0], UTC, NOW)[0]
    assert any("as you" in note for note in general_notes(crontab))


def test_a_plain_line_that_follows_the_wall_clock_has_no_warning() -> None:
    assert warnings_of(read_crontab('MAILTO=""\n*/5 * * * * x\n').jobs[0], load_zone("Europe/Berlin"), NOW) == ()
