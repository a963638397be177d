"""The fields say what they hold, and in words what is wrong with what was typed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core.errors import InvalidError
from core.settings import OUTPUT_LIMIT_BYTES, RETENTION_DAYS
from desktop.forms.fields import (
    CheckField,
    ChoiceField,
    DurationField,
    IntField,
    NameField,
    TagsField,
    TextField,
)
from desktop.forms.setting_fields import NumberSettingField, format_size, parse_size
from desktop.models.run_texts import describe_bytes
from desktop.theme import Theme
from tests.support.window import open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    with open_theme(qapp) as theme:
        yield theme


def test_a_duration_is_read_as_people_write_it(qtbot: QtBot) -> None:
    field = DurationField()
    qtbot.addWidget(field)
    field.set_value(timedelta(minutes=90))
    assert field.text() == "1h30m"
    with qtbot.waitSignal(field.changed):
        QTest.keyClicks(field, "x")
    assert "is not a duration" in field.problem
    assert field.value() == timedelta(minutes=90)
    field.setText("45 s")
    assert (field.problem, field.duration()) == ("", timedelta(seconds=45))
    field.clear()
    assert "It is empty" in field.problem


def test_an_optional_duration_is_none_where_it_is_empty(qtbot: QtBot) -> None:
    field = DurationField(is_optional=True)
    qtbot.addWidget(field)
    field.set_value(timedelta(seconds=1))
    field.clear()
    assert (field.problem, field.value()) == ("", None)


def test_a_number_is_counted_with_the_arrow_keys_within_its_bounds(qtbot: QtBot) -> None:
    field = IntField(-2, 3)
    qtbot.addWidget(field)
    field.set_value(2)
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert field.number() == 3
    for _ in range(9):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert field.number() == -2
    field.setText("4")
    assert field.problem == "4 is out of range. Write a whole number from -2 to 3."
    field.setText("two")
    assert "“two” is not a whole number" in field.problem
    assert field.value() == -2
    field.clear()
    assert "It is empty" in field.problem


def test_an_optional_number_is_none_where_it_is_empty(qtbot: QtBot) -> None:
    field = IntField(1, 5, is_optional=True)
    qtbot.addWidget(field)
    field.set_value(4)
    field.clear()
    assert (field.problem, field.value()) == ("", None)


def test_a_choice_says_what_it_means_and_keeps_an_unknown_word(qtbot: QtBot) -> None:
    field = ChoiceField({"skip": ("Skip", "It is left out."), "once": ("Once", "One run for all.")})
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.changed):
        field.set_value("once")
    assert (field.value(), field.sentence, field.currentText()) == ("once", "One run for all.", "Once")
    field.set_value("from a later version")
    assert field.value() == "from a later version"


def test_tags_are_words_with_commas(qtbot: QtBot) -> None:
    field = TagsField()
    qtbot.addWidget(field)
    QTest.keyClicks(field, " night,  big orders ,,")
    assert field.value() == ("night", "big orders")
    field.set_value(("a", "b"))
    assert field.text() == "a, b"


def test_blanks_around_a_name_are_nobodys_intention(qtbot: QtBot) -> None:
    field = NameField()
    qtbot.addWidget(field)
    QTest.keyClicks(field, "  sync ")
    assert field.value() == "sync"


def test_an_optional_text_is_none_where_it_is_blank(qtbot: QtBot) -> None:
    optional, plain = TextField(is_optional=True), TextField()
    for field in (optional, plain):
        qtbot.addWidget(field)
        QTest.keyClicks(field, " ")
    assert (optional.value(), plain.value()) == (None, " ")


def test_a_tick_tells(qtbot: QtBot) -> None:
    field = CheckField("&Enabled")
    qtbot.addWidget(field)
    with qtbot.waitSignal(field.changed):
        QTest.keyClick(field, Qt.Key.Key_Space)
    assert (field.value(), field.accessibleName()) == (True, "Enabled")


@given(st.integers(0, 2**53))
def test_every_size_is_read_back_as_it_was_written(size_bytes: int) -> None:
    assert parse_size(format_size(size_bytes)) == size_bytes


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("100 MB", 100_000_000),
        ("1.5gb", 1_500_000_000),
        ("1.5 gib", 1536 * 1024**2),
        ("7", 7),
        ("64 KiB", 65536),
        ("12 bytes", 12),
        ("2t", 2_000_000_000_000),
        ("2ti", 2**41),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


def test_a_size_is_written_in_powers_of_1000_as_everywhere_and_else_in_those_of_1024() -> None:
    sizes = [100_000_000, 1_536_000, 100 * 1024**2, 1001, 0]
    assert [format_size(each) for each in sizes] == ["100 MB", "1536 kB", "100 MiB", "1001 bytes", "0 bytes"]
    assert format_size(OUTPUT_LIMIT_BYTES.default) == "100 MB"
    assert describe_bytes(OUTPUT_LIMIT_BYTES.default) == "100 MB"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.text(max_size=12))
def test_a_setting_takes_any_text_and_says_what_is_wrong(qtbot: QtBot, text: str) -> None:
    for setting in (RETENTION_DAYS, OUTPUT_LIMIT_BYTES):
        field = NumberSettingField(setting)
        field.set_value(setting.default)
        field.setText(text)
        if field.problem:
            assert field.value() == setting.default
        else:
            setting.check(field.value())
        field.deleteLater()


def test_a_size_out_of_range_is_told_in_sizes(qtbot: QtBot) -> None:
    field = NumberSettingField(OUTPUT_LIMIT_BYTES)
    qtbot.addWidget(field)
    field.setText("1 kB")
    assert field.problem == "“1 kB” is no size from 64 kB to 2 TB. Write one such as 100 MB."
    with pytest.raises(InvalidError):
        OUTPUT_LIMIT_BYTES.check(1024)
