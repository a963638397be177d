"""The pictures of the window: made by the real sample, in both schemes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.pages.registry import PAGES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the sample is for the POSIX shell")

ROOT = Path(__file__).parents[2]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.mark.timeout(240)
def test_every_page_is_rendered_light_and_dark(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "desktop.screenshots", str(tmp_path), "--sizes", "1280x800"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    pictures = {path.stem: path.read_bytes() for path in tmp_path.glob("*.png")}
    names = {name.rpartition("-")[0] for name in pictures}
    pages = {kind.name for kind in PAGES}
    assert pages | {f"empty-{name}" for name in pages} <= names
    assert {
        "search",
        "compare",
        "compare-environments",
        "events",
        "command",
        "error",
        "run-dialog",
        "palette",
        "shortcuts",
    } <= names
    for name in names:
        assert pictures[f"{name}-light"].startswith(SIGNATURE)
        assert pictures[f"{name}-light"] != pictures[f"{name}-dark"]
