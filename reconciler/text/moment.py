"""A moment of a document as people read it."""

from __future__ import annotations

import re
from typing import Final

_UTC: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}:[0-9]{2})(?::[0-9.]+)?Z")


def moment(written: str) -> str:
    """``2026-11-01 07:00 UTC`` of ``2026-11-01T07:00:00Z``; of anything else ``an unknown time``.

    Nothing foreign gets through, so it needs no escaping wherever it is shown.
    """
    found = _UTC.fullmatch(written)
    return f"{found[1]} {found[2]} UTC" if found else "an unknown time"
