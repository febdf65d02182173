"""Model values for tests: each builder supplies whatever does not matter to the test."""

from __future__ import annotations

from typing import Any

from reconciler.model.change import Action, Change, Reason
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.tag import AccountRef, Company, LiveTag, Place, Status, Tag, differing

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


def create(name: str = "Schedule requested", color: str | None = "orange3", **rest: Any) -> Change:
    """A create on account level."""
    after = Tag(name, color, rest.pop("status", Status.ENABLED))
    return _change(action=Action.CREATE, tag_id=None, before=None, after=after, **rest)


def update(before: Tag, after: Tag, *, tag_id: int = 7886728, **rest: Any) -> Change:
    """An update on account level, with the fields that differ."""
    rest.setdefault("fields", differing(before, after))
    return _change(action=Action.UPDATE, tag_id=tag_id, before=before, after=after, **rest)


def delete(name: str = "Old campaign", *, tag_id: int = 7886733, **rest: Any) -> Change:
    """A delete on account level."""
    rest.setdefault("reason", Reason.STATE)
    before = Tag(name, rest.pop("color", "gray1"), rest.pop("status", Status.ENABLED))
    return _change(action=Action.DELETE, tag_id=tag_id, before=before, after=None, **rest)


def plan(*changes: Change, **rest: Any) -> Plan:
    """A plan of ``changes``, over their accounts (or ACME)."""
    accounts = dict.fromkeys(change.place.account for change in changes) or {ACME: None}
    rest.setdefault("accounts", tuple(AccountUse(account=account) for account in accounts))
    return Plan(changes=changes, **rest)


def _change(**values: Any) -> Change:
    values.setdefault("place", place())
    return Change(**values)
