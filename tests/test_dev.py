"""dev.py: what it prepares, what it says is missing, and what it hands on."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dev
from tests.support import python_command, wait_until

posix_only = pytest.mark.skipif(os.name == "nt", reason="signals and fake programs are POSIX's")


@pytest.fixture
def installs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was installed into the .venv of an empty project; the environment is real, pip is not run."""
    venv = tmp_path / ".venv"
    python = venv / dev.PYTHON.relative_to(dev.VENV)
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "PYTHON": python,
        "STAMP": venv / "stamp.json",
        "UNFINISHED": venv / "unfinished",
        "LOCKS": {"run": tmp_path / "run.txt", "dev": tmp_path / "dev.txt"},
    }.items():
        monkeypatch.setattr(dev, name, value)
    (tmp_path / "run.txt").write_text("a==1")
    (tmp_path / "dev.txt").write_text("a==1\nb==2")
    done: list[str] = []
    monkeypatch.setattr(dev, "install", done.append)
    # ensurepip takes seconds and is not what is tested.
    without_pip = [sys.executable, "-m", "venv", "--without-pip", str(venv)]
    monkeypatch.setattr(dev, "make_venv", lambda _folder: subprocess.run(without_pip, check=True))
    return done


def test_a_second_start_installs_nothing(installs: list[str]) -> None:
    dev.ensure_venv("run")
    dev.ensure_venv("run")
    assert installs == ["run"]


def test_what_is_prepared_for_tests_is_prepared_for_running(installs: list[str]) -> None:
    dev.ensure_venv("dev")
    dev.ensure_venv("run")
    assert installs == ["dev"]


def test_what_is_prepared_for_running_is_not_yet_for_tests(installs: list[str]) -> None:
    dev.ensure_venv("run")
    dev.ensure_venv("dev")
    assert installs == ["run", "dev"]


def test_a_changed_lock_is_installed_into_the_same_environment(installs: list[str]) -> None:
    dev.ensure_venv("run")
    (dev.VENV / "kept").touch()
    dev.LOCKS["run"].write_text("a==2")
    dev.ensure_venv("run")
    assert installs == ["run", "run"]
    assert (dev.VENV / "kept").exists()


def test_a_setup_that_was_killed_is_made_anew_by_the_next(
    installs: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(kind: str) -> None:
        (dev.VENV / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dev, "install", killed)
        with pytest.raises(KeyboardInterrupt):
            dev.ensure_venv("run")
    dev.ensure_venv("run")
    assert installs == ["run"]
    assert not (dev.VENV / "half").exists()
    assert "unfinished" in capsys.readouterr().err


def test_an_environment_whose_python_is_gone_is_made_anew(installs: list[str]) -> None:
    dev.ensure_venv("run")
    dev.PYTHON.unlink()
    dev.ensure_venv("run")
    assert installs == ["run", "run"]
    assert dev.venv_version() == "{}.{}".format(*sys.version_info)


def test_an_environment_that_came_with_a_copied_folder_is_made_anew(installs: list[str]) -> None:
    dev.ensure_venv("run")
    (dev.VENV / "old").touch()
    dev.STAMP.write_text(dev.STAMP.read_text().replace(str(dev.ROOT), "/elsewhere"))
    dev.ensure_venv("run")
    assert not (dev.VENV / "old").exists()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that puts a program on a PATH on which nothing else is."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def add(name: str, body: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)

    return add


@pytest.fixture
def nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "may_install", lambda: False)
    monkeypatch.setattr(dev, "NATIVE", "qt libnothere.so.9 libnothere9t64|libnothere9 nothere")


@posix_only
@pytest.mark.usefixtures("nothing_there")
@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install libnothere9"),
        ("dnf", "sudo dnf install 'libnothere.so.9()(64bit)'"),
        ("zypper", "sudo zypper install 'libnothere.so.9()(64bit)'"),
        ("pacman", "sudo pacman -S nothere"),
    ],
)
def test_a_missing_library_is_named_with_the_one_command_that_installs_it(
    programs: Callable[[str, str], None], manager: str, command: str
) -> None:
    programs(manager, "exit 1")
    programs("apt-cache" if manager == "apt-get" else "unrelated", "exit 100")
    with pytest.raises(dev.NotReadyError) as caught:
        dev.ensure_natives("qt")
    assert str(caught.value) == f"This machine lacks what Qt needs: libnothere.so.9. Install it with: {command}"


