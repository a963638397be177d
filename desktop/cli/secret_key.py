"""The verbs about the key of the secrets: `secret key`, `unlock`, `rotate`, and `export` and `import` of the values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ConflictError, NotFoundError
from core.private_files import write_private
from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.asking import PassphraseFile, enter_passphrase, passphrase_from
from desktop.cli.printing import answer, answer_json, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.secrets.keys import KeyState
    from core.workspace import Workspace

__all__ = ["add_to"]

_NO_KEY = 4
_NO_VALUES_YET = "none yet; the first value makes one in the keyring"
_NOTHING_TO_UNLOCK = {
    "passphrase": "The key is made of a passphrase, so no keyring is to be unlocked. Each program is told it for "
    "itself: enter it in the window or where a verb asks for it, or name its file in CLOCKHAND_PASSPHRASE_FILE.",
    "memory": "The key is in the memory of the running Clockhand alone, so no keyring is to be unlocked. Set the "
    "values in its window.",
}
_KINDS = {
    "keyring": "in the system's keyring",
    "passphrase": "made of a passphrase",
    "memory": "in the memory of the running Clockhand alone",
}


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this subject."""
    app.command(
        short_help="Where the key is, and whether it works.",
        epilog=examples(
            "clockhand secret key", "clockhand secret key --passphrase", "clockhand secret key --start-over"
        ),
    )(key)
    app.command(short_help="Unlock the keyring.", epilog=examples("clockhand secret unlock"))(unlock)
    app.command(short_help="Take a new key.", epilog=examples("clockhand secret rotate"))(rotate)
    app.command(
        short_help="Write the values to a sealed file.", epilog=examples("clockhand secret export values.sealed")
    )(export)
    app.command(
        name="import",
        short_help="Take values over from a sealed file.",
        epilog=examples("clockhand secret import values.sealed", "clockhand secret import values.sealed --replace"),
    )(import_)


