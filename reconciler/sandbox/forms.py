"""Form submissions: list with filters, one, update with its tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

from reconciler.sandbox.answers import FORBIDDEN, Refusal
from reconciler.sandbox.assignments import FORM
from reconciler.sandbox.interactions import Interactions, row_tags
from reconciler.sandbox.summaries import FORM_FIGURES, Summaries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.sandbox.answers import Asked, Response, Row
    from reconciler.sandbox.where import Where

SHOWN = (
    "id",
    "company_id",
    "person_id",
    "form_data",
    "form_url",
    "landing_page_url",
    "referrer",
    "referring_url",
    "submitted_at",
    "first_form",
    "customer_name",
    "customer_email",
    "customer_phone_number",
    "source",
    "keywords",
    "campaign",
    "medium",
)
ADDED = ("company_name", "lead_status", "note", "value")


class Forms(Interactions):
    """The form submissions of all accounts."""

    kind = FORM
    path = "form_submissions"
    moment = "submitted_at"
    sorts: ClassVar[Mapping[str, str]] = {
        name: f"forms.{column}"
        for name, column in {
            "submitted_at": "moment",
            "customer_name": "customer_name",
            "customer_email": "customer_email",
            "customer_phone_number": "customer_phone_number",
            "source": "source",
            "form_url": "form_url",
        }.items()
    }

    def handle(self, account_id: str, asked: Asked) -> Response:
        """Answer a request below ``/a/ACCOUNT``; the figures too."""
        if self.switches.form_tracking == "off":
            # Where no company has form tracking (C).
            raise Refusal(403, FORBIDDEN)
        if (asked.method, asked.parts) == ("GET", ("forms", "summary.json")):
            return Summaries(self, FORM_FIGURES).summary(account_id, asked)
        return super().handle(account_id, asked)

    def narrow(self, where: Where, asked: Asked) -> None:
        """By person, lead status, search, tags."""
        where.equal(asked, person_id="forms.person_id")
        self._narrow_by_lead_status(where, asked)
        columns = ("customer_name", "customer_email", "customer_phone_number", "note", "source")
        where.containing(asked.one("search"), *columns)
        self._narrow_by_tags(where, asked, self.switches.form_tags_filter)

    def shape(self, row: Row, fields: Sequence[str]) -> Row:
        """A form submission as the reference shows it (B)."""
        shown = {name: row[name] for name in SHOWN}
        shown["form_data"] = json.loads(row["form_data"] or "{}")
        shown["first_form"] = bool(row["first_form"])
        return shown | {name: row[name] for name in ADDED if name in fields}

    def tags_of(self, tags: Sequence[Row], fields: Sequence[str]) -> object:
        """Its tags, where ``fields`` asks for them."""
        return row_tags(tags, fields, self.switches.form_tags)
