"""The user's crontab is replaced only while it is what was read."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.crontab.installed import comment_out, read_installed, replace_installed
from core.errors import ConflictError, StaleError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FAKE = '#!/bin/sh\nif test "$1" = -l; then cat "$FAKE_CRONTAB"; else cat > "$FAKE_CRONTAB"; fi\n'


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = tmp_path / "bin" / "crontab"
    program.parent.mkdir()
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE_CRONTAB", str(tmp_path / "own"))
    return tmp_path / "own"


def test_only_the_lines_named_become_comments() -> None:
    assert comment_out(b"a\nb\r\nc", {2, 3}) == b"a\n# Runs in Clockhand now: b\r\n# Runs in Clockhand now: c"
    assert comment_out(b"a\n\xff\n", set()) == b"a\n\xff\n"


def test_a_crontab_that_changed_meanwhile_is_left_alone(own: Path, tmp_path: Path) -> None:
    own.write_bytes(b"new\n")
    with pytest.raises(StaleError):
        replace_installed(b"old\n", b"#old\n", tmp_path / "backups", NOW)
    assert own.read_bytes() == b"new\n"


def test_the_old_one_is_kept_before_the_new_one_comes(own: Path, tmp_path: Path) -> None:
    own.write_bytes(b"old\n")
    backup = replace_installed(b"old\n", b"new\n", tmp_path / "backups", NOW)
    assert (backup.read_bytes(), read_installed()) == (b"old\n", b"new\n")
    assert backup.name == "crontab-20260101T000000000000Z.txt"


def test_a_machine_without_the_program_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConflictError, match="no program “crontab”"):
        read_installed()
