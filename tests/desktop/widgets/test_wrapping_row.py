"""A row that wraps: nothing is cut, whatever the width, and the first part takes what is left."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.wrapping_row import WrappingRow


class Box(QWidget):
    def __init__(self, width: int) -> None:
        super().__init__()
        self._width = width

    def sizeHint(self) -> QSize:
        return QSize(self._width, 20)


def laid_out(widths: list[int], room: int) -> tuple[QWidget, list[Box]]:
    boxes = [Box(width) for width in widths]
    row = WrappingRow(spacing=8)
    for box in boxes:
        row.add(box)
    holder = QWidget()
    holder.setLayout(row)
    holder.resize(room, max(1, row.heightForWidth(room)))
    row.activate()
    row.setGeometry(holder.rect())
    return holder, boxes


def places(boxes: list[Box]) -> list[tuple[int, int, int]]:
    return [(box.x(), box.y(), box.width()) for box in boxes]


@pytest.mark.usefixtures("qapp")
def test_where_there_is_room_the_first_part_takes_what_is_left() -> None:
    _holder, boxes = laid_out([100, 50, 50], 400)
    assert places(boxes) == [(0, 0, 284), (292, 0, 50), (350, 0, 50)]


@pytest.mark.usefixtures("qapp")
def test_where_there_is_none_the_first_part_has_a_line_to_itself() -> None:
    holder, boxes = laid_out([100, 50, 50], 200)
    assert places(boxes) == [(0, 0, 200), (0, 28, 50), (58, 28, 50)]
    assert holder.height() == 48


@pytest.mark.usefixtures("qapp")
def test_a_hidden_part_takes_no_room() -> None:
    holder, boxes = laid_out([100, 50, 50], 300)
    boxes[1].hide()
    layout = holder.layout()
    assert layout is not None
    layout.setGeometry(holder.rect())
    assert places([boxes[0], boxes[2]]) == [(0, 0, 242), (250, 0, 50)]


def test_a_wanted_width_begins_a_new_line_earlier(qtbot: QtBot) -> None:
    row = WrappingRow()
    row.add(Box(50), width=180)
    row.add(Box(60))
    holder = QWidget()
    qtbot.addWidget(holder)
    holder.setLayout(row)
    assert row.heightForWidth(248) == 20
    assert row.heightForWidth(247) == 48


@pytest.mark.usefixtures("qapp")
@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(300, 900))
def test_no_part_is_cut_and_none_lies_upon_another(widths: list[int], room: int) -> None:
    holder, boxes = laid_out(widths, room)
    for number, box in enumerate(boxes):
        assert box.width() >= widths[number]
        assert holder.rect().contains(box.geometry())
        assert not any(box.geometry().intersects(other.geometry()) for other in boxes[:number])
