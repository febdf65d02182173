"""Finds the flows that apply a tag: a delete takes the tag out of them (B), silently.

Terms. A *message flow* names tags by id, in steps of type ``tag`` (B); it is listed without its
steps and read by its own request. A *call flow* belongs to a tracker and has steps where its type
is ``advanced`` (B).

Premise. What the Tag step of a call flow looks like is not published (D). A flow that is overlooked
breaks without a word; one that is suspected wrongly stops a delete, and somebody checks.

Method. In a step whose type names tags, and below a key that does, any value that is the tag's
id or name means that the flow applies it. Anywhere else the same value means that it may. Ids of
steps are no ids of tags. What can't be read, or is too much, leaves the number unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.callrail.concurrency import Memo
from reconciler.callrail.interactions import row_id
from reconciler.callrail.paging import listing_of, read_all, remaining_pages
from reconciler.callrail.wire import plain_row
from reconciler.concurrency import side_by_side
from reconciler.errors import ProtocolError
from reconciler.model.change import Applied, Count
from reconciler.text.quote import LONGEST
from reconciler.text.visible import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.callrail.api import ApiSession
    from reconciler.model.tag import LiveTag

MOST_MESSAGE_FLOWS: Final = 50
"""Most message flows that are read: each costs a request."""
MOST_TRACKER_PAGES: Final = 20
_DEEPEST: Final = 20
"""Levels of nesting that are searched; a real step has two or three."""

JsonRow = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The words and numbers of one flow by which it may name tags.

    ``company_id`` is the company of its tracker; None where that is not known or there are several.
    ``name`` is what people know it by: a call flow is known by its tracker.
    """

    name: str = ""
    company_id: str | None = None
    named: frozenset[str] = frozenset()
    suspected: frozenset[str] = frozenset()

    def applies(self, tag: LiveTag) -> bool | None:
        """Whether it applies ``tag``; None: it may."""
        if str(tag.id) in self.named:
            return True
        other = self.company_id is not None and tag.company_id not in {None, self.company_id}
        if tag.name in self.named and not other:
            return True
        return None if {str(tag.id), tag.name} & self.suspected and not other else False


class FlowReader:
    """The flows of one account, each kind read once."""

    def __init__(self, session: ApiSession, account: str) -> None:
        self._session = session
        self._account = account
        self._message_flows = Memo(self._read_message_flows)
        self._call_flows = Memo(self._read_call_flows)

    async def message_flows(self) -> tuple[Flow, ...]:
        """Every message flow. Raises AuthError, QuotaError or an ApiError; too many are one."""
        return await self._message_flows.of(None)

    async def call_flows(self) -> tuple[Flow, ...]:
        """Every advanced call flow of a tracker in use. Raises as ``message_flows``."""
        return await self._call_flows.of(None)

    async def _read_message_flows(self, _key: None) -> tuple[Flow, ...]:
        keys = ("message-flows", "message_flows")
        rows = await self._all("message-flows.json", keys, most_pages=1)
        if len(rows) > MOST_MESSAGE_FLOWS:
            raise ProtocolError(f"{len(rows)} message flows, more than {MOST_MESSAGE_FLOWS}")
        return tuple(
            await side_by_side(self._message_flow(row_id(row, "message flows")) for row in rows)
        )

    async def _message_flow(self, flow_id: str) -> Flow:
        answer = await self._session.get(self._account, "message-flows", f"{flow_id}.json")
        row = plain_row(answer.payload)
        return _flow(row.get("steps"), name=_name(row), company_id=None)

    async def _read_call_flows(self, _key: None) -> tuple[Flow, ...]:
        rows = await self._all("trackers.json", ("trackers",), most_pages=MOST_TRACKER_PAGES)
        return tuple(flow for row in rows if (flow := _call_flow(row)) is not None)

    async def _all(
        self, file: str, keys: tuple[str, ...], *, most_pages: int
    ) -> tuple[JsonRow, ...]:
        listing = listing_of(
            self._session,
            self._account,
            file,
            rows=keys,
            parse=plain_row,
            key=lambda row: row_id(row, keys[0]),
        )
        first = await listing.fetch(1)
        if (remaining_pages(first) or 0) >= most_pages:
            raise ProtocolError(f"{first.total:,} {keys[0].replace('-', ' ')}, more than are read")
        return await read_all(listing, first=first)


def count(flows: Iterable[Flow], tag: LiveTag, *, shared: bool) -> Applied:
    """Which of ``flows`` apply ``tag``; ``shared``: another tag has its name too."""
    least, names = 0, []
    for flow in flows:
        applies = flow.applies(tag)
        least += applies is True and (not shared or str(tag.id) in flow.named)
        names += [] if applies is False else [flow.name]
    return Applied(Count.between(least, len(names)), tuple(filter(None, names)))


def _call_flow(tracker: JsonRow) -> Flow | None:
    """The flow of a tracker that is in use and whose flow has steps."""
    flow = tracker.get("call_flow")
    if tracker.get("status") == "disabled" or not isinstance(flow, Mapping):
        return None
    if "steps" not in flow and flow.get("type") != "advanced":
        return None
    company = tracker.get("company")
    company_id = company.get("id") if isinstance(company, Mapping) else tracker.get("company_id")
    known = company_id if isinstance(company_id, str) else None
    return _flow(flow.get("steps"), name=_name(tracker), company_id=known)


def _name(row: JsonRow) -> str:
    name = row.get("name")
    return safe_text(name, limit=LONGEST) if isinstance(name, str) else ""


def _flow(steps: object, *, name: str, company_id: str | None) -> Flow:
    """A flow from its steps, a list or a mapping by id. Raises ProtocolError for anything else."""
    if isinstance(steps, Mapping):
        steps = list(steps.values())
    if not isinstance(steps, list):
        raise ProtocolError("a flow's 'steps' are neither a list nor an object")
    named: set[str] = set()
    suspected: set[str] = set()
    for step in steps:
        kind = step.get("type") if isinstance(step, Mapping) else None
        tagging = isinstance(kind, str) and _TAG.search(kind) is not None
        for key, value in _values(step, key="", depth=0):
            if tagging or _TAG.search(key):
                named.add(value)
            else:
                suspected.add(value)
    return Flow(
        name=name,
        company_id=company_id,
        named=frozenset(named),
        suspected=frozenset(suspected),
    )


def _values(value: object, *, key: str, depth: int) -> Iterator[tuple[str, str]]:
    """Texts and whole numbers anywhere in ``value``, with the keys that they stand under."""
    if depth > _DEEPEST:
        raise ProtocolError("a flow's step is nested too deeply")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if not _is_step_id(str(name), key):
                yield from _values(inner, key=f"{key}.{name}", depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, key=key, depth=depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield key, str(value)


def _is_step_id(name: str, outer: str) -> bool:
    """Whether ``name`` holds what a step is called or which one follows, and so no tag."""
    return name.endswith("step_id") or (name in {"id", "type"} and not outer)


_TAG: Final = re.compile(r"(?<![A-Za-z])[Tt]ag|Tag")
"""``tag_ids``, ``apply_tag``, ``applyTags``; not ``percentage``."""
