"""The form of a cron, written into by keyboard and mouse: presets, builder and text keep in step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from core.catalog.specs import CronSpec
from core.workspace import Workspace
from desktop.forms.cron_choices import Mode
from desktop.forms.cron_form import CronForm
from tests.support.clock import FakeClock
from tests.support.window import PATIENCE_MS, idle_operations, open_theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

LEFT = Qt.MouseButton.LeftButton
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # a Tuesday


@dataclass
class Opened:
    form: CronForm
    clock: FakeClock


@pytest.fixture
def opened(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Opened]:
    """A form in a window, with a clock that stands still, in Berlin."""
    clock = FakeClock(NOW, zone="Europe/Berlin")
    with (
        open_theme(qapp) as theme,
        Workspace(tmp_path / "data") as workspace,
        idle_operations(workspace) as (_bridge, operations),
    ):
        form = CronForm(theme, operations, clock)
        qtbot.addWidget(form)
        form.show_record(None)
        form.resize(640, 900)
        form.show()
        qtbot.waitUntil(form.isActiveWindow, timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: form.zone.count() > 100, timeout=PATIENCE_MS)
        yield Opened(form, clock)
        form.hide()


@pytest.fixture
def form(opened: Opened) -> CronForm:
    return opened.form


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def write(widget: QWidget, text: str) -> None:
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(widget, Qt.Key.Key_Delete)
    QTest.keyClicks(widget, text)


def choose(combo: QComboBox | None, words: str) -> None:
    """Choose by the keyboard: the arrow keys walk, and each stop is a choice."""
    assert combo is not None
    row = combo.findText(words)
    assert row >= 0, [combo.itemText(number) for number in range(combo.count())]
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Home)
    while combo.currentIndex() != row:
        before = combo.currentIndex()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentIndex() != before


def shown(combo: QComboBox | None) -> str:
    assert combo is not None
    return combo.currentText()


def pick(form: CronForm, field: str, text: str) -> None:
    picker = form.builder.row(field).picker
    assert picker is not None
    QTest.mouseClick(next(button for button in picker.buttons if button.text() == text), LEFT)


def picked(form: CronForm, field: str) -> list[str]:
    picker = form.builder.row(field).picker
    assert picker is not None
    return [button.text() for button in picker.buttons if button.isChecked()]


def wait_for_sentence(qtbot: QtBot, form: CronForm, sentence: str) -> None:
    qtbot.waitUntil(lambda: form.preview.sentence.text() == sentence, timeout=PATIENCE_MS)


def cells(form: CronForm, column: int) -> list[str]:
    tree = form.preview.times
    return [item.text(column) for number in range(tree.topLevelItemCount()) if (item := tree.topLevelItem(number))]


def expression(form: CronForm) -> str:
    return form.spec().expression


def test_a_new_cron_is_each_morning_in_the_zone_of_the_machine(qtbot: QtBot, form: CronForm) -> None:
    assert form.spec() == CronSpec(name="", expression="0 7 * * *", timezone="system")
    assert form.preset.currentText() == "Every day at 07:00"
    assert form.zone.currentText() == "system (Europe/Berlin)"
    assert picked(form, "hour") == ["07"]
    wait_for_sentence(qtbot, form, "At 07:00, every day.")
    assert not form.is_dirty


def test_what_is_written_moves_the_builder_and_the_preset(form: CronForm) -> None:
    write(form.expression, "30 7 * * 1-5")
    assert form.preset.currentText() == "Monday to Friday at 07:30"
    assert form.builder.row("minute").text.text() == "30"
    assert picked(form, "day-of-week") == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    write(form.expression, "*/10 * LW 3 5L")
    assert form.preset.currentText() == "Own expression"
    assert shown(form.builder.row("minute").step) == "10"
    assert picked(form, "day-of-month") == ["last workday"]
    assert picked(form, "month") == ["Mar"]
    assert shown(form.builder.row("day-of-week").nth) == "last"
    assert shown(form.builder.row("day-of-week").weekday) == "Friday"


def test_what_is_built_is_written(form: CronForm) -> None:
    choose(form.builder.row("hour").mode, "in steps of")
    assert expression(form) == "0 */2 * * *"
    choose(form.builder.row("hour").step, "6")
    assert expression(form) == "0 */6 * * *"
    assert form.preset.currentText() == "Every 6 hours"
    choose(form.builder.row("day-of-week").mode, "on these")
    assert expression(form) == "0 */6 * * 1-5"
    pick(form, "day-of-week", "Sat")
    pick(form, "day-of-week", "Mon")
    assert expression(form) == "0 */6 * * 2-6"
    choose(form.builder.row("day-of-week").mode, "once a month")
    choose(form.builder.row("day-of-week").nth, "last")
    choose(form.builder.row("day-of-week").weekday, "Friday")
    assert expression(form) == "0 */6 * * 5L"
    write(form.builder.row("minute").text, "0, 30")
    assert expression(form) == "0,30 */6 * * 5L"
    assert form.builder.row("minute").text.text() == "0, 30"
    assert form.is_dirty


def test_a_preset_is_written_and_built(qtbot: QtBot, form: CronForm) -> None:
    choose(form.preset, "Last workday of the month")
    assert expression(form) == "0 18 LW * *"
    assert picked(form, "day-of-month") == ["last workday"]
    wait_for_sentence(qtbot, form, "At 18:00, on the last workday of the month.")


def test_an_edit_in_the_builder_changes_one_field_alone(form: CronForm) -> None:
    write(form.expression, "0-30/10,5 8 1-7 * MON-FRI")
    pick(form, "hour", "09")
    assert expression(form) == "0-30/10,5 8,9 1-7 * MON-FRI"


def test_a_field_without_words_keeps_its_text_and_says_so(form: CronForm) -> None:
    write(form.expression, "0 H(1-4) * * */2")
    assert expression(form) == "0 H(1-4) * * */2"
    assert form.builder.row("hour").chosen_mode is Mode.TEXT
    assert form.builder.row("hour").text.text() == "H(1-4)"
    assert "“H(1-4)”, “*/2”" in form.builder.note.text()
    assert form.builder.note.isVisible()
    choose(form.builder.row("hour").mode, "at these")
    assert expression(form) == "0 7 * * */2"


def test_the_last_picked_value_stays(form: CronForm) -> None:
    pick(form, "hour", "07")
    assert picked(form, "hour") == ["07"]
    assert expression(form) == "0 7 * * *"


def test_the_arrow_keys_walk_through_the_values_and_space_picks(form: CronForm) -> None:
    picker = form.builder.row("hour").picker
    assert picker is not None
    picker.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Up):
        QTest.keyClick(focused(), key)
    assert focused() is picker.buttons[0]
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    assert expression(form) == "0 0,7 * * *"
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert focused() is form.builder.row("day-of-month").mode
    QTest.keyClick(focused(), Qt.Key.Key_Backtab)
    assert focused() is picker.buttons[0]


def test_tab_leads_from_the_name_through_the_expression_to_the_times(form: CronForm) -> None:
    form.name.setFocus()
    seen: list[QWidget] = []
    while focused() is not form.enabled and len(seen) < 40:
        seen.append(focused())
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
    first = [form.name, form.zone, form.preset, form.expression, form.builder.row("minute").mode]
    places = [seen.index(widget if widget in seen else widget.focusWidget()) for widget in first]
    assert places == sorted(places) == [0, 1, 2, 3, 4]
    assert form.preview.times in seen
    assert focused() is form.enabled


def test_seconds_come_and_go_with_their_tick(qtbot: QtBot, form: CronForm) -> None:
    assert not form.builder.row("second").mode.isVisible()
    QTest.mouseClick(form.builder.has_seconds, LEFT, pos=QPoint(8, form.builder.has_seconds.height() // 2))
    assert expression(form) == "0 0 7 * * *"
    assert form.builder.row("second").mode.isVisible()
    choose(form.builder.row("second").mode, "in steps of")
    assert expression(form) == "*/2 0 7 * * *"
    qtbot.waitUntil(lambda: cells(form, 0)[:1] == ["Tue 2026-11-24 07:00:02 CET"], timeout=PATIENCE_MS)
    QTest.mouseClick(form.builder.has_seconds, LEFT, pos=QPoint(8, form.builder.has_seconds.height() // 2))
    assert expression(form) == "0 7 * * *"


def test_a_nickname_shows_its_fields_and_an_edit_writes_them(form: CronForm) -> None:
    write(form.expression, "@weekly")
    assert picked(form, "day-of-week") == ["Sun"]
    assert "“@weekly”" in form.builder.note.text()
    pick(form, "day-of-week", "Wed")
    assert expression(form) == "0 0 * * 0,3"
    assert not form.builder.note.isVisible()


def test_each_start_has_nothing_to_build_and_no_times(qtbot: QtBot, form: CronForm) -> None:
    choose(form.preset, "At each start of Clockhand")
    assert not form.builder.lines.isVisible()
    wait_for_sentence(qtbot, form, "Once at each start of Clockhand.")
    assert cells(form, 0) == ["At the next start of Clockhand"]
    write(form.expression, "0 7 * * *")
    assert form.builder.lines.isVisible()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 7 32 * *", "32 is outside the day field."),
        ("0 7 * *", "minute, hour, day, month, weekday"),
        ("0 0 30 2 *", "never comes"),
        ("", "The expression is empty."),
        ("@every 5m", "@every"),
    ],
)
def test_a_wrong_expression_is_explained_beside_it_and_nothing_old_stays(
    qtbot: QtBot, form: CronForm, text: str, words: str
) -> None:
    wait_for_sentence(qtbot, form, "At 07:00, every day.")
    write(form.expression, text)
    qtbot.waitUntil(lambda: words in form.rows["expression"].problem, timeout=PATIENCE_MS)
    assert not form.is_valid
    qtbot.waitUntil(lambda: form.preview.outlook is None, timeout=PATIENCE_MS)
    assert cells(form, 0) == []
    assert form.preview.sentence.text() == ""
    write(form.expression, "0 8 * * *")
    wait_for_sentence(qtbot, form, "At 08:00, every day.")
    qtbot.waitUntil(lambda: not form.rows["expression"].problem, timeout=PATIENCE_MS)


def test_the_times_are_shown_in_both_zones_with_their_distance(qtbot: QtBot, form: CronForm) -> None:
    qtbot.waitUntil(lambda: len(cells(form, 0)) == 10, timeout=PATIENCE_MS)
    assert cells(form, 0)[0] == "Wed 2026-11-25 07:00 CET"
    assert form.preview.times.isColumnHidden(1)
    write(form.zone, "America/New_York")
    QTest.keyClick(form.zone, Qt.Key.Key_Return)
    assert form.spec().timezone == "America/New_York"
    qtbot.waitUntil(lambda: cells(form, 0)[:1] == ["Tue 2026-11-24 07:00 EST"], timeout=PATIENCE_MS)
    assert cells(form, 1)[0] == "Tue 2026-11-24 13:00 CET"
    assert cells(form, 2)[0] == "in 6 h"
    assert not form.preview.times.isColumnHidden(1)
    assert form.preview.soon.text().startswith("Next: Tue 2026-11-24 07:00 · Wed 2026-11-25 07:00")


def test_a_time_that_has_come_gives_way_to_the_next(qtbot: QtBot, opened: Opened) -> None:
    form = opened.form
    write(form.expression, "5 * * * *")
    qtbot.waitUntil(lambda: cells(form, 2)[:1] == ["in 5 min"], timeout=PATIENCE_MS)
    opened.clock.advance(timedelta(minutes=4, seconds=50))
    qtbot.waitUntil(lambda: cells(form, 2)[0] == "in 10 s", timeout=PATIENCE_MS)
    opened.clock.advance(timedelta(minutes=1))
    qtbot.waitUntil(lambda: cells(form, 0)[0] == "Tue 2026-11-24 08:05 CET", timeout=PATIENCE_MS)


def test_what_may_surprise_is_said_as_one_writes(qtbot: QtBot, form: CronForm) -> None:
    write(form.expression, "30 2 13 * 5")
    qtbot.waitUntil(
        lambda: any("a day matches if either does" in label.text() for label in form.preview.caution_labels),
        timeout=PATIENCE_MS,
    )
    write(form.expression, "30 2 * * *")
    qtbot.waitUntil(
        lambda: any("28 March 2027" in label.text() for label in form.preview.caution_labels), timeout=PATIENCE_MS
    )
    assert not any("either" in label.text() for label in form.preview.caution_labels)
    assert form.preview.warnings.text().startswith(str(len(form.preview.caution_labels)))
    write(form.expression, "0 12 * * *")
    qtbot.waitUntil(lambda: not form.preview.caution_labels, timeout=PATIENCE_MS)
    assert form.preview.warnings.isHidden()


def test_an_h_is_shown_as_the_value_that_the_name_gives(qtbot: QtBot, form: CronForm) -> None:
    write(form.expression, "H H(1-4) * * *")
    write(form.name, "backup")
    qtbot.waitUntil(form.preview.resolved.isVisible, timeout=PATIENCE_MS)
    first = form.preview.resolved.text()
    write(form.name, "another backup")
    qtbot.waitUntil(lambda: form.preview.resolved.text() != first, timeout=PATIENCE_MS)


def test_the_fields_are_explained_one_by_one(qtbot: QtBot, form: CronForm) -> None:
    tree = form.preview.meanings
    form.preview.tabs.setCurrentWidget(tree)
    qtbot.waitUntil(lambda: tree.topLevelItemCount() == 5, timeout=PATIENCE_MS)
    item = tree.topLevelItem(1)
    assert item is not None
    assert [item.text(column) for column in range(3)] == ["hour", "7", "Hour 07."]


def test_a_zone_is_found_by_a_part_of_its_name(qtbot: QtBot, form: CronForm) -> None:
    write(form.zone, "tokyo")
    completer = form.zone.completer()
    assert completer is not None
    assert completer.currentCompletion() == "Asia/Tokyo"
    popup = completer.popup()
    assert popup is not None
    qtbot.waitUntil(popup.isVisible, timeout=PATIENCE_MS)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert form.spec().timezone == "Asia/Tokyo"


def test_a_wrong_zone_is_explained_beside_it(qtbot: QtBot, form: CronForm) -> None:
    write(form.zone, "Europe/Berln")
    qtbot.waitUntil(lambda: "Did you mean “Europe/Berlin”?" in form.rows["timezone"].problem, timeout=PATIENCE_MS)
    write(form.zone, "SYSTEM")
    assert form.spec().timezone == "system"
    qtbot.waitUntil(lambda: not form.rows["timezone"].problem, timeout=PATIENCE_MS)


def test_an_old_zone_that_is_not_in_the_list_is_kept(form: CronForm) -> None:
    spec = CronSpec(name="old", expression="0 7 * * *", timezone="CET")
    form.show_record(None, spec)
    assert form.spec() == spec
    assert not form.is_dirty


def test_blanks_around_the_expression_are_nobodys_change(form: CronForm) -> None:
    write(form.expression, "  0 7 * * *  ")
    assert not form.is_dirty


def test_the_wheel_over_a_list_scrolls_the_form_and_changes_nothing(form: CronForm) -> None:
    form.expression.setFocus()
    for combo in (form.preset, form.zone, form.builder.row("hour").mode):
        at = QPointF(combo.rect().center())
        event = QWheelEvent(
            at,
            combo.mapToGlobal(at),
            QPoint(0, -120),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(combo, event)
        assert not event.isAccepted()
    assert not form.is_dirty


def test_every_control_has_a_name_and_every_mnemonic_is_there_once(form: CronForm) -> None:
    form.name.setFocus()
    seen: list[QWidget] = []
    while (widget := focused()) not in seen:
        assert widget.accessibleName() or isinstance(widget, QTabBar), f"{type(widget).__name__} has no name"
        seen.append(widget)
        QTest.keyClick(widget, Qt.Key.Key_Tab)
    assert len(seen) > 12
    texts = [str(getattr(widget, "text", str)()) for widget in form.findChildren(QWidget)]
    texts += [form.preview.tabs.tabText(number) for number in range(2)]
    letters = [text[text.index("&") + 1].lower() for text in texts if "&" in text]
    assert len(set(letters)) == len(letters) > 10
    assert not set(letters) & set("snlbvpou") - {"o"}  # those of the page and the window around it


def test_the_fields_are_called_as_in_the_builder(qtbot: QtBot, form: CronForm) -> None:
    write(form.expression, "0 7 13 * 5")
    wait_for_sentence(qtbot, form, "At 07:00, on day 13 of the month or on Friday.")
    shown = [label.text() for label in form.preview.caution_labels]
    shown += [form.preview.meanings.topLevelItem(row).text(0) for row in range(5)]  # type: ignore[union-attr]  # are there
    assert not [text for text in shown if "day-of" in text]
    assert "day “13” or weekday “5”" in shown[0]
