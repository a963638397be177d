"""What `.env` text means, and that what is written is read again as the same."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchange.dotenv import read_dotenv, write_dotenv

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: not name.startswith("CLOCK"))
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


def test_the_usual_forms_are_read() -> None:
    text = '\ufeff# a comment\nexport A=1\nB = two words # and a comment\nC=\'single $A "x"\'\nD="a\\nb"\nE=\n'
    found = read_dotenv(text)
    assert found.variables == {"A": "1", "B": "two words", "C": 'single $A "x"', "D": "a\nb", "E": ""}
    assert found.problems == ()


def test_a_reference_takes_what_stands_before_or_is_known() -> None:
    found = read_dotenv("HOST=here\nURL=http://${HOST}:${PORT}/${PATH_:-x}\nRAW='${HOST}'\n", {"PORT": "80"})
    assert found.variables["URL"] == "http://here:80/x"
    assert found.variables["RAW"] == "${HOST}"
    assert found.problems == ()


def test_an_unknown_reference_stays_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONLY_OF_THIS_PROCESS", "x")
    found = read_dotenv("A=1\n\n\nB=${ONLY_OF_THIS_PROCESS}\n")
    assert found.variables["B"] == "${ONLY_OF_THIS_PROCESS}"
    assert [(problem.line, "ONLY_OF_THIS_PROCESS" in problem.message) for problem in found.problems] == [(4, True)]


def test_what_can_not_be_taken_is_told_with_its_line() -> None:
    found = read_dotenv("GOOD=1\nno-value\n1BAD=x\nCLOCKHAND_X=1\nOPEN='never closed\nGOOD=2\n")
    assert found.variables == {"GOOD": "2"}
    assert [problem.line for problem in found.problems] == [2, 3, 4, 5, 6]
    messages = [problem.message for problem in found.problems]
    assert "has no value" in messages[0]
    assert "begins with no digit" in messages[1]
    assert "belong to Clockhand" in messages[2]
    assert "quote missing" in messages[3]
    assert "last one counts" in messages[4]


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("API_TOKEN: canary", "line 1, variable “API_TOKEN”: "),
        ("export API_TOKEN='canary", "line 1, variable “API_TOKEN”: "),
        ("API_TOKEN canary", "line 1: "),
        ("canary", "line 1: "),
        ("canary+/=", "line 1: "),
        ("A=x${ca-nary}", "line 1, variable “A”: "),
    ],
)
def test_of_a_wrong_line_no_more_is_told_than_its_name(line: str, where: str) -> None:
    (problem,) = read_dotenv(f"{line}\n").problems
    assert str(problem).startswith(where)
    assert "canary" not in str(problem).replace("-", "")


@settings(max_examples=100)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_what_is_written_is_read_as_the_same(variables: dict[str, str]) -> None:
    found = read_dotenv(write_dotenv(variables))
    assert found.variables == variables
    assert found.problems == ()


@settings(max_examples=100)
@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_dotenv(text)


@pytest.mark.skipif(os.name == "nt" or shutil.which("sh") is None, reason="needs a POSIX shell")
def test_a_shell_can_source_what_is_written() -> None:
    text = write_dotenv({"A": "two words", "B": "$HOME; echo oops", "C": "x\ny"})
    done = subprocess.run(["sh", "-c", f'{text}printf "%s|" "$A" "$B" "$C"'], capture_output=True, check=True)
    assert done.stdout == b"two words|$HOME; echo oops|x\ny|"
