"""Wrong bundle files: each fault gets one clear sentence with its key and line, and nothing is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog.catalog import Catalog
from core.database import Database
from core.errors import InvalidError, Problem
from core.exchange.bundle import apply_bundle, decode_bundle, export_bundle, read_bundle, read_bundle_file
from tests.support import FakeClock

GOOD = """\
version = 1
[[environments]]
name = "staging"
variables = { API_URL = "https://staging.example" }
[[crons]]
name = "hourly"
expression = "0 * * * *"
[[commands]]
name = "sync"
run = "echo {{ API_URL }}"
[[schedules]]
name = "each hour"
command = "sync"
environments = ["staging"]
crons = ["hourly"]
"""

ENVIRONMENT = ('name = "staging"\n', "environments “staging”", 4)
CRON = ('expression = "0 * * * *"\n', "crons “hourly”", 8)
COMMAND = ('name = "sync"\n', "commands “sync”", 10)
SCHEDULE = ('crons = ["hourly"]\n', "schedules “each hour”", 16)
"""A line of GOOD, the definition that it stands in, and the number of the line after it."""

# Each: after which line of GOOD it is added, what, the key that is named, and words of the sentence.
ADDED = [
    (ENVIRONMENT, 'base = "sesion"', "base", "Did you mean “session”"),
    (ENVIRONMENT, 'extends = "prod"', "extends", "no environment named “prod”"),
    (ENVIRONMENT, 'extends = "staging"', "extends", "comes back to itself: “staging” → “staging”"),
    (ENVIRONMENT, 'secrets = ["API_URL"]', "secrets", "stands under variables as well"),
    (ENVIRONMENT, 'secrets = ["A", "A"]', "secrets", "“A” stands there twice"),
    (ENVIRONMENT, 'secrets = "A"', "secrets", "It is a text. Write a list of texts"),
    (ENVIRONMENT, 'enabled = "yes"', "enabled", "Write true or false, without quotes"),
    (CRON, 'timezone = "Europe/Berlim"', "timezone", "Did you mean “Europe/Berlin”?"),
    (CRON, 'timezone = "../../etc/passwd"', "timezone", "."),
    (CRON, 'time_zone = "UTC"', "time_zone", "Did you mean “timezone”?"),
    (COMMAND, 'shell = "bsh"', "shell", "none of sh, bash, zsh, pwsh, cmd and none. Did you mean “bash”?"),
    (COMMAND, 'timeout = "10x"', "timeout", "“10x” is not a duration"),
    (COMMAND, "timeout = 600", "timeout", "Write a duration in quotes"),
    (COMMAND, 'timeout = "0s"', "timeout", "Write a duration from 1ms to 3650d"),
    (COMMAND, 'timeout = "1.5ms"', "timeout", "finer than a millisecond"),
    (COMMAND, 'grace = "2h"', "grace", "Write a duration from 0s to 1h"),
    (COMMAND, "max_attempts = 0", "max_attempts", "Write a whole number from 1 to 100"),
    (COMMAND, "max_attempts = 1.5", "max_attempts", "a number with a point"),
    (COMMAND, "max_attempts = true", "max_attempts", "It is true or false. Write a whole number"),
    (COMMAND, "priority = 101", "priority", "from -100 to 100"),
    (COMMAND, 'backoff_base = "2h"', "backoff_cap", "shorter than backoff_base (2h)"),
    (COMMAND, 'overlap = "que"', "overlap", "Did you mean “queue”?"),
    (COMMAND, "success_exit_codes = []", "success_exit_codes", "no run could ever succeed"),
    (COMMAND, "success_exit_codes = [-1]", "success_exit_codes", "-1 is out of range"),
    (COMMAND, "success_exit_codes = 0", "success_exit_codes", "a list of whole numbers"),
    (COMMAND, 'tags = ["a", 1]', "tags", "The list holds something else as well"),
    (COMMAND, 'tags = ["a", ""]', "tags", "It is empty"),
    (COMMAND, 'working_directory = "work/x"', "working_directory", "not a full path"),
    (COMMAND, "working_directory = 2026-01-01", "working_directory", "It is a date or time"),
    (SCHEDULE, 'catch_up = "never"', "catch_up", "none of skip, once and all"),
    (SCHEDULE, "catch_up_limit = 0", "catch_up_limit", "from 1 to 1000"),
]

# Each: what replaces a line of GOOD, the line and the place that are named, and words of the sentence.
REPLACED = [
    ("version = 1", "", None, "demo.toml", "The version is missing. Write version = 1"),
    ("version = 1", "version = 2", 1, "demo.toml: version", "2 is not a version that this Clockhand reads"),
    ("version = 1", "version = true", 1, "demo.toml: version", "True is not a version"),
    ("version = 1", 'version = "1"', 1, "demo.toml: version", "'1' is not a version"),
    ("version = 1", "version 1", 1, "demo.toml", "not valid TOML in column 9"),
    ("[[crons]]", "[crons]", 5, "crons", "Write [[crons]], in two brackets"),
    ("[[crons]]", "[[cronz]]", 5, "demo.toml", "“cronz” is not part of a bundle. Did you mean “crons”?"),
    ('name = "staging"', "", 2, "environments number 1: name", "It is missing, and has no default"),
    ('name = "staging"', 'name = ""', 3, "environments number 1: name", "It is empty. Write a name"),
    ('name = "staging"', 'name = " a"', 3, "environments “ a”: name", "blanks before or after it"),
    ('name = "staging"', 'name = "a\\u0007"', 3, "environments “a�”: name", "control character U+0007"),
    ('name = "staging"', "name = 7", 3, "environments number 1: name", "It is a number. Write a text in quotes"),
    ('name = "staging"', 'name = "staging', 3, "demo.toml", "not valid TOML"),
    (
        'name = "staging"',
        f'name = "{"x" * 201}"',
        3,
        "environments “xxx",
        "It has 201 characters. Write at most 200",
    ),
    (
        'variables = { API_URL = "https://staging.example" }',
        'variables = { API_URL = "", PORT = 80 }',
        4,
        "environments “staging”: variables",
        "The value of “PORT” is not a text",
    ),
    (
        'variables = { API_URL = "https://staging.example" }',
        'variables = ["API_URL"]',
        4,
        "environments “staging”: variables",
        "It is a list. Write a table of texts",
    ),
    (
        'variables = { API_URL = "https://staging.example" }',
        'variables = { API_URL = "", "A B" = "1" }',
        4,
        "environments “staging”: variables",
        "A B",
    ),
    (
        'variables = { API_URL = "https://staging.example" }',
        'variables = { API_URL = "a\\u0000" }',
        4,
        "environments “staging”: variables",
        "NUL",
    ),
    (
        'variables = { API_URL = "https://staging.example" }',
        'variables = { API_URL = "", CLOCKHAND_X = "" }',
        4,
        "environments “staging”: variables",
        "CLOCKHAND_",
    ),
    ('expression = "0 * * * *"', "", 5, "crons “hourly”: expression", "It is missing"),
    ('expression = "0 * * * *"', 'expression = "61 * * * *"', 7, "crons “hourly”: expression", "61"),
    ('expression = "0 * * * *"', 'expression = "0 0 30 2 *"', 7, "crons “hourly”: expression", "."),
    ('expression = "0 * * * *"', 'expression = "@every 5m"', 7, "crons “hourly”: expression", "@every"),
    ('run = "echo {{ API_URL }}"', "", 8, "commands “sync”: run", "It is missing"),
    ('run = "echo {{ API_URL }}"', 'run = "  "', 10, "commands “sync”: run", "It is empty"),
    (
        'run = "echo {{ API_URL }}"',
        'run = "echo {{ API_URI }}"',
        10,
        "commands “sync”: run",
        "“API_URI”, which no environment has as a variable. Did you mean “API_URL”?",
    ),
    ('run = "echo {{ API_URL }}"', 'run = "echo {{ job.number }}"', 10, "commands “sync”: run", "“job.number”"),
    ('run = "echo {{ API_URL }}"', 'run = "echo {{ API_URL"', 10, "commands “sync”: run", "never closed"),
    ('run = "echo {{ API_URL }}"', 'run = "a\\u0000b"', 10, "commands “sync”: run", "U+0000"),
    ('name = "sync"', 'name = "sync"\nname = "twice"', 10, "demo.toml", "not valid TOML"),
    ('command = "sync"', "", 11, "schedules “each hour”: command", "It is missing"),
    (
        'command = "sync"',
        'command = "snyc"',
        13,
        "schedules “each hour”: command",
        "no command named “snyc”. Did you mean “sync”?",
    ),
    (
        'environments = ["staging"]',
        'environments = ["stagign"]',
        14,
        "schedules “each hour”: environments",
        "Did you mean “staging”?",
    ),
    (
        'environments = ["staging"]',
        'environments = ["staging", "staging"]',
        14,
        "schedules “each hour”: environments",
        "“staging” stands there twice",
    ),
    ('crons = ["hourly"]', 'crons = ["daily"]', 15, "schedules “each hour”: crons", "no cron named “daily”"),
    (
        'crons = ["hourly"]',
        'crons = ["hourly"]\n[[queues]]\nname = "q"\nlimit = 0',
        18,
        "queues “q”: limit",
        "from 1 to 1000",
    ),
    (
        'crons = ["hourly"]',
        'crons = ["hourly"]\n[[crons]]\nname = "hourly"\nexpression = "1 * * * *"',
        17,
        "crons “hourly”: name",
        "twice (first in line 5)",
    ),
]


def faults(text: str, catalog: Catalog) -> tuple[Problem, ...]:
    with pytest.raises(InvalidError) as caught:
        read_bundle(text, "demo.toml", catalog.known())
    return caught.value.problems


def test_the_file_that_the_others_are_made_from_is_right(database: Database, clock: FakeClock) -> None:
    assert len(apply_bundle(database, clock, read_bundle(GOOD, "demo.toml"))) == 4


@pytest.mark.parametrize(("place", "added", "key", "words"), ADDED)
def test_a_wrong_line_is_refused_in_one_sentence(
    catalog: Catalog, place: tuple[str, str, int], added: str, key: str, words: str
) -> None:
    before, definition, line = place
    assert GOOD.count(before) == 1
    (fault,) = faults(GOOD.replace(before, f"{before}{added}\n"), catalog)
    # The line of a key that has its default is that of the definition.
    assert (fault.where, fault.line) == (f"{definition}: {key}", line if key in added else line - 2)
    assert words in fault.message
    assert fault.message[-1] in ".?"


@pytest.mark.parametrize("wrong", REPLACED)
def test_a_wrong_file_is_refused_in_one_sentence_per_fault(
    catalog: Catalog, wrong: tuple[str, str, int | None, str, str]
) -> None:
    old, new, line, where, words = wrong
    assert GOOD.count(old + "\n") == 1
    found = faults(GOOD.replace(old + "\n", new + "\n"), catalog)
    fault = next(fault for fault in found if words in fault.message)
    assert (fault.where[: len(where)], fault.line) == (where, line)
    assert fault.message[-1] in ".?" or fault.message.endswith("{% endraw %}")  # what is there to be copied stands bare
    # One fault may make a name unknown to others (a missing name, a table that is none), but it is not told twice.
    assert len(set(found)) == len(found)


def test_every_fault_of_a_file_is_told_at_once_in_the_order_of_its_lines(catalog: Catalog) -> None:
    text = GOOD.replace('"0 * * * *"', '"0 25 * * *"').replace('command = "sync"', 'command = "x"')
    text = text.replace('name = "sync"', 'name = "sync"\nshel = "sh"\npriority = 500')
    found = faults(text, catalog)
    assert [(fault.line, fault.field) for fault in found] == [
        (7, "expression"),
        (10, "shel"),
        (11, "priority"),
        (15, "command"),
    ]
    assert str(found[1]).startswith("line 10, commands “sync”: shel: There is no such key. Did you mean “shell”?")


def places(text: str, catalog: Catalog) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.where) for fault in faults(text, catalog)]


def test_a_byte_order_mark_costs_no_line(catalog: Catalog) -> None:
    text = "\ufeff" + GOOD.replace('"0 * * * *"', '"0 25 * * *"')
    assert places(text, catalog) == [(7, "crons “hourly”: expression")]
    assert places(text.replace("\n", "\r\n"), catalog) == [(7, "crons “hourly”: expression")]


def test_entries_of_an_inline_array_have_their_lines(catalog: Catalog) -> None:
    text = (
        'version = 1\ncrons = [ # "a", {b}, [c]\n  { name = "a, {b}", expression = "@daily", timezone = "UTC" },\n'
        '  { name = "b", expression = "x" }, { name = "c" },\n\n  { name = "a, {b}", expression = "@daily" }, 5,\n'
        '  "d", [1, 2],\n  { name = "e", expression = 1 },\n]\n[[queues]]\nname = "q"\nlimit = 0\n'
    )
    assert places(text, catalog) == [
        (4, "crons “b”: expression"),
        (4, "crons “c”: expression"),
        (6, "crons “a, {b}”: name"),
        (6, "crons"),
        (7, "crons"),
        (7, "crons"),
        (8, "crons “e”: expression"),
        (12, "queues “q”: limit"),
    ]
    assert "(first in line 3)" in faults(text, catalog)[2].message


def test_every_wrong_variable_has_its_own_line(catalog: Catalog) -> None:
    text = (
        'version = 1\n[[environments]]\nname = "a"\nvariables.A = "1"\nvariables.B = 2\n'
        '[[environments]]\nname = "b"\n[environments.variables]\nC = 3\nD = "4"\nE = true\n'
    )
    assert [(fault.line, fault.field, fault.message[:21]) for fault in faults(text, catalog)] == [
        (5, "variables", "The value of “B” is n"),
        (9, "variables", "The value of “C” is n"),
        (11, "variables", "The value of “E” is n"),
    ]


def test_a_missing_or_mistyped_key_does_not_hide_the_other_faults(catalog: Catalog) -> None:
    commands = '[[commands]]\noverlap = "que"\nrun = 5\nshell = "fish"\n'
    text = f'version = 1\n{commands}[[schedules]]\ncommand = "x"\ncrons = ["y"]\n'
    assert places(text, catalog) == [
        (2, "commands number 1: name"),
        (3, "commands number 1: overlap"),
        (4, "commands number 1: run"),
        (5, "commands number 1: shell"),
        (6, "schedules number 1: name"),
        (7, "schedules number 1: command"),
        (8, "schedules number 1: crons"),
    ]


def test_one_fault_is_not_the_cause_of_another_sentence(catalog: Catalog) -> None:
    durations = GOOD.replace('name = "sync"', 'name = "sync"\nbackoff_base = "1x"\nbackoff_cap = "10s"')
    assert places(durations, catalog) == [(10, "commands “sync”: backoff_base")]
    durations = GOOD.replace('name = "sync"', 'name = "sync"\nbackoff_base = "2h"\nbackoff_cap = 3')
    assert places(durations, catalog) == [(11, "commands “sync”: backoff_cap")]
    # API_URL is a variable, though it is not known whose or which others there are.
    variables = GOOD.replace('staging.example"', 'staging.example", PORT = 80')
    assert places(variables, catalog) == [(4, "environments “staging”: variables")]
    nameless = GOOD.replace('name = "staging"\n', "").replace('environments = ["staging"]\n', "")
    assert places(nameless, catalog) == [(2, "environments number 1: name")]


def test_a_faulty_definition_can_still_be_referred_to(catalog: Catalog) -> None:
    found = faults(GOOD.replace('"0 * * * *"', "7"), catalog)
    assert [fault.where for fault in found] == ["crons “hourly”: expression"]


def test_a_circle_is_named_once_for_each_that_is_part_of_it(catalog: Catalog) -> None:
    text = "version = 1\n" + "".join(
        f'[[environments]]\nname = "{name}"\nextends = "{parent}"\n' for name, parent in ("ab", "bc", "ca", "da")
    )
    found = faults(text, catalog)
    assert [(fault.line, fault.where) for fault in found] == [
        (4, "environments “a”: extends"),
        (7, "environments “b”: extends"),
        (10, "environments “c”: extends"),
    ]
    assert "“a” → “b” → “c” → “a”" in found[0].message


def test_references_are_checked_when_a_bundle_is_applied(database: Database, clock: FakeClock) -> None:
    bundle = read_bundle(GOOD.replace('command = "sync"', 'command = "other"'), "demo.toml")
    for dry_run in (True, False):
        with pytest.raises(InvalidError, match="line 13, schedules “each hour”: command: There is no"):
            apply_bundle(database, clock, bundle, dry_run=dry_run)
    assert export_bundle(database) == "version = 1\n"


def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match=r"line 2, demo\.toml: The file is not UTF-8 text"):
        decode_bundle(b"version = 1\n# \xe4\n", "demo.toml")
    path = tmp_path / "demo.toml"
    path.write_bytes("\ufeffversion = 1\r\n# ä\r\n".encode())
    assert read_bundle_file(path).commands == ()


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="can't be read: No such file or directory"):
        read_bundle_file(tmp_path / "demo.toml")
    with pytest.raises(InvalidError, match="can't be read: Is a directory"):
        read_bundle_file(tmp_path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = " + "[" * 20_000, "hundreds deep"),
        ("version = " + "9" * 5_000, "a number of thousands of digits"),
        ("version = 1\na = {" * 3_000, "not valid TOML"),
    ],
)
def test_a_file_made_to_hurt_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        read_bundle(text, "demo.toml")


@given(st.text(alphabet=st.sampled_from(list("[]{}=.,\"'#\n\\ aversion1commands")), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for candidate in (text, f"version = 1\n{text}"):
        try:
            read_bundle(candidate, "demo.toml")
        except InvalidError:
            continue
