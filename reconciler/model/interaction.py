"""What callers left behind and a tag is put on: calls, form submissions, text threads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Which of CallRail's three kinds an interaction is."""

    CALL = "call"
    FORM = "form"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One call, form submission or text thread, and the names of its tags, as last read.

    ``id`` is the API's (``CAL…``, ``FRM…`` or a thread's); ``company_id`` is whose it is.
    """

    kind: Kind
    id: str
    company_id: str
    tags: tuple[str, ...]
