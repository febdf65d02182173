"""``--company`` and ``--tag`` that match nothing: misspelt, they would pass for no changes.

Both are wrong usage. A tag that the same command deleted yesterday is no such case: what is deleted
is declared `absent`, and stays declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.names import glob
from reconciler.model.trash import original
from reconciler.text.nearest import did_you_mean
from reconciler.text.plural import listed
from reconciler.text.quote import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from reconciler.config import Configuration
    from reconciler.model.state import Desired, LiveAccount
    from reconciler.model.tag import Company
    from reconciler.planning import Narrowing


def check_companies(
    patterns: Sequence[str], configuration: Configuration, desired: Desired
) -> None:
    """Raise UsageError for a pattern that no active company of the accounts matches."""
    if not patterns:
        return
    if not any(configuration.needs_companies(one.handle) for one in configuration.accounts):
        raise UsageError(
            f"--company {quoted(patterns[0])}: nothing is declared on company level",
            hint="Leave --company out; every tag here is on account level.",
        )
    refuse_unknown_companies(
        patterns, [one for account in desired.accounts for one in account.companies.values()]
    )


def refuse_unknown_companies(patterns: Iterable[str], known: Sequence[Company]) -> None:
    """Raise UsageError for a pattern that none of the active ones of ``known`` matches."""
    active = {text for one in known if one.active for text in (one.name, one.id)}
    for pattern in patterns:
        matches = glob(pattern)
        if any(map(matches, active)):
            continue
        disabled = next((one for one in known if matches(one.name) or matches(one.id)), None)
        if disabled is not None:
            raise UsageError(
                f"--company {quoted(pattern)} matches no active company: "
                f"{quoted(disabled.name)} is disabled",
                hint="Leave it out, or enable the company in CallRail.",
            )
        raise UsageError(
            f"--company {quoted(pattern)} matches no company",
            hint=_near(pattern, {one.name for one in known if one.active})
            or "`reconciler get companies` lists them.",
        )


def declared_names(configuration: Configuration) -> set[str]:
    """Every name and former name that is declared."""
    return {name for entry in configuration.entries for name in entry.names}


def check_tags(patterns: Iterable[str], names: Collection[str], *, unread: bool) -> None:
    """Raise UsageError for a pattern that none of ``names``, declared or live, matches.

    ``unread``: live tags in places where nothing is declared were not read.
    """
    for pattern in patterns:
        if any(map(glob(pattern), names)):
            continue
        where = " in the places where tags are declared" if unread else ""
        raise UsageError(
            f"--tag {quoted(pattern)} matches no tag, declared or live{where}",
            hint=_near(pattern, names)
            or f"Declared or live: {listed(map(quoted, sorted(names)))}.",
        )


def check_seen(narrowing: Narrowing, readings: Sequence[LiveAccount]) -> None:
    """Raise UsageError for a pattern that nothing matches in ``readings``, which are whole."""
    companies = {one.name: one.id for live in readings for one in live.companies.values()}
    for pattern in narrowing.companies:
        if not any(map(glob(pattern), (*companies, *companies.values()))):
            raise UsageError(
                f"--company {quoted(pattern)} matches no company of either reading",
                hint=_near(pattern, companies),
            )
    names = {
        name for live in readings for tag in live.tags for name in (tag.name, original(tag.name))
    }
    for pattern in narrowing.tags:
        if not any(map(glob(pattern), names)):
            raise UsageError(
                f"--tag {quoted(pattern)} matches no tag of either reading",
                hint=_near(pattern, names),
            )


def _near(pattern: str, names: Iterable[str]) -> str | None:
    return did_you_mean(pattern.replace("*", ""), sorted(names), most=3)
