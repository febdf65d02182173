"""Reads one call and changes it, so that what it had and was not asked about stays.

A tag is added by ``append_tags`` (B), which a server may not know: then the tags of a call would be
replaced. So the call is read before and after, and what was replaced is put back. A tag can only be
taken off by writing the whole list, which therefore rests on a read just before.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from reconciler.callrail.api import AmbiguousError
from reconciler.callrail.exchange import Method, Request, path
from reconciler.callrail.interactions import shown_tags
from reconciler.callrail.retry import READ_AFTER, Verdict
from reconciler.callrail.wire import object_id, plain_row
from reconciler.errors import (
    ApplyError,
    NotFoundError,
    ProtocolError,
    ReconcilerError,
    RefusedError,
    RejectedError,
)
from reconciler.model.call import PLAIN, Call, CallField, call_differences
from reconciler.text.plural import listed
from reconciler.text.quote import quoted, quoted_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.callrail.api import ApiSession
    from reconciler.model.call import CallEdit

LOG: Final = logging.getLogger("reconciler.api")
_FIELDS: Final = "tags,company_id,note,lead_status,value"
_TIMES: Final = 3
"""How often a change of unknown effect is sent: sending it again does no harm."""
_READ_AFTER: Final = (0.0, *READ_AFTER[:2])


class CallEditor:
    """The calls of one account, one at a time."""

    def __init__(self, session: ApiSession, account: str) -> None:
        self._session = session
        self._account = account

    async def read(self, call_id: str) -> Call:
        """The call; NotFoundError where there is none, or it is marked as spam."""
        answer = await self._session.get(
            self._account, "calls", f"{call_id}.json", query=(("fields", _FIELDS),)
        )
        return _call(plain_row(answer.payload))

    async def update(self, before: Call, edit: CallEdit) -> Call:
        """Make ``edit`` to a call that was shown as ``before``; the call as read back.

        Raises RefusedError where what it rests on has changed since, RejectedError where the server
        says no, ApplyError where the change was sent and the call is not, or not certainly, as
        asked.
        """
        now = await self.read(before.id)
        _refuse_changed(before, now, edit)
        wanted = edit.applied(now)
        if not call_differences(now, wanted):
            return now
        seen = await self._written(now, wanted, _body(now, wanted, edit))
        if _replaced(now, wanted, seen):
            LOG.warning("the server replaced the call's tags instead of adding; they are put back")
            seen = await self._written(seen, wanted, {"tags": list(wanted.tags or ())})
        if unmet := _unmet(wanted, seen, edit):
            raise ApplyError(
                f"call {now.id} is not as asked after the change: "
                + listed([f"{one} is {_shown(seen, one)}" for one in unmet], last="and"),
                hint="Look at it in CallRail, and run it again.",
            )
        return seen

    async def _written(self, now: Call, wanted: Call, body: Mapping[str, object]) -> Call:
        """The call as read after ``body`` was sent, again where that had no effect for certain."""
        request = Request(
            method=Method.PUT,
            path=path("v3", "a", self._account, "calls", f"{now.id}.json"),
            body=body,
            account=self._account,
        )
        ambiguous: AmbiguousError | None = None
        for _ in range(_TIMES):
            try:
                await self._session.call(request)
                ambiguous = None
            except AmbiguousError as outcome:
                ambiguous = outcome
            except ReconcilerError as error:
                if ambiguous is not None:
                    raise _unknown(now, f"{ambiguous}; then {error.message}") from error
                raise
            seen = await self._read_after(now, wanted)
            if call_differences(now, seen) or ambiguous is None:
                return seen
            if ambiguous.verdict is Verdict.CONTRADICTED:
                raise RejectedError(f"refused: {ambiguous.message}", status=ambiguous.status or 0)
        raise _unknown(now, str(ambiguous))

    async def _read_after(self, now: Call, wanted: Call) -> Call:
        """The call after a write; again where it shows nothing of it, for reads may lag (D)."""
        since = self._session.run.now()
        seen = now
        for moment in _READ_AFTER:
            try:
                await self._session.run.sleep(since + moment - self._session.run.now())
                seen = await self.read(now.id)
            except NotFoundError as error:
                if wanted.spam:
                    return wanted
                raise _unknown(now, error.message) from error
            except ReconcilerError as error:
                raise _unknown(now, f"reading it back failed: {error.message}") from error
            if not call_differences(seen, wanted) or _replaced(now, wanted, seen):
                break
        return seen


def _call(row: Mapping[str, object]) -> Call:
    names, certain = shown_tags(row.get("tags"))
    value = row.get("value")
    return Call(
        id=object_id(row.get("id"), "id"),
        company_id=object_id(row.get("company_id"), "company_id"),
        tags=tuple(sorted(names)) if certain else None,
        value=None if value is None or isinstance(value, bool) else str(value),
        note=_text(row, CallField.NOTE),
        lead_status=_text(row, CallField.LEAD_STATUS),
        customer_name=_text(row, CallField.CUSTOMER_NAME),
    )


def _text(row: Mapping[str, object], field: CallField) -> str | None:
    value = row.get(field)
    if value is not None and not isinstance(value, str):
        raise ProtocolError(f"a call's {field.value!r} is not a text")
    return value or None


def _refuse_changed(before: Call, now: Call, edit: CallEdit) -> None:
    """Raise RefusedError where the change would overwrite what nobody was shown."""
    if CallField.TAGS in edit.fields and now.tags is None:
        raise RefusedError(
            f"the answer does not show all tags of call {now.id}, so nothing would show whether "
            "they stay",
            hint="Use a key that sees them, or change the tags in CallRail.",
        )
    rests_on = [one for one in edit.fields if one is not CallField.TAGS or edit.remove_tags]
    changed = [one for one in call_differences(before, now) if one in rests_on]
    if now.company_id != before.company_id or changed:
        what = listed([f"{one} is {_shown(now, one)}" for one in changed], last="and")
        raise RefusedError(
            f"call {now.id} has changed since it was shown: {what or 'it is of another company'}",
            hint="Nothing was changed. Run it again.",
        )


def _body(now: Call, wanted: Call, edit: CallEdit) -> dict[str, object]:
    """What PUT takes (B), and of it only what differs."""
    differing = call_differences(now, wanted)
    body: dict[str, object] = {one.value: getattr(wanted, one) for one in PLAIN if one in differing}
    tags, had = wanted.tags or (), now.tags or ()
    if CallField.TAGS in differing and set(edit.remove_tags) & set(had):
        body["tags"] = list(tags)
    elif CallField.TAGS in differing:
        body |= {"tags": [name for name in tags if name not in had], "append_tags": True}
    if CallField.SPAM in differing:
        body["spam"] = True
    return body


def _replaced(now: Call, wanted: Call, seen: Call) -> bool:
    """Whether the tags that were to be added are all that the call has."""
    added = set(wanted.tags or ()) - set(now.tags or ())
    kept = set(wanted.tags or ()) & set(now.tags or ())
    return bool(added and kept) and seen.tags is not None and set(seen.tags) == added


def _unmet(wanted: Call, seen: Call, edit: CallEdit) -> list[CallField]:
    """What was asked for and is not so; tags that others have added meanwhile are theirs."""
    differing = [one for one in call_differences(wanted, seen) if one in edit.fields]
    has = set(seen.tags or ())
    if set(wanted.tags or ()) <= has and not has & set(edit.remove_tags):
        differing = [one for one in differing if one is not CallField.TAGS]
    return differing


def _shown(call: Call, field: CallField) -> str:
    value = getattr(call, field)
    if field is CallField.TAGS:
        return "not shown" if value is None else quoted_all(value) or "none"
    return "not set" if value in {None, False} else quoted(value)


def _unknown(call: Call, why: str) -> ApplyError:
    return ApplyError(
        f"whether call {call.id} was changed is not known: {why}",
        hint="Run it again: it reads the call first.",
    )
