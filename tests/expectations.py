"""Desired and live state for tests of planning, with whatever does not matter supplied."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.model.problem import Source
from reconciler.model.state import (
    Account,
    Declaration,
    DesiredAccount,
    LiveAccount,
    Policy,
)
from reconciler.planning import draft as _draft
from tests.builders import ACME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model.tag import Company, LiveTag

TODAY = date(2026, 11, 25)
draft = partial(_draft, today=TODAY)


def declare(name: str = "Opportunity", **values: Any) -> Declaration:
    """A block that asks for an enabled tag of any colour."""
    values.setdefault("source", Source("reconciler.yaml", 7, 5))
    return Declaration(name=name, **values)


def desired(
    *account_level: Declaration,
    companies: Iterable[tuple[Company, tuple[Declaration, ...]]] = (),
    promoted: Mapping[str, Mapping[str, Declaration]] | None = None,
    **policy: Any,
) -> DesiredAccount:
    """ACME with these declarations; ``policy`` is the account's."""
    pairs = list(companies)
    tags: dict[str | None, dict[str, Declaration]] = {}
    if account_level:
        tags[None] = {one.name: one for one in account_level}
    for company, declarations in pairs:
        tags[company.id] = {one.name: one for one in declarations}
    return DesiredAccount(
        account=Account(ref=ACME, source=Source("reconciler.yaml", 3), policy=Policy(**policy)),
        companies={company.id: company for company, _declarations in pairs},
        tags=tags,
        promoted=promoted or {},
    )


def live(*tags: LiveTag, companies: Iterable[Company] = (), unread: int = 0) -> LiveAccount:
    """ACME as it is."""
    return LiveAccount(
        account=ACME, tags=tags, companies={one.id: one for one in companies}, unread=unread
    )
