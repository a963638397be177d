"""An environment as a script: sourced by a shell it gives the same variables, and no secret stands in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from core.exchange.shell_script import write_script
from core.execution.effective import EffectiveVariable
from tests.core.execution.hostile import MANY


def variable(name: str, value: str | None, **more: bool | str) -> EffectiveVariable:
    return EffectiveVariable(name=name, value=value, origin="environment “e”", **more)  # type: ignore[arg-type]  # its own


def source(shell: str, script: str, folder: Path, then: str, **environment: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    (folder / "script").write_text(script)
    return subprocess.run(
        [shell, "-c", f". {folder}/script && {then}"],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "zsh", "ksh"])
def test_a_shell_that_sources_it_has_the_same_variables_and_folder(shell: str, tmp_path: Path) -> None:
    (tmp_path / "it's here").mkdir()
    values = [value for value in MANY if len(value) < 500 and "\r" not in value]
    variables = [variable(f"V{number}", value) for number, value in enumerate(values)]
    script = write_script("e\n: >PWNED", [*variables, variable("GONE", None, unset=True)], str(tmp_path / "it's here"))
    done = source(shell, script, tmp_path, "env -0 && pwd && echo ${GONE-unset}", GONE="1")
    assert done.stderr == ""
    *entries, tail = done.stdout.split("\0")
    found = dict(entry.partition("=")[::2] for entry in entries)
    assert [found[each.name] for each in variables] == values
    assert tail == f"{tmp_path / chr(105)}t's here\nunset\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's here", "script"]


def test_a_secret_is_a_placeholder_and_ends_the_script_where_it_has_no_value(tmp_path: Path) -> None:
    script = write_script("e", [variable("TOKEN", "canary", secret=True), variable("A", "1")])
    assert "canary" not in script
    without = source("sh", script, tmp_path, "echo reached")
    assert (without.returncode != 0, without.stdout) == (True, "")
    assert "TOKEN" in without.stderr
    assert "is a secret, set it before" in without.stderr
    assert source("sh", script, tmp_path, "sh -c 'echo $TOKEN $A'", TOKEN="t").stdout == "t 1\n"


def test_what_has_no_value_is_a_comment() -> None:
    script = write_script("e", [variable("A", None, problem="It refers to B.")])
    assert script.splitlines()[1:] == ["# A has no value. It refers to B."]
