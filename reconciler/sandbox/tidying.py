"""What a server may make of a tag's name (D: nothing is published; switch names)."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_BREAK: Final = re.compile("[\u00a0\u2007\u202f]")

TIDIED: Final[dict[str, Callable[[str], str]]] = {
    "kept": lambda name: name,
    "trim": str.strip,
    "collapse": lambda name: " ".join(name.split()),
    "lower": str.lower,
    "capitalize": lambda name: name[:1].upper() + name[1:].lower(),
    "nfc": lambda name: unicodedata.normalize("NFC", name),
    "nfd": lambda name: unicodedata.normalize("NFD", name),
    "nbsp": lambda name: _NO_BREAK.sub(" ", name),
    "visible": lambda name: "".join(
        one for one in name if unicodedata.category(one) not in {"Cc", "Cf"}
    ),
}
