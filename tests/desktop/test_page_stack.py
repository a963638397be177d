"""The pages of the window are made when they are needed, and the rest while nothing else is to be done."""

from __future__ import annotations

from typing import cast

from pytestqt.qtbot import QtBot

from desktop.page_stack import PageStack
from desktop.pages.page import Desk, Page, PageKind


def make_stack(qtbot: QtBot, made: list[str]) -> PageStack:
    def make(kind: PageKind) -> Page:
        made.append(kind.name)
        return Page(cast("Desk", None))  # these pages show nothing, and ask their desk for nothing

    stack = PageStack([PageKind(name, lambda: "", "", lambda: Page) for name in ("a", "b", "c")], make)
    qtbot.addWidget(stack)
    return stack


def test_a_page_is_made_when_it_is_opened_and_once(qtbot: QtBot) -> None:
    made: list[str] = []
    stack = make_stack(qtbot, made)
    assert made == []
    page = stack.open(1)
    assert (made, stack.current, stack.currentWidget()) == (["b"], page, page)
    assert stack.open(1) is page
    assert made == ["b"]


def test_a_page_is_made_when_it_is_looked_up_and_the_open_one_stays_open(qtbot: QtBot) -> None:
    made: list[str] = []
    stack = make_stack(qtbot, made)
    opened = stack.open(2)
    stack.pages["a"]
    assert made == ["c", "a"]
    assert stack.currentWidget() is opened


def test_the_rest_follows_by_itself_in_the_order_of_the_rail(qtbot: QtBot) -> None:
    made: list[str] = []
    stack = make_stack(qtbot, made)
    opened = stack.open(1)
    stack.make_the_rest()
    qtbot.waitUntil(lambda: len(made) == 3)
    assert made == ["b", "a", "c"]
    assert stack.currentWidget() is opened
    assert [stack.widget(number) for number in range(3)] == list(stack.pages.values())
    qtbot.waitUntil(lambda: not stack.is_making)


def test_importing_a_page_and_making_it_are_two_steps_of_which_neither_holds_the_loop_for_both(qtbot: QtBot) -> None:
    steps: list[str] = []

    def load() -> type[Page]:
        steps.append("loaded")
        return Page

    stack = PageStack([PageKind("a", lambda: "", "", load)], lambda _kind: Page(cast("Desk", None)))
    qtbot.addWidget(stack)
    assert stack.pages.make_one()
    assert (steps, stack.pages.made) == (["loaded"], [])
    assert stack.pages.make_one()
    assert len(stack.pages.made) == 1
    assert not stack.pages.make_one()


def test_a_stack_that_is_stopped_makes_no_more(qtbot: QtBot) -> None:
    stack = make_stack(qtbot, [])
    stack.make_the_rest()
    stack.stop()
    assert not stack.is_making
