"""The bundle: one TOML file that describes environments, crons, commands, schedules and queues (DESIGN, contracts)."""

from __future__ import annotations

from pathlib import Path

from core.catalog.validation import Known
from core.errors import InvalidError
from core.exchange.bundle_applying import Action, Change, Difference, apply_bundle, plan_apply
from core.exchange.bundle_reading import Bundle, read_bundle
from core.exchange.bundle_writing import export_bundle

__all__ = [
    "Action",
    "Bundle",
    "Change",
    "Difference",
    "apply_bundle",
    "decode_bundle",
    "export_bundle",
    "plan_apply",
    "read_bundle",
    "read_bundle_file",
]


def read_bundle_file(path: Path, known: Known | None = None) -> Bundle:
    """Return the definitions in the file at `path`; see `read_bundle`.

    Raises InvalidError with every problem, also where the file can't be opened or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidError.single(str(path), f"The file can't be read: {reason}. Name a readable file.") from error
    return read_bundle(decode_bundle(data, str(path)), str(path), known)


def decode_bundle(data: bytes, source_name: str) -> str:
    """Return the text of a bundle file, which TOML wants to be UTF-8. Raises InvalidError with the line."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidError.single(source_name, "The file is not UTF-8 text. Save it as UTF-8.", line=line) from error
