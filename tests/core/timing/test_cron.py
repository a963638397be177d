"""What the parser accepts, what it refuses and how it explains itself (R1, and R3's wildcard)."""

from __future__ import annotations

from itertools import pairwise

import pytest

from core.errors import ClockhandError
from core.timing.cron import CronError, Expression, parse


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("5 * * * *", (5,)),
        ("05 * * * *", (5,)),
        ("5-8 * * * *", (5, 6, 7, 8)),
        ("5-5 * * * *", (5,)),
        ("5-5/3 * * * *", (5,)),
        ("10-20/5 * * * *", (10, 15, 20)),
        ("50/4 * * * *", (50, 54, 58)),
        ("*/20 * * * *", (0, 20, 40)),
        ("*/61 * * * *", (0,)),
        ("7/99 * * * *", (7,)),
        ("7-9/99 * * * *", (7,)),
        ("*/99999999999999999999 * * * *", (0,)),
        ("3,1,2,1-2 * * * *", (1, 2, 3)),
        ("59,*/30 * * * *", (0, 30, 59)),
        ("\t 5 \t * * *   * \t", (5,)),
    ],
)
def test_items_stand_for_their_values(text: str, minutes: tuple[int, ...]) -> None:
    assert parse(text).minute.values == minutes


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("JAN", (1,)),
        ("jan-MAR", (1, 2, 3)),
        ("Oct,dec", (10, 12)),
        ("nov/1", (11, 12)),
        ("2-APR/2", (2, 4)),
    ],
)
def test_months_have_names_in_any_case(field: str, values: tuple[int, ...]) -> None:
    assert parse(f"0 0 * {field} *").month.values == values


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("0", (0,)),
        ("7", (0,)),
        ("sun", (0,)),
        ("0-7", (0, 1, 2, 3, 4, 5, 6)),
        ("5-7", (0, 5, 6)),
        ("MON-SUN", (0, 1, 2, 3, 4, 5, 6)),
        ("Fri-Sun", (0, 5, 6)),
        ("SUN-TUE", (0, 1, 2)),
        ("SUN-SUN", (0,)),
        ("7-SUN", (0,)),
        ("SAT-SUN/2", (6,)),
        ("*/7", (0,)),
        ("*/2", (0, 2, 4, 6)),
        ("1/2", (0, 1, 3, 5)),
    ],
)
def test_sunday_is_0_and_7_and_may_end_a_range(field: str, values: tuple[int, ...]) -> None:
    assert parse(f"0 0 * * {field}").day_of_week.values == values


def test_a_day_field_takes_its_special_forms_inside_lists() -> None:
    days = parse("0 0 1,l,LW * *").day_of_month
    assert (days.values, days.last, days.last_workday) == ((1,), True, True)
    weekdays = parse("0 0 * * 1,5#2,FRI#1,6L,L3,monl,7#5").day_of_week
    assert weekdays.values == (1,)
    assert weekdays.nth == ((0, 5), (5, 1), (5, 2))
    assert weekdays.last_weekdays == (1, 3, 6)


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ],
)
def test_nicknames_stand_for_five_fields(name: str, meaning: str) -> None:
    named = parse(f" {name}\t")
    assert named.fields == parse(meaning).fields
    assert named.text == named.resolved == f" {name}\t"


def test_reboot_has_no_fields() -> None:
    expression = parse("@reboot")
    assert expression.is_reboot
    assert expression.fields == ()
    assert not expression.is_wildcard
    assert not expression.has_seconds


def test_six_fields_begin_with_the_seconds() -> None:
    expression = parse("1 2 3 4 5 6")
    assert expression.has_seconds
    assert [field.values for field in expression.fields] == [(1,), (2,), (3,), (4,), (5,), (6,)]
    assert expression.second is expression.fields[0]
    assert parse("2 3 4 5 6").second is None


