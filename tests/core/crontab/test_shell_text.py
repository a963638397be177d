"""What a shell is given here does what cron has it do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.crontab.shell_text import ShellText, from_shell_text, to_shell_text
from core.errors import ClockhandError
from core.execution.definitions import Shell
from core.execution.shells import argv, split
from core.execution.template import compile_template

TOKENS = ["{{", "{%", "{", "}}", "%}", "%", " ", "raw", "endraw", "if x", "a", "'", '"', "#", "\n", "{% endraw %}"]


def run(text: ShellText) -> tuple[int, str]:
    plain = compile_template(text.run, text.shell).render({})
    words = split(plain) if text.shell is Shell.NONE else argv(text.shell, plain, os.environ)
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("program", ["/bin/sh", "/bin/dash", "/bin/bash", "/usr/bin/env"])
def test_every_command_of_a_line_reads_from_the_same_input(program: str) -> None:
    if program == "/usr/bin/env":  # stands for a shell that can't be chosen
        program = str(Path(shutil.which("bash") or "").resolve())
        program = f"/{program}"
    text = to_shell_text('read a; echo "<$a>"; cat; exit 3', "one $HOME\nEND\ntwo's `x` \\ {{ y }}\n", program)
    assert run(text) == (3, "<one $HOME>\nEND\ntwo's `x` \\ {{ y }}\n")


def test_a_shell_that_can_be_chosen_is_and_another_is_called_as_a_program() -> None:
    assert to_shell_text("x", None, "/usr/bin/bash") == ShellText(Shell.BASH, "x")
    assert to_shell_text("x", "", "/bin/dash") == ShellText(Shell.SH, "x")
    assert to_shell_text("echo 'a b'", None, "/usr/bin/fish").shell is Shell.NONE
    assert split(to_shell_text("echo 'a b'", None, "/usr/bin/fish").run) == ["/usr/bin/fish", "-c", "echo 'a b'"]


def test_braces_of_other_programs_are_no_placeholders() -> None:
    written = "docker ps --format '{{.Names}}'"
    text = to_shell_text(written, None, "/bin/sh").run
    assert text == f"{{% raw %}}{written}{{% endraw %}}"
    assert compile_template(text, Shell.SH).render({}) == written


@settings(max_examples=200)
@given(st.lists(st.sampled_from(TOKENS), min_size=1).map("".join))
def test_any_text_is_filled_in_as_itself(command: str) -> None:
    text = to_shell_text(command, None, "/bin/sh").run
    assert compile_template(text, Shell.SH).render({}) == command


@settings(max_examples=200)
@given(
    st.text(st.sampled_from("ab {%}'\"$\\")).filter(lambda text: text.strip() != ""),
    st.none() | st.text(st.sampled_from("abEND0\n{%'"), min_size=1).map(lambda text: f"{text}\n"),
)
def test_command_and_input_are_found_again(command: str, stdin: str | None) -> None:
    text = to_shell_text(command, stdin, "/bin/bash")
    assert from_shell_text(text.run, text.shell) == (command, stdin)


def test_a_placeholder_can_not_be_told_to_cron() -> None:
    with pytest.raises(ClockhandError):
        from_shell_text("echo {{ NAME }}", Shell.SH)
