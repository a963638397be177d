"""The verb that writes schedules as a crontab: `export-crontab`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import NotFoundError
from desktop.cli.arguments import DataDir, Json, examples
from desktop.cli.catalog import write_file
from desktop.cli.printing import answer_bytes, answer_json, note, visible
from desktop.cli.session import Session

if TYPE_CHECKING:  # they bring the database along, which the verbs about time do without
    from core.crontab.writing import WrittenCrontab

__all__ = ["add_to"]

_STDOUT = "-"


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command(
        name="export-crontab",
        short_help="Write schedules as a crontab.",
        epilog=examples(
            "clockhand export-crontab", "clockhand export-crontab jobs.crontab --schedule 'orders each morning'"
        ),
    )(export_crontab)


def export_crontab(
    context: typer.Context,
    *,
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to; - is standard output.", show_default=False)
    ] = _STDOUT,
    schedule: Annotated[
        list[str] | None, typer.Option("--schedule", metavar="NAME", help="This one alone; may be repeated.")
    ] = None,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Write schedules as a crontab that cron runs and `import crontab` reads.

    What a crontab can't say stands in its comments, and is told here: a line with “!” runs otherwise under cron, one
    with “-” has no line. Cron is not told of the file: “crontab FILE” does that.
    """
    session = Session.of(context, data_dir)
    written = _written(session, schedule or [])
    if as_json:
        remarks = [{"schedule": r.schedule, "text": r.text, "left_out": r.left_out} for r in written.remarks]
        answer_json({"crontab": written.text, "remarks": remarks})
    elif file == _STDOUT:
        answer_bytes(written.text.encode())
    if file != _STDOUT:
        write_file(Path(file), written.text)
        note(f"Written to {file}.")
    for remark in written.remarks:
        note(f"{'-' if remark.left_out else '!'} {visible(remark.schedule)}: {visible(remark.text)}")


def _written(session: Session, names: list[str]) -> WrittenCrontab:
    from core.crontab.writing import Definitions, write_crontab
    from core.inspection import own_session

    if not session.has_data():
        if names:
            raise NotFoundError("schedule", names[0])
        note(session.no_data_yet())
        return write_crontab(Definitions(schedules=[], commands={}, environments={}, crons={}), {})
    with session.open() as workspace:
        catalog = workspace.catalog
        chosen = [catalog.schedule(name) for name in names] if names else catalog.schedules()
        return write_crontab(
            Definitions(
                schedules=[record.spec for record in chosen],
                commands={record.spec.name: record.spec for record in catalog.commands()},
                environments={record.spec.name: record.spec for record in catalog.environments()},
                crons={record.spec.name: record.spec for record in catalog.crons()},
            ),
            own_session(),
        )
