"""No core is written of a process that may hold secrets, and its children are not touched by that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_GET_DUMPABLE = 3  # PR_GET_DUMPABLE in linux/prctl.h
ASK = f"import ctypes; print(ctypes.CDLL(None).prctl({_GET_DUMPABLE}, 0, 0, 0, 0), flush=True)"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")
def test_no_core_is_written_of_this_process_and_cores_of_its_children_are() -> None:
    script = f"""
import subprocess, sys
from core.core_dumps import prevent_core_dump
from core.processes import own_start, process_started_at, carries_token
{ASK}
assert prevent_core_dump()
{ASK}
subprocess.run([sys.executable, "-c", {ASK!r}], check=True)
assert own_start()
child = subprocess.Popen(["sleep", "60"], env={{"CLOCKHAND_ATTEMPT_TOKEN": "t", "PATH": "/usr/bin:/bin"}})
print(process_started_at(child.pid) is not None, carries_token(child.pid, "t"))
child.kill()
child.wait()
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split() == ["1", "0", "1", "True", "True"]
