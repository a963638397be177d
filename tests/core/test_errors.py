"""Errors are sentences that say what happened, where, and what is near."""

from __future__ import annotations

from core.errors import (
    AlreadyRunningError,
    ClockhandError,
    ConflictError,
    InvalidError,
    NotFoundError,
    Problem,
    StorageBusyError,
    StorageError,
    suggest,
)


def test_a_problem_says_where_it_is() -> None:
    assert str(Problem("commands “sync”: timeout", "“x” is no duration.", line=7)) == (
        "line 7, commands “sync”: timeout: “x” is no duration."
    )
    assert str(Problem("timeout", "“x” is no duration.")) == "timeout: “x” is no duration."
    assert str(Problem("", "The file is empty.")) == "The file is empty."


def test_all_problems_of_an_input_are_told() -> None:
    error = InvalidError([Problem("a", "Wrong."), Problem("b", "Wrong too.")])
    assert str(error) == "a: Wrong.\nb: Wrong too."
    single = InvalidError.single("name", "It is empty.", field="name", line=3)
    assert single.problems == (Problem("name", "It is empty.", line=3, field="name"),)


def test_what_is_not_found_comes_with_the_nearest_name() -> None:
    error = NotFoundError("command", "snyc", ["sync", "backup"])
    assert str(error) == "There is no command named “snyc”. Did you mean “sync”?"
    assert (error.kind, error.name) == ("command", "snyc")
    assert str(NotFoundError("command", "zzz", ["sync"])) == "There is no command named “zzz”."
    assert suggest("x", []) == ""


def test_every_error_can_be_caught_at_the_root() -> None:
    for kind in (AlreadyRunningError, ConflictError, InvalidError, NotFoundError, StorageBusyError, StorageError):
        assert issubclass(kind, ClockhandError)
    assert issubclass(StorageBusyError, StorageError)
