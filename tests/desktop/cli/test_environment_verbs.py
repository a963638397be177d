"""`env show`, `diff`, `export`, `import`, `capture` and `shell`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keyring
import pytest

from core.secrets.keyring_access import KeyringAccess
from core.workspace import Workspace
from tests.desktop.cli.conftest import Answer, Call, environ
from tests.support.file_keyring import FILE_VARIABLE

BUNDLE = """
version = 1

[[environments]]
name = "common"
base = "clean"
variables = { HOST = "far", URL = "https://${HOST}/" }

[[environments]]
name = "staging"
extends = "common"
base = "clean"
variables = { HOST = "near", AUTH = "Bearer ${TOKEN}", TEXT = "a $${HOST} 'b'" }
secrets = ["TOKEN"]
unset = ["LANG"]
path = ["/opt/x"]
"""

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such shells")


@pytest.fixture
def environments(ask: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Save two environments, and have a home folder and a login shell of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".profile").write_text("export FROM_PROFILE=yes LANG=C HOST=shell\n")
    for name, value in {"HOME": str(home), "SHELL": "/bin/sh", "LANG": "C.UTF-8"}.items():
        monkeypatch.setenv(name, value)
    assert ask("apply", "-", stdin=f'{BUNDLE}working_directory = "{home}"\n'.encode()).code == 0
    return home


def test_every_variable_is_shown_with_its_origin_and_secrets_by_name(ask: Call, environments: Path) -> None:
    answer = ask("env", "show", "staging", "--json").json
    found = {each["name"]: each for each in answer["variables"]}
    assert answer["working_directory"] == str(environments)
    assert found["URL"] == {
        "name": "URL",
        "value": "https://near/",
        "origin": "environment “common”",
        "overrides": [],
        "refers_to": ["HOST"],
    }
    assert found["HOST"]["overrides"] == ["environment “common”"]
    assert found["PATH"]["value"].startswith("/opt/x:/usr/local/bin")
    assert (found["LANG"]["unset"], found["LANG"]["overrides"]) == (True, ["clean"])
    assert found["TOKEN"] == {
        "name": "TOKEN", "secret": True, "has_value": False, "origin": "environment “staging”", "overrides": [],
    }  # fmt: skip
    assert found["AUTH"]["secret"]
    assert found["HOME"]["origin"] == "clean"
    only = ask("env", "show", "staging", "--set")
    assert [line.split()[0] for line in only.out.splitlines()] == [
        "NAME", "AUTH", "HOST", "LANG", "PATH", "TEXT", "TOKEN", "URL",
    ]  # fmt: skip
    assert "(secret without a value)" in only.out
    assert only.err == f"Commands that name no folder run in {environments}.\n"


def test_an_environment_that_is_not_there_is_answered_with_the_nearest(ask: Call, environments: Path) -> None:
    answer = ask("env", "show", "stagin")
    assert (answer.code, "Did you mean “staging”" in answer.err) == (3, True)


@posix
def test_the_difference_from_the_login_shell(ask: Call, environments: Path) -> None:
    found = {each["name"]: each for each in ask("env", "diff", "staging", "--json").json["differences"]}
    assert (found["FROM_PROFILE"]["difference"], found["FROM_PROFILE"]["there"]) == ("missing", "yes")
    assert (found["HOST"]["difference"], found["HOST"]["here"]["value"]) == ("other", "near")
    assert found["TEXT"]["difference"] == "added"
    assert found["LANG"]["difference"] == "missing"
    assert "other value" in ask("env", "diff", "staging").out


def test_what_is_exported_is_imported_as_the_same_without_secrets(ask: Call, environments: Path) -> None:
    exported = ask("env", "export", "staging").out
    assert exported.startswith("# AUTH is a secret\n# LANG is unset\n# TOKEN is a secret\n")
    assert "TEXT='a ${HOST} \\'b\\''\n" in exported
    assert ask("env", "import", "copy", "-", "--create", stdin=exported.encode()).code == 0
    shown = ask("env", "show", "copy", "--set", "--json").json["variables"]
    copied = {each["name"]: each.get("value") for each in shown}
    assert copied["TEXT"] == "a ${HOST} 'b'"
    assert copied["URL"] == "https://near/"


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keyring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.file_keyring.FileKeyring")
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)  # it keeps its first choice
    return path


SECRETS = b"API_TOKEN='canary $${X}'\nDB=postgres://app:canary@host/db\nUSER_PASSWORD=${HOST}\nPIN_TOKEN=12\nA=1\n"


@pytest.mark.parametrize("name", ["staging", "new"])
def test_what_looks_like_a_secret_is_imported_as_one(
    ask: Call, environments: Path, keyring_file: Path, data_dir: Path, name: str
) -> None:
    dry = ask("env", "import", name, "-", "--create", "--dry-run", stdin=SECRETS)
    assert "+ API_TOKEN: (looks like a secret, and becomes one)\n" in dry.out
    assert not keyring_file.exists()
    done = ask("env", "import", name, "-", "--create", stdin=SECRETS)
    assert (done.code, "canary" in done.out + done.err) == (0, False), done.err
    assert "too short for a secret: USER_PASSWORD, PIN_TOKEN." in done.err
    assert "canary" not in ask("export").out
    with Workspace(data_dir, keyring=KeyringAccess()) as workspace:
        record = workspace.catalog.environment(name)
        assert set(record.spec.secrets) - {"TOKEN"} == {"API_TOKEN", "DB"}
        assert workspace.secrets.reveal(record.id, "API_TOKEN") == "canary $${X}"
        assert workspace.secrets.reveal(record.id, "DB") == "postgres://app:canary@host/db"


def test_a_plain_variable_becomes_a_secret_and_others_stay_plain_on_demand(
    ask: Call, environments: Path, keyring_file: Path
) -> None:
    plain = ask("env", "import", "new", "-", "--create", "--no-secrets", stdin=SECRETS)
    assert (plain.code, ask("secret", "list", "new").out) == (0, "")
    changed = SECRETS.replace(b"canary", b"another")
    assert ask("env", "import", "new", "-", "--plain", "DB", stdin=changed).code == 0
    assert "API_TOKEN" in ask("secret", "list", "new").out
    assert "another@host" in ask("export").out
    assert "canary" not in ask("export").out
    assert ask("env", "import", "new", "-", "--plain", "NOPE", stdin=SECRETS).code == 3


def test_nothing_is_imported_where_the_key_can_not_be_had(ask: Call, environments: Path, keyring_file: Path) -> None:
    keyring_file.with_suffix(".locked").touch()
    answer = ask("env", "import", "new", "-", "--create", stdin=SECRETS)
    assert (answer.code, "The keyring is locked" in answer.err, "Nothing was imported" in answer.err) == (4, True, True)
    assert ask("env", "show", "new").code == 3


@posix
def test_a_script_can_be_sourced(ask: Call, environments: Path, program: Callable[..., Answer]) -> None:
    script = ask("env", "export", "staging", "--format", "sh").out
    assert "export URL='https://near/'\n" in script
    assert "unset LANG\n" in script
    assert ': "${TOKEN:?is a secret, set it before}"; export TOKEN' in script
    assert script.endswith(f"cd '{environments}'\n")


def test_a_file_is_taken_over_whole_or_not_at_all(ask: Call, environments: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    file.write_text("HOST=other\nNEW=${HOST}:1\nTOKEN=written\n")
    dry = ask("env", "import", "staging", str(file), "--dry-run")
    assert dry.out == "+ NEW: ${HOST}:1\n~ HOST: near → other\n"
    assert "Not taken, because they are secrets here: TOKEN." in dry.err
    assert "Nothing was changed. It would be: 2 variables." in dry.err
    assert "written" not in ask("export").out
    assert ask("env", "import", "staging", str(file)).code == 0
    assert 'HOST = "other"' in ask("export").out
    assert ask("env", "import", "staging", str(file)).out == ""
    file.write_text("GOOD=1\nbad line\n")
    wrong = ask("env", "import", "staging", str(file))
    assert (wrong.code, wrong.err.startswith(f"{file}:2: It is no NAME=value.")) == (4, True)
    assert "GOOD" not in ask("export").out
    assert ask("env", "import", "nowhere", str(file)).code == 3
    assert ask("env", "import", "staging", str(tmp_path / "none")).code == 3


def test_what_a_terminal_has_is_captured_without_what_is_its_own_or_secret(
    ask: Call, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "VIRTUAL_ENV": "/venv/${X}", "TERM": "vt100", "SSH_TTY": "/dev/x", "HOST": "here", "MY_API_KEY": "canary-key",
        "DB": "postgres://u:canary@h/x", "TOKEN": "canary-token",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    dry = ask("env", "capture", "staging", "--dry-run")
    lines = dry.out.splitlines()
    assert "+ VIRTUAL_ENV: /venv/$${X}" in lines
    assert "~ HOST: near → here" in lines
    assert not [line for line in lines if "TERM" in line or "SSH_TTY" in line or "HOME" in line]
    assert "Left out, because they look like secrets: DB, MY_API_KEY." in dry.err
    assert "canary" not in dry.out + dry.err
    assert ask("env", "capture", "staging", "VIRTUAL_ENV", "MY_API_KEY").out == (
        "+ MY_API_KEY: (looks like a secret, kept as plain text)\n+ VIRTUAL_ENV: /venv/$${X}\n"
    )
    found = {each["name"]: each for each in ask("env", "show", "staging", "--json").json["variables"]}
    assert found["VIRTUAL_ENV"]["value"] == "/venv/${X}"
    assert found["HOST"]["value"] == "near"
    assert ask("env", "capture", "staging", "NOT_THERE").code == 3


@posix
def test_a_login_shell_is_captured(ask: Call, environments: Path) -> None:
    assert "+ FROM_PROFILE: yes\n" in ask("env", "capture", "staging", "--from", "login", "--dry-run").out


@posix
def test_a_program_starts_with_exactly_what_a_command_gets(
    program: Callable[..., Answer], environments: Path, ask: Call
) -> None:
    answer = program("env", "shell", "staging", "--", "sh", "-c", "env; pwd", env=environ(TERM="vt100", STRANGER="1"))
    assert answer.code == 0
    lines = set(answer.out.splitlines())
    assert {"URL=https://near/", "TEXT=a ${HOST} 'b'", "TERM=vt100", str(environments)} <= lines
    assert not [line for line in lines if line.startswith(("STRANGER=", "LANG=", "TOKEN=", "AUTH="))]
    assert program("env", "shell", "staging", "--", "sh", "-c", "exit 7").code == 7
    assert program("env", "shell", "staging", "--", "no-such-program").code == 3


@posix
def test_secrets_are_there_only_where_they_are_asked_for(
    program: Callable[..., Answer], environments: Path, ask: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.file_keyring.FileKeyring")
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "keyring.json"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)  # it keeps its first choice
    without = program("env", "shell", "staging", env=environ(SHELL="/bin/true"))
    assert "Without its secrets: AUTH, TOKEN." in without.err
    assert ask("secret", "set", "staging", "TOKEN", stdin=b"canary").code == 0
    tell = ("sh", "-c", "echo ${TOKEN-none} ${AUTH-none}")
    assert program("env", "shell", "staging", "--", *tell).out == "none none\n"
    assert program("env", "shell", "--secrets", "staging", "--", *tell).out == "canary Bearer canary\n"
    shown = "".join(ask("env", *words).out for words in (("show", "staging"), ("export", "staging")))
    assert "canary" not in shown
    assert "(secret)" in shown
