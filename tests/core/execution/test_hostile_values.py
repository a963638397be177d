"""Five hundred hostile values through every shell of this machine: each arrives unchanged, and none is ever run.

`sh` is another program on each system, so what is quoted for it is given to each program that is one somewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.execution.definitions import (
    CommandDefinition,
    EnvironmentDefinition,
    JobFacts,
    Layer,
    Shell,
    VariableDefinition,
)
from core.execution.plan import CannotStart, Plan, make_plan
from core.execution.quoting import quote
from core.execution.shells import find_shell
from core.execution.template import TemplateError, compile_template
from tests.core.execution.hostile import MANY

# (what a text is quoted for, the program that reads it)
PROGRAMS = [
    (Shell.SH, ("sh",)),
    (Shell.SH, ("dash",)),
    (Shell.SH, ("bash", "--posix")),
    (Shell.SH, ("ksh",)),
    (Shell.SH, ("mksh",)),
    (Shell.SH, ("busybox", "sh")),
    (Shell.SH, ("yash",)),
    (Shell.BASH, ("bash",)),
    (Shell.ZSH, ("zsh", "-f")),
]
EACH_PROGRAM = pytest.mark.parametrize(
    ("shell", "program"), PROGRAMS, ids=[f"{shell}-as-{'-'.join(program)}" for shell, program in PROGRAMS]
)
# Written as bytes: what stands there is compared byte by byte, whatever a shell's own printf makes of it.
TELL = "import os, sys; sys.stdout.buffer.write(b''.join(os.fsencode(word) + b'\\0' for word in sys.argv[1:]))"
TELL_VARIABLES = "print(*(os.environ['V%d' % n] for n in range(int(os.environ['V0']))), sep='\\0', end='\\0')"
# Linux gives one argument 128 KiB.
MOST = 60_000

PLACES = {
    "bare": "{{ V }}",
    "double": '"{{ V }}"',
    "single": "'{{ V }}'",
    "within a word": "a{{ V }}\"b\"'{{ V }}'",
    "within double quotes": '"a {{ V }} $x"',
    "in a substitution": '"$(printf %s. {{ V }})"',
    "quoted in a substitution": '"$(printf %s. "{{ V }}")"',
}
EXPECTED = {
    "within a word": "a{}b{}",
    "within double quotes": "a {} ",
    "in a substitution": "{}.",
    "quoted in a substitution": "{}.",
}
STATEMENTS = {
    "an assignment": 'y={{ V }}; "$TELL" -IS -c "$CODE" "$y"',
    "a default": 'y="{{ V }}" && "$TELL" -IS -c "$CODE" "$y"',
    "a loop": 'for y in {{ V }}; do "$TELL" -IS -c "$CODE" "$y"; done',
    "a case": 'case {{ V }} in "{{ V }}") "$TELL" -IS -c "$CODE" {{ V }};; esac',
    "a test": '[ x{{ V }} = "x{{ V }}" ] && "$TELL" -IS -c "$CODE" "{{ V }}"',
    "a function": 'f() { "$TELL" -IS -c "$CODE" "$1"; }; f {{ V }}',
    "a variable of one command": 'y={{ V }} "$TELL" -IS -c "import os, sys; sys.argv[1:] = [os.environ[\'y\']]; $CODE"',
    "behind a comment": '# {{ V }}\n"$TELL" -IS -c "$CODE" {{ V }} # {{ V }}',
    "in a group": '{ ( "$TELL" -IS -c "$CODE" {{ V }} ); }',
}


def batches(shell: Shell, word: str) -> Iterator[tuple[list[str], str]]:
    """Yield values with their words, as many as one argument of a process may hold."""
    template = compile_template(word, shell)
    values: list[str] = []
    words: list[str] = []
    for value in MANY:
        filled = template.render({"V": value})
        if words and sum(map(len, words)) + len(filled.encode()) > MOST:
            yield values, " ".join(words)
            values, words = [], []
        values.append(value)
        words.append(filled)
    yield values, " ".join(words)


def ran(program: tuple[str, ...], text: str, folder: Path, **variables: str) -> list[str]:
    """Return the words that the text told; a shell that complains of anything has read a value as syntax."""
    found = shutil.which(program[0])
    if found is None:
        pytest.skip(f"{program[0]} is not installed here")
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TELL": sys.executable, "CODE": TELL, **variables}
    done = subprocess.run(
        [found, *program[1:], "-c", text],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert (done.stderr.decode(errors="replace")[:500], done.returncode) == ("", 0)
    return done.stdout.decode().split("\0")[:-1]


def test_there_are_five_hundred() -> None:
    assert len(MANY) > 500
    assert not [value for value in MANY if "\0" in value]


@pytest.mark.parametrize("place", PLACES)
@EACH_PROGRAM
def test_each_arrives_unchanged_and_none_is_run(
    shell: Shell, program: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    expected = EXPECTED.get(place, "{}")
    for values, words in batches(shell, PLACES[place]):
        told = ran(program, f'"$TELL" -IS -c "$CODE" {words}', tmp_path)
        assert told == [expected.replace("{}", value) for value in values]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("statement", STATEMENTS)
@EACH_PROGRAM
def test_a_statement_keeps_its_shape_whatever_is_put_in(
    shell: Shell, program: tuple[str, ...], statement: str, tmp_path: Path
) -> None:
    template = compile_template(STATEMENTS[statement], shell)
    # A process for each: a value that broke the statement would hide behind the next one.
    chosen = [value for value in MANY if len(value) < 1000][::40]
    for value in chosen:
        assert ran(program, template.render({"V": value}), tmp_path) == [value]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed here")
@pytest.mark.parametrize("word", ["{{ V }}", '"{{ V }}"', "'{{ V }}'"])
def test_each_arrives_unchanged_in_powershell(word: str, tmp_path: Path) -> None:
    for values, words in batches(Shell.PWSH, f"[Console]::Out.Write({word} + [char]0);"):
        done = subprocess.run(
            ["pwsh", "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", words],
            cwd=tmp_path,
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode().split("\0")[:-1] == values
    assert list(tmp_path.iterdir()) == []


def plan_for(shell: Shell, run: str, values: list[str], folder: Path) -> Plan:
    variables = tuple(VariableDefinition(name=f"V{n}", value=value) for n, value in enumerate(values))
    return make_plan(
        CommandDefinition(id=1, name="tell", run=run, shell=shell),
        EnvironmentDefinition(id=1, name="e", layers=(Layer(environment_name="e", variables=variables),)),
        JobFacts(id=1, attempt=1, due_at=None, scheduled_at=datetime(2026, 11, 24, tzinfo=UTC)),
        base={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        secrets={},
        local_zone=UTC,
        home=folder,
    )


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH, Shell.NONE])
def test_a_whole_plan_carries_them_as_arguments_and_as_variables(shell: Shell, tmp_path: Path) -> None:
    if shell is not Shell.NONE and shutil.which(shell.value) is None:
        pytest.skip(f"{shell} is not installed here")
    # A `${NAME}` of an environment's value is a reference; here each value is meant as it stands.
    values = [value for value in MANY if len(value) < 3000 and "${HOME}" not in value]
    script = tmp_path / "tell.py"
    script.write_text(f"{TELL}\n{TELL_VARIABLES}\n")
    tell = f"{quote(sys.executable, Shell.SH)} {quote(str(script), Shell.SH)}"
    for start in range(0, len(values), 100):
        some = [str(len(values[start : start + 100]) + 1), *values[start : start + 100]]
        words = " ".join(f"{{{{ V{n} }}}}" for n in range(len(some)))
        plan = plan_for(shell, f"{tell} {words}", some, tmp_path)
        done = subprocess.run(plan.argv, env=dict(plan.environment), cwd=tmp_path, capture_output=True, check=True)
        assert done.stderr == b""
        assert done.stdout.decode().split("\0")[:-1] == [*some, *some]
    assert [path.name for path in tmp_path.iterdir()] == ["tell.py"]


def test_a_nul_is_refused_with_a_clear_sentence_before_anything_starts(tmp_path: Path) -> None:
    for shell in (Shell.SH, Shell.BASH, Shell.NONE):
        with pytest.raises(CannotStart, match="The value holds a NUL character, which no environment can carry"):
            plan_for(shell, "echo {{ V0 }}", ["a\0b"], tmp_path)
    with pytest.raises(TemplateError, match="A value holds a NUL character, which no command line can carry"):
        compile_template("echo {{ V }}", Shell.SH).render({"V": "a\0b"})


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH])
def test_the_program_that_is_tested_is_the_one_that_runs(shell: Shell) -> None:
    if shutil.which(shell.value) is None:
        pytest.skip(f"{shell} is not installed here")
    assert find_shell(shell, {"PATH": os.defpath}).name == shell.value
