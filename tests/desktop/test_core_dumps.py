"""The programs that hold secrets for long, the window and the agent, leave no core."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# PR_GET_DUMPABLE in linux/prctl.h; it is asked for where the program would begin its work.
ASK = """
import ctypes, sys
from pathlib import Path
def ask(*_, **__):
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
    return 0
"""
AGENT = """
import desktop.agent, desktop.cli
desktop.agent.run_agent = ask
desktop.cli.main(["agent", "--quiet", "--data-dir", sys.argv[1]])
"""
WINDOW = """
import desktop.application
desktop.application._run = ask
desktop.application.main(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")
@pytest.mark.parametrize("begin", [AGENT, WINDOW], ids=["agent", "window"])
def test_a_program_that_holds_secrets_leaves_no_core(begin: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK + begin, str(tmp_path / "data")],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "0"
