"""How runs read for a person."""

from __future__ import annotations

import pytest

from desktop.cli.wording import ended
from tests.desktop.cli.conftest import Call

BUNDLE = b"""
version = 1

[[environments]]
name = "here"
base = "clean"
variables = { MY_NAME = "x" }

[[environments]]
name = "there"
variables = { MY_NAM = "y" }

[[commands]]
name = "tell"
run = "echo {{ MY_NAM }}"
shell = "sh"
"""


@pytest.mark.parametrize(
    ("words", "sentence"), [("runs", "runs."), ("It runs.", "It runs."), ("Did you mean “x”?", "Did you mean “x”?")]
)
def test_a_sentence_has_one_end(words: str, sentence: str) -> None:
    assert ended(words) == sentence


def test_a_run_that_ends_with_a_question_gets_no_full_stop_behind_it(ask: Call, program: Call) -> None:
    applied = ask("apply", "-", stdin=BUNDLE)
    assert applied.code == 0, applied.err
    told = program("run", "tell", "--env", "here", "--wait")
    assert "Did you mean “MY_NAME”?" in told.err
    assert "?." not in told.err
