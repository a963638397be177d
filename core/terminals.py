"""Finds the desktop's terminal, and how to make it run a program: each has switches of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.execution.definitions import Shell
from core.execution.shells import find_program, quote

__all__ = ["Terminal", "find_terminal", "mac_script"]

# What comes between the terminal and the program with its arguments (their manuals). Debian's alternative takes -e of
# xterm from every terminal (Debian Policy, 11.8.3).
_SWITCHES: Mapping[str, tuple[str, ...]] = {
    "x-terminal-emulator": ("-e",),
    "gnome-terminal": ("--",),
    "ptyxis": ("--",),
    "kgx": ("--",),
    "konsole": ("-e",),
    "xfce4-terminal": ("-x",),
    "mate-terminal": ("-x",),
    "lxterminal": ("-e",),
    "kitty": (),
    "alacritty": ("-e",),
    "wezterm": ("start", "--"),
    "foot": (),
    "xterm": ("-e",),
}
_OF_DESKTOPS: Mapping[str, tuple[str, ...]] = {
    "GNOME": ("gnome-terminal", "ptyxis", "kgx"),
    "KDE": ("konsole",),
    "XFCE": ("xfce4-terminal",),
    "MATE": ("mate-terminal",),
    "LXDE": ("lxterminal",),
}


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal program by its path; `before` comes between it and what it is to run."""

    program: str
    before: tuple[str, ...] = ()

    def argv(self, words: Sequence[str]) -> list[str]:
        """Return what opens a window in which the program with these arguments runs."""
        return [self.program, *self.before, *words]


def find_terminal(environment: Mapping[str, str], *, platform: str = sys.platform) -> Terminal | None:
    """Return the terminal of this desktop, by the PATH of `environment`, or None.

    $TERMINAL comes first where it names one that is known, then the desktop's own, then the system's choice. On macOS
    it opens a file (see `mac_script`); on Windows it is Windows Terminal, or else the console of cmd.
    """
    if platform == "darwin":
        return Terminal("/usr/bin/open", ("-a", "Terminal"))
    if platform == "win32":
        found = find_program("wt", environment, platform=platform)
        if found is not None:
            return Terminal(str(found), ("new-tab",))
        return Terminal(environment.get("COMSPEC", r"C:\Windows\System32\cmd.exe"), ("/c", "start", ""))
    desktops = environment.get("XDG_CURRENT_DESKTOP", "").upper().split(":")
    own = [name for desktop in desktops for name in _OF_DESKTOPS.get(desktop, ())]
    for name in [Path(environment.get("TERMINAL", "")).name, *own, *_SWITCHES]:
        program = find_program(name, environment, platform=platform) if name in _SWITCHES else None
        if program is not None:
            return Terminal(str(program), _SWITCHES[name])
    return None


def mac_script(words: Sequence[str], folder: Path | None) -> str:
    """Return the text of the file that macOS' Terminal runs: it takes no command. The file deletes itself first."""
    go = f"cd {quote(str(folder), Shell.SH)} || exit 1\n" if folder is not None else ""
    return f'#!/bin/sh\nrm -f "$0"\n{go}exec {" ".join(quote(word, Shell.SH) for word in words)}\n'