@pytest.mark.parametrize(
    ("text", "is_wildcard"),
    [
        ("* * * * *", True),
        ("*/5 2 * * *", True),
        ("30 */2 * * *", True),
        ("*,5 2 * * *", True),
        ("5,* 2 * * *", False),
        ("0-59 0-23 * * *", False),
        ("30 2 * * *", False),
        ("30 2 */2 */2 */2", False),
        ("* 30 2 * * *", True),
        ("0 30 2 * * *", False),
        ("H/15 2 * * *", False),
        ("H * * * *", True),
        ("@hourly", True),
        ("@daily", False),
    ],
)
def test_an_expression_is_wildcard_by_the_star_of_its_clock_fields(text: str, is_wildcard: bool) -> None:
    assert parse(text).is_wildcard is is_wildcard


REFUSED = [
    ("", None, None, "Write five fields"),
    (" \t ", None, None, "Write five fields"),
    ("* * * *", None, 7, "4 fields"),
    ("*", None, 1, "1 field."),
    ("* * * * * * *", None, 12, "Leave the year out"),
    ("* * * * * echo hello world", None, 15, "command"),
    ("0 5 * * * /usr/bin/backup daily", None, 26, "command"),
    ("0 5 * * * /usr/bin/backup", None, 10, "the command is not part of the expression"),
    ("0 5 * * * ~/backup", None, 10, "the command is not part of the expression"),
    ("0 0 0 * * * 2027-2030/2", None, 12, "Leave the year out"),
    ("? * * * *", "minute", 0, "Write *"),
    ("0 0 ? * 1", "day-of-month", 4, "Write * in the day-of-month"),
    ("0 0 15W * *", "day-of-month", 4, "Write LW"),
    ("0 0 W * *", "day-of-month", 4, "Write LW"),
    ("0 0 * * W", "day-of-week", 8, "Write LW"),
    ("R * * * *", "minute", 0, "Write H"),
    ("R(0-5) * * * *", "minute", 0, "Write H"),
    ("0 0 * * R", "day-of-week", 8, "Write H"),
    ("0~30 * * * *", "minute", 0, "Write H(a-b)"),
    ("~ * * * *", "minute", 0, "Write H(a-b)"),
    ("@every 5m", None, 0, "*/5"),
    (" @Every", None, 1, "*/5"),
    ("@dayly", None, 0, "Did you mean “@daily”?"),
    ("@", None, 0, "no known name"),
    ("60 * * * *", "minute", 0, "from 0 to 59"),
    ("0 24 * * *", "hour", 2, "from 0 to 23"),
    ("0 0 0 * *", "day-of-month", 4, "from 1 to 31"),
    ("0 0 32 * *", "day-of-month", 4, "from 1 to 31"),
    ("0 0 * 13 *", "month", 6, "from 1 to 12"),
    ("0 0 * * 8", "day-of-week", 8, "from 0 to 7"),
    ("0 0 * * 8L", "day-of-week", 8, "from 0 to 7"),
    ("60 0 0 * * *", "second", 0, "from 0 to 59"),
    ("5,7,61 * * * *", "minute", 4, "from 0 to 59"),
    ("10-61 * * * *", "minute", 3, "from 0 to 59"),
    ("9999999999999999 * * * *", "minute", 0, "from 0 to 59"),
    ("20-10 * * * *", "minute", 0, "20-59,0-10"),
    ("0 22-2 * * *", "hour", 2, "22-23,0-2"),
    ("0 0 * * FRI-MON", "day-of-week", 8, "5-6,0-1"),
    ("0 0 * * 7-1", "day-of-week", 8, "Write the smaller value first, or 0-1."),
    ("0 0 * * SAT-SUN,SAT-MON", "day-of-week", 16, "two ranges: 6,0-1."),
    ("0 0 * DEC-JAN *", "month", 6, "two ranges: 12,1."),
    ("0 0 * NOV-FEB *", "month", 6, "11-12,1-2"),
    ("*/0 * * * *", "minute", 0, "Write a step of 1 or more"),
    ("5/00 * * * *", "minute", 0, "Write a step of 1 or more"),
    ("H/0 * * * *", "minute", 0, "Write a step of 1 or more"),
    ("*/ * * * *", "minute", 0, "after the slash"),
    ("*/x * * * *", "minute", 0, "after the slash"),
    ("/5 * * * *", "minute", 0, "such as */5"),
    ("1/2/3 * * * *", "minute", 0, "such as */5"),
    ("1-2-3 * * * *", "minute", 0, "such as */5"),
    ("-5 * * * *", "minute", 0, "such as */5"),
    ("5- * * * *", "minute", 0, "such as */5"),
    ("*-5 * * * *", "minute", 0, "such as */5"),
    ("** * * * *", "minute", 0, "such as */5"),
    ("+5 * * * *", "minute", 0, "such as */5"),
    ("1_0 * * * *", "minute", 0, "such as */5"),
    ("5.0 * * * *", "minute", 0, "such as */5"),
    ("MON * * * *", "minute", 0, "such as */5"),
    ("1,,2 * * * *", "minute", 2, "comma"),
    (",1 * * * *", "minute", 0, "comma"),
    ("0 0 1, * *", "day-of-month", 6, "comma"),
    ("0 0 * JUNE *", "month", 6, "Did you mean “JUN”?"),
    ("0 0 * * MONDAY", "day-of-week", 8, "SUN to SAT"),
    ("0 0 * MON *", "month", 6, "JAN to DEC"),
    ("0 0 * * JAN", "day-of-week", 8, "SUN to SAT"),
    ("0 0 * * L", "day-of-week", 8, "such as 5L"),
    ("0 0 * * LW", "day-of-week", 8, "5L"),
    ("0 0 * * 1-5L", "day-of-week", 8, "“1-5L” is not understood. Write one day before L"),
    ("0 0 L-3 * *", "day-of-month", 4, "LW for its last workday"),
    ("0 0 5L * *", "day-of-month", 4, "Write L for the last day"),
    ("0 0 L/2 * *", "day-of-month", 4, "Write L for the last day"),
    ("L * * * *", "minute", 0, "belongs to the day fields"),
    ("0 0 1#2 * *", "day-of-month", 4, "# to day-of-week"),
    ("0 0 * * 1#0", "day-of-week", 8, "from 1 to 5"),
    ("0 0 * * 1#6", "day-of-week", 8, "from 1 to 5"),
    ("0 0 * * #2", "day-of-week", 8, "1#2"),
    ("0 0 * * 1-5#2", "day-of-week", 8, "1#2,3#2"),
    ("H(5-2) * * * *", "minute", 0, "Write the smaller value first."),
    ("H(0-60) * * * *", "minute", 0, "from 0 to 59"),
    ("H(5) * * * *", "minute", 0, "H(a-b)"),
    ("H-5 * * * *", "minute", 0, "H(a-b)"),
    ("0 0 30 2 *", "day-of-month", 4, "never comes"),
    ("0 0 31 4,6,9,11 *", "day-of-month", 4, "never comes"),
    ("0 0 30 2 */2", "day-of-month", 4, "never comes"),
    ("0 0 */31 * 1#5", "day-of-month", 4, "never comes"),
    ("0 0 */31 * 5L", "day-of-month", 4, "never comes"),
    ("0 0 0 30,31 2 *", "day-of-month", 6, "never comes"),
    ("* * * * *\n", None, 9, "U+000A"),
    ("*\u00a0* * * *", None, 1, "U+00A0"),
    ("\u0665 * * * *", None, 0, "plain letters"),
    ("0 0 * * \u017fun", None, 8, "plain letters"),
    ("0 0 * * MON\u2013FRI", None, 11, "plain letters"),
    ("\x00 * * * *", None, 0, "U+0000"),
    ("\ud800 * * * *", None, 0, "U+D800"),
]


