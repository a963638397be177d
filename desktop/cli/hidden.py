"""The verbs that the window asks of its own processes; no help lists them."""

from __future__ import annotations

__all__ = ["COMPARE", "FIND", "SEARCH"]

COMPARE = "compare-for-the-window"
FIND = "find-for-the-window"
SEARCH = "search-for-the-window"