def key(
    context: typer.Context,
    *,
    keyring: Annotated[bool, typer.Option("--keyring", help="Keep it in the system's keyring from now on.")] = False,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Make it of a passphrase from now on.")] = False,
    memory: Annotated[bool, typer.Option("--memory", help="Keep values only while the window runs.")] = False,
    start_over: Annotated[bool, typer.Option("--start-over", help="Forget all values: the old key is lost.")] = False,
    passphrase_file: PassphraseFile = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Say where the key of the secrets is, and try it; or choose another place for it, which seals all values anew.

    A passphrase is asked for once per start. An agent without a terminal reads it from the file that
    CLOCKHAND_PASSPHRASE_FILE names, or as the credential “clockhand-passphrase” of systemd (LoadCredential=). With
    --memory values are gone when Clockhand ends, those of now at once: they have to be set in its window each time.

    Exit codes: 0 the key works or the first value can make one, 4 it can't be had now.
    """
    chosen = [name for name, wanted in (("keyring", keyring), ("passphrase", passphrase), ("memory", memory)) if wanted]
    if len(chosen) > 1:
        raise typer.BadParameter("Choose one of --keyring, --passphrase and --memory.", param_hint=f"--{chosen[1]}")
    with Session.of(context, data_dir).open() as workspace:
        if chosen or start_over:
            _choose(workspace, chosen[0] if chosen else None, passphrase_file, start_over=start_over)
            return
        enter_passphrase(workspace, passphrase_file)
        state = workspace.secrets.keys.state()
        _tell(state, as_json=as_json)
        raise typer.Exit(_NO_KEY if state.trouble is not None else 0)


def _tell(state: KeyState, *, as_json: bool) -> None:
    from core.secrets.errors import KeyTrouble

    if as_json:
        answer_json(
            {
                "kind": state.kind and state.kind.value,
                "keyring": state.backend,
                "trouble": state.trouble and state.trouble.value,
                "message": state.sentence,
            }
        )
        return
    if state.kind is not None:
        place = _KINDS[state.kind.value]
    else:
        place = "none yet" if state.trouble is KeyTrouble.ABSENT else _NO_VALUES_YET
    answer(f"Key: {place}" + (f" ({visible(state.backend)})" if state.backend else ""))
    answer("It works." if state.sentence is None else visible(state.sentence))


def _choose(workspace: Workspace, chosen: str | None, passphrase_file: Path | None, *, start_over: bool) -> None:
    from core.secrets import rekeying
    from core.secrets.key_facts import KeyKind

    keys = workspace.secrets.keys
    kind = KeyKind(chosen) if chosen else KeyKind.KEYRING
    if kind is KeyKind.MEMORY and not start_over and any(each.has_value for each in workspace.secrets.states()):
        raise ConflictError(
            "With the key in memory alone, the values of now would be gone at once. Say --start-over as well if that "
            "is what you want."
        )
    if not start_over:
        enter_passphrase(workspace)
    new = None
    if kind is KeyKind.PASSPHRASE:
        new = passphrase_from(passphrase_file, "New passphrase of the secrets", twice=True)
    if start_over:
        count = rekeying.start_over(workspace.database, keys, kind, passphrase=new)
        note(f"{_values(count)} forgotten. The key is {_KINDS[kind.value]} now; set the values again.")
    else:
        count = rekeying.change_key(workspace.database, keys, kind, passphrase=new)
        note(f"{_values(count)} sealed anew. The key is {_KINDS[kind.value]} now.")


def unlock(context: typer.Context, data_dir: DataDir = None) -> None:
    """Let the keyring ask for its password on the screen; jobs that wait for it start at once."""
    from core.secrets.errors import KeyTrouble, KeyUnavailableError
    from core.secrets.key_facts import KeyKind

    with Session.of(context, data_dir).open() as workspace:
        facts = workspace.secrets.keys.facts()
        if facts is not None and facts.kind is not KeyKind.KEYRING:
            raise ConflictError(_NOTHING_TO_UNLOCK[facts.kind.value])
        try:
            workspace.secrets.keys.unlock()
        except KeyUnavailableError as error:
            if error.trouble is KeyTrouble.MUTE:
                note("The keyring may be asking on the screen. Answer there, and say this again.")
            raise
    note("The keyring is unlocked.")


def rotate(context: typer.Context, passphrase_file: PassphraseFile = None, data_dir: DataDir = None) -> None:
    """Seal every value with a new key of the same kind; a passphrase is asked for anew. The old key is deleted."""
    from core.secrets import rekeying
    from core.secrets.key_facts import KeyKind

    with Session.of(context, data_dir).open_existing(_nothing_there()) as workspace:
        keys = workspace.secrets.keys
        facts = keys.facts()
        if facts is None:
            raise _nothing_there()
        if facts.kind is KeyKind.MEMORY:
            raise ConflictError("The key is in memory alone, and is a new one at each start. Nothing was changed.")
        enter_passphrase(workspace)
        new = None
        if facts.kind is KeyKind.PASSPHRASE:
            new = passphrase_from(passphrase_file, "New passphrase of the secrets", twice=True)
        count = rekeying.change_key(workspace.database, keys, passphrase=new)
    note(f"{_values(count)} sealed with a new key.")


def export(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.", show_default=False)],
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Write all values to FILE, sealed with a passphrase of its own, to take them to another machine.

    The definitions go with “clockhand export”. --passphrase-file is the passphrase of FILE.
    """
    from core.secrets.export import export_secrets

    with Session.of(context, data_dir).open_existing(_nothing_there()) as workspace:
        enter_passphrase(workspace)
        passphrase = passphrase_from(passphrase_file, "Passphrase for the file", twice=True)
        data, count = export_secrets(workspace.database, workspace.secrets, passphrase)
    _write_private(file, data)
    note(f"{_values(count)} written to {file}.")


def import_(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What “secret export” wrote.", show_default=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Also where a secret has a value already.")] = False,
    passphrase_file: PassphraseFile = None,
    data_dir: DataDir = None,
) -> None:
    """Take over the values of FILE. Environments and secrets have to be there: “clockhand apply” brings them.

    --passphrase-file is the passphrase of FILE.
    """
    from core.secrets.export import import_secrets, open_export

    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotFoundError("file", str(file)) from error
    with Session.of(context, data_dir).open() as workspace:
        values = open_export(data, passphrase_from(passphrase_file, "Passphrase of the file", twice=False))
        enter_passphrase(workspace)
        found = import_secrets(workspace.database, workspace.secrets, values, replace=replace)
    for environment, name in found.unknown:
        answer(f"no such secret: {visible(name)} of “{visible(environment)}”")
    for environment, name in found.kept:
        answer(f"kept as it was: {visible(name)} of “{visible(environment)}”")
    note(f"{_values(len(found.done))} taken over.")


def _nothing_there() -> ConflictError:
    return ConflictError("No secret has a value yet, so there is no key. Begin with “clockhand secret set ENV NAME”.")


def _values(count: int) -> str:
    return f"{count} value{'' if count == 1 else 's'}"


def _write_private(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone can read, from its first byte on."""
    try:
        write_private(path, data)
    except FileExistsError as error:
        raise ConflictError(f"There is a file {path} already. Name another place.") from error
    except OSError as error:
        raise ConflictError(f"The file {path} can't be written: {error.strerror}. Name another place.") from error
