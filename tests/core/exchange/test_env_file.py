"""Files of variables are read at each run, and what is wrong with one is told with its line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.exchange.env_file import EnvFileError, read_env_file, read_env_files
from core.execution.definitions import EnvironmentDefinition, Layer, VariableDefinition


def test_a_file_is_read_as_pasted_text_is(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_bytes("\ufeff# comment\nexport A='1 2'\nB=\"${A}-${TOOL}\"\nA=3\n".encode())
    assert read_env_file("~/x.env", {"TOOL": "t"}, tmp_path).values == {"A": "3", "B": "1 2-t"}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"A=1\n\nno value\nB=2\n", "line 3: It is no NAME=value. Is a quote missing?"),
        (b"A=1\nB='open\n", "line 2, variable “B”: It is no NAME=value."),
        (b"A=${NOBODY}\n", "line 1, variable “A”: “NOBODY” is not known here"),
        (
            b"A=1\n1B=2\nC\n",
            "line 2: A name consists of letters, digits and underscores, and",
        ),
        (b"A=1\nB=\xff\n", "line 2 is not UTF-8 text. Save it as UTF-8."),
        (b"A=1\nCLOCKHAND_JOB_ID=2\n", "line 2, variable “CLOCKHAND_JOB_ID”: Names that begin with CLOCKHAND_"),
        (b"A=a\0b\n", "line 1, variable “A”: The value holds a NUL character"),
    ],
)
def test_a_wrong_line_is_named_with_its_file(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "x.env").write_bytes(data)
    with pytest.raises(EnvFileError) as raised:
        read_env_file(str(tmp_path / "x.env"), {}, tmp_path)
    assert str(raised.value).startswith(f"The file {tmp_path / 'x.env'} can't be used: {words}")


def test_the_others_are_counted(tmp_path: Path) -> None:
    (tmp_path / "x.env").write_text("1A=1\n2A=2\n3A=3\n")
    with pytest.raises(EnvFileError, match=r"2 more of its lines are wrong\.$"):
        read_env_file(str(tmp_path / "x.env"), {}, tmp_path)


def test_a_file_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(EnvFileError, match=r"~/x\.env, which sets variables, does not exist"):
        read_env_file("~/x.env", {}, tmp_path)
    with pytest.raises(EnvFileError, match="is no file of variables"):
        read_env_file(str(tmp_path), {}, tmp_path)
    with pytest.raises(EnvFileError, match=r"can't be read: .*Make it readable"):
        read_env_file("/x\0", {}, tmp_path)
    (tmp_path / "large").write_bytes(b"A=1\n" * 300_000)
    with pytest.raises(EnvFileError, match="1200000 bytes; up to 1048576 are read"):
        read_env_file("~/large", {}, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EnvFileError, match="is no file of variables"):
        read_env_file("~/pipe", {}, tmp_path)


def test_a_file_may_refer_to_what_lies_below_it(tmp_path: Path) -> None:
    (tmp_path / "far").write_text("A=far\n")
    (tmp_path / "near").write_text("B=${A}-${PLAIN}-${HOME}\n")
    far = Layer(
        environment_name="far",
        env_file="~/far",
        variables=(VariableDefinition(name="PLAIN", value="p"), VariableDefinition(name="NOT", value="${A}")),
        unset=("GONE",),
    )
    layers = (far, Layer(environment_name="near", env_file="~/near"))
    definition = EnvironmentDefinition(id=1, name="near", layers=layers)
    found = read_env_files(definition, {"HOME": "/h", "GONE": "1"}, tmp_path)
    assert {name: file.values for name, file in found.items()} == {
        "far": {"A": "far"},
        "near": {"B": "far-p-/h"},
    }
    for name in ("NOT", "GONE"):
        (tmp_path / "near").write_text(f"B=${{{name}}}\n")
        with pytest.raises(EnvFileError, match=f"“{name}” is not known here"):
            read_env_files(definition, {"HOME": "/h", "GONE": "1"}, tmp_path)


def test_what_was_put_into_a_value_is_told_also_by_the_way_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "far").write_text("PW=first\nURL=x${PW}y\nPW=second\nRAW='${PW}'\n")
    (tmp_path / "near").write_text("DEEP=<${URL}>\nOTHER=${NONE:-x}${URL2}\n")
    far = Layer(environment_name="far", env_file="~/far")
    near = Layer(environment_name="near", env_file="~/near")
    found = read_env_files(EnvironmentDefinition(id=1, name="near", layers=(far, near)), {"URL2": "u"}, tmp_path)
    assert found["far"].put_in == {"URL": {("PW", "first")}}
    assert found["near"].put_in == {"DEEP": {("URL", "xfirsty"), ("PW", "first")}, "OTHER": {("URL2", "u")}}
