"""Addresses in outputs: those that programs mark (OSC 8), those that stand in the text, and which may be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

__all__ = ["LONGEST_ADDRESS", "address_to_open", "marked_address", "plain_addresses"]

LONGEST_ADDRESS = 2083  # what the proposal of OSC 8 hyperlinks asks terminals to hold

_ACTIVE = frozenset({"http", "https", "file", "mailto"})
_PLAIN = re.compile(r"\b(?:https?://|file:///|mailto:[^\s@<>]{1,64}@)[^\s<>\"`{}|\\^\x00-\x20]{1,2000}", re.IGNORECASE)
_BRACKETS = {")": "(", "]": "["}
_NEVER_LAST = ".,;:!?'*_~\N{RIGHT DOUBLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"


def marked_address(body: str) -> str | None:
    """Return the address of the OSC sequence with this body, "" where a link ends, None where it is no link.

    The body is `8;parameters;address`. The parameter `id` joins the parts of a link that was broken over lines; each
    part opens the same address, so that it needs no joining here. An address that is too long counts as none.
    """
    if not body.startswith("8;"):
        return None
    address = body[2:].partition(";")[2]
    return address if len(address) <= LONGEST_ADDRESS and address.isprintable() else ""


def plain_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (first character, end, address) of each address that stands in the text.

    A sentence's mark at the end is not part of it, nor is a closing bracket that it did not open.
    """
    for match in _PLAIN.finditer(text):
        address = match[0]
        while address and (address[-1] in _NEVER_LAST or _closes_more(address)):
            address = address[:-1]
        if address.partition(":")[2].strip("/"):
            yield match.start(), match.start() + len(address), address


def address_to_open(address: str, this_host: str = "") -> str | None:
    """Return the address as it may be opened by the desktop, or None when nothing must happen.

    Only http, https, file and mailto are active. A file must lie on this machine: programs write its name into file
    addresses (`ls --hyperlink`), and it is taken out; any other host would be asked over the network by some systems.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in _ACTIVE or not address.isprintable() or " " in address:
        return None
    if parts.scheme != "file":
        return address if parts.scheme == "mailto" or parts.netloc else None
    if parts.netloc.lower() not in {"", "localhost", this_host.lower()} or parts.path.startswith("//"):
        return None
    return parts._replace(netloc="").geturl() if parts.path.startswith("/") else None


def _closes_more(address: str) -> bool:
    opening = _BRACKETS.get(address[-1])
    return opening is not None and address.count(address[-1]) > address.count(opening)
