"""The verbs about secrets: values go in, never out, and the key is looked after."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keyring
import pytest

from core.secrets.keyring_access import KeyringAccess
from core.workspace import Workspace
from tests.desktop.cli.conftest import ROOT, Call, environ
from tests.support import wait_until
from tests.support.file_keyring import FILE_VARIABLE

BUNDLE = b"""
version = 1

[[environments]]
name = "vault"
variables = { WHO = "me" }
secrets = ["TOKEN", "OTHER"]

[[environments]]
name = "child"
extends = "vault"

[[commands]]
name = "tell"
run = 'case "$TOKEN" in correct*) echo it is;; esac'
shell = "sh"
"""
VALUE = "correct horse battery"
PASSPHRASE = "several good words"


@pytest.fixture
def keyring_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a keyring that all programs of the test share."""
    path = tmp_path / "keyring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.support.file_keyring.FileKeyring")
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)  # it keeps its first choice
    return path


@pytest.fixture
def vault(keyring_file: Path, data_dir: Path, ask: Call) -> Path:
    """Return the data folder, with an environment that names two secrets."""
    assert ask("apply", "-", stdin=BUNDLE).code == 0
    return data_dir


def set_token(ask: Call, value: str = VALUE) -> None:
    answer = ask("secret", "set", "vault", "TOKEN", stdin=value.encode() + b"\n")
    assert (answer.code, answer.out) == (0, ""), answer.err


def set_both(ask: Call) -> None:
    set_token(ask)
    assert ask("secret", "set", "vault", "OTHER", stdin=b"something else").code == 0


def reveal(folder: Path, name: str = "TOKEN", environment: str = "vault") -> str:
    with Workspace(folder, keyring=KeyringAccess()) as workspace:
        return workspace.secrets.reveal(workspace.catalog.environment(environment).id, name)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (b"value", "value"),
        (b"value\n", "value"),
        (b"value\n\n", "value\n"),
        (b"value\r\n", "value"),
        (b"  va lue ", "  va lue "),
    ],
)
def test_standard_input_is_the_value_without_one_line_feed(vault: Path, ask: Call, given: bytes, kept: str) -> None:
    assert ask("secret", "set", "vault", "TOKEN", stdin=given).code == 0
    assert reveal(vault) == kept


