"""What the palette and the list of shortcuts are told about the window that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from desktop.pages.page import Page, PageKind

__all__ = ["Frame", "keys_text", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """`go_to` shows a page by its name and then calls a function, once the page that is open can be left."""

    window: QWidget
    kinds: Sequence[PageKind]
    pages: Mapping[str, Page]
    actions: Sequence[QAction]
    current: Callable[[], str]
    go_to: Callable[[str, Callable[[], None]], None]
    page_keys: Callable[[int], QKeySequence]


def keys_text(keys: QKeySequence) -> str:
    """Return a shortcut as this system writes it."""
    return keys.toString(QKeySequence.SequenceFormat.NativeText)


def plain(text: str) -> str:
    """Return a label without the mark of its mnemonic; a doubled & stands for one."""
    return "&".join(part.replace("&", "") for part in text.split("&&"))
