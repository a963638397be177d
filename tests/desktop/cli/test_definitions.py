"""`apply` and `export`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.desktop.cli.conftest import BUNDLE, Call

ONE = 'version = 1\n[[crons]]\nname = "morning"\nexpression = "{}"\ntimezone = "Europe/Berlin"\n'


def test_applying_tells_what_changed_key_by_key(ask: Call) -> None:
    first = ask("apply", "-", stdin=ONE.format("0 7 * * *").encode())
    assert (first.code, first.out, first.err) == (0, "+ cron “morning”\n", "1 created.\n")
    second = ask("apply", "-", stdin=ONE.format("0 8 * * *").encode())
    assert second.out == "~ cron “morning”\n    expression: 0 7 * * * → 0 8 * * *\n"
    third = ask("apply", "-", stdin=ONE.format("0 8 * * *").encode())
    assert (third.out, third.err) == ("", "1 unchanged.\n")


def test_changes_in_json_name_kind_action_and_differences(ask: Call) -> None:
    ask("apply", "-", stdin=ONE.format("0 7 * * *").encode())
    answer = ask("apply", "-", "--json", stdin=ONE.format("0 8 * * *").encode()).json
    difference = {"key": "expression", "old": "0 7 * * *", "new": "0 8 * * *"}
    change = {"kind": "cron", "name": "morning", "action": "change", "differences": [difference]}
    assert answer == {"dry_run": False, "changes": [change]}


def test_a_dry_run_changes_nothing_and_makes_no_folder(ask: Call, data_dir: Path) -> None:
    answer = ask("apply", "-", "--dry-run", stdin=BUNDLE.encode())
    assert answer.code == 0
    assert "+ command “greet”" in answer.out
    assert "Nothing was changed" in answer.err
    assert not data_dir.exists()


def test_a_dry_run_leaves_what_is_there_alone(ask: Call) -> None:
    ask("apply", "-", stdin=ONE.format("0 7 * * *").encode())
    assert "~ cron" in ask("apply", "-", "--dry-run", stdin=ONE.format("0 8 * * *").encode()).out
    assert "0 7 * * *" in ask("export").out


def test_nothing_is_deleted_without_prune(ask: Call, filled: Path) -> None:
    assert ask("apply", "-", stdin=ONE.format("0 7 * * *").encode()).out == "+ cron “morning”\n"
    pruned = ask("apply", "-", "--prune", stdin=ONE.format("0 7 * * *").encode())
    assert "- command “greet”" in pruned.out
    assert "greet" not in ask("export").out


def test_an_export_applied_elsewhere_gives_the_same_export(ask: Call, filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "jobs.toml"
    assert ask("export", str(file)).code == 0
    other = str(tmp_path / "other")
    assert ask("apply", str(file), "--data-dir", other).code == 0
    assert ask("--data-dir", other, "export").out == file.read_text()
    assert not list(tmp_path.glob(".jobs.toml*"))


def test_the_export_of_nothing_is_a_file_that_apply_takes(ask: Call, data_dir: Path) -> None:
    answer = ask("export")
    assert tomllib.loads(answer.out) == {"version": 1}
    assert "no data yet" in answer.err
    assert not data_dir.exists()


def test_every_problem_of_a_file_gets_a_line_with_its_place(ask: Call, tmp_path: Path, data_dir: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(ONE.format("0 25 * * *") + '[[commands]]\nname = "x"\nrun = "true"\ntimeout = "soon"\n')
    answer = ask("apply", str(file))
    assert (answer.code, answer.out) == (4, "")
    lines = answer.err.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{file}:4", f"{file}:9"]
    assert "“soon” is not a duration" in lines[1]
    assert not data_dir.exists()


def test_a_file_that_is_no_toml_is_named_once_with_its_line(ask: Call, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text("version = 1\n[[crons\n")
    answer = ask("apply", str(file))
    assert answer.code == 4
    assert answer.err.startswith(f"{file}:2: ")
    assert answer.err.count(str(file)) == 1


@pytest.mark.parametrize(("arguments", "code"), [(("apply", "/nonexistent/x.toml"), 3), (("apply", "/"), 4)])
def test_a_file_that_can_not_be_read_is_refused(ask: Call, arguments: tuple[str, ...], code: int) -> None:
    answer = ask(*arguments)
    assert (answer.code, answer.out) == (code, "")
    assert len(answer.err.splitlines()) == 1


def test_a_file_that_can_not_be_written_is_a_sentence(ask: Call, filled: Path) -> None:
    answer = ask("export", "/nonexistent/folder/x.toml")
    assert answer.code == 4
    assert "can't be written" in answer.err


def test_faults_of_form_and_unknown_references_are_told_in_one_go(ask: Call, filled: Path) -> None:
    text = (
        'version = 1\n[[commands]]\nname = "x"\nrun = "true"\ntimeout = "ten"\n'
        '[[schedules]]\nname = "s"\ncommand = "nope"\ncrons = []\n'
    )
    refused = ask("apply", "-", stdin=text.encode())
    assert refused.code == 4
    assert "standard input:5: commands “x”: timeout:" in refused.err
    assert "There is no command named “nope”." in refused.err
