"""Makes the name of a file of any text, such that every system takes it."""

from __future__ import annotations

import re

__all__ = ["file_name"]

_LONGEST_BYTES = 200  # of 255 that most file systems take, so that other programs may add something
# What Windows refuses in a name (“Naming Files, Paths, and Namespaces”), and what is not to be seen.
_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", re.IGNORECASE)


def file_name(text: str, suffix: str, *, otherwise: str) -> str:
    """Return the text as the name of a file with this suffix, shortened in its middle; `otherwise` where none is left.

    What stands in the way becomes a hyphen.
    """
    name = " ".join(_REFUSED.sub("-", text).split()).strip(" .-") or otherwise
    name = _RESERVED.sub(r"\1-", name, count=1) if _RESERVED.match(name) else name
    room = _LONGEST_BYTES - len(suffix.encode())
    data = name.encode()
    if len(data) > room:
        # Both ends say more than the middle: the beginning what it is, the end which one.
        end = data[-(room // 3) :].decode(errors="ignore")
        name = f"{data[: room - room // 3 - 3].decode(errors='ignore').rstrip()}…{end.lstrip()}"
    return name + suffix
