"""Layers laid over each other: references, what is unset, PATH, files, and what is to be masked because of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.execution.definitions import EnvironmentDefinition, FileVariables, Layer, VariableDefinition
from core.execution.effective import EffectiveVariable, effective, find_circle, secrets_needed

BASE = {"HOME": "/home/ada", "PATH": "/bin", "TOOL": "1"}


def layer(
    name: str,
    values: Mapping[str, str] | None = None,
    *,
    secrets: tuple[str, ...] = (),
    unset: tuple[str, ...] = (),
    path: tuple[str, ...] = (),
    env_file: str | None = None,
) -> Layer:
    plain = [VariableDefinition(name=key, value=value) for key, value in (values or {}).items()]
    secret = [VariableDefinition(name=key, value=None, secret=True) for key in secrets]
    return Layer(environment_name=name, variables=(*plain, *secret), unset=unset, path=path, env_file=env_file)


def work_out(
    *layers: Layer,
    secrets: Mapping[str, str] | None = None,
    own: Mapping[str, str] | None = None,
    files: Mapping[str, Mapping[str, str]] | None = None,
    base: Mapping[str, str] = BASE,
) -> dict[str, EffectiveVariable]:
    definition = EnvironmentDefinition(id=1, name=layers[-1].environment_name, layers=layers)
    read = {name: FileVariables(file) for name, file in (files or {}).items()}
    return {each.name: each for each in effective(definition, base, secrets or {}, own, files=read)}


def values(*layers: Layer, base: Mapping[str, str] = BASE) -> dict[str, str | None]:
    return {name: each.value for name, each in work_out(*layers, base=base).items() if name not in BASE}


def test_a_reference_means_the_value_that_the_process_will_have() -> None:
    far = layer("far", {"URL": "https://${HOST}:${PORT}", "HOST": "far", "PORT": "80"})
    near = layer("near", {"HOST": "near"})
    assert values(far, near) == {"URL": "https://near:80", "HOST": "near", "PORT": "80"}
    assert work_out(far, near)["URL"].refers_to == ("HOST", "PORT")


def test_a_reference_reaches_the_base_and_what_is_clockhands_own() -> None:
    found = work_out(layer("e", {"LOG": "${HOME}/${CLOCKHAND_JOB_ID}.log"}), own={"CLOCKHAND_JOB_ID": "7"})
    assert found["LOG"].value == "/home/ada/7.log"


def test_a_reference_to_itself_is_what_it_inherits() -> None:
    found = work_out(layer("far", {"OPTS": "-a"}), layer("near", {"OPTS": "${OPTS} -b", "TOOL": "${TOOL}2"}))
    assert (found["OPTS"].value, found["TOOL"].value) == ("-a -b", "12")
    alone = work_out(layer("e", {"X": "${X}y"}))["X"]
    assert alone.value is None
    assert alone.problem.startswith("The variable X of environment “e” refers to itself, and nothing below it sets X.")


def test_a_reference_that_leads_nowhere_is_a_sentence_and_never_an_empty_text() -> None:
    found = work_out(layer("e", {"A": "${NOWHERE}", "B": "${A}"}))
    assert found["A"].problem == (
        "The variable A of environment “e” refers to NOWHERE, which is set nowhere. Set NOWHERE, or write $${NOWHERE}"
        " where the text itself is meant."
    )
    assert (found["B"].value, found["B"].problem) == (None, found["A"].problem)
    assert "environment “e” takes away" in work_out(layer("e", {"A": "${TOOL}"}, unset=("TOOL",)))["A"].problem


def test_a_circle_is_named_whole_and_what_leads_to_it_has_no_value_either() -> None:
    layers = (layer("far", {"A": "${B}", "B": "${C}"}), layer("near", {"C": "x${A}", "D": "${A}", "E": "fine"}))
    found = work_out(*layers)
    assert find_circle(layers) == ("A", "B", "C", "A")
    assert found["A"].problem == (
        "The variables refer to each other in a circle: A → B → C → A. Write a value into one of them."
    )
    assert {name for name, each in found.items() if each.problem} == {"A", "B", "C", "D"}
    assert found["E"].value == "fine"


def test_a_circle_may_pass_through_what_is_inherited() -> None:
    layers = (layer("far", {"A": "${B}"}), layer("near", {"A": "x${A}", "B": "${A}"}))
    assert find_circle(layers) == ("A", "B", "A")
    assert find_circle((layer("e", {"PATH": "${PATH}"}, path=("/x", "${PATH}")),)) == ()
    assert find_circle((layer("e", {"DIR": "${PATH}"}, path=("${DIR}",)),)) == ("DIR", "PATH", "DIR")


def test_a_chain_may_be_long() -> None:
    count = 5000
    chain = {f"V{number}": f"${{V{number + 1}}}" for number in range(count)} | {f"V{count}": "end"}
    assert values(layer("e", chain))["V0"] == "end"
    assert find_circle((layer("e", {**chain, f"V{count}": "${V0}"}),))[:2] == ("V0", "V1")


def test_what_is_unset_is_told_with_what_it_took_away() -> None:
    found = work_out(layer("far", {"A": "1"}), layer("near", unset=("A", "TOOL", "NEVER_THERE")))
    assert (found["A"].unset, found["A"].value, found["A"].origin) == (True, None, "environment “near”")
    assert found["A"].overrides == ("environment “far”",)
    assert found["TOOL"].overrides == ("session",)
    assert found["NEVER_THERE"].overrides == ()
    assert work_out(layer("far", unset=("A",)), layer("near", {"A": "2"}))["A"].value == "2"


def test_folders_come_before_path_and_the_nearest_ones_first() -> None:
    far = layer("far", {"ROOT": "/far"}, path=("${ROOT}/bin", "~/bin"))
    found = work_out(far, layer("near", {"ROOT": "/near"}, path=("/opt/x",)))["PATH"]
    assert found.value == f"/opt/x:/near/bin:{Path.home()}/bin:/bin".replace(":", os.pathsep)
    assert found.overrides == ("environment “far”", "session")


def test_no_entry_of_path_is_ever_empty() -> None:
    assert work_out(layer("e", {"NOTHING": ""}, path=("${NOTHING}", "/x")), base={})["PATH"].value == "/x"
    assert work_out(layer("e", unset=("PATH",), path=("/x",)))["PATH"].value == "/x"


def test_what_refers_to_a_secret_is_one_and_both_are_masked() -> None:
    found = work_out(
        layer("e", {"URL": "https://u:${PW}@h", "COPY": "${URL}"}, secrets=("PW",)), secrets={"PW": "s3cret"}
    )
    assert (found["URL"].secret, found["COPY"].secret) == (True, True)
    assert found["URL"].value == "https://u:s3cret@h"
    assert found["COPY"].masks == ("https://u:s3cret@h", "s3cret")
    assert "s3cret" not in repr(found)


def test_a_secret_that_is_overridden_with_itself_stays_masked() -> None:
    found = work_out(layer("far", secrets=("PW",)), layer("near", {"PW": "pre-${PW}"}), secrets={"PW": "s3cret"})["PW"]
    assert (found.value, found.secret) == ("pre-s3cret", True)
    assert set(found.masks) == {"pre-s3cret", "s3cret"}


def test_only_secrets_that_count_are_needed() -> None:
    far = layer("far", secrets=("KEPT", "WRAPPED", "HIDDEN", "GONE"))
    near = layer("near", {"WRAPPED": "pre-${WRAPPED}", "HIDDEN": "plain"}, unset=("GONE",), secrets=("OWN",))
    assert secrets_needed((far, near)) == {"KEPT", "WRAPPED", "OWN"}


def test_a_secret_without_a_value_leaves_what_refers_to_it_without_one() -> None:
    found = work_out(layer("e", {"URL": "${PW}"}, secrets=("PW",)))
    assert (found["URL"].value, found["URL"].secret, found["URL"].problem) == (None, True, "")


def test_a_file_stands_below_its_environments_own_variables_and_is_named() -> None:
    files = {"e": {"A": "from ${FILE}", "B": "file", "TOOL": "2"}}
    found = work_out(layer("e", {"B": "own"}, env_file="~/x.env"), files=files)
    assert (found["A"].value, found["A"].origin) == ("from ${FILE}", "file “~/x.env”")
    assert (found["B"].value, found["B"].overrides) == ("own", ("file “~/x.env”",))
    assert found["TOOL"].overrides == ("session",)


def test_what_looks_like_a_secret_in_a_file_is_treated_as_one() -> None:
    files = {
        "e": {
            "API_TOKEN": "12345678",
            "PASSWORD": "root",
            "DATABASE_URL": "postgres://app:pw@db/x",
            "PORT": "123456789",
        }
    }
    found = work_out(layer("e", env_file="/x.env"), files=files)
    assert {name for name, each in found.items() if each.secret} == {"API_TOKEN", "PASSWORD", "DATABASE_URL"}
    assert {mask for each in found.values() for mask in each.masks} == {"12345678", "postgres://app:pw@db/x"}


def test_without_the_base_only_what_lies_above_it_is_told() -> None:
    definition = EnvironmentDefinition(id=1, name="e", layers=(layer("e", {"A": "${HOME}"}),))
    (found,) = effective(definition, BASE, {}, with_base=False)
    assert (found.name, found.value) == ("A", "/home/ada")


NAMES = st.sampled_from("ABC")
PARTS = st.lists(st.sampled_from(["x", "${A}", "${B}", "${C}", "$${A}"]), max_size=3).map("".join)
LAYERS = st.lists(st.dictionaries(NAMES, PARTS), min_size=1, max_size=3)


@given(LAYERS)
def test_every_variable_has_a_value_or_says_why_not(dictionaries: list[dict[str, str]]) -> None:
    layers = tuple(layer(str(number), each) for number, each in enumerate(dictionaries))
    found = work_out(*layers, base={"A": "base"})
    for each in found.values():
        assert (each.value is None) is bool(each.problem)
    assert bool(find_circle(layers)) is any("circle" in each.problem for each in found.values())
