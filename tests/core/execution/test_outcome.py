"""How attempts end, and what is said about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.execution.outcome import (
    Cancelled,
    CouldNotStart,
    Failed,
    Lost,
    Outcome,
    Signalled,
    Succeeded,
    TimedOut,
    judge_exit,
)


@pytest.mark.parametrize(
    ("outcome", "kind", "sentence", "may_be_retried"),
    [
        (Succeeded(), "succeeded", "succeeded", False),
        (Succeeded(3), "succeeded", "succeeded with exit code 3", False),
        (Failed(3), "failed", "failed with exit code 3", True),
        (Failed(127), "failed", "failed with exit code 127 (command not found)", True),
        (Signalled(11), "signalled", "killed by SIGSEGV (11)", True),
        (Signalled(99), "signalled", "killed by signal 99", True),
        (TimedOut(timedelta(minutes=10), signal=15), "timed-out", "stopped at its time limit of 10 min", True),
        (Cancelled("the user"), "cancelled", "cancelled by the user", False),
        (CouldNotStart("no shell", permanent=True), "could-not-start", "could not start: no shell", False),
        (CouldNotStart("no folder"), "could-not-start", "could not start: no folder", True),
        (Lost("the machine was switched off"), "lost", "lost: the machine was switched off", True),
    ],
)
def test_an_outcome_answers_for_itself(outcome: Outcome, kind: str, sentence: str, may_be_retried: bool) -> None:
    assert (outcome.kind, str(outcome), outcome.may_be_retried) == (kind, sentence, may_be_retried)
    assert outcome.succeeded is (kind == "succeeded")


def test_what_an_outcome_has_not_is_none() -> None:
    assert (Failed(3).exit_code, Failed(3).signal, Failed(3).reason) == (3, None, None)
    assert (Signalled(9).exit_code, Signalled(9).signal) == (None, 9)
    limited = TimedOut(timedelta(seconds=90), exit_code=143)
    assert (limited.exit_code, limited.signal, limited.reason) == (143, None, "time limit of 1 min 30 s")
    assert (Cancelled("the user").exit_code, Cancelled("the user").reason) == (None, "by the user")
    assert Lost("power").reason == "power"


@given(code=st.integers(0, 255), codes=st.sets(st.integers(0, 255)))
def test_an_exit_code_is_judged_by_the_list_alone(code: int, codes: set[int]) -> None:
    assert judge_exit(code, None, codes) == (Succeeded(code) if code in codes else Failed(code))


def test_a_signal_is_never_a_success() -> None:
    assert judge_exit(0, 9, (0, 9)) == Signalled(9)
    assert judge_exit(None, 15, (15,)) == Signalled(15)


def test_an_end_without_code_and_signal_is_refused() -> None:
    with pytest.raises(ValueError, match="exit code or a signal"):
        judge_exit(None, None)
