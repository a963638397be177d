"""What the placeholders of a command's text mean in an environment."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.records import EnvironmentRecord
from core.catalog.specs import EnvironmentSpec
from core.execution.definitions import Shell
from desktop.forms.command_marks import MarkKind, Names, marks_of

WHEN = datetime(2026, 11, 24, tzinfo=UTC)


def environment(number: int, spec: EnvironmentSpec) -> EnvironmentRecord:
    return EnvironmentRecord(
        id=number, spec=spec, extends_id=None, extended_by=(), schedules=(), created_at=WHEN, updated_at=WHEN
    )


ENVIRONMENTS = [
    environment(1, EnvironmentSpec(name="base", variables={"HOST": "example", "PORT": "80"}, secrets=("TOKEN",))),
    environment(2, EnvironmentSpec(name="staging", extends="base", variables={"PORT": "8080"})),
    environment(3, EnvironmentSpec(name="mirror", variables={"MIRROR": "x"}, secrets=("PORT",))),
]


def kinds(text: str, chosen: int | None) -> dict[str, MarkKind]:
    marks = marks_of(text, Shell.SH, Names.of(ENVIRONMENTS, chosen))
    return {text[mark.start : mark.end]: mark.kind for mark in marks if mark.kind is not MarkKind.TAG}


def test_a_name_may_come_from_a_file_and_one_that_is_unset_is_gone() -> None:
    records = [
        environment(1, EnvironmentSpec(name="far", variables={"GONE": "1", "HERE": "1"})),
        environment(2, EnvironmentSpec(name="near", extends="far", unset=("GONE",))),
        environment(3, EnvironmentSpec(name="live", extends="near", env_file="~/x.env")),
    ]
    assert Names.of(records, 2).meaning("HERE")[0] is MarkKind.KNOWN
    assert Names.of(records, 2).meaning("GONE")[0] is MarkKind.UNKNOWN
    kind, sentence = Names.of(records, 3).meaning("ANYTHING")
    assert (kind, sentence) == (MarkKind.KNOWN, "ANYTHING has to come from ~/x.env, which is read at each run.")


def test_names_are_known_secret_elsewhere_or_unknown() -> None:
    text = "run {{ HOST }} {{ TOKEN }} {{ MIRROR }} {{ HOTS }} {{ job.id }}"
    assert kinds(text, 2) == {
        "HOST": MarkKind.KNOWN,
        "TOKEN": MarkKind.SECRET,
        "MIRROR": MarkKind.ELSEWHERE,
        "HOTS": MarkKind.UNKNOWN,
        "job.id": MarkKind.KNOWN,
    }


def test_without_an_environment_a_variable_is_elsewhere() -> None:
    assert kinds("run {{ HOST }} {{ job.attempt }}", None) == {
        "HOST": MarkKind.ELSEWHERE,
        "job.attempt": MarkKind.KNOWN,
    }


@pytest.mark.parametrize(
    ("name", "chosen", "sentence"),
    [
        ("PORT", 2, "PORT is “8080” by “staging”."),
        ("PORT", 1, "PORT is “80” by “base”."),
        ("PORT", 3, "PORT is a secret of “mirror”: the text carries a reference to it, not its value."),
        ("MIRROR", 2, "“mirror” has it, but not “staging”."),
        ("HOST", None, "“base” has it: choose an environment."),
        ("job.due_at", None, "job.due_at is filled in for each run."),
        ("NOTHING", 1, "No environment has a variable NOTHING."),
    ],
)
def test_a_name_is_explained(name: str, chosen: int | None, sentence: str) -> None:
    assert Names.of(ENVIRONMENTS, chosen).meaning(name)[1] == sentence


def test_an_environment_that_extends_itself_ends() -> None:
    turning = [
        environment(1, EnvironmentSpec(name="a", extends="b", variables={"A": "1"})),
        environment(2, EnvironmentSpec(name="b", extends="a", variables={"B": "2"})),
    ]
    assert Names.of(turning, 1).meaning("B")[0] is MarkKind.KNOWN


def test_a_text_that_can_not_be_read_is_marked_where_it_goes_wrong() -> None:
    text = "echo a\necho {{ HOST\necho b"
    (fault,) = marks_of(text, Shell.SH, Names())
    assert fault.kind is MarkKind.FAULT
    assert text[fault.start : fault.end] == "{{ HOST"
    assert "never closed" in fault.sentence


def test_a_default_makes_a_name_optional() -> None:
    assert kinds("run {{ NOTHING | default('x') }}", 1) == {}


def test_a_place_after_a_character_beyond_the_basic_plane_is_found() -> None:
    assert kinds("echo 🕰 {{ HOST }}", 1) == {"HOST": MarkKind.KNOWN}


@given(st.text(alphabet="{}%# \n'\"ab.|🕰", max_size=60))
def test_marks_of_any_text_lie_in_it_and_never_upon_each_other(text: str) -> None:
    marks = marks_of(text, Shell.SH, Names())
    assert all(0 <= mark.start <= mark.end <= len(text) for mark in marks)
    assert all(one.end <= other.start for one, other in pairwise(marks))
