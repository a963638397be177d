#!/usr/bin/env python3
"""Prepare, run and test Clockhand on a machine that has Python and nothing else.

python3 dev.py run [ARGS]           open the window with your own data; without a display, run as an agent right here
python3 dev.py run --demo           the same on a throw-away folder, with a sample that is busy at once
python3 dev.py run VERB [ARGS]      the command line: run jobs, run apply FILE, run doctor ...
python3 dev.py test [PYTEST ARGS]   linters, types, import contracts and tests; given paths, those tests alone
    --only lint|types|contracts|core|rest|all
python3 dev.py setup [--dev]        prepare for run, with --dev for test as well, and stop
python3 dev.py bench [NAMES]        the benchmarks under tests/benchmarks, or those named
python3 dev.py screenshots [FOLDER] pictures of the window with sample data, light and dark, into FOLDER
python3 dev.py lock [--upgrade]     write both lock files anew from pyproject.toml

Each verb makes .venv and installs the lock into it when that is needed. Native libraries that Qt needs are named with
the command that installs them; as root on Debian or Ubuntu they are installed. Exit codes: the one of what was run;
2 wrong use; 5 the machine lacks something, and the text says what and how to get it; 128 + n ended by signal n.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "clockhand-setup.json"
UNFINISHED = VENV / "clockhand-setup-unfinished"
LOCKS = {"run": ROOT / "requirements.txt", "dev": ROOT / "requirements-dev.txt"}
OLDEST_PYTHON = (3, 11)
EXIT_WRONG_USE = 2
EXIT_NOT_READY = 5

NATIVE = (ROOT / "packaging" / "native.txt").read_text(encoding="utf-8")


class NotReadyError(Exception):
    """The machine lacks something; the text says what, and how to get it."""


def say(text: str) -> None:
    """Tell the person; standard output belongs to what is run."""
    print(text, file=sys.stderr, flush=True)


def use_a_fitting_python() -> None:
    """Go on in a Python that is new enough, when this one is too old and another is installed."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in range(14, OLDEST_PYTHON[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        # pyenv leaves a name on the PATH for every version it has, also for those that it refuses to start.
        if newer and subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
            os.execv(newer, [newer, *sys.argv])  # noqa: S606 — the same script in a newer Python
    raise NotReadyError(
        "Clockhand needs Python 3.11 or later; this is Python {}.{}. Install a later one (Debian 12, Ubuntu 24.04 and "
        "later: apt-get install python3 python3-venv) and start dev.py with it.".format(*sys.version_info[:2])
    )


