"""The rules of this house that no linter knows, and facts about what the project is made of."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
import textwrap
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import python_command

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [*sorted((ROOT / "core").rglob("*.py")), *sorted((ROOT / "desktop").rglob("*.py")), ROOT / "dev.py"]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LOCKS = [ROOT / "requirements.txt", ROOT / "requirements-dev.txt"]
LONGEST_FILE = 500
LONGEST_FUNCTION = 60


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def project() -> dict[str, object]:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert isinstance(table, dict)
    return table


def pins(lock: Path) -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock.read_text(), re.MULTILINE)
    return {str(canonicalize_name(name)): version for name, version in found}


def comments(path: Path) -> Iterator[tuple[int, str]]:
    with tokenize.open(path) as text:
        for token in tokenize.generate_tokens(text.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def long_functions(source: str) -> list[str]:
    return [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]


def test_no_file_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in [*SOURCES, *TESTS]}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    written = [p for p in SOURCES if p.parent != ROOT / "core" / "migrations" / "versions"]  # generated, then frozen
    assert {name_of(p): found for p in written if (found := long_functions(p.read_text()))} == {}


def test_a_function_of_61_lines_would_be_found() -> None:
    assert long_functions("def f():\n" + "    pass\n" * 60) == ["f (61 lines)"]
    assert long_functions("def f():\n" + "    pass\n" * 59) == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        name_of(path) for path in SOURCES if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_every_exemption_from_a_rule_has_its_reason_beside_it() -> None:
    bare = re.compile(r"(noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\s*$")
    found = [f"{name_of(p)}:{line}" for p in [*SOURCES, *TESTS] for line, text in comments(p) if bare.search(text)]
    assert found == []


def test_nothing_is_put_off_in_a_comment() -> None:
    put_off = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [f"{name_of(p)}:{line}" for p in [*SOURCES, *TESTS] for line, text in comments(p) if put_off.search(text)]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda p: p.name)
def test_a_lock_holds_exact_versions_with_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    assert re.search(r"://|^\s*-[-\w]*(index|find-links|host)| @ ", text, re.MULTILINE) is None
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) == len(pins(lock)) > 20
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_locks_answer_to_what_the_project_asks_for() -> None:
    table = project()
    extras = table["optional-dependencies"]
    assert isinstance(extras, dict)
    for lock, wanted in zip(LOCKS, (table["dependencies"], extras["dev"]), strict=True):
        assert isinstance(wanted, list)
        for requirement in map(Requirement, wanted):
            version = pins(lock).get(str(canonicalize_name(requirement.name)))
            assert version is not None, f"{requirement.name} is missing in {lock.name}; run: python3 dev.py lock"
            assert requirement.specifier.contains(version), f"{lock.name}: {requirement.name} {version}"


def test_the_development_lock_contains_the_lock_for_running() -> None:
    run, dev = (pins(lock) for lock in LOCKS)
    assert run.items() <= dev.items()


def test_a_wheel_would_install_core_desktop_and_resources_alone() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    folders = [entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    taken = {name for name in folders if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)}
    assert taken == {"core", "desktop", "resources"}


def test_the_commands_of_the_readme_exist_in_dev_py() -> None:
    readme = (ROOT / "README.md").read_text()
    verbs = set(re.findall(r"python3 dev\.py (\w+)", readme))
    assert {"run", "test"} <= verbs <= {"run", "test", "setup", "bench", "screenshots", "lock"}


def test_the_commands_of_the_readme_exist_in_the_program() -> None:
    readme = (ROOT / "README.md").read_text()
    verbs = sorted(set(re.findall(r"^    clockhand ([a-z-]+(?: (?:next|explain))?)", readme, re.MULTILINE)))
    assert len(verbs) > 10
    ask_each = f"""
        import contextlib, io, sys
        from desktop.cli import main

        for verb in {verbs!r}:
            sys.argv = ["clockhand", *verb.split(), "--help"]
            with contextlib.redirect_stdout(io.StringIO()) as answer:
                try:
                    code = main()
                except SystemExit as end:
                    code = end.code
            if code or not answer.getvalue():
                print(verb)
    """
    command = [sys.executable, "-c", textwrap.dedent(ask_each)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.returncode, answer.stdout.split("\n")) == (0, [""]), answer.stderr


def test_a_million_void_calls_to_qt_do_not_end_the_process() -> None:
    """PySide6 6.12.0 drops a reference to None in each void call, and CPython 3.11 dies of that."""
    code = """
        import sys
        sys.path[:0] = PATH
        from PySide6.QtCore import QObject

        thing = QObject()
        for _ in range(1_000_000):
            thing.setObjectName("x")
        print("alive")
    """.replace("PATH", repr([entry for entry in sys.path if entry]))
    answer = subprocess.run(python_command(code), capture_output=True, text=True, timeout=100, check=False)
    assert (answer.returncode, answer.stdout) == (0, "alive\n"), answer.stderr[-2000:]
