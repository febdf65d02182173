"""Model values for tests: each builder supplies whatever does not matter to the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.model.change import Change, Create, Delete, Reason, Update
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Status, Tag, differing

if TYPE_CHECKING:
    from reconciler.planning import Draft

Kind = TypeVar("Kind", Create, Update, Delete)
ACME = AccountRef("acme", "ACC019c46b8a0807fbdb81c8bf12af91cb3", "Acme Dental Group")


def company(name: str = "Dental North", *, id: str | None = None, active: bool = True) -> Company:  # noqa: A002 - the model's word
    """A company whose id follows from its name."""
    return Company(id or "COM" + name.encode("utf-8", "surrogatepass").hex()[:32], name, active)


def place(company_name: str | None = None, *, account: AccountRef = ACME) -> Place:
    """Account level, or the company of that name."""
    return Place(account, None if company_name is None else company(company_name))


def live_tag(id: int = 1, name: str = "Opportunity", **values: Any) -> LiveTag:  # noqa: A002 - the model's word
    """An enabled gray tag on account level."""
    defaults = {"color": "gray1", "status": Status.ENABLED, "company_id": None}
    return LiveTag(id=id, name=name, **{**defaults, **values})


def create(name: str = "Schedule requested", color: str | None = "orange3", **rest: Any) -> Create:
    """A create on account level."""
    after = Tag(name, color, rest.pop("status", Status.ENABLED))
    return Create(after=after, **{"place": place(), **rest})


def update(before: Tag, after: Tag, *, tag_id: int = 7886728, **rest: Any) -> Update:
    """An update on account level, with the fields that differ."""
    values = {"place": place(), "fields": differing(before, after), **rest}
    return Update(before=_live(tag_id, before, values["place"]), after=after, **values)


def delete(name: str = "Old campaign", *, tag_id: int = 7886733, **rest: Any) -> Delete:
    """A delete on account level."""
    before = Tag(name, rest.pop("color", "gray1"), rest.pop("status", Status.ENABLED))
    values = {"place": place(), "reason": Reason.STATE, **rest}
    return Delete(before=_live(tag_id, before, values["place"]), **values)


def plan(*changes: Change, **rest: Any) -> Plan:
    """A plan of ``changes``, over their accounts (or ACME)."""
    accounts = dict.fromkeys(change.place.account for change in changes) or {ACME: None}
    rest.setdefault("accounts", tuple(AccountUse(account=account) for account in accounts))
    return Plan(changes=changes, **rest)


def only(drafted: Draft, kind: type[Kind]) -> Kind:
    """The one change of ``drafted``, which is of that kind."""
    (change,) = drafted.changes
    assert isinstance(change, kind)
    return change


def _live(tag_id: int, tag: Tag, there: Place) -> LiveTag:
    return LiveTag(tag_id, tag.name, tag.color, tag.status, there.company_id)
