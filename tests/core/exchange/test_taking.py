"""What `.env` text does to the variables that are there, with its references kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exchange.dotenv import write_variables
from core.exchange.taking import take
from core.execution.references import references, substitute

VALUES = {"A": "1", "HOME": "/h"}


@pytest.mark.parametrize(
    ("written", "value", "result"),
    [
        ("${A}/x", "${A}/x", "1/x"),
        ("'${A}'", "$${A}", "${A}"),
        ('"a $${HOME}"', "a $$${HOME}", "a $/h"),
        ("${NOWHERE:-else}/${A:-x}", "else/${A}", "else/1"),
        ("pa$$word", "pa$$word", "pa$$word"),
        ("$A $1", "$A $1", "$A $1"),
        ("'$$${A}'", "$$$$$${A}", "$$${A}"),
    ],
)
def test_a_reference_stays_one_and_text_stays_text(written: str, value: str, result: str) -> None:
    taken = take(f"X={written}\n", {"A": "1"}, ())
    assert taken.added == {"X": value}
    assert taken.problems == ()
    assert substitute(value, VALUES.__getitem__) == result


@settings(max_examples=100)
@given(st.text(st.sampled_from("$${}AB'\"\\ \n#x")).filter(lambda text: not (references(text) and "$${" in text)))
def test_what_is_written_out_is_taken_back_as_the_same(value: str) -> None:
    assert take(write_variables({"X": value}), {}, ()).added == {"X": value}


def test_what_is_new_what_differs_and_what_is_the_same_are_told_apart_and_secrets_left_alone() -> None:
    taken = take("A=1\nB=2\nC=3\nS=4\nbad\n", {"A": "1", "B": "1"}, ("S",))
    assert (taken.added, taken.changed, taken.same) == ({"C": "3"}, {"B": "2"}, ("A",))
    assert [problem.where for problem in taken.problems] == ["", "variable “S”"]
