"""crontab(5), sentence by sentence: the page of Vixie's cron in Debian, and what cronie's page has beside it."""

from __future__ import annotations

from datetime import datetime
from typing import cast

import pytest

from core.crontab.becoming import become, passed_on
from core.crontab.fields import NAMES, to_expression
from core.crontab.reading import Crontab, JobLine, read_crontab
from core.crontab.shell_text import shell_of
from core.execution.definitions import Shell
from core.timing.errors import CronError
from core.timing.kinds import HOUR
from core.timing.occurrences import Occurrences
from core.timing.zones import load_zone

UTC_ZONE = load_zone("UTC")


def only(text: str, *, system: bool = False) -> JobLine:
    crontab = read_crontab(text, system=system)
    assert crontab.errors == ()
    (job,) = crontab.jobs
    return job


def reason(text: str, *, system: bool = False) -> str:
    crontab = read_crontab(text, system=system)
    assert crontab.jobs == ()
    (error,) = crontab.errors
    return error.reason


def hours(field: str) -> tuple[int, ...]:
    return to_expression(f"0 {field} * * *").hour.values


def due(written: str, start: str, count: int) -> list[str]:
    occurrences = Occurrences(to_expression(written), UTC_ZONE)
    at = datetime.fromisoformat(start)
    found = []
    for _ in range(count):
        at = cast("datetime", occurrences.next(at))
        found.append(f"{at:%a %d %b %H:%M}")
    return found


def test_a_sixth_field_that_is_an_asterisk_is_refused_as_by_cron() -> None:
    assert "seconds" in reason("0 5 * * * * x\n")


# “Blank lines and leading spaces and tabs are ignored.”


def test_blank_lines_and_leading_spaces_and_tabs_are_ignored() -> None:
    assert only("\n  \t\n \t 0 5 * * * x\n\n").written == "0 5 * * *"
    assert only(" \tA=1\n0 5 * * * x\n").environment == {"A": "1"}


# “Lines whose first non-space character is a pound-sign (#) are comments, and are ignored.”


def test_a_line_whose_first_non_space_character_is_a_pound_sign_is_a_comment() -> None:
    assert read_crontab("# 0 5 * * * x\n  \t# A=1\n#\n") == Crontab()


# “Comments are not allowed on the same line as cron commands”, nor as “environment variable settings”.


def test_a_pound_sign_later_in_a_line_belongs_to_it() -> None:
    job = only("A=1 # one\n0 5 * * * x # y\n")
    assert (job.environment, job.command) == ({"A": "1 # one"}, "x # y")


# “An active line in a crontab will be either an environment setting or a cron command.”


@pytest.mark.parametrize("line", ["x", "0 5 * * *", "0 5 * * x y", "A", "include /etc/x", "0 5 * * 1 ", "@daily"])
def test_a_line_that_is_neither_is_bad_and_told_with_its_number_and_a_reason(line: str) -> None:
    crontab = read_crontab(f"# first\n{line}\n0 5 * * * good\n")
    assert [(error.line, error.text) for error in crontab.errors] == [(2, line)]
    assert crontab.errors[0].reason.endswith(".")
    assert [job.command for job in crontab.jobs] == ["good"]


# “name = value, where the spaces around the equal-sign (=) are optional, and any subsequent non-leading spaces in value
# will be part of the value assigned to name. The value string may be placed in quotes (single or double, but matching)
# to preserve leading or trailing blanks.” (More of it in test_lines.py.)


def test_spaces_around_the_equal_sign_are_optional_and_those_within_belong_to_the_value() -> None:
    job = only("A=b c\nB = d  e\nC=' f '\nD=\" g\"\n* * * * * x\n")
    assert job.environment == {"A": "b c", "B": "d  e", "C": " f ", "D": " g"}