def ensure_venv_module() -> None:
    """See that this Python can make a virtual environment; Debian keeps that part in a package of its own."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return
    of_the_system = Path("/usr/bin/python3").resolve() == Path(sys.executable).resolve()
    package = "python3-venv" if of_the_system else f"python3.{sys.version_info[1]}-venv"
    if may_install():
        apt_install([package])
        importlib.invalidate_caches()
    if not importlib.util.find_spec("ensurepip"):
        raise NotReadyError(
            f"{sys.executable} can't make a virtual environment: the venv or ensurepip module is missing. "
            f"Install it: sudo apt-get install {package}"
        )


def digest(lock: Path) -> str:
    """Return what tells one state of a lock file from another."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def venv_version() -> str | None:
    """Return the version of .venv's Python, such as 3.11, or None if it can't run."""
    try:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([PYTHON, "-I", "-S", "-c", code], check=True, stdout=subprocess.PIPE, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.strip()


def read_stamp() -> dict[str, str]:
    """Return what the last finished setup noted, or nothing."""
    with contextlib.suppress(OSError, ValueError):
        stamp = json.loads(STAMP.read_text())
        return stamp if isinstance(stamp, dict) else {}
    return {}


@contextlib.contextmanager
def one_setup_at_a_time() -> Iterator[None]:
    """Let a second dev.py wait.

    Who dies lets go of the lock. pip inherits it, so that one that outlives its dev.py is waited for too.
    """
    if os.name == "nt":
        yield
        return
    import fcntl

    folder = os.open(ROOT, os.O_RDONLY)
    os.set_inheritable(folder, True)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another dev.py, or a pip that it left, to finish with .venv ...")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def ensure_venv(kind: str) -> None:
    """Make .venv hold what the lock of `kind` lists; costs nothing when it does already."""
    ensure_venv_module()
    with one_setup_at_a_time():
        version = venv_version()
        stamp = read_stamp()
        wanted = {"python": version, "root": str(ROOT), kind: digest(LOCKS[kind])}
        if not UNFINISHED.exists() and wanted.items() <= stamp.items():
            return
        whole = version and not UNFINISHED.exists() and stamp.get("root", str(ROOT)) == str(ROOT)
        if not whole and VENV.exists():
            say("Removing the unfinished or foreign .venv ...")
            shutil.rmtree(VENV)
        VENV.mkdir(exist_ok=True)
        UNFINISHED.touch()
        STAMP.unlink(missing_ok=True)
        if not whole:
            make_venv(VENV)
        install(kind)
        write_stamp(kind)
        UNFINISHED.unlink()


def make_venv(folder: Path) -> None:
    """Make a virtual environment, of the Python beneath when this one runs in an environment itself."""
    beneath = getattr(sys, "_base_executable", sys.executable)
    subprocess.run([beneath, "-m", "venv", folder], check=True, close_fds=False)


def install(kind: str) -> None:
    """Install the lock of `kind` into .venv, remove what no lock names, and make the source importable."""
    say(f"Installing {LOCKS[kind].name} into .venv (some minutes on a new machine) ...")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    from_lock = [*pip, "install", "--quiet", "--require-hashes", "-r", str(LOCKS[kind])]
    if subprocess.call(from_lock, stdout=sys.stderr, close_fds=False):
        raise NotReadyError("pip could not install the lock; its message stands above. Mend that and start again.")
    installed = subprocess.run([*pip, "list", "--format=json"], check=True, stdout=subprocess.PIPE).stdout
    known = {"pip", "setuptools"} | set(re.findall(r"^([\w.-]+)==", LOCKS["dev"].read_text(), re.MULTILINE))
    names = [re.sub(r"[-_.]+", "-", row["name"]).lower() for row in json.loads(installed)]  # as in the lock, PEP 503
    strangers = [name for name in names if name not in known]
    if strangers:
        subprocess.call([*pip, "uninstall", "--quiet", "--yes", *strangers], stdout=sys.stderr, close_fds=False)
    for packages in [*VENV.glob("lib/python3*/site-packages"), *VENV.glob("Lib/site-packages")]:
        (packages / "clockhand.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def write_stamp(kind: str) -> None:
    """Note what .venv holds now; the development lock contains the other."""
    held = LOCKS if kind == "dev" else {kind: LOCKS[kind]}
    stamp = {"python": venv_version(), "root": str(ROOT), **{name: digest(lock) for name, lock in held.items()}}
    fresh = STAMP.with_suffix(".new")
    fresh.write_text(json.dumps(stamp, indent=1))
    fresh.replace(STAMP)


def is_there(thing: str) -> bool:
    """Return whether the linker can load a library, or a program or any font is installed."""
    if thing == "fonts":
        folders = ["/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"]
        return any(next(Path(f).expanduser().rglob(f"*.{e}"), None) for f in folders for e in ("ttf", "otf", "pfb"))
    if thing.startswith("/"):
        return shutil.which(Path(thing).name) is not None
    try:
        ctypes.CDLL(thing)
    except OSError:
        return False
    return True


def missing_natives(needs: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (thing, apt's names, pacman's name) for all that `needs` call for and this machine hasn't."""
    if not sys.platform.startswith("linux"):
        return []
    rows = [line.split() for line in NATIVE.strip().splitlines() if not line.startswith("#")]
    return [(thing, apt, pacman) for need, thing, apt, pacman in rows if need in needs and not is_there(thing)]


def may_install() -> bool:
    """Return whether this is root on Debian, Ubuntu or a child of theirs."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(packages: Sequence[str]) -> None:
    """Install Debian packages; each `a|b` stands for the first that this release has."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False, env=quiet, stdout=sys.stderr)
    chosen = [apt_choice(names) for names in packages]
    say(f"Installing {' '.join(chosen)} ...")
    command = ["apt-get", "install", "-y", "-qq", "-o", "Dpkg::Use-Pty=0", "--no-install-recommends", *chosen]
    if subprocess.run(command, check=False, env=quiet, stdout=sys.stderr).returncode:
        raise NotReadyError(f"apt-get could not install them; its message stands above. By hand: {shlex.join(command)}")


def apt_choice(names: str) -> str:
    """Return the first of `a|b` that apt knows, else the last, which later releases still provide."""
    *first, last = names.split("|")
    show = ["apt-cache", "show"]
    return next((n for n in first if not subprocess.run([*show, n], check=False, capture_output=True).returncode), last)


def install_command(missing: Sequence[tuple[str, str, str]]) -> str:
    """Return the one command that installs what is missing, for the package manager that is here."""
    bits = "()(64bit)" if sys.maxsize > 2**32 else ""
    by_name = [f"dejavu-sans-{t}" if t == "fonts" else t if t.startswith("/") else t + bits for t, _, _ in missing]
    for manager, verb, names in (
        ("apt-get", "install", [apt_choice(apt) for _, apt, _ in missing] if shutil.which("apt-cache") else []),
        ("dnf", "install", by_name),
        ("zypper", "install", by_name),
        ("pacman", "-S", [pacman for _, _, pacman in missing]),
    ):
        if names and shutil.which(manager):
            return shlex.join(["sudo", manager, verb, *dict.fromkeys(names)])
    return "your system's package manager, for the packages that hold these files"


def ensure_natives(*needs: str) -> None:
    """See that what `needs` call for is there; raises NotReadyError with the command that brings it."""
    missing = missing_natives(needs)
    if missing and may_install():
        apt_install(list(dict.fromkeys(apt for _, apt, _ in missing)))
        missing = missing_natives(needs)
    if missing:
        names = ", ".join(thing for thing, _, _ in missing)
        raise NotReadyError(f"This machine lacks what Qt needs: {names}. Install it with: {install_command(missing)}")


def install_if_root(*needs: str) -> None:
    """Install what tests use where it is there, on a machine of one's own such as that of CI."""
    missing = missing_natives(needs) if may_install() else []
    if missing:
        apt_install(list(dict.fromkeys(apt for _, apt, _ in missing)))


def display_needs(environ: Mapping[str, str]) -> list[str] | None:
    """Return what a window needs here beside Qt itself, or None where there is no display."""
    if environ.get("QT_QPA_PLATFORM") or not sys.platform.startswith("linux"):
        return []
    if environ.get("DISPLAY"):
        return ["xcb"]
    return ["wayland"] if environ.get("WAYLAND_DISPLAY") else None


def run(args: list[str]) -> int:
    """Start Clockhand: the window, the agent where there is no display, or the verb that `args` begin with."""
    demo = "--demo" in args
    args = [arg for arg in args if arg != "--demo"]
    needs = display_needs(os.environ)
    ensure_natives("qt", *(needs or []))
    ensure_venv("run")
    of_the_window = not args or (args[0].startswith("-") and "--help" not in args)
    if needs is None and of_the_window:
        say("There is no display here, so the scheduler runs in this terminal and prints each run. Ctrl+C ends it.")
        args.insert(0, "agent")
    # -P keeps a folder named core or desktop, wherever this was started, from being taken for ours.
    command = [str(PYTHON), "-P", "-m", "desktop"]
    if demo:
        return run_demo(command, args)
    if os.name != "nt":
        os.execv(command[0], [*command, *args])  # noqa: S606 — signals reach the program, with no one between
    return subprocess.call([*command, *args])


def run_demo(command: list[str], args: list[str]) -> int:
    """Run on a throw-away data folder that holds the sample, and remove the folder at the end."""
    folder = tempfile.mkdtemp(prefix="clockhand-demo-")
    environ = {**os.environ, "CLOCKHAND_DATA_DIR": folder}
    try:
        apply = [*command, "apply", f"{ROOT}/resources/samples/demo.toml"]
        return subprocess.call(apply, env=environ, stdout=sys.stderr) or supervise([*command, *args], environ)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def supervise(command: list[str], environ: Mapping[str, str]) -> int:
    """Run `command`, hand it each signal that asks for an end, and return its exit code.

    It has a process group of its own, so that Ctrl+C reaches it once, from here, and not a second time from the
    terminal: a second one means “at once”.
    """
    child: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if child:
            child[0].send_signal(number)
        else:
            early.append(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), forward)
    child.append(subprocess.Popen(command, env=environ, process_group=None if os.name == "nt" else 0))
    for number in early:
        child[0].send_signal(number)
    code = child[0].wait()
    return 128 - code if code < 0 else code


def test(args: list[str]) -> int:
    """Run the linters, the type checker, the import contracts and the tests; stop at the first that fails."""
    parser = argparse.ArgumentParser("dev.py test", add_help=False, allow_abbrev=False)
    parser.add_argument("--only", choices=["lint", "types", "contracts", "core", "rest", "all"], default="all")
    known, args = parser.parse_known_args(args)
    steps = [step for step in test_steps(args) if known.only in ("all", step[0])]
    ensure_natives("qt", "xcb", "tests", "fonts")
    install_if_root("shells")
    ensure_venv("dev")
    with tempfile.TemporaryDirectory(prefix="clockhand-test-") as reports:
        code = run_steps(steps, Path(reports), bool(args))
        say(f"\n{'FAILED' if code else 'Passed'}: {count_results(Path(reports))}")
    return code


def test_steps(args: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """Return (name, what it does, arguments of python) for each step; paths among `args` leave only their tests."""
    paths = [arg for arg in args if not arg.startswith("-") and (ROOT / arg.partition("::")[0]).exists()]
    options = [arg for arg in args if arg not in paths]
    of_core = [path for path in paths if Path(path.partition("::")[0]).parts[:2] == ("tests", "core")]
    of_rest = [path for path in paths if path not in of_core]
    core = ["-m", "pytest", "-p", "no:pytest-qt", "-p", "tests.without_qt", *options]
    rest = ["-m", "pytest", *options]
    if paths:
        steps = [("core", "the tests of core", [*core, *of_core])] if of_core else []
        return steps + ([("rest", "the other tests", [*rest, *of_rest])] if of_rest else [])
    return [
        ("lint", "ruff: rules", ["-m", "ruff", "check", "."]),
        ("lint", "ruff: format", ["-m", "ruff", "format", "--check", "."]),
        ("types", "mypy", ["-m", "mypy"]),
        ("contracts", "import contracts", ["-c", "from importlinter.cli import lint_imports_command as c; c()"]),
        ("core", "the tests of core, where Qt can't be imported", [*core, "tests/core"]),
        ("rest", "the tests of everything else", [*rest, "tests", "--ignore=tests/core"]),
    ]


def run_steps(steps: Sequence[tuple[str, str, list[str]]], reports: Path, selected: bool) -> int:
    """Run each step under a heading until one fails; return its exit code."""
    codes = []
    for number, (_, title, command) in enumerate(steps):
        say(f"\n=== {title}")
        start = time.monotonic()
        junit = [f"--junitxml={reports / f'{number}.xml'}"] if "pytest" in command else []
        code = call_offscreen(*command, *junit)
        say(f"=== {title}: {f'exit code {code}' if code else 'good'}, {time.monotonic() - start:.1f} s")
        codes.append(code)
        # 5 is pytest's word for “no test was selected”, which one of two runs may say to -k.
        if code and not (code == 5 and junit and selected):
            return code
    return 5 if codes and all(codes) else 0


def call_offscreen(*arguments: str) -> int:
    """Call .venv's Python where no window appears; return its exit code."""
    return subprocess.call([str(PYTHON), *arguments], cwd=ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})


def count_results(reports: Path) -> str:
    """Return the sum of what pytest's reports count, as `12 passed, 0 failed, 1 skipped`."""
    roots = [ET.parse(report).getroot() for report in reports.glob("*.xml")]  # noqa: S314 — pytest has just written it
    suites = [suite for root in roots for suite in root.iter("testsuite")]
    total = {key: sum(int(s.get(key, "0")) for s in suites) for key in ("tests", "failures", "errors", "skipped")}
    failed = total["failures"] + total["errors"]
    return f"{total['tests'] - failed - total['skipped']} passed, {failed} failed, {total['skipped']} skipped"


def bench(names: list[str]) -> int:
    """Run the main() of each benchmark, or of those named; each prints its table."""
    known = sorted(p.stem for p in (ROOT / "tests" / "benchmarks").glob("*.py") if not p.stem.startswith("_"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise SystemExit(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known) or 'none yet'}.")
    ensure_natives("qt")
    ensure_venv("dev")
    codes = []
    for name in names or known:
        say(f"\n=== {name}")
        codes.append(call_offscreen("-m", f"tests.benchmarks.{name}"))
    return max(codes, default=0)


def screenshots(args: list[str]) -> int:
    """Render every page of the window to PNG files."""
    ensure_natives("qt", "fonts")
    ensure_venv("run")
    return call_offscreen("-m", "desktop.screenshots", str(Path(*args or ["screenshots"]).resolve()))


def setup(args: list[str]) -> int:
    """Prepare for `run`, with --dev for `test` as well."""
    for_tests = "--dev" in args
    ensure_natives("qt", *(["xcb", "tests", "fonts"] if for_tests else display_needs(os.environ) or []))
    ensure_venv("dev" if for_tests else "run")
    say("Ready.")
    return 0


def lock(args: list[str]) -> int:
    """Write both lock files; what is pinned stays as it is unless pyproject.toml or --upgrade asks for another."""
    ensure_venv_module()
    with tempfile.TemporaryDirectory(prefix="clockhand-lock-") as folder:
        python = str(Path(folder) / PYTHON.relative_to(VENV))
        make_venv(Path(folder))
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", "--quiet", "uv"], check=True, stdout=sys.stderr)
        index = subprocess.run([*pip, "config", "get", "global.index-url"], check=False, capture_output=True, text=True)
        environ = dict(os.environ)
        address = environ.get("PIP_INDEX_URL") or index.stdout.strip()
        if address:
            environ.setdefault("UV_DEFAULT_INDEX", address)  # uv reads none of pip's settings
        options = "--universal --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet --python-version"
        uv = [python, "-m", "uv", "pip", "compile", *options.split(), "3.11", *args, "pyproject.toml"]
        subprocess.run([*uv, "-o", LOCKS["run"].name], check=True, cwd=ROOT, env=environ, stdout=sys.stderr)
        extra = ["--extra", "dev", "-c", LOCKS["run"].name, "-o", LOCKS["dev"].name]
        subprocess.run([*uv, *extra], check=True, cwd=ROOT, env=environ, stdout=sys.stderr)
    say(f"Wrote {LOCKS['run'].name} and {LOCKS['dev'].name}.")
    return 0


def main(argv: Sequence[str]) -> int:
    """Carry out one verb."""
    verbs = {"run": run, "test": test, "setup": setup, "bench": bench, "screenshots": screenshots, "lock": lock}
    if not argv or argv[0] not in verbs:
        print(__doc__)
        return 0 if argv and argv[0] in ("-h", "--help", "help") else EXIT_WRONG_USE
    use_a_fitting_python()
    return verbs[argv[0]](list(argv[1:]))


def start() -> NoReturn:
    """Carry out the command line; every error that can be foreseen is one sentence."""
    try:
        sys.exit(main(sys.argv[1:]))
    except NotReadyError as error:
        say(str(error))
        sys.exit(EXIT_NOT_READY)
    except subprocess.CalledProcessError as error:
        say(f"{shlex.join(map(str, error.cmd))} ended with exit code {error.returncode}.")
        sys.exit(error.returncode if error.returncode > 0 else 128 - error.returncode)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


if __name__ == "__main__":
    start()
