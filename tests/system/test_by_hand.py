"""What a stranger does first, with the keyboard and the mouse, in the real program under a real X server.

The test knows how the window looks, and not where things are: it finds them as a person does, by what they look like.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor

from core.history.glance import read_glance
from core.history.runs import RunFilter
from core.queue.states import JobState
from core.workspace import Workspace
from desktop.pages.registry import PAGES
from desktop.theme import LIGHT
from tests.support import wait_until
from tests.support.screen import PATIENCE_S, Screen, open_screen, why_no_screen

pytestmark = pytest.mark.skipif(bool(why_no_screen()), reason=why_no_screen())

ROOT = Path(__file__).parents[2]
NAMES = [kind.name for kind in PAGES]
ACCENT = QColor(LIGHT.accent)
SELECTION = QColor(LIGHT.selection)


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody at the window, who knows its rail at the left and its content beside it."""

    screen: Screen
    rail: QRect
    content: QRect
    first: QRect
    pitch: int

    @classmethod
    def at(cls, screen: Screen) -> Hand:
        """Wait for the window, and learn from two of its pages how the buttons of the rail stand."""
        window = screen.focus("Clockhand")
        # An eighth of the window lies within the rail, and a quarter of it is more than the rail is wide.
        rail = QRect(window.left(), window.top(), window.width() // 8, window.height())
        content = window.adjusted(window.width() // 4, 0, 0, 0)
        # The open page's button is filled. The first time, that is the second one; Ctrl+1 opens the page above.
        second = screen.find(SELECTION, rail, is_button)
        screen.press("ctrl+1")
        first = screen.find(SELECTION, rail, lambda patch: is_button(patch) and patch.bottom() < second.top())
        return cls(screen, rail, content, first, second.top() - first.top())

    def open_page(self, name: str) -> None:
        """Click a button of the rail, and wait until it is filled: then its page is open."""
        button = self.first.translated(0, self.pitch * NAMES.index(name))
        self.screen.click(button)
        self.screen.find(SELECTION, self.rail, lambda patch: is_button(patch) and patch.intersects(button))

    def click_first_button(self) -> None:
        """Click what an empty page offers first: it has the keyboard, and so a frame in the accent's colour."""
        self.screen.click(self.screen.find(ACCENT, self.content, is_button))

    def click_save(self) -> None:
        """Click the one button that is filled, at the foot of the form: above it, a field may have the keyboard."""
        lower = self.content.adjusted(0, self.content.height() * 5 // 6, 0, 0)
        self.screen.click(self.screen.find(ACCENT, lower, is_button))

    def fill_in(self, mnemonic: str, text: str) -> None:
        """Go to a field by the letter that is underlined in its label, write in it, and leave it with Tab."""
        self.screen.press(f"alt+{mnemonic}", "ctrl+a")
        self.screen.write(text)
        # In a list to choose from, Tab takes what is offered for the text: until then, that has the keyboard.
        self.screen.press("Tab")


def is_button(patch: QRect) -> bool:
    """Return whether it has the shape of a button: higher than a tick, lower than a list, and broad."""
    return 20 < patch.height() < 60 and patch.width() > patch.height()


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    folder = tmp_path / "screen"
    folder.mkdir()
    with open_screen(folder) as opened:
        yield opened


@pytest.fixture
def program(screen: Screen, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the program on a data folder that does not exist yet."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("QT_", "WAYLAND"))}
    started = subprocess.Popen(
        [sys.executable, "-m", "desktop", "--data-dir", str(tmp_path / "data")],
        cwd=ROOT,
        # Without a session bus Qt's library would start one, which stays behind where dbus-launch is installed.
        env={"DBUS_SESSION_BUS_ADDRESS": "disabled:", **environ, "DISPLAY": screen.display, "QT_QPA_PLATFORM": "xcb"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield started
    if started.poll() is None:
        started.kill()
        started.communicate()


def at_display(display: str) -> list[int]:
    """Return the ids of the processes that have inherited a display: the program, and whatever it started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("DISPLAY") == display:
                found.append(process.pid)
    return found


def make_a_command(hand: Hand, workspace: Workspace) -> None:
    hand.open_page("commands")
    hand.click_first_button()
    hand.screen.write("say hello")
    hand.fill_in("x", "echo hello")
    hand.click_save()
    wait_until(workspace.catalog.commands, timeout_s=PATIENCE_S, message="the command is saved")
    spec = workspace.catalog.command("say hello").spec
    assert spec.run == "echo hello"


def make_a_cron(hand: Hand, workspace: Workspace) -> None:
    hand.open_page("crons")
    hand.screen.press("ctrl+n")
    hand.screen.write("each second")
    hand.fill_in("x", "* * * * * *")
    hand.screen.press("ctrl+s")
    wait_until(workspace.catalog.crons, timeout_s=PATIENCE_S, message="the cron is saved")
    assert workspace.catalog.cron("each second").spec.expression == "* * * * * *"


def make_a_schedule(hand: Hand, workspace: Workspace) -> None:
    hand.open_page("schedules")
    hand.click_first_button()
    hand.screen.write("hello each second")
    hand.fill_in("c", "say hello")
    hand.screen.press("alt+w", "space")
    hand.click_save()
    wait_until(workspace.catalog.schedules, timeout_s=PATIENCE_S, message="the schedule is saved")
    spec = workspace.catalog.schedule("hello each second").spec
    assert (spec.command, spec.crons, spec.environments) == ("say hello", ("each second",), ())


def pause_all(hand: Hand, workspace: Workspace) -> None:
    """Pause by the palette, and wait until nothing runs, so that quitting has nothing to ask."""
    hand.screen.press("ctrl+k")
    hand.screen.focus("Find anything.*")
    hand.screen.write("pause all")
    hand.screen.press("Return")
    wait_until(
        lambda: read_glance(workspace.database, workspace.clock).paused is not None,
        timeout_s=PATIENCE_S,
        message="the schedules are paused",
    )
    wait_until(
        lambda: not any(workspace.runs.live_counts().values()), timeout_s=PATIENCE_S, message="what was due has run"
    )


def test_a_stranger_makes_a_command_and_a_schedule_that_runs_and_quits(
    screen: Screen, program: subprocess.Popen[str], tmp_path: Path
) -> None:
    hand = Hand.at(screen)
    with Workspace(tmp_path / "data") as workspace:
        make_a_command(hand, workspace)
        make_a_cron(hand, workspace)
        make_a_schedule(hand, workspace)
        done = RunFilter(states=[JobState.COMPLETED])
        wait_until(lambda: workspace.runs.page(done), timeout_s=PATIENCE_S, message="a scheduled command succeeds")
        run = workspace.runs.page(done)[-1]
        assert (run.command, run.schedule, run.origin, run.exit_code) == (
            "say hello",
            "hello each second",
            "schedule",
            0,
        )
        assert run.stdout_bytes == len("hello\n")
        pause_all(hand, workspace)
        assert program.pid in at_display(screen.display)
        screen.focus("Clockhand")
        screen.press("ctrl+q")
        output, errors = program.communicate(timeout=PATIENCE_S)
        assert (program.returncode, output, errors) == (0, "", "")
        assert at_display(screen.display) == []
        assert not workspace.agent_lock().is_held_elsewhere()
