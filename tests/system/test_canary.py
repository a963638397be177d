"""A secret that a command prints in every way: afterwards it stands nowhere, neither as it is nor encoded."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from core.secrets.keyring_access import KeyringAccess
from core.workspace import Workspace
from tests.support import wait_until
from tests.support.keyrings import needs_gnome_keyring, private_bus

pytestmark = [needs_gnome_keyring, pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")]

ROOT = Path(__file__).resolve().parents[2]
CANARY = 'Serinus "canaria"/f. domestica+ä&77'
DATA = CANARY.encode()
FORMS = {
    "plain": DATA,
    "url": quote(CANARY, safe="").encode(),
    "base64": base64.b64encode(DATA).rstrip(b"="),
    "hexadecimal": DATA.hex().encode(),
    "json": json.dumps(CANARY)[1:-1].encode(),
    "shell": CANARY.replace('"', '\\"').encode(),
}
# Each line whole, then each of them byte by byte; then it waits, so that somebody can look at its processes.
SCRIPT = """
import base64, json, os, sys, time, urllib.parse
token = os.environ["TOKEN"]
data = token.encode()
forms = [
    token, urllib.parse.quote(token, safe=""), base64.b64encode(data).decode(), data.hex(),
    json.dumps(token), token.replace('"', '\\\\"'),
]
for stream in (sys.stdout, sys.stderr):
    for form in forms:
        print("begin", form, "end", file=stream, flush=True)
    for form in forms:
        for byte in (form + "\\n").encode():
            os.write(stream.fileno(), bytes([byte]))
print("padding " * 40000)  # more than what fits into the table of small outputs
print(*forms, flush=True)
open("printed", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
"""
BUNDLE = """
version = 1

[[environments]]
name = "aviary"
secrets = ["TOKEN"]

[[environments]]
name = "elsewhere"
variables = { UNKNOWN = "here" }

[[commands]]
name = "sing"
run = "%s sing.py | cat; true {{ TOKEN }}"
shell = "sh"
working_directory = "%s"

[[commands]]
name = "whisper"
run = "echo {{ TOKEN }}; echo {{ TOKEN }} >&2; exit 3"
shell = "sh"

[[commands]]
name = "stumble"
run = "echo {{ TOKEN }} {{ UNKNOWN }}"
shell = "sh"
"""


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the variables of programs that share a data folder and an open keyring."""
    with private_bus(tmp_path / "bus") as bus:
        bus.start_keyring()
        yield {**os.environ, **bus.environment, "CLOCKHAND_DATA_DIR": str(tmp_path / "data")}


def call(environment: dict[str, str], *words: str, stdin: bytes = b"", code: int = 0) -> bytes:
    answer = subprocess.run(
        [sys.executable, "-m", "desktop", *words],
        cwd=ROOT,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == code, answer.stderr.decode()
    return answer.stdout + answer.stderr


def found_in(data: bytes) -> list[str]:
    return [name for name, form in FORMS.items() if form in data]


def command_lines() -> dict[str, bytes]:
    lines = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines[path.parent.name] = path.read_bytes()
        except OSError:  # it has ended meanwhile
            continue
    return lines


def test_a_secret_that_is_printed_in_every_way_stands_nowhere(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "sing.py").write_text(SCRIPT)
    call(environment, "apply", "-", stdin=(BUNDLE % (sys.executable, place)).encode())
    said = [call(environment, "secret", "set", "aviary", "TOKEN", stdin=DATA)]
    with (tmp_path / "agent.log").open("wb") as log:
        command = [sys.executable, "-m", "desktop", "agent", "--json"]
        agent = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        said += [call(environment, "run", name, "--env", "aviary") for name in ("sing", "whisper", "stumble")]
        wait_until((place / "printed").exists, timeout_s=60, message="it has printed all")
        lines = command_lines()
        assert any(b"sing.py" in line for line in lines.values()), "its process is among those that are looked at"
        assert {pid: found for pid, line in lines.items() if (found := found_in(line))} == {}
        # Also what a live output holds, before it is closed and packed.
        assert {path.name: found for path, found in scan(tmp_path / "data") if found} == {}
        (place / "go").touch()
        said.append(call(environment, "run", "whisper", "--env", "aviary", "--wait", code=3))
    finally:
        agent.terminate()
        agent.wait(60)
    for words in (("log", "1"), ("log", "2"), ("jobs", "--json"), ("export",), ("doctor",), ("secret", "list")):
        said.append(call(environment, *words))
    said += [call(environment, "events", str(number), "--json") for number in (1, 2, 3)]
    assert max(map(len, said)) > 300_000, "the long output is there"
    assert [found for text in said if (found := found_in(text))] == []
    assert {path.name: found for path, found in scan(tmp_path / "data") if found} == {}
    assert found_in((tmp_path / "agent.log").read_bytes()) == []
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Workspace(tmp_path / "data", keyring=KeyringAccess()) as workspace:
        assert workspace.secrets.reveal(1, "TOKEN") == CANARY, "what was looked for is what was printed"


def scan(folder: Path) -> list[tuple[Path, list[str]]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"clockhand.db", "clockhand.db-wal"} & {path.name for path in files}
    for path in [folder, *folder.rglob("*")]:
        assert path.is_socket() or path.stat().st_mode & 0o077 == 0, f"others can look into {path}"
    return [(path, found_in(path.read_bytes())) for path in files]


def test_the_forms_that_are_looked_for_are_found_where_they_are() -> None:
    for name, form in FORMS.items():
        assert name in found_in(b"begin " + form + b" end")
