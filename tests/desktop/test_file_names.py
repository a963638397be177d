"""Any text makes the name of a file that every system takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.file_names import file_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import the price list-run 12", "import the price list-run 12.txt"),
        ("a/b: c?-run 1", "a-b- c--run 1.txt"),
        ("../../etc/passwd", "etc-passwd.txt"),
        ("  …\nx\ty  ", "…-x-y.txt"),
        ("nul", "nul-.txt"),
        ("Com1.a", "Com1-.a.txt"),
        ("console", "console.txt"),
        ("///", "output.txt"),
        ("", "output.txt"),
        ("Grüße aus 東京-run 3", "Grüße aus 東京-run 3.txt"),
    ],
)
def test_a_name_has_nothing_that_a_system_refuses(text: str, name: str) -> None:
    assert file_name(text, ".txt", otherwise="output") == name


def test_of_a_long_name_both_ends_are_kept() -> None:
    name = file_name("日本" * 200 + "-run 123456", ".txt", otherwise="output")
    assert name.startswith("日本")
    assert name.endswith("-run 123456.txt")
    assert len(name.encode()) <= 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=300))
def test_a_file_can_be_made_under_any_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / file_name(text, ".txt", otherwise="output")
    path.touch()
    assert path.parent == tmp_path
    path.unlink()
