"""One call as far as it can be changed, and the change that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum


class CallField(StrEnum):
    """What can be changed of a call, in the order in which it is shown."""

    TAGS = "tags"
    NOTE = "note"
    LEAD_STATUS = "lead_status"
    VALUE = "value"
    CUSTOMER_NAME = "customer_name"
    SPAM = "spam"


PLAIN = (CallField.NOTE, CallField.LEAD_STATUS, CallField.VALUE, CallField.CUSTOMER_NAME)
"""The fields that hold one text, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as last read. ``tags`` are the names of its tags; None: not all of them are shown.

    ``value`` is an amount as text. One that is marked as spam can't be read any more.
    """

    id: str
    company_id: str
    tags: tuple[str, ...] | None
    note: str | None = None
    lead_status: str | None = None
    value: str | None = None
    customer_name: str | None = None
    spam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEdit:
    """The change of one call: a text that is None stays as it is, and "" clears it."""

    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    note: str | None = None
    lead_status: str | None = None
    value: str | None = None
    customer_name: str | None = None
    spam: bool = False

    @property
    def fields(self) -> tuple[CallField, ...]:
        """The fields that it is about."""
        asked = [one for one in PLAIN if getattr(self, one) is not None]
        tags = [CallField.TAGS] if self.add_tags or self.remove_tags else []
        return (*tags, *asked, *([CallField.SPAM] if self.spam else []))

    def applied(self, call: Call) -> Call:
        """``call`` as it will be."""
        kept = tuple(name for name in call.tags or () if name not in self.remove_tags)
        added = tuple(dict.fromkeys(name for name in self.add_tags if name not in kept))
        return replace(
            call,
            tags=call.tags if call.tags is None else kept + added,
            note=_changed(call.note, self.note),
            lead_status=_changed(call.lead_status, self.lead_status),
            value=_changed(call.value, self.value),
            customer_name=_changed(call.customer_name, self.customer_name),
            spam=call.spam or self.spam,
        )


def _changed(now: str | None, asked: str | None) -> str | None:
    return now if asked is None else asked or None


def call_differences(before: Call, after: Call) -> tuple[CallField, ...]:
    """The fields in which two readings of a call differ; the order of tags is none of theirs."""
    return tuple(one for one in CallField if _comparable(before, one) != _comparable(after, one))


def _comparable(call: Call, field: CallField) -> object:
    value = getattr(call, field)
    match field:
        case CallField.TAGS:
            return None if value is None else frozenset(value)
        case CallField.VALUE:
            return amount(value) if value else None
        case CallField.SPAM:
            return value
        case _:
            return value or None


def amount(text: str) -> Decimal | None:
    """The amount that ``text`` writes as CallRail takes it, ``$1.00`` or ``1.00``; None: none."""
    try:
        found = Decimal(text.removeprefix("$").replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