@pytest.mark.parametrize(("text", "field", "position", "hint"), REFUSED, ids=[repr(row[0]) for row in REFUSED])
def test_a_refusal_names_the_place_and_says_what_to_write(
    text: str, field: str | None, position: int | None, hint: str
) -> None:
    with pytest.raises(CronError) as caught:
        parse(text)
    error = caught.value
    assert hint in error.message
    assert (error.field, error.position) == (field, position)
    assert str(error) == error.message
    assert error.message.endswith(".")
    assert isinstance(error, ClockhandError)


def test_a_thousand_characters_are_enough() -> None:
    longest = "1" + ",1" * 495 + " * * * *"
    assert parse(longest + " ").minute.values == (1,)
    with pytest.raises(CronError, match="at most 1,000"):
        parse(longest + "  ")


def test_a_message_quotes_a_long_item_in_part() -> None:
    with pytest.raises(CronError) as caught:
        parse("x" * 900 + " * * * *")
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("text", ["0 0 30 2 1", "0 0 31 4 MON#5", "0 0 29 2 */7", "0 0 * 2 1#5", "0 0 L 2 *"])
def test_a_day_that_comes_at_all_is_accepted(text: str) -> None:
    assert parse(text).text == text


def test_equal_expressions_are_one_key() -> None:
    assert len({parse("H 1 * * *", identity="a"), parse("H 1 * * *", identity="a")}) == 1
    assert parse("5 1 * * *") != parse("05 1 * * *")


