"""What a person looks for in all output, as a value that can be kept, and as the program is asked for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from desktop.models.run_choice import STATES

__all__ = ["SPANS", "SearchRequest", "read_history", "remember", "write_history"]

SPANS = {"any": "", "24h": "24h", "7d": "7d", "30d": "30d"}
_MOST_REMEMBERED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """`states` is a key of RunChoice's table, `span` one of SPANS; an empty name stands for all."""

    text: str
    is_regex: bool = False
    match_case: bool = False
    whole_words: bool = False
    command: str = ""
    states: str = "all"
    span: str = "any"

    def to_message(self) -> str:
        """Return the line by which the program that searches is asked."""
        asked = {
            "text": self.text,
            "is_regex": self.is_regex,
            "ignore_case": not self.match_case,
            "whole_words": self.whole_words,
            "context_lines": 1,
            "command": self.command or None,
            "states": [state.value for state in STATES[self.states]],
            "since": SPANS[self.span] or None,
        }
        return json.dumps(asked)


def remember(history: Sequence[SearchRequest], newest: SearchRequest) -> list[SearchRequest]:
    """Return the history with one more, which is there once only."""
    return [newest, *(each for each in history if each.text != newest.text)][:_MOST_REMEMBERED]


def write_history(history: Sequence[SearchRequest]) -> str:
    """Return the history as a text to be kept."""
    return json.dumps([asdict(each) for each in history], ensure_ascii=False)


def read_history(text: str) -> list[SearchRequest]:
    """Return the history in a kept text; what is damaged, or of a later version, is left out."""
    try:
        kept = json.loads(text)
    except ValueError:
        return []
    found = [_request(each) for each in kept] if isinstance(kept, list) else []
    return [each for each in found if each is not None]


def _request(kept: object) -> SearchRequest | None:
    if not isinstance(kept, dict) or not isinstance(kept.get("text"), str):
        return None
    known = {field.name: kept[field.name] for field in fields(SearchRequest) if field.name in kept}
    is_right = known.get("states", "all") in STATES and known.get("span", "any") in SPANS
    return SearchRequest(**known) if is_right else None
