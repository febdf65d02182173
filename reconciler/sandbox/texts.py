"""Text threads: list, search, one, update with its tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.assignments import TEXT
from reconciler.sandbox.interactions import Interactions
from reconciler.sandbox.tagging import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.answers import Asked, Row
    from reconciler.sandbox.dates import Period
    from reconciler.sandbox.where import Where


class Texts(Interactions):
    """The text threads of all accounts."""

    kind = TEXT
    path = "sms-threads"
    moment = "last_message_at"
    sorts: ClassVar[Mapping[str, str]] = {"last_message_at": "texts.moment"}
    editable: ClassVar[Mapping[str, str]] = {
        **Interactions.editable,
        "notes": "note",
        "lead_qualification": "lead_status",
    }

    @property
    def rows_key(self) -> str:
        """Nothing is published on it (D)."""
        return self.switches.threads_key

    def period(self, account_id: str, asked: Asked) -> Period:
        """Threads take days only, both or none (B)."""
        return self._calendar(account_id).days(asked)

    def narrow(self, where: Where, asked: Asked) -> None:
        """By what ``search`` finds in a number, a name or a tag's name (B)."""
        text, setting = asked.one("search"), self.switches.text_search
        if text is None or setting == "ignored":
            return
        words = [one.lower() for one in re.findall(r"\w+", text) if setting == "fuzzy"]
        words = words or [text.lower()]
        clauses = []
        for number, word in enumerate(words):
            key = f"word{number}"
            where.parameters[key] = word
            clauses += [
                f"instr(lower(coalesce(customer_phone_number, '')), :{key})",
                f"instr(lower(coalesce(customer_name, '')), :{key})",
            ]
        if setting != "tagless":
            clauses.append(
                self._having(where, asked, lambda name: any(word in name.lower() for word in words))
            )
        where.add(f"({' OR '.join(clauses)})")

    def shape(self, row: Row, fields: Sequence[str]) -> Row:  # noqa: ARG002 - one shape only
        """A thread as the reference shows it (B)."""
        return {
            "id": row["id"],
            "notes": row["note"],
            "value": row["value"],
            "lead_qualification": row["lead_status"],
            "company_id": row["company_id"],
            "initial_tracker_id": row["initial_tracker_id"],
            "current_tracker_id": row["current_tracker_id"],
            "customer_name": row["customer_name"],
            "customer_phone_number": row["customer_phone_number"],
            "state": row["state"],
            "company_time_zone": row["company_time_zone"],
        }

    def tags_of(self, tags: Sequence[Row], fields: Sequence[str]) -> object:  # noqa: ARG002 - always
        """Its tags by name, asked for or not (B)."""
        return [tag["name"] for tag in tags]


class Conversations(Texts):
    """The older address of the same threads, as public clients still read it (C)."""

    path = "text-messages"

    @property
    def rows_key(self) -> str:
        """As clients read it (C)."""
        return "conversations"

    def period(self, account_id: str, asked: Asked) -> Period:
        """Any range, as for calls."""
        return self._calendar(account_id).period(asked)

    def shape(self, row: Row, fields: Sequence[str]) -> Row:
        """A thread, with the time of its last message."""
        return {**super().shape(row, fields), "last_message_at": row["last_message_at"]}

    def tags_of(self, tags: Sequence[Row], fields: Sequence[str]) -> object:  # noqa: ARG002 - never
        """Conversations have no tags; threads have."""
        return LEFT_OUT
