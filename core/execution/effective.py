"""Works out the variables of a process: layer upon layer, references resolved, each with where it comes from."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.execution.definitions import Base, EnvironmentDefinition, FileVariables, Layer
from core.execution.references import references, substitute
from core.execution.secret_names import holds_credentials, looks_secret

__all__ = ["BASE_ORIGINS", "EffectiveVariable", "effective", "file_origin", "find_circle", "secrets_needed"]

BASE_ORIGINS = {Base.SESSION: "session", Base.LOGIN: "login shell", Base.CLEAN: "clean"}
"""How each base is called where a variable comes from it."""

_OWN_ORIGIN = "Clockhand"
_PATH = "PATH"
# A shorter value of a name that looks like a secret is masked nowhere: it would tear holes into all other output.
_SHORTEST_GUESSED = 8

_Key = tuple[str, int]
"""A variable as one layer has it: its name, and its place among those of that name; -1 is below all layers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveVariable:
    """One variable that a process will have, or that was taken away from it (`unset`).

    `origin` is “session”, “login shell”, “clean”, “environment “X””, “file “X””, or “Clockhand”; `overrides` names the
    origins, nearest first, whose value of the same name does not count. `value` is None for a secret that has no value
    yet, for what is unset, and where `problem` says why there is none. `refers_to` names what was put into the value.
    `masks` are the texts that no output may show because of it: of a secret, and of what refers to one.
    """

    name: str
    value: str | None = field(repr=False)
    origin: str
    secret: bool = False
    overrides: tuple[str, ...] = ()
    refers_to: tuple[str, ...] = ()
    unset: bool = False
    problem: str = ""
    masks: tuple[str, ...] = field(default=(), repr=False)


def effective(
    environment: EnvironmentDefinition,
    base: Mapping[str, str],
    secrets: Mapping[str, str],
    own: Mapping[str, str] | None = None,
    *,
    files: Mapping[str, FileVariables] | None = None,
    with_base: bool = True,
) -> list[EffectiveVariable]:
    """Return the variables of a process sorted by name: `base`, the environment's layers, `own` of Clockhand.

    `secrets` holds the plain values by variable name; a secret that is not in it has the value None. `files` holds
    what the files of the layers set, by the names of their environments. Without `with_base` what only the base has is
    left out. A reference means the value that the process will have, whichever layer sets it; that of a variable to
    itself means what it inherits. It never raises: see `EffectiveVariable.problem`.
    """
    stacks = _stacks(environment.layers, secrets, files or {})
    resolver = _Resolver(stacks, base, own or {}, BASE_ORIGINS[environment.base])
    found = {name: resolver.top(name) for name in stacks}
    for name, value in (own or {}).items():
        found[name] = EffectiveVariable(name=name, value=value, origin=_OWN_ORIGIN, overrides=resolver.origins(name))
    if with_base:
        for name in base.keys() - found.keys():
            found[name] = resolver.top(name)
    return [found[name] for name in sorted(found)]