def test_the_list_tells_names_and_no_values(vault: Path, ask: Call) -> None:
    set_token(ask)
    answer = ask("secret", "list")
    assert [line.split() for line in answer.out.splitlines()] == [
        ["Environment", "Secret", "Value"],
        ["vault", "TOKEN", "set"],
        ["vault", "OTHER", "none", "yet"],
    ]
    found = ask("secret", "list", "vault", "--json").json
    assert found[0] == {"environment": "vault", "name": "TOKEN", "has_value": True, "readable": True}
    assert VALUE not in answer.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("vault", "TOKENS"), 3, "Did you mean “TOKEN”?"),
        (("vaul", "TOKEN"), 3, "Did you mean “vault”?"),
        (("vault", "WHO"), 4, "is a plain variable"),
        (("child", "TOKEN"), 4, "gets TOKEN from “vault”"),
    ],
)
def test_a_wrong_name_is_said_so(vault: Path, ask: Call, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("secret", "set", *words, stdin=b"value")
    assert answer.code == code
    assert said in answer.err


def test_a_new_secret_is_added_on_demand(vault: Path, ask: Call) -> None:
    assert ask("secret", "set", "child", "TOKEN", "--new", stdin=b"of the child").code == 0
    assert reveal(vault, environment="child") == "of the child"
    assert 'secrets = ["TOKEN"]' in ask("export").out.replace("\n", " ").replace("    ", "").replace("[ ", "[")


def test_a_short_value_is_refused_with_the_reason(vault: Path, ask: Call, keyring_file: Path) -> None:
    answer = ask("secret", "set", "vault", "TOKEN", stdin=b"abc\n")
    assert answer.code == 4
    assert "could not be masked" in answer.err
    assert not keyring_file.exists()


def test_a_value_as_an_argument_is_refused_and_not_repeated(vault: Path, ask: Call) -> None:
    answer = ask("secret", "set", "vault", "TOKEN", VALUE, stdin=b"")
    assert (answer.code, VALUE in answer.out + answer.err) == (2, False)
    assert "A value is never an argument; pipe it in." in answer.err
    assert "none yet" in ask("secret", "list").out


def test_a_value_that_is_no_text_is_refused_instead_of_changed(vault: Path, ask: Call) -> None:
    answer = ask("secret", "set", "vault", "TOKEN", stdin=b"\xff\xfe\xfdaaa")
    assert (answer.code, "secret TOKEN: The value is not UTF-8 text" in answer.err) == (4, True)
    assert "set" not in ask("secret", "list", "vault").out.split()


def test_apply_keeps_the_values_of_secrets_that_stay(vault: Path, ask: Call) -> None:
    set_token(ask)
    assert ask("apply", "-", stdin=BUNDLE.replace(b'WHO = "me"', b'WHO = "you"')).code == 0
    assert reveal(vault) == VALUE
    assert VALUE not in ask("export").out


def test_a_renamed_secret_keeps_its_value(vault: Path, ask: Call) -> None:
    set_token(ask)
    assert ask("secret", "rename", "vault", "TOKEN", "API").code == 0
    assert reveal(vault, "API") == VALUE
    assert ask("secret", "rename", "vault", "API", "OTHER").code == 4


def test_a_deleted_value_is_gone_and_its_name_stays(vault: Path, ask: Call) -> None:
    set_token(ask)
    assert "is deleted" in ask("secret", "delete", "vault", "TOKEN").err
    assert "was not there" in ask("secret", "delete", "vault", "TOKEN").err
    assert "TOKEN" in ask("secret", "list").out


def test_a_value_goes_into_no_pipe_and_no_file(vault: Path, ask: Call) -> None:
    set_token(ask)
    answer = ask("secret", "reveal", "vault", "TOKEN", "--yes-show")
    assert (answer.code, answer.out) == (4, "")
    assert VALUE not in answer.err


def test_a_rotated_key_opens_all_values_and_the_old_one_is_deleted(vault: Path, ask: Call, keyring_file: Path) -> None:
    set_token(ask)
    before = keyring_file.read_text()
    answer = ask("secret", "rotate")
    assert (answer.code, answer.err) == (0, "1 value sealed with a new key.\n")
    after = keyring_file.read_text()
    assert after != before
    assert after.count("clockhand/") == 1
    assert reveal(vault) == VALUE


def test_a_locked_keyring_is_told_by_every_verb_that_needs_it(vault: Path, ask: Call, keyring_file: Path) -> None:
    set_token(ask)
    keyring_file.with_suffix(".locked").touch()
    for words in (("set", "vault", "TOKEN"), ("rename", "vault", "TOKEN", "API"), ("rotate",), ("key",)):
        answer = ask("secret", *words, stdin=b"another one")
        assert answer.code == 4, words
        assert "The keyring is locked" in answer.out + answer.err, words
    assert ask("secret", "list").code == 0
    keyring_file.with_suffix(".locked").unlink()
    assert reveal(vault) == VALUE


def test_a_passphrase_can_take_the_place_of_the_keyring(
    vault: Path, ask: Call, keyring_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_token(ask)
    passphrase, wrong = tmp_path / "passphrase", tmp_path / "wrong"
    for path, text in ((passphrase, "several good words\n"), (wrong, "some other words\n")):
        path.write_text(text)
        path.chmod(0o600)
    assert ask("secret", "key", "--passphrase", "--passphrase-file", str(passphrase)).code == 0
    assert keyring_file.read_text() == "{}"
    told = ask("secret", "key", "--passphrase-file", str(wrong))
    assert (told.code, told.err) == (4, "clockhand: The passphrase is wrong. Enter the one that was chosen.\n")
    monkeypatch.setenv("CLOCKHAND_PASSPHRASE_FILE", str(wrong))
    told = ask("secret", "key")
    assert told.code == 4
    assert f"The passphrase in {wrong} is wrong" in told.out
    monkeypatch.setenv("CLOCKHAND_PASSPHRASE_FILE", str(passphrase))
    assert ask("secret", "key").out == "Key: made of a passphrase\nIt works.\n"
    assert reveal(vault) == VALUE
    passphrase.chmod(0o644)
    assert f"chmod 600 {passphrase}" in ask("secret", "key").out


def test_an_agent_says_at_its_start_that_its_passphrase_file_is_wrong(
    vault: Path, ask: Call, start: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_token(ask)
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE)
    file.chmod(0o600)
    assert ask("secret", "key", "--passphrase", "--passphrase-file", str(file)).code == 0
    monkeypatch.setenv("CLOCKHAND_PASSPHRASE_FILE", str(file))
    file.write_text("some other words")
    process = start("agent", "--quiet")
    assert process.stderr is not None
    assert process.stderr.readline() == (
        f"The passphrase in {file} is wrong. Write the one there that was chosen. Until then, what needs a secret "
        "waits.\n"
    )
    process.terminate()
    told = ask("doctor")
    assert f"warning  key of the secrets: The passphrase in {file} is wrong." in told.out


def test_where_no_keyring_is_and_none_is_needed_nothing_is_said_of_one(
    vault: Path, ask: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    told = ask("secret", "key")
    assert (told.code, told.out.splitlines()[0]) == (4, "Key: none yet")
    assert "choose a passphrase" in told.out
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE)
    file.chmod(0o600)
    assert ask("secret", "key", "--passphrase", "--passphrase-file", str(file)).code == 0
    told = ask("secret", "unlock")
    assert (told.code, "There is no keyring" in told.err, "made of a passphrase" in told.err) == (4, False, True)
    assert "ok       keyring: None is used" in ask("doctor").out


def test_a_lost_key_can_be_started_over(vault: Path, ask: Call, keyring_file: Path) -> None:
    set_token(ask)
    keyring_file.unlink()
    told = ask("secret", "set", "vault", "TOKEN", stdin=b"another one")
    assert told.code == 4
    assert "--start-over" in told.err
    answer = ask("secret", "key", "--start-over")
    assert answer.err.startswith("1 value forgotten.")
    set_token(ask, "another one")
    assert reveal(vault) == "another one"


def test_values_go_to_another_machine(vault: Path, ask: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_token(ask)
    file, passphrase = tmp_path / "values.sealed", tmp_path / "passphrase"
    passphrase.write_text("several good words")
    passphrase.chmod(0o600)
    assert ask("secret", "export", str(file), "--passphrase-file", str(passphrase)).code == 0
    assert VALUE not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "already" in ask("secret", "export", str(file), "--passphrase-file", str(passphrase)).err
    monkeypatch.setenv("CLOCKHAND_DATA_DIR", str(tmp_path / "other machine"))
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "other keyring.json"))
    told = ask("secret", "import", str(file), "--passphrase-file", str(passphrase))
    assert (told.out, told.err) == ("no such secret: TOKEN of “vault”\n", "0 values taken over.\n")
    assert ask("apply", "-", stdin=BUNDLE).code == 0
    assert ask("secret", "import", str(file), "--passphrase-file", str(passphrase)).err == "1 value taken over.\n"
    assert reveal(tmp_path / "other machine") == VALUE
    assert "kept as it was" in ask("secret", "import", str(file), "--passphrase-file", str(passphrase)).out


def _take_terminal() -> None:
    os.close(os.open(os.ttyname(0), os.O_RDWR))  # the first that a session's leader opens becomes its own


def on_a_terminal(words: tuple[str, ...], talk: list[tuple[str, str]]) -> tuple[int, str]:
    """Do what the words say on a terminal of its own, answer its questions in turn, and return code and screen."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop", *words],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 (it calls the system alone)
    )
    os.close(theirs)
    screen = b""
    try:
        for question, answer in talk:
            start = len(screen)
            while question.encode() not in screen[start:]:
                screen += os.read(ours, 1000)
            os.write(ours, answer.encode() + b"\n")
        with suppress(OSError):  # that is how a terminal ends on Linux
            while data := os.read(ours, 1000):
                screen += data
        return process.wait(60), screen.decode()
    finally:
        os.close(ours)
        process.kill()
        process.wait(60)


def test_a_terminal_is_asked_twice_without_an_echo(vault: Path, ask: Call) -> None:
    talk = [("Value of TOKEN: ", VALUE), ("The same again: ", VALUE)]
    code, screen = on_a_terminal(("secret", "set", "vault", "TOKEN"), talk)
    assert (code, "has a new value" in screen, VALUE in screen) == (0, True, False)
    assert reveal(vault) == VALUE


def test_two_that_differ_change_nothing(vault: Path, ask: Call) -> None:
    talk = [("Value of TOKEN: ", VALUE), ("The same again: ", "another one")]
    code, screen = on_a_terminal(("secret", "set", "vault", "TOKEN"), talk)
    assert (code, "The two are not the same" in screen) == (4, True)
    assert "none yet" in ask("secret", "list").out


def test_a_value_is_shown_on_a_terminal_to_whoever_says_so(vault: Path, ask: Call) -> None:
    set_token(ask)
    code, screen = on_a_terminal(("secret", "reveal", "vault", "TOKEN"), [])
    assert (code, VALUE in screen, "--yes-show" in screen) == (4, False, True)
    code, screen = on_a_terminal(("secret", "reveal", "vault", "TOKEN", "--yes-show"), [])
    assert (code, screen) == (0, f"{VALUE}\r\n")


def test_a_passphrase_is_chosen_and_asked_for_on_a_terminal(vault: Path, ask: Call) -> None:
    set_both(ask)
    new = "New passphrase of the secrets: "
    code, _ = on_a_terminal(("secret", "key", "--passphrase"), [(new, PASSPHRASE), ("The same again: ", PASSPHRASE)])
    assert code == 0
    question = "Passphrase of the secrets: "
    code, screen = on_a_terminal(
        ("secret", "reveal", "vault", "TOKEN", "--yes-show"), [(question, "wrong words"), (question, PASSPHRASE)]
    )
    assert (code, screen.count("The passphrase is wrong"), VALUE in screen) == (0, 1, True)
    assert PASSPHRASE not in screen


def test_a_run_here_asks_for_the_passphrase_where_the_environment_has_secrets(vault: Path, ask: Call) -> None:
    set_both(ask)
    new = "New passphrase of the secrets: "
    on_a_terminal(("secret", "key", "--passphrase"), [(new, PASSPHRASE), ("The same again: ", PASSPHRASE)])
    code, screen = on_a_terminal(
        ("run", "tell", "--env", "vault", "--wait"),
        [("Passphrase of the secrets (Enter: go on without): ", PASSPHRASE)],
    )
    assert (code, "it is\r\n" in screen) == (0, True)
    code, screen = on_a_terminal(("run", "tell", "--wait"), [])
    assert (code, "Passphrase" in screen) == (0, False)


def test_who_waits_for_a_run_is_told_what_it_waits_for_and_unlocking_lets_it_run(
    vault: Path, ask: Call, start: Callable[..., subprocess.Popen[str]], keyring_file: Path
) -> None:
    set_both(ask)
    locked = keyring_file.with_suffix(".locked")
    locked.touch()
    process = start("run", "tell", "--env", "vault", "--wait")
    assert process.stderr is not None
    assert "waits: keyring locked." in process.stderr.readline()
    locked.unlink()

    def has_ended() -> bool:
        # Whoever could not get the key does not ask again at once, so that saying it once may be too early.
        assert ask("secret", "unlock").code == 0
        return process.poll() is not None

    wait_until(has_ended, timeout_s=60)
    assert process.stdout is not None
    assert (process.returncode, process.stdout.read()) == (0, "it is\n")


@pytest.fixture
def passphrase_file(vault: Path, ask: Call, tmp_path: Path) -> Path:
    """Return the file of the passphrase of which the key of a set secret is made."""
    path = tmp_path / "passphrase"
    path.write_text("several good words\n")
    path.chmod(0o600)
    set_both(ask)
    assert ask("secret", "key", "--passphrase", "--passphrase-file", str(path)).code == 0
    return path


@pytest.mark.parametrize("way", ["variable", "systemd"])
def test_an_agent_without_a_person_reads_the_passphrase_from_a_file(
    passphrase_file: Path, ask: Call, start: Callable[..., subprocess.Popen[str]], tmp_path: Path, way: str
) -> None:
    variables = {"CLOCKHAND_PASSPHRASE_FILE": str(passphrase_file)}
    if way == "systemd":
        credentials = tmp_path / "credentials"
        credentials.mkdir()
        passphrase_file.rename(credentials / "clockhand-passphrase")
        variables = {"CREDENTIALS_DIRECTORY": str(credentials)}
    agent = start("agent", "--quiet", env=environ(**variables), stderr=None)
    with Workspace(tmp_path / "data") as workspace:
        wait_until(workspace.agent_lock().is_held_elsewhere, timeout_s=60, message="the agent takes its lock")
    answer = ask("run", "tell", "--env", "vault", "--wait")
    agent.terminate()
    assert (answer.code, answer.out) == (0, "it is\n"), answer.err


def test_an_agent_without_the_passphrase_says_that_jobs_will_wait(
    passphrase_file: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    agent = start("agent", "--quiet", start_new_session=True)
    assert agent.stderr is not None
    assert agent.stderr.readline().startswith("The passphrase of the secrets is not known here, so what needs a secret")
    agent.terminate()
