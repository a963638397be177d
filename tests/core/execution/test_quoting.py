"""Values stay values: in every quoting of every shell of this machine, and wherever a text puts them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.execution.definitions import Shell
from core.execution.places import Context, mark
from core.execution.posix_reading import read_posix
from core.execution.quoting import QuotingError, Secret, fill, quote
from core.execution.template import TemplateError, compile_template
from core.execution.windows_reading import read_cmd, read_pwsh
from tests.core.execution.hostile import ATTACKS, HOSTILE

INSTALLED = [shell for shell in (Shell.SH, Shell.BASH, Shell.ZSH) if shutil.which(shell.value)]


def run(shell: Shell, text: str, folder: Path, **variables: str) -> bytes:
    """Run `text` in `folder` and return what it printed on standard output."""
    program = shutil.which(shell.value)
    if program is None:
        pytest.skip(f"{shell.value} is not installed here")
    done = subprocess.run(
        [program, "-c", text],
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH])
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("{}", "{}"),
        ("pre{}post", "pre{}post"),
        ('"{}"', "{}"),
        ('"pre {} post"', "pre {} post"),
        ('"it costs ${}"', "it costs ${}"),
        ("'pre {} post'", "pre {} post"),
        ('"$(printf %s. {})"', "{}."),
        ('"$(printf %s. "{}")"', "{}."),
        ("$(# don't\nprintf %s end)'{}'", "end{}"),
        ("\\${}", "${}"),
        ('"pre"{}"post"', "pre{}post"),
        ("\\\n{}", "{}"),
    ],
)
def test_a_hostile_value_arrives_as_it_is(shell: Shell, word: str, expected: str, tmp_path: Path) -> None:
    words = " ".join(word.replace("{}", mark(number)) for number in range(len(HOSTILE)))
    printed = run(shell, fill(f"printf '%s\\0' {words}", HOSTILE, shell), tmp_path)
    assert printed.decode().split("\0")[:-1] == [expected.replace("{}", value) for value in HOSTILE]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", [Shell.BASH, Shell.ZSH])
def test_a_hostile_value_arrives_within_dollar_quotes(shell: Shell, tmp_path: Path) -> None:
    words = " ".join(f"$'\\x41{mark(number)}\\''" for number in range(len(HOSTILE)))
    printed = run(shell, fill(f"printf '%s\\0' {words}", HOSTILE, shell), tmp_path)
    assert printed.decode().split("\0")[:-1] == [f"A{value}'" for value in HOSTILE]


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH])
def test_a_hostile_value_in_a_comment_is_never_run(shell: Shell, tmp_path: Path) -> None:
    text = "".join(f"true # don't {mark(number)}\n" for number in range(len(HOSTILE)))
    assert run(shell, fill(text + "echo end", HOSTILE, shell), tmp_path) == b"end\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH])
def test_a_value_in_the_place_of_a_command_is_a_name_and_no_syntax(shell: Shell, tmp_path: Path) -> None:
    for value in ("if", "A=b", "! true", ": >PWNED", "{", "time"):
        assert run(shell, fill(f"{mark(0)} >/dev/null; echo end", [value], shell), tmp_path) == b"end\n"
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_any_text_arrives_as_it_is(values: list[str], tmp_path: Path) -> None:
    for shell in INSTALLED:
        words = " ".join(f'{mark(number)} "{mark(number)}"' for number in range(len(values)))
        printed = run(shell, fill(f"printf '%s\\0' {words}", values, shell), tmp_path)
        assert printed.decode().split("\0")[:-1] == [value for value in values for _ in range(2)]


FRAGMENTS = st.sampled_from(
    [
        "{{V}}", "{{V}}", "{{V}}", '"', "'", "$(", ")", "((", "))", "`", "\\", "#", "\n", "<<E", "<<'E'", "<<-E", "E",
        "\nE\n", "${x:-", "${x#", "}", "case x in a)", " esac", " echo ", "$'", ";", " ", "$((", "$", "<<<", "(", "|",
        " if true; then", " fi", "${#x}", "\\\n", "{", "x=", '"$(', ')"', "$[", "]", "x=(", "<(", "[[", "$((1<<2))",
        "echo '", '"${x', "`echo ", "for i in a; do", " done", "f() {", "%", "~", "*", "!",
    ]
)  # fmt: skip


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fragments=st.lists(FRAGMENTS, max_size=12),
    attack=st.sampled_from(ATTACKS),
    shell=st.sampled_from([Shell.SH, Shell.BASH]),
)
def test_no_text_lets_a_value_run(fragments: list[str], attack: str, shell: Shell, tmp_path: Path) -> None:
    """Whatever stands around a placeholder, broken syntax included: it is refused, or the value is never run."""
    try:
        text = compile_template("".join(fragments) + " {{V}}", shell).render({"V": attack})
    except TemplateError:
        return
    run(shell, text, tmp_path)
    assert list(tmp_path.iterdir()) == [], text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("\\{}", "backslash"),
        ('"\\{}"', "backslash"),
        ("echo ${}", "“$”"),
        ("`echo {}`", "backquotes"),
        ('"`echo {}`"', "backquotes"),
        ("echo ${{x:-{}}}", "${…}"),
        ("cat <<E\n{}\nE", "here-document"),
        ("cat <<'E'\n{}\nE", "here-document"),
        ("cat <<-E\n\tx\n\t{}\n\tE", "here-document"),
        ("x=$(case a in a) echo {};; esac)", "two ways"),
        ("echo $[ {} ]", "two ways"),
        ("cat <<{}\n", "two ways"),
    ],
)
def test_a_place_that_nothing_can_be_quoted_for_is_refused(text: str, word: str) -> None:
    with pytest.raises(QuotingError, match="A placeholder can't stand") as refused:
        fill(text.format(mark(0)), ["x"], Shell.BASH)
    assert word in str(refused.value)


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("echo {}", Context.PLAIN),
        ("echo $$${{x}}$? {}", Context.PLAIN),
        ("echo ${{#array[@]}} {}", Context.PLAIN),
        ("echo ${{x:-'}}'}} {}", Context.PLAIN),
        ("cat <<E\n' \" `\nE\necho {}", Context.PLAIN),
        ("cat <<-'E'\n\t'\n\tE\necho {}", Context.PLAIN),
        ("cat <<E\nx\\\nE\n'\nE\necho {}", Context.PLAIN),
        ("cat <<'E'\nx\\\nE\necho {}", Context.PLAIN),
        ("cat <<A <<B\n'\nA\n\"\nB\necho {}", Context.PLAIN),
        ("cat <<< {}", Context.PLAIN),
        ("echo a#'{}'", Context.SINGLE),
        ("echo a # ' {}", Context.COMMENT),
        ("echo \\# {}", Context.PLAIN),
        ("# don't\necho {}", Context.PLAIN),
        ('echo "$(echo "{}")"', Context.DOUBLE),
        ('echo "$(echo {})"', Context.PLAIN),
        ("case x in a) echo {};; esac", Context.PLAIN),
        ("echo $((1 << 2)) {}", Context.PLAIN),
        ("echo $(({} + 1))", Context.ARITHMETIC),
        ("for ((i=0; i<{}; i++)); do :; done", Context.ARITHMETIC),
        ("f() {{ echo {}; }}", Context.PLAIN),
        ("echo $'\\'{}'", Context.ANSI),
    ],
)
def test_the_reading_knows_the_place(text: str, context: Context) -> None:
    assert [place.context for place in read_posix(text.format(mark(0)), Shell.BASH)] == [context]


def test_whole_numbers_alone_go_into_arithmetic(tmp_path: Path) -> None:
    assert run(Shell.BASH, fill(f"echo $(({mark(0)} * 2))", ["-21"], Shell.BASH), tmp_path) == b"-42\n"
    with pytest.raises(QuotingError, match="whole numbers"):
        fill(f"echo $(({mark(0)} * 2))", ["a[$(x)]"], Shell.BASH)


@pytest.mark.parametrize("shell", [Shell.SH, Shell.BASH, Shell.ZSH])
@pytest.mark.parametrize("text", ["{}", '"{}"', "'{}'", 'a"b"{}', '"$(printf %s {})"'])
def test_a_secret_is_read_from_the_process_and_never_in_the_text(shell: Shell, text: str, tmp_path: Path) -> None:
    secret = "a  b\n$(: >PWNED) * ' \" `x`"
    filled = fill("printf '%s\\0' " + text.format(mark(0)), [Secret("TOKEN")], shell)
    assert "PWNED" not in filled
    assert run(shell, filled, tmp_path, TOKEN=secret).decode().rstrip("\0").removeprefix("ab") == secret
    assert list(tmp_path.iterdir()) == []


def test_powershell_doubles_every_kind_of_single_quote() -> None:
    assert quote("it's \u2018so\u2019", Shell.PWSH) == "'it''s \u2018\u2018so\u2019\u2019'"
    assert fill(f'"{mark(0)}"', ['a"b$c`d“'], Shell.PWSH) == '"a`"b`$c``d`“"'
    assert fill(f"'{mark(0)}'", ["it's"], Shell.PWSH) == "'it''s'"


def test_powershell_reads_a_secret_from_its_environment() -> None:
    assert fill(f'{mark(0)} "{mark(0)}"', [Secret("T")], Shell.PWSH) == '"${env:T}" "${env:T}"'
    with pytest.raises(QuotingError, match="single quotes"):
        fill(f"'{mark(0)}'", [Secret("T")], Shell.PWSH)


@pytest.mark.parametrize("text", ["`{}", '@"\n{}\n"@', "# {}", "<# {} #>", '"$(Get-Item {})"', "cmd --% {}"])
def test_powershell_places_that_can_not_be_quoted_are_refused(text: str) -> None:
    assert [place.context for place in read_pwsh(text.format(mark(0)))] == [Context.REFUSED]


def test_powershell_goes_on_behind_what_it_passed_over() -> None:
    text = f"@'\n'\n'@ + {mark(0)} <# ' #> '{mark(1)}' \"a`\"{mark(2)}\" 'it''s {mark(3)}'"
    contexts = [place.context for place in read_pwsh(text)]
    assert contexts == [Context.PLAIN, Context.SINGLE, Context.DOUBLE, Context.SINGLE]


@pytest.mark.skipif(shutil.which("pwsh") is None, reason="PowerShell is not installed here")
def test_powershell_prints_hostile_values_as_they_are(tmp_path: Path) -> None:
    for value in HOSTILE:
        text = fill(f"[Console]::Out.Write({mark(0)})", [value], Shell.PWSH)
        done = subprocess.run(["pwsh", "-NoProfile", "-Command", text], cwd=tmp_path, capture_output=True, check=True)
        assert done.stdout.decode() == value


@pytest.mark.parametrize("value", ["100%", 'say "x"', "a\nb", "\x01"])
def test_cmd_refuses_what_it_can_not_carry(value: str) -> None:
    with pytest.raises(QuotingError, match="cmd can't carry"):
        quote(value, Shell.CMD)


def test_cmd_quotes_what_it_can_carry() -> None:
    assert quote("a & b | c > d ^ ! (e)", Shell.CMD) == '"a & b | c > d ^ ! (e)"'
    assert fill(f'"{mark(0)}"', ["C:\\dir\\"], Shell.CMD) == '"C:\\dir\\\\"'
    assert [place.context for place in read_cmd(f'echo "{mark(0)}" {mark(1)}')] == [Context.DOUBLE, Context.PLAIN]
    assert [place.context for place in read_cmd(f"echo ^{mark(0)}\nrem {mark(1)}")] == [Context.REFUSED] * 2
    with pytest.raises(QuotingError, match="secret T"):
        fill(mark(0), [Secret("T")], Shell.CMD)


def test_a_nul_is_refused_everywhere() -> None:
    for shell in (Shell.SH, Shell.BASH, Shell.ZSH, Shell.PWSH, Shell.CMD):
        with pytest.raises(QuotingError, match="NUL"):
            quote("a\0b", shell)
