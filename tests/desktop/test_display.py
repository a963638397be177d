"""Whether there is a display, told without asking Qt."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from desktop.display import why_no_display

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")


def test_without_any_display_the_sentence_names_the_way_out() -> None:
    reason = why_no_display({})
    assert reason is not None
    assert "no display" in reason
    assert "clockhand agent" in reason


def test_a_platform_of_ones_own_choice_is_not_questioned() -> None:
    assert why_no_display({"QT_QPA_PLATFORM": "offscreen"}) is None


def test_a_display_that_does_not_answer_is_named() -> None:
    reason = why_no_display({"DISPLAY": ":54321"})
    assert reason is not None
    assert "“:54321”" in reason


def test_a_display_that_answers_is_taken() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0/tmp/.X11-unix/X54322")
        server.listen()
        assert why_no_display({"DISPLAY": ":54322.0"}) is None
        assert why_no_display({"DISPLAY": "unix:54322"}) is None


def test_a_wayland_socket_is_looked_for(tmp_path: Path) -> None:
    environ = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
    reason = why_no_display(environ)
    assert reason is not None
    assert "wayland-7" in reason
    (tmp_path / "wayland-7").touch()
    assert why_no_display(environ) is None