def find_circle(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return the names along which variables refer back to themselves, the first one at the end again; empty: none."""
    stacks = _stacks(layers, {}, {})
    resolver = _Resolver(stacks, {}, {}, "")
    for name in stacks:
        if circle := resolver.circle_of(name):
            return circle
    return ()


def secrets_needed(layers: Iterable[Layer]) -> set[str]:
    """Return the names of the secrets whose values a process gets, or that a nearer layer's value refers to."""
    needed: set[str] = set()
    for layer in layers:
        needed.difference_update(layer.unset)
        for variable in layer.variables:
            if variable.secret:
                needed.add(variable.name)
            elif variable.name not in references(variable.value or ""):
                needed.discard(variable.name)
    return needed


def file_origin(env_file: str) -> str:
    """Return how a file is called where a variable comes from it."""
    return f"file “{env_file}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What one layer says about a variable; `folders` come before what is inherited. A `literal` has no references.

    `parts` are secrets that its value holds.
    """

    value: str | None
    origin: str
    secret: bool = False
    guessed: bool = False
    literal: bool = False
    unset: bool = False
    folders: tuple[str, ...] = ()
    parts: tuple[str, ...] = field(default=(), repr=False)


def _stacks(
    layers: Iterable[Layer], secrets: Mapping[str, str], files: Mapping[str, FileVariables]
) -> dict[str, list[_Entry]]:
    layers = tuple(layers)
    declared = frozenset(each.name for layer in layers for each in layer.variables if each.secret)
    stacks: dict[str, list[_Entry]] = {}
    for layer in layers:
        from_file = _file_entries(layer, files.get(layer.environment_name, FileVariables()), declared)
        for name, entry in (*from_file, *_entries(layer, secrets)):
            stacks.setdefault(name, []).append(entry)
    return stacks


def _file_entries(layer: Layer, file: FileVariables, declared: Collection[str]) -> Iterable[tuple[str, _Entry]]:
    """Yield what the file sets: secret is what is `declared` as one, what looks like one, and what holds such a part.

    What a value holds can't be seen from it any more, as its references are replaced already.
    """
    for name, value in file.values.items():
        parts = [
            (part, one in declared)
            for one, part in file.put_in.get(name, ())
            if one in declared or looks_secret(one) or holds_credentials(part)
        ]
        guessed = name not in declared and not any(is_declared for _, is_declared in parts)
        yield (
            name,
            _Entry(
                value=value,
                origin=file_origin(layer.env_file or ""),
                secret=bool(parts) or not guessed or looks_secret(name) or holds_credentials(value),
                guessed=guessed,
                literal=True,
                parts=tuple(sorted(part for part, sure in parts if part and (sure or len(part) >= _SHORTEST_GUESSED))),
            ),
        )


def _entries(layer: Layer, secrets: Mapping[str, str]) -> Iterable[tuple[str, _Entry]]:
    origin = f"environment “{layer.environment_name}”"
    for name in layer.unset:
        yield name, _Entry(value=None, origin=origin, unset=True)
    for variable in layer.variables:
        if variable.secret:
            yield variable.name, _Entry(value=secrets.get(variable.name), origin=origin, secret=True, literal=True)
        else:
            yield variable.name, _Entry(value=variable.value, origin=origin)
    if layer.path:
        yield _PATH, _Entry(value=None, origin=origin, folders=layer.path)


class _Resolver:
    """Works out values in the order in which they need each other, however long the chain."""

    def __init__(
        self, stacks: Mapping[str, list[_Entry]], base: Mapping[str, str], own: Mapping[str, str], base_origin: str
    ) -> None:
        self._stacks = stacks
        self._base = base
        self._own = own
        self._base_origin = base_origin
        self._found: dict[_Key, EffectiveVariable | None] = {}
        self._circles: dict[_Key, tuple[str, ...]] = {}

    def top(self, name: str) -> EffectiveVariable:
        """Return the variable as the process has it; `name` is one of the layers' or of the base."""
        found = self._get(self._top_key(name))
        assert found is not None
        return found

    def origins(self, name: str) -> tuple[str, ...]:
        """Return where the name comes from, nearest first."""
        return self._origins_below((name, len(self._stacks.get(name, ()))))

    def circle_of(self, name: str) -> tuple[str, ...]:
        """Return the circle that the variable is part of or leads to, or nothing."""
        key = self._top_key(name)
        self._get(key)
        return self._circles.get(key, ())

    def _get(self, goal: _Key) -> EffectiveVariable | None:
        chain = [goal]
        while chain:
            key = chain[-1]
            needed = next((each for each in self._needs(key) if each not in self._found), None)
            if needed is None:
                self._found[key] = self._work_out(key)
                chain.pop()
            elif needed in chain:
                self._give_up(chain[chain.index(needed) :])
                chain = chain[: chain.index(needed)]
            else:
                chain.append(needed)
        return self._found[goal]

    def _top_key(self, name: str) -> _Key:
        return name, len(self._stacks.get(name, ())) - 1

    def _needs(self, key: _Key) -> list[_Key]:
        name, place = key
        if place < 0:
            return []
        entry = self._stacks[name][place]
        below = (name, place - 1)
        names = [one for text in self._texts(entry) for one in references(text)]
        keys = [below if one == name else self._top_key(one) for one in names]
        return [below, *keys] if entry.folders else keys

    @staticmethod
    def _texts(entry: _Entry) -> Sequence[str]:
        if entry.folders:
            return entry.folders
        return () if entry.literal or entry.value is None else (entry.value,)

    def _give_up(self, circle: list[_Key]) -> None:
        """Say of all variables in the circle that they have no value."""
        names = [name for number, (name, _) in enumerate(circle) if number == 0 or circle[number - 1][0] != name]
        path = (*names, names[0])
        chain = " → ".join(path)
        for key in circle:
            problem = f"The variables refer to each other in a circle: {chain}. Write a value into one of them."
            self._circles[key] = path
            self._found[key] = self._without_value(key, problem)

    def _without_value(self, key: _Key, problem: str) -> EffectiveVariable:
        name, place = key
        entry = self._stacks[name][place]
        return EffectiveVariable(
            name=name, value=None, origin=entry.origin, overrides=self._origins_below(key), problem=problem
        )

    def _origins_below(self, key: _Key) -> tuple[str, ...]:
        name, place = key
        layers = [entry.origin for entry in reversed(self._stacks.get(name, [])[:place])]
        return (*layers, self._base_origin) if name in self._base else tuple(layers)

    def _work_out(self, key: _Key) -> EffectiveVariable | None:
        name, place = key
        if place < 0:
            return self._lowest(name)
        entry = self._stacks[name][place]
        needed = self._needs(key)
        if circle := next((self._circles[each] for each in needed if each in self._circles), None):
            self._circles[key] = circle
        below = self._found.get((name, place - 1)) if entry.folders else None
        if problem := self._problem(key, entry):
            return self._without_value(key, problem)
        sources = [found for each in needed if (found := self._found[each]) is not None and not found.unset]
        secret = entry.secret or any(source.secret for source in sources)
        has_all = all(source.value is not None for source in sources)
        value = self._value(key, entry, below) if has_all else None
        return EffectiveVariable(
            name=name,
            value=value,
            origin=entry.origin,
            secret=secret,
            overrides=self._origins_below(key),
            refers_to=tuple(dict.fromkeys(one for text in self._texts(entry) for one in references(text))),
            unset=entry.unset,
            masks=_masks(entry, value, sources),
        )

    def _lowest(self, name: str) -> EffectiveVariable | None:
        if name in self._own:
            return EffectiveVariable(name=name, value=self._own[name], origin=_OWN_ORIGIN)
        if name in self._base:
            return EffectiveVariable(name=name, value=self._base[name], origin=self._base_origin)
        return None

    def _problem(self, key: _Key, entry: _Entry) -> str:
        """Return why a reference of this variable leads nowhere, or nothing."""
        name, place = key
        for one in (one for text in self._texts(entry) for one in references(text)):
            found = self._found[(name, place - 1) if one == name else self._top_key(one)]
            where = f"The variable {name} of {entry.origin} refers to "
            if found is not None and found.problem:
                return found.problem
            if found is not None and not found.unset:
                continue
            if one == name:
                return f"{where}itself, and nothing below it sets {one}. Write a value, or set {one} where it extends."
            why = f"which {found.origin} takes away" if found else "which is set nowhere"
            return f"{where}{one}, {why}. Set {one}, or write $${{{one}}} where the text itself is meant."
        below = self._found.get((name, place - 1)) if entry.folders else None
        return below.problem if below else ""

    def _value(self, key: _Key, entry: _Entry, below: EffectiveVariable | None) -> str | None:
        name, place = key

        def look_up(one: str) -> str:
            found = self._found[(name, place - 1) if one == name else self._top_key(one)]
            return (found.value if found else None) or ""

        if entry.folders:
            # An empty entry of PATH would mean the current directory.
            folders = [_home(substitute(folder, look_up)) for folder in entry.folders]
            parts = [*folders, (below.value if below else None) or ""]
            return os.pathsep.join(part for part in parts if part)
        return entry.value if entry.literal or entry.value is None else substitute(entry.value, look_up)


def _home(folder: str) -> str:
    try:
        return str(Path(folder).expanduser()) if folder.startswith("~") else folder
    except RuntimeError:
        return folder  # no such user: a folder that is not there, as any other in PATH may be


def _masks(entry: _Entry, value: str | None, sources: Iterable[EffectiveVariable]) -> tuple[str, ...]:
    inherited = tuple(dict.fromkeys((*entry.parts, *(mask for source in sources for mask in source.masks))))
    is_own = entry.secret and not (entry.guessed and len(value or "") < _SHORTEST_GUESSED)
    return tuple(dict.fromkeys((value, *inherited))) if value and (is_own or inherited) else inherited