def test_a_setting_holds_for_the_lines_below_it_and_until_it_is_set_anew() -> None:
    jobs = read_crontab("0 1 * * * a\nA=1\n0 2 * * * b\nA=2\n0 3 * * * c\n").jobs
    assert [job.environment for job in jobs] == [{}, {"A": "1"}, {"A": "2"}]


# “SHELL is set to /bin/sh, and LOGNAME and HOME are set from the /etc/passwd line of the crontab's owner. HOME and
# SHELL may be overridden by settings in the crontab; LOGNAME may not.”


def test_shell_is_bin_sh_unless_a_setting_says_otherwise() -> None:
    assert only("0 5 * * * x\n").shell == "/bin/sh"
    assert only("SHELL=/bin/bash\n0 5 * * * x\n").shell == "/bin/bash"
    assert shell_of("/bin/bash") is Shell.BASH


def test_home_may_be_overridden_and_is_where_the_command_runs() -> None:
    plan = become(read_crontab("HOME=/srv/app\n0 5 * * * x\n"), {}, "test")
    environment = plan.becomings[0].environment
    assert (environment.working_directory, environment.variables["HOME"]) == ("/srv/app", "/srv/app")
    plan = become(read_crontab("0 5 * * * x\n"), {}, "test")
    assert plan.becomings[0].environment.working_directory is None
    assert plan.becomings[0].environment.base == "clean"  # it keeps HOME and LOGNAME of the user


def test_logname_may_not_be_overridden() -> None:
    assert passed_on(only("LOGNAME=bob\nA=1\n0 5 * * * x\n")) == {"A": "1"}


# “cron(8) will look at MAILTO … If MAILTO is defined but empty (MAILTO=""), no mail will be sent.”


def test_mailto_is_read_and_is_not_for_the_command_unless_it_asks() -> None:
    job = only("MAILTO=paul\n0 5 * * * x\n")
    assert (job.environment, passed_on(job)) == ({"MAILTO": "paul"}, {})
    assert passed_on(only("MAILTO=paul\n0 5 * * * echo $MAILTO\n")) == {"MAILTO": "paul"}
    assert only('MAILTO=""\n0 5 * * * x\n').environment == {"MAILTO": ""}


# “Each line has five time and date fields, followed by a user name if this is the system crontab file, followed by a
# command.”


def test_a_line_has_five_fields_and_a_command() -> None:
    job = only("1\t2  3 4 5 a  b\n")
    assert (job.written, job.command, job.user) == ("1 2 3 4 5", "a  b", None)


def test_a_system_crontab_has_a_user_before_the_command() -> None:
    job = only("17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly\n", system=True)
    assert (job.user, job.command) == ("root", "cd / && run-parts --report /etc/cron.hourly")
    assert only("@reboot www-data x\n", system=True).user == "www-data"
    assert only("17 * * * * root x\n").command == "root x"


@pytest.mark.parametrize("line", ["17 * * * *", "17 * * * * /bin/x y", "17 * * * * root", "17 * * * * root %a"])
def test_a_system_line_without_a_user_or_a_command_is_bad(line: str) -> None:
    assert "user" in reason(f"{line}\n", system=True) or "command" in reason(f"{line}\n", system=True)


# “…when the minute, hour, and month of year fields match the current time, and when at least one of the two day fields
# (day of month, or day of week) match”; “for example, 30 4 1,15 * 5 would cause a command to be run at 4:30 am on the
# 1st and 15th of each month, plus every Friday.”


def test_either_of_two_restricted_day_fields_is_enough() -> None:
    assert due("30 4 1,15 * 5", "2026-01-01T00:00:00+00:00", 5) == [
        "Thu 01 Jan 04:30", "Fri 02 Jan 04:30", "Fri 09 Jan 04:30", "Thu 15 Jan 04:30", "Fri 16 Jan 04:30",
    ]  # fmt: skip


def test_an_asterisk_with_a_step_counts_as_unrestricted_as_in_crons_code() -> None:
    assert due("0 0 */2 * 1", "2026-01-01T00:00:00+00:00", 3) == [
        "Mon 05 Jan 00:00", "Mon 19 Jan 00:00", "Mon 09 Feb 00:00",
    ]  # fmt: skip


