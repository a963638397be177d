"""Signs stand for the values of secrets where an environment is only looked at."""

from __future__ import annotations

from core.execution.definitions import EnvironmentDefinition, Layer, VariableDefinition
from core.secrets.stand_ins import stand_ins


def layer(name: str, *secrets: str, **plain: str) -> Layer:
    hidden = [VariableDefinition(name=each, value=None, secret=True) for each in secrets]
    shown = [VariableDefinition(name=each, value=value) for each, value in plain.items()]
    return Layer(environment_name=name, variables=(*hidden, *shown))


def test_the_nearest_environment_that_sets_a_secret_decides() -> None:
    layers = (layer("far", "A", "B", "C", "D", "E"), layer("near", "B", "F", C="plain", D="pre-${D}"))
    definition = EnvironmentDefinition(id=1, name="near", layers=layers)
    held = {("far", name) for name in "ABCD"} | {("near", "F"), ("other", "E")}
    assert stand_ins(definition, held, "*") == {"A": "*", "D": "*", "F": "*"}
