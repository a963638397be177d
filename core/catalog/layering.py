"""Puts an environment together with what it extends, from definitions that need not be saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from core.catalog.specs import EnvironmentSpec
from core.execution.definitions import Base, EnvironmentDefinition, Layer, VariableDefinition
from core.execution.effective import find_circle

__all__ = ["circle_among", "definition_of"]


def definition_of(spec: EnvironmentSpec, specs: Mapping[str, EnvironmentSpec]) -> EnvironmentDefinition:
    """Return the environment as if it were saved, with what it extends of `specs`.

    A circle or a name without a definition ends the chain.
    """
    layers = tuple(map(_layer, reversed(_chain(spec, specs))))
    return EnvironmentDefinition(id=0, name=spec.name, base=Base(spec.base), layers=layers)


def circle_among(spec: EnvironmentSpec, specs: Mapping[str, EnvironmentSpec]) -> tuple[str, tuple[str, ...]] | None:
    """Return an environment in which variables would refer back to themselves, with the circle, or None.

    That is looked for in `spec` and in what builds on it: a variable that an ancestor sets may be the missing link.
    """
    together = {**specs, spec.name: spec}
    builders: dict[str | None, list[EnvironmentSpec]] = defaultdict(list)
    for each in together.values():
        builders[each.extends].append(each)
    waiting, seen = [spec], {spec.name}
    while waiting:
        each = waiting.pop(0)
        if circle := find_circle(tuple(map(_layer, reversed(_chain(each, together))))):
            return each.name, circle
        new = [one for one in builders[each.name] if one.name not in seen]
        seen.update(one.name for one in new)
        waiting += new
    return None


def _chain(spec: EnvironmentSpec, specs: Mapping[str, EnvironmentSpec]) -> list[EnvironmentSpec]:
    """Return the environment and what it extends, nearest first."""
    chain = [spec]
    names = {spec.name}
    while chain[-1].extends is not None and chain[-1].extends not in names:
        parent = specs.get(chain[-1].extends)
        if parent is None:
            break
        chain.append(parent)
        names.add(parent.name)
    return chain


def _layer(spec: EnvironmentSpec) -> Layer:
    plain = [VariableDefinition(name=name, value=value) for name, value in spec.variables.items()]
    secret = [VariableDefinition(name=name, value=None, secret=True) for name in spec.secrets]
    return Layer(
        environment_name=spec.name,
        variables=(*plain, *secret),
        unset=spec.unset,
        path=spec.path,
        working_directory=spec.working_directory,
        env_file=spec.env_file,
    )
