"""What the form of an environment says of its secrets beside the definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["SecretEdits"]


@dataclass(frozen=True, slots=True)
class SecretEdits:
    """Written values by name, and the old names of renamed secrets by their new ones."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    renamed: Mapping[str, str] = field(default_factory=dict)