# “minute 0-59, hour 0-23, day of month 1-31, month 1-12 (or names), day of week 0-7 (0 or 7 is Sun, or use names)”


@pytest.mark.parametrize("written", ["60 * * * *", "* 24 * * *", "* * 32 * *", "* * * 13 *", "* * * * 8", "5- * * * *"])
def test_a_value_outside_of_its_field_is_bad(written: str) -> None:
    assert reason(f"{written} x\n")


def test_the_bounds_of_each_field_are_taken() -> None:
    expression = to_expression("0,59 0,23 1,31 1,12 0,7")
    fields = [expression.minute, expression.hour, expression.day_of_month, expression.month, expression.day_of_week]
    assert [field.values for field in fields] == [(0, 59), (0, 23), (1, 31), (1, 12), (0,)]


def test_an_asterisk_stands_for_first_to_last() -> None:
    assert hours("*") == tuple(range(HOUR.low, HOUR.high + 1))


# “Ranges are two numbers separated with a hyphen. The specified range is inclusive. … 8-11 … hours 8, 9, 10 and 11.”


def test_a_range_is_inclusive() -> None:
    assert hours("8-11") == (8, 9, 10, 11)
    assert reason("0 11-8 * * * x\n")


# “A list is a set of numbers (or ranges) separated by commas. Examples: 1,2,5,9, 0-4,8-12.”


def test_a_list_is_of_numbers_or_ranges() -> None:
    assert hours("1,2,5,9") == (1, 2, 5, 9)
    assert hours("0-4,8-12") == (0, 1, 2, 3, 4, 8, 9, 10, 11, 12)


# “0-23/2 can be used in the hours field to specify command execution every other hour (the alternative in the V7
# standard is 0,2,4,…). Steps are also permitted after an asterisk”; “1-9/2 is the same as 1,3,5,7,9”.


def test_a_step_skips_through_a_range_or_an_asterisk() -> None:
    assert hours("0-23/2") == hours("*/2") == hours("0,2,4,6,8,10,12,14,16,18,20,22")
    assert hours("1-9/2") == (1, 3, 5, 7, 9)
    assert reason("*/0 * * * * x\n")


# “Names can also be used for the month and day of week fields. Use the first three letters of the particular day or
# month (case doesn't matter).”


def test_names_of_three_letters_stand_for_months_and_weekdays_in_any_case() -> None:
    expression = to_expression("0 0 * Jan,FEB,dec sun,Mon,SAT")
    assert (expression.month.values, expression.day_of_week.values) == ((1, 2, 12), (0, 1, 6))
    assert reason("0 0 * january * x\n")
    assert reason("0 mon * * * x\n")


def test_ranges_of_names_are_taken_as_crons_code_takes_them_beyond_its_page() -> None:
    assert to_expression("0 0 * * mon-fri").day_of_week.values == (1, 2, 3, 4, 5)


# “The entire command portion of the line, up to a newline or % character, will be executed by /bin/sh or by the shell
# specified in the SHELL variable”; “Percent-signs (%) in the command, unless escaped with backslash (\), will be
# changed into newline characters, and all data after the first % will be sent to the command as standard input.”


def test_the_example_of_the_page_has_a_mail_as_its_input() -> None:
    job = only('0 22 * * 1-5\tmail -s "It\'s 10pm" joe%Joe,%%Where are your kids?%\n')
    assert job.command == 'mail -s "It\'s 10pm" joe'
    assert job.stdin == "Joe,\n\nWhere are your kids?\n"


def test_an_escaped_percent_sign_is_one() -> None:
    job = only("0 5 * * * date +\\%F\n")
    assert (job.command, job.stdin) == ("date +%F", None)


# “0 … and 7 will be considered Sunday”; “Lists and ranges are allowed to co-exist in the same field.”


