"""What one can do with the links of an output: see where they lead, open them with the desktop, copy the address.

An output may come from anywhere, so what a link points to is never run.
"""

from __future__ import annotations

import html
import os
import socket
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMenu

from core.output.terminal.links import address_to_open

__all__ = ["Links", "shortened", "url_of"]

_LONGEST_SHOWN = 300
_MOST_IN_MENU = 12

# Files that a desktop runs rather than shows when it is asked to open them, whatever their permissions.
_RUN_BY_SUFFIX = frozenset({".desktop", ".lnk", ".url", ".jar", ".app", ".command", ".appimage"})


class Links(QObject):
    """Opens links and offers them in a menu; `refused` carries the address of one that nothing could open."""

    refused = Signal(str)

    def open(self, address: str) -> None:
        """Open what the link leads to, with the program that the desktop has for it."""
        url = url_of(address)
        if url is None or not QDesktopServices.openUrl(url):
            self.refused.emit(address)

    def tool_tip(self, address: str) -> str:
        """Return where the link leads, and how one gets there."""
        shown = html.escape(shortened(address, _LONGEST_SHOWN))
        if address_to_open(address, _this_host()) is None:
            return f"<p>{shown}</p>"
        return f"<p>{shown}</p><p>{html.escape(self.tr('Ctrl+click opens it.'))}</p>"

    def offer(self, menu: QMenu, addresses: Sequence[str]) -> None:
        """Add to the menu what can be done with one link, or with one of several."""
        several = list(dict.fromkeys(addresses))[:_MOST_IN_MENU]
        if not several:
            return
        menu.addSeparator()
        actions = (
            (self.tr("&Open link"), self.open, [each for each in several if address_to_open(each, _this_host())]),
            (self.tr("Copy &link address"), QGuiApplication.clipboard().setText, several),
        )
        for text, do, those in actions:
            if len(several) == 1:
                for address in those:
                    menu.addAction(text).triggered.connect(partial(_without_arguments, do, address))
            elif those:
                part = menu.addMenu(text)
                for address in those:
                    shown = shortened(address).replace("&", "&&")
                    part.addAction(shown).triggered.connect(partial(_without_arguments, do, address))


def url_of(address: str) -> QUrl | None:
    """Return what is handed to the desktop, None for what must not be opened.

    A file that the desktop might run is not opened, but its folder is shown.
    """
    found = address_to_open(address, _this_host())
    if found is None:
        return None
    if not found.lower().startswith("file:"):
        return QUrl(found)
    path = Path(url2pathname(urlsplit(found).path))
    try:
        might_run = not path.is_dir() and (path.suffix.lower() in _RUN_BY_SUFFIX or os.access(path, os.X_OK))
    except (OSError, ValueError):
        return None
    return QUrl.fromLocalFile(str(path.parent if might_run else path))


def _without_arguments(do: Callable[[str], object], address: str, *_from_qt: object) -> None:
    do(address)


def shortened(address: str, length: int = 60) -> str:
    """Return the address with its middle left out: its host and its end say most."""
    if len(address) <= length:
        return address
    return f"{address[: length * 2 // 3]} … {address[-(length // 3) :]}"


@lru_cache(maxsize=1)
def _this_host() -> str:
    return socket.gethostname()