@posix_only
def test_root_on_debian_installs_what_is_missing_by_the_name_that_the_release_knows(
    programs: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "may_install", lambda: True)
    monkeypatch.setattr(dev, "NATIVE", f"tests {tmp_path}/bin/Xnothing xnothingt64|xnothing x\nqt no.so.9 no9 no")
    programs("apt-cache", '[ "$2" = xnothingt64 ]')
    touch = f"/bin/cp {tmp_path}/bin/apt-cache {tmp_path}/bin/Xnothing"
    programs("apt-get", f'echo "$DEBIAN_FRONTEND $*" >> {said}; [ "$1" = update ] || {touch}')
    dev.ensure_natives("tests")
    update, install = said.read_text().splitlines()
    assert update.startswith("noninteractive update")
    assert install.startswith("noninteractive install -y")
    assert install.endswith(" xnothingt64")


def test_nothing_is_said_about_libraries_that_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev, "NATIVE", "qt libc.so.6 libc6 glibc")
    dev.ensure_natives("qt")


@pytest.mark.parametrize(
    ("environ", "needs"),
    [
        ({}, None),
        ({"DISPLAY": ":0"}, ["xcb"]),
        ({"WAYLAND_DISPLAY": "wayland-0"}, ["wayland"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, ["xcb"]),
        ({"QT_QPA_PLATFORM": "offscreen"}, []),
    ],
)
def test_a_window_is_opened_where_there_is_a_display(
    environ: dict[str, str], needs: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    assert dev.display_needs(environ) == needs


@pytest.mark.parametrize(
    ("display", "args", "started"),
    [
        ("", [], ["agent"]),
        ("", ["--data-dir", "d"], ["agent", "--data-dir", "d"]),
        ("", ["jobs", "--json"], ["jobs", "--json"]),
        ("", ["--help"], ["--help"]),
        (":0", ["--data-dir", "d"], ["--data-dir", "d"]),
    ],
)
def test_run_hands_on_what_follows_and_chooses_the_agent_without_a_display(
    display: str, args: list[str], started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(dev, "ensure_natives", lambda *_needs: None)
    monkeypatch.setattr(dev, "ensure_venv", lambda _kind: None)
    monkeypatch.setattr(os, "execv", lambda _path, argv: commands.append(argv))
    monkeypatch.setattr(subprocess, "call", lambda _argv: 0)
    dev.run(args)
    assert commands == [[str(dev.PYTHON), "-P", "-m", "desktop", *started]]


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_demo_hands_on_a_signal_and_removes_its_folder(number: signal.Signals, tmp_path: Path) -> None:
    told = tmp_path / "told"
    child = python_command(f"""
        import os, pathlib, signal, sys, time
        if "apply" in sys.argv:
            sys.exit(0)
        def end(number, frame):
            sys.exit(40)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end)
        folder = os.environ["CLOCKHAND_DATA_DIR"]
        pathlib.Path({str(told) + ".new"!r}).write_text(folder)
        os.rename({str(told) + ".new"!r}, {str(told)!r})
        time.sleep(60)
    """)
    code = f"import sys, dev; sys.exit(dev.run_demo({child!r}, ['agent']))"
    demo = subprocess.Popen([sys.executable, "-c", code], cwd=dev.ROOT)
    try:
        wait_until(told.exists, message="the program of the demo did not start")
        assert Path(told.read_text()).is_dir()
        demo.send_signal(number)
        assert demo.wait(20) == 40
    finally:
        demo.kill()
        demo.wait()
    assert not Path(told.read_text()).exists()


def test_paths_leave_only_their_own_tests() -> None:
    steps = dev.test_steps(["tests/core", "-k", "x", "tests/test_dev.py::test_it"])
    assert [(name, command[-1]) for name, _, command in steps] == [
        ("core", "tests/core"),
        ("rest", "tests/test_dev.py::test_it"),
    ]
    assert all("-k" in command for _, _, command in steps)


def test_without_paths_all_steps_run_in_order() -> None:
    assert [name for name, _, _ in dev.test_steps(["-x"])] == ["lint", "lint", "types", "contracts", "core", "rest"]


def test_the_first_step_that_fails_is_the_last(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [(name, name, ["-c", f"print({name!r}); raise SystemExit({code})"]) for name, code in (("a", 0), ("b", 3))]
    assert dev.run_steps([*steps, ("c", "c", ["-c", "print('c')"])], tmp_path, selected=False) == 3
    said = capfd.readouterr()
    assert said.out.split() == ["a", "b"]
    assert "=== b: exit code 3" in said.err


def test_the_counts_of_all_test_runs_are_added_up(tmp_path: Path) -> None:
    for name, failures in (("a", 0), ("b", 2)):
        counts = f'tests="10" failures="{failures}" errors="1" skipped="1"'
        (tmp_path / f"{name}.xml").write_text(f"<testsuites><testsuite {counts}/></testsuites>")
    assert dev.count_results(tmp_path) == "14 passed, 4 failed, 2 skipped"


@pytest.mark.parametrize("args", [[], ["walk"], ["test", "--only", "everything"]])
def test_wrong_use_is_answered_with_exit_code_2(args: list[str]) -> None:
    answer = subprocess.run([sys.executable, "dev.py", *args], cwd=dev.ROOT, capture_output=True, check=False)
    assert answer.returncode == 2


def test_an_unknown_benchmark_is_answered_with_those_that_exist() -> None:
    with pytest.raises(SystemExit, match="There is no benchmark nonsense"):
        dev.bench(["nonsense"])


def test_a_python_of_2018_can_read_the_file_and_say_that_it_is_too_old() -> None:
    source = Path(dev.__file__).read_text()
    ast.parse(source, feature_version=(3, 7))


@posix_only
def test_a_python_that_is_too_old_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, programs: Callable[[str, str], None]
) -> None:
    programs("python3.13", "exit 127")
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(dev.NotReadyError, match=r"needs Python 3\.11 or later; this is Python 3\.9\. Install"):
        dev.use_a_fitting_python()


@posix_only
def test_ci_runs_the_same_command_as_everyone(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(dev.ROOT / ".ci" / "run", tmp_path / ".ci")
    (tmp_path / "dev.py").write_text("import os, sys; print(os.getcwd(), sys.argv[1:])")
    answer = subprocess.run(["bash", tmp_path / ".ci" / "run"], cwd="/", capture_output=True, text=True, check=True)
    assert answer.stdout.split("\n")[0] == f"{tmp_path} ['test']"


def test_the_pictures_are_made_where_no_window_appears_and_in_the_folder_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepared: list[str] = []
    monkeypatch.setattr(dev, "ensure_natives", lambda *needs: prepared.extend(needs))
    monkeypatch.setattr(dev, "ensure_venv", prepared.append)
    script = 'import os, sys; open("said", "w").write(" ".join([os.environ["QT_QPA_PLATFORM"], *sys.argv[1:]]))'
    (tmp_path / "desktop").mkdir()
    (tmp_path / "desktop" / "__init__.py").touch()
    (tmp_path / "desktop" / "screenshots.py").write_text(script)
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    monkeypatch.setattr(dev, "PYTHON", Path(sys.executable))
    monkeypatch.chdir(tmp_path)
    assert dev.main(["screenshots", "here"]) == 0
    assert (tmp_path / "said").read_text() == f"offscreen {tmp_path / 'here'}"
    assert prepared == ["qt", "fonts", "run"]
    assert dev.main(["screenshots"]) == 0
    assert (tmp_path / "said").read_text() == f"offscreen {tmp_path / 'screenshots'}"
