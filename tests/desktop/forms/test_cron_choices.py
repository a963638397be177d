"""What the builder reads from a field of an expression, and writes back to it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.timing.cron import CronError, parse
from core.timing.fields import read_field
from core.timing.kinds import DAY_OF_MONTH, DAY_OF_WEEK, HOUR, MINUTE, MONTH, Kind
from desktop.forms.cron_choices import FieldChoice, Mode, join_fields, read_choice, split_fields, write_choice
from desktop.forms.cron_presets import presets
from tests.core.timing.strategies import expressions


@pytest.mark.parametrize(
    ("kind", "text", "choice"),
    [
        (MINUTE, "*", FieldChoice(Mode.EVERY, "*")),
        (MINUTE, "*/5", FieldChoice(Mode.STEP, "*/5", step=5)),
        (HOUR, "9-12,18", FieldChoice(Mode.VALUES, "9-12,18", values=(9, 10, 11, 12, 18))),
        (MONTH, "jan-MAR", FieldChoice(Mode.VALUES, "jan-MAR", values=(1, 2, 3))),
        (DAY_OF_WEEK, "MON-SUN", FieldChoice(Mode.VALUES, "MON-SUN", values=(0, 1, 2, 3, 4, 5, 6))),
        (DAY_OF_WEEK, "THU", FieldChoice(Mode.VALUES, "THU", values=(4,))),
        (DAY_OF_MONTH, "1,L", FieldChoice(Mode.VALUES, "1,L", values=(1,), last=True)),
        (DAY_OF_MONTH, "LW", FieldChoice(Mode.VALUES, "LW", last_workday=True)),
        (DAY_OF_WEEK, "5#2", FieldChoice(Mode.NTH, "5#2", nth=2, weekday=5)),
        (DAY_OF_WEEK, "FRIL", FieldChoice(Mode.NTH, "FRIL", nth=0, weekday=5)),
    ],
)
def test_the_builder_has_words_for_a_field(kind: Kind, text: str, choice: FieldChoice) -> None:
    assert read_choice(kind, text) == choice


@pytest.mark.parametrize("text", ["H", "H(0-29)/10", "*/1", "*/99", "*,5", "*/5,7", "61", "", "a-b"])
def test_what_the_builder_has_no_words_for_keeps_its_text(text: str) -> None:
    assert read_choice(MINUTE, text) == FieldChoice(Mode.TEXT, text)


@pytest.mark.parametrize("text", ["1#1,5#2", "5L,1", "*/2", "5L,1L"])
def test_several_rules_for_weekdays_keep_their_text(text: str) -> None:
    choice = read_choice(DAY_OF_WEEK, text)
    assert choice.mode in {Mode.TEXT, Mode.STEP}
    assert write_choice(DAY_OF_WEEK, choice) == text


@pytest.mark.parametrize(
    ("kind", "choice", "text"),
    [
        (HOUR, FieldChoice(Mode.VALUES, "", values=(1, 2, 4, 5, 6)), "1,2,4-6"),
        (DAY_OF_WEEK, FieldChoice(Mode.VALUES, "", values=(1, 2, 3, 4, 5)), "1-5"),
        (DAY_OF_WEEK, FieldChoice(Mode.VALUES, "", values=(0, 6)), "6-7"),
        (DAY_OF_WEEK, FieldChoice(Mode.VALUES, "", values=(0,)), "0"),
        (DAY_OF_MONTH, FieldChoice(Mode.VALUES, "", values=(1,), last=True, last_workday=True), "1,L,LW"),
        (DAY_OF_MONTH, FieldChoice(Mode.VALUES, ""), "*"),
        (MINUTE, FieldChoice(Mode.TEXT, "0, 30"), "0,30"),
        (MINUTE, FieldChoice(Mode.TEXT, "  "), "*"),
    ],
)
def test_a_choice_is_written_as_a_person_would(kind: Kind, choice: FieldChoice, text: str) -> None:
    assert write_choice(kind, choice) == text


@given(
    st.sampled_from([HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK]),
    st.sets(st.integers(1, 6), min_size=1) | st.sets(st.integers(1, 12), min_size=1),
    st.booleans(),
)
def test_picked_values_come_back_as_they_were_picked(kind: Kind, values: set[int], with_zero: bool) -> None:
    picked = {value for value in values if kind is not DAY_OF_WEEK or value <= 6} or {1}
    picked |= {0} if with_zero and kind in {HOUR, DAY_OF_WEEK} else set()
    text = write_choice(kind, FieldChoice(Mode.VALUES, "", values=tuple(sorted(picked))))
    assert read_choice(kind, text) == FieldChoice(Mode.VALUES, text, values=tuple(sorted(picked)))


@given(expressions())
@settings(max_examples=100)
def test_to_write_what_was_read_never_changes_the_meaning(drawn: tuple[str, object]) -> None:
    try:
        expression = parse(drawn[0])
    except CronError:
        return
    for field in expression.fields:
        written = read_field(field.kind, write_choice(field.kind, read_choice(field.kind, field.text)))
        assert (written.values, written.last, written.last_workday) == (field.values, field.last, field.last_workday)
        assert (set(written.nth), written.last_weekdays) == (set(field.nth), field.last_weekdays)
        assert written.starts_with_star == field.starts_with_star


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("0 7 * * *", ("0", "7", "*", "*", "*")),
        (" 0\t7  * * * ", ("0", "7", "*", "*", "*")),
        ("*/5 0 7 * * *", ("*/5", "0", "7", "*", "*", "*")),
        ("@weekly", ("0", "0", "*", "*", "0")),
        ("x y z a b", ("x", "y", "z", "a", "b")),
        ("@reboot", None),
        ("@never", None),
        ("0 7 * *", None),
        ("1 2 3 4 5 6 7", None),
        ("", None),
    ],
)
def test_an_expression_is_split_into_its_fields(text: str, fields: tuple[str, ...] | None) -> None:
    assert split_fields(text) == fields
    assert fields is None or split_fields(join_fields(fields)) == fields


def test_every_preset_is_valid_and_there_once() -> None:
    expressions_ = [expression for expression, _words in presets()]
    assert len(set(expressions_)) == len(expressions_) > 10
    for expression in expressions_:
        parse(expression, identity="any")
