"""What Clockhand ships beside its code, as files; found through the package, wherever that is installed."""

from __future__ import annotations

from importlib.resources import files

__all__ = ["DEMO", "SHOWCASE", "sample"]

DEMO = "demo.toml"
"""The sample that a newcomer sees first."""

SHOWCASE = "showcase.toml"
"""What the pictures of the window show."""


def sample(name: str = DEMO) -> str:
    """Return the text of a sample bundle. Raises FileNotFoundError."""
    return files("resources").joinpath("samples", name).read_text(encoding="utf-8")