def hashed(text: str, identity: str) -> Expression:
    return parse(text, identity=identity)


def test_h_is_resolved_by_a_hash_of_our_own_that_never_changes() -> None:
    # Written down once: another value would move every user's spread jobs at an update.
    assert hashed("H H H H H", "nightly backup").resolved == "51 7 12 8 1"


def test_h_keeps_the_users_blanks_and_the_other_items() -> None:
    expression = hashed(" 5,H(10-10)\t1  * *   MON ", "x")
    assert expression.text == " 5,H(10-10)\t1  * *   MON "
    assert expression.resolved == " 5,10\t1  * *   MON "
    assert expression.minute.text == "5,H(10-10)"


def test_a_resolved_expression_means_the_same_and_has_no_h() -> None:
    for number in range(60):
        expression = hashed("H/7 H(8-11) H H(2-9)/3 h", f"job {number}")
        again = parse(expression.resolved)
        assert again.resolved == again.text == expression.resolved
        assert [field.values for field in again.fields] == [field.values for field in expression.fields]


def test_h_stays_within_what_it_was_given() -> None:
    spread = [hashed("H H(8-11) H H H(1-5)", f"job {number}") for number in range(400)]
    assert {value for each in spread for value in each.minute.values} == set(range(60))
    assert {value for each in spread for value in each.hour.values} == {8, 9, 10, 11}
    assert {value for each in spread for value in each.day_of_month.values} == set(range(1, 29))
    assert {value for each in spread for value in each.month.values} == set(range(1, 13))
    assert {value for each in spread for value in each.day_of_week.values} == {1, 2, 3, 4, 5}


def test_h_with_a_step_keeps_the_rhythm() -> None:
    starts = set()
    for number in range(200):
        values = hashed("H/15 * * * *", f"job {number}").minute.values
        assert {later - earlier for earlier, later in pairwise(values)} == {15}
        assert len(values) == 4
        starts.add(values[0])
    assert starts == set(range(15))
    assert hashed("H/99 * * * *", "job").minute.values == hashed("H * * * *", "job").minute.values


def test_an_expression_without_h_does_not_depend_on_the_identity() -> None:
    assert parse("@daily", identity="a") == parse("@daily", identity="b")
    assert parse("5 * * * *", identity="a") == parse("5 * * * *")
