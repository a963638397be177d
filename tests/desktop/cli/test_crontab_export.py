"""`export-crontab`: what cron can run, and what it can't."""

from __future__ import annotations

from pathlib import Path

from tests.desktop.cli.conftest import Call

CRONTAB = """\
A=1
CRON_TZ=Asia/Tokyo
# Back up
30 2 * * * tar cf /x-$(date +\\%F)
0 9 * * 1 cat%Hi%there
@daily echo '{{.Names}}'
"""
BUNDLE = """
version = 1
[[crons]]
name = "fast"
expression = "*/5 * * * * *"
[[crons]]
name = "daily"
expression = "@daily"
[[commands]]
name = "c"
run = "true"
shell = "sh"
timeout = "5m"
[[schedules]]
name = "quick"
command = "c"
crons = ["fast"]
[[schedules]]
name = "slow"
command = "c"
crons = ["daily"]
"""


def test_what_was_imported_is_exported_and_comes_back_the_same(ask: Call, tmp_path: Path) -> None:
    assert ask("import", "crontab", "-", "--yes", stdin=CRONTAB.encode()).code == 0
    file = tmp_path / "crontab"
    assert ask("export-crontab", str(file)).code == 0
    other = str(tmp_path / "other")
    assert ask("import", "crontab", str(file), "--yes", "--data-dir", other).code == 0
    assert ask("export-crontab", "-", "--data-dir", other).out == file.read_text()
    assert ask("export", "--data-dir", other).out == ask("export").out


def test_what_can_not_be_said_is_told_beside_the_crontab(ask: Call) -> None:
    ask("apply", "-", stdin=BUNDLE.encode())
    answer = ask("export-crontab")
    assert answer.code == 0
    assert "\n# slow\n@daily " in answer.out
    assert "- quick: The expression */5 * * * * * has seconds" in answer.err
    assert "! slow: Time limit (5m)" in answer.err
    told = ask("export-crontab", "--json").json
    assert told["crontab"] == answer.out
    assert {(remark["schedule"], remark["left_out"]) for remark in told["remarks"]} == {
        ("quick", True),
        ("slow", False),
    }


def test_one_schedule_can_be_chosen(ask: Call) -> None:
    ask("apply", "-", stdin=BUNDLE.encode())
    assert "quick" not in ask("export-crontab", "--schedule", "slow").out
    assert ask("export-crontab", "--schedule", "nope").code == 3


def test_without_data_there_is_an_empty_crontab_and_no_folder(ask: Call, data_dir: Path) -> None:
    answer = ask("export-crontab")
    assert (answer.code, answer.out.count("\n")) == (0, 2)
    assert ask("export-crontab", "--schedule", "x").code == 3
    assert not data_dir.exists()


def test_export_still_takes_a_file_of_any_name(ask: Call, tmp_path: Path) -> None:
    assert ask("export", str(tmp_path / "crontab")).code == 0
    assert (tmp_path / "crontab").read_text().startswith("version = 1")
