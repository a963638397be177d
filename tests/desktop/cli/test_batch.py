"""`cron next --batch`: every line gets its answer, in order, whatever it holds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.cli.batch import BatchQuestions
from tests.desktop.cli.conftest import Call

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def questions() -> BatchQuestions:
    return BatchQuestions(now=NOW, system_zone=lambda: ZoneInfo("UTC"), default_count=5, most=10_000)


def answer_to(**question: Any) -> dict[str, Any]:
    return questions().answer(json.dumps(question).encode())


def test_a_question_gets_its_due_times() -> None:
    asked = {"expr": "30 7 * * 1-5", "tz": "Europe/Berlin", "from": "2026-11-27T00:00:00Z", "count": 2}
    assert answer_to(**asked) == {"next": ["2026-11-27T06:30:00Z", "2026-11-30T06:30:00Z"]}


def test_all_but_the_expression_may_be_left_out_or_null() -> None:
    expected = {"next": [f"2026-11-24T{hour:02}:00:00Z" for hour in range(7, 12)]}
    assert answer_to(expr="0 * * * *") == expected
    assert answer_to(expr="0 * * * *", tz=None, count=None, **{"from": None}) == expected


def test_an_expression_without_due_times_has_an_empty_list() -> None:
    assert answer_to(expr="@reboot") == {"next": []}


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        (b'{"expr": "61 * * * *"}', "minute", "61"),
        (b'{"expr": "* * * *"}', None, "4 fields"),
        (b'{"expr": 5}', "expr", "no text"),
        (b"{}", "expr", "missing"),
        (b'{"expr": "@daily", "tz": "Berlin"}', "tz", "no time zone named “Berlin”"),
        (b'{"expr": "@daily", "tz": 1}', "tz", "no text"),
        (b'{"expr": "@daily", "from": "soon"}', "from", "not a time"),
        (b'{"expr": "@daily", "from": 5}', "from", "no text"),
        (b'{"expr": "@daily", "count": 0}', "count", "from 1 to 10000"),
        (b'{"expr": "@daily", "count": true}', "count", "whole number"),
        (b'{"expr": "@daily", "count": 1e3}', "count", "whole number"),
        (b'{"expr": "@daily", "zone": "UTC"}', "zone", "There is no key “zone”"),
        (b"[1]", None, "no JSON object"),
        (b"@daily", None, "not JSON"),
        (b"", None, "not JSON"),
        (b"\xff\xfe", None, "not JSON"),
        (b"[" * 100_000, None, "not JSON"),
    ],
)
def test_a_wrong_line_says_what_is_wrong_with_which_key(line: bytes, field: str | None, words: str) -> None:
    answer = questions().answer(line)
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"message", "field", "position"}
    assert answer["error"]["field"] == field
    assert words in answer["error"]["message"]


def test_the_place_in_the_expression_is_told() -> None:
    assert answer_to(expr="0 25 * * *")["error"]["position"] == 2


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_line_stops_the_others(line: bytes) -> None:
    assert set(questions().answer(line)) in ({"next"}, {"error"})


@given(
    st.fixed_dictionaries(
        {"expr": st.text(alphabet="0123456789*/-,LH# @", max_size=20) | st.sampled_from(["@daily", "* * * * *"])},
        optional={
            "tz": st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "", "../etc/passwd"]),
            "from": st.datetimes().map(datetime.isoformat) | st.text(max_size=10),
            "count": st.integers(-2, 20),
        },
    )
)
def test_any_question_is_answered_with_as_many_due_times_as_asked_or_an_error(question: dict[str, Any]) -> None:
    answer = answer_to(**question)
    assert set(answer) in ({"next"}, {"error"})
    if "next" in answer:
        assert len(answer["next"]) <= question.get("count", 5)
        assert answer["next"] == sorted(answer["next"])
    else:
        assert answer["error"]["message"]


def test_answers_keep_the_order_of_five_thousand_lines(ask: Call) -> None:
    lines = [
        b"nonsense" if number % 10 == 0 else json.dumps({"expr": f"{number % 60} * * * *", "count": 1}).encode()
        for number in range(5000)
    ]
    answer = ask("cron", "next", "--batch", stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in answer.out.splitlines()]
    assert (answer.code, answer.err, len(answers)) == (0, "", 5000)
    for number, each in enumerate(answers):
        if number % 10 == 0:
            assert "error" in each
        else:
            assert each["next"][0].endswith(f":{number % 60:02}:00Z")


def test_each_line_is_answered_at_once(start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start("cron", "next", "--batch", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    for count in (1, 2):
        process.stdin.write(json.dumps({"expr": "@hourly", "count": count}) + "\n")
        process.stdin.flush()
        assert len(json.loads(process.stdout.readline())["next"]) == count
    process.stdin.close()
    assert process.wait(30) == 0