def test_sunday_is_0_and_7() -> None:
    assert to_expression("0 0 * * 0").day_of_week.values == to_expression("0 0 * * 7").day_of_week.values == (0,)
    assert to_expression("0 0 * * 5-7").day_of_week.values == (0, 5, 6)


def test_lists_and_ranges_are_allowed_to_co_exist() -> None:
    assert hours("1-3,7-9") == (1, 2, 3, 7, 8, 9)


# “@reboot, @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly: instead of the first five fields”


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ],
)
def test_a_name_stands_for_five_fields(name: str, fields: str) -> None:
    assert only(f"{name} x y\n").command == "x y"
    assert [field.values for field in to_expression(name).fields] == [f.values for f in to_expression(fields).fields]


def test_reboot_is_once_per_start() -> None:
    assert to_expression("@reboot").is_reboot


@pytest.mark.parametrize("name", ["@Daily", "@every 5m", "@", "@fortnightly"])
def test_another_name_is_bad(name: str) -> None:
    assert NAMES[0] in reason(f"{name} x\n")


# cronie: “The CRON_TZ variable specifies the time zone specific for the cron table.” It holds from its line on.


def test_cron_tz_is_the_zone_of_the_lines_below() -> None:
    jobs = read_crontab("0 1 * * * a\nCRON_TZ=Asia/Tokyo\n0 2 * * * b\nCRON_TZ=\n0 3 * * * c\n").jobs
    assert [job.timezone for job in jobs] == ["system", "Asia/Tokyo", "system"]
    assert only("TZ=Asia/Tokyo\n0 1 * * * a\n").timezone == "system"


def test_an_unknown_zone_is_a_bad_line_and_the_jobs_below_are_read() -> None:
    crontab = read_crontab("CRON_TZ=Mars/Olympus\n0 2 * * * b\n")
    assert [error.line for error in crontab.errors] == [1]
    assert [job.timezone for job in crontab.jobs] == ["system"]


# cronie: “The RANDOM_DELAY variable allows delaying job startups by random amount of minutes with upper limit”.


def test_random_delay_is_kept_in_minutes_until_it_is_set_anew() -> None:
    jobs = read_crontab("RANDOM_DELAY=45\n0 1 * * * a\nRANDOM_DELAY=0\n0 2 * * * b\n").jobs
    assert [job.delay_min for job in jobs] == [45, 0]
    assert "RANDOM_DELAY" in read_crontab("RANDOM_DELAY=soon\n").errors[0].reason


# cronie: “a random value in the range … two numbers separated with ~”; OpenBSD: either end may be left out.


@pytest.mark.parametrize(("written", "low", "high"), [("6~15", 6, 15), ("~15", 0, 15), ("50~", 50, 59), ("~", 0, 59)])
def test_a_tilde_is_one_value_of_the_range(written: str, low: int, high: int) -> None:
    values = {to_expression(f"{written} * * * *", identity=str(n)).minute.values for n in range(40)}
    assert all(len(each) == 1 and low <= each[0] <= high for each in values)
    assert len(values) > 3


# cronie: “A "-" … at the beginning of the line” keeps cron from logging it.


def test_a_minus_before_the_time_is_taken_and_remembered() -> None:
    job = only("-*/5 * * * * x\n")
    assert (job.written, job.quiet) == ("*/5 * * * *", True)


# Debian: “cron requires that each entry in a crontab end in a newline character.”


def test_a_last_line_without_a_line_end_is_marked() -> None:
    assert [job.unfinished for job in read_crontab("0 1 * * * a\n0 2 * * * b").jobs] == [False, True]


@pytest.mark.parametrize("written", ["0 0 L * *", "0 0 * * 5#2", "H * * * *", "0 0 ? * *", "0 0 15W * *", "* * * * 5L"])
def test_what_only_other_schedulers_know_is_bad(written: str) -> None:
    with pytest.raises(CronError):
        to_expression(written)
