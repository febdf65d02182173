"""Payloads to values and back, strictly: a wrong type is an error, never a guess."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from reconciler.errors import ProtocolError
from reconciler.model.tag import Company, Level, LiveTag, Status, completed, differing
from reconciler.provider import OddTag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.tag import Place, Tag

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_LARGEST_ID: Final = 2**63 - 1
_STATUS = {status.value: status for status in Status}
_LEVEL = {level.value: level for level in Level}


def live_tag(row: object) -> LiveTag:
    """A tag of a listing (A).

    Raises ProtocolError for a field that is missing or of another type. Fields that are not known
    are ignored; ``color`` may be null or missing. Strings that repeat are shared.
    """
    # Written out for rows of account level as they should be: a listing may have 100,000.
    if type(row) is dict:
        number, name, color, status = map(row.get, ("id", "name", "color", "status"))
        if (
            type(number) is int
            and 0 < number <= _LARGEST_ID
            and type(name) is type(color) is type(status) is str
            and status in _STATUS
            and row.get("tag_level") == "account"
            and row.get("company_id") is None
        ):
            return LiveTag(number, name, sys.intern(color), _STATUS[status], None)
    return checked_tag(row)


def checked_tag(row: object) -> LiveTag:
    """The same step by step, which tells what is wrong."""
    fields = _mapping(row, "tag")
    level = _LEVEL.get(_string(fields, "tag_level"))
    status = _STATUS.get(_string(fields, "status"))
    if level is None or status is None:
        wrong = "tag_level" if level is None else "status"
        raise ProtocolError(f"a tag's {wrong!r} is {_shown(fields[wrong])}")
    company_id = fields.get("company_id")
    if (company_id is None) != (level is Level.ACCOUNT):
        raise ProtocolError(f"a tag of level {level} has company_id {_shown(company_id)}")
    color = fields.get("color")
    if color is not None and not isinstance(color, str):
        raise ProtocolError(f"a tag's 'color' is {_shown(color)}, not a string")
    return LiveTag(
        id=tag_id(fields.get("id")),
        name=_string(fields, "name"),
        color=None if color is None else sys.intern(color),
        status=status,
        company_id=None if company_id is None else sys.intern(object_id(company_id, "company_id")),
    )


def listed_tag(row: object, page: int) -> LiveTag | OddTag:
    """A row of ``page`` of a listing: a tag, or what is known of one that is odd.

    Raises ProtocolError for what is not even an object.
    """
    try:
        return live_tag(row)
    except ProtocolError as odd:
        fields = _mapping(row, "tag")
        level, company_id = fields.get("tag_level"), fields.get("company_id")
        at_company = isinstance(company_id, str) and _ID.fullmatch(company_id) is not None
        name = fields.get("name")
        return OddTag(
            id=_id_as_it_came(fields.get("id")),
            name=name if isinstance(name, str) else None,
            company_id=company_id if isinstance(company_id, str) and at_company else None,
            placed=(level == Level.COMPANY and at_company)
            or (level == Level.ACCOUNT and company_id is None),
            page=page,
            why=odd.message,
        )


def _id_as_it_came(value: object) -> str:
    try:
        return str(tag_id(value))
    except ProtocolError:
        return _shown(value)


def made_tag(payload: object, place: Place, tag: Tag) -> LiveTag:
    """The tag that the answer to a create describes.

    What such an answer holds is not published, so only id and name must be there; a field that it
    leaves out is as it was asked for. Raises ProtocolError for one that is of another type.
    """
    fields = _mapping(payload, "tag")
    _string(fields, "name")
    asked = {
        "tag_level": place.level.value,
        "company_id": place.company_id,
        "color": tag.color,
        "status": tag.status.value,
    }
    return live_tag({**asked, **fields})


def changed_tag(payload: object, before: LiveTag, after: Tag) -> LiveTag:
    """The tag that the answer to an update describes; only its id must be there."""
    tag = completed(before, after)
    asked = {
        "name": tag.name,
        "tag_level": (Level.ACCOUNT if before.company_id is None else Level.COMPANY).value,
        "company_id": before.company_id,
        "color": tag.color,
        "status": tag.status.value,
    }
    return live_tag({**asked, **_mapping(payload, "tag")})


def company(row: object) -> Company:
    """A company of a listing (A); any status but ``active`` counts as not active (C)."""
    fields = _mapping(row, "company")
    return Company(
        id=sys.intern(object_id(fields.get("id"), "id")),
        name=_string(fields, "name"),
        active=_string(fields, "status") == "active",
    )


def plain_row(row: object) -> Mapping[str, object]:
    """A row as it came, once it is known to be an object."""
    return _mapping(row, "row")


def tag_id(value: object) -> int:
    """A tag's id: a positive integer (A), or its digits as text (B shows both). ProtocolError."""
    number = int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= _LARGEST_ID:
        raise ProtocolError(f"a tag's 'id' is {_shown(value)}, not a positive integer")
    return number


def object_id(value: object, field: str) -> str:
    """An id such as ``COM…`` that can stand in an address. Raises ProtocolError."""
    if not isinstance(value, str) or _ID.fullmatch(value) is None:
        raise ProtocolError(f"{field!r} is {_shown(value)}, not an id")
    return value


def count(value: object, field: str) -> int | None:
    """A page's number, which may be missing. Raises ProtocolError for what is not a count."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ProtocolError(f"{field!r} is {_shown(value)}, not a count")
    return value


def create_body(place: Place, tag: Tag) -> dict[str, object]:
    """What POST takes (A, C): a colour left out is the server's choice."""
    body: dict[str, object] = {"name": tag.name, "tag_level": place.level.value}
    if tag.color is not None:
        body["color"] = tag.color
    if place.company_id is not None:
        body["company_id"] = place.company_id
    return body


def update_body(before: LiveTag, after: Tag) -> dict[str, object]:
    """What PUT takes (B): name, color and disabled, and of these only what differs."""
    values: dict[str, tuple[str, object]] = {
        "name": ("name", after.name),
        "color": ("color", after.color),
        "status": ("disabled", after.status is Status.DISABLED),
    }
    return dict(values[field] for field in differing(before, after))


def _mapping(row: object, what: str) -> dict[str, object]:
    if not isinstance(row, dict):
        raise ProtocolError(f"a {what} is {_shown(row)}, not an object")
    return row


def _string(fields: Mapping[str, object], field: str) -> str:
    value = fields.get(field)
    if not isinstance(value, str):
        raise ProtocolError(f"{field!r} is {_shown(value)}, not a string")
    return value


def _shown(value: object) -> str:
    """A foreign value, short: its type where its text could be long."""
    if value is None or isinstance(value, bool | int):
        return str(value)[:24] if value is not None else "missing"
    return ascii(value)[:40] if isinstance(value, str) else f"a {type(value).__name__}"
