"""A plan or a report as one page that explains itself to whoever opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reconciler.render import drift as drifted
from reconciler.render import groups, outcomes, wording
from reconciler.render.templating import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model.change import Change
    from reconciler.model.group_by import GroupBy
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan
    from reconciler.model.tag import AccountRef, Place

MOST_CELLS: Final = 20_000
"""Of one account's matrix; a browser lays out more only slowly, and nobody reads them."""


def plan(plan: Plan, *, group_by: GroupBy | None = None) -> str:
    """``plan`` as a whole HTML document; ``group_by``: of its changes, None: as it asks for."""
    name = "Partial plan" if plan.unread else "Plan"
    return page(
        "plan.html.j2",
        title=f"{name}: {wording.summary(plan)}",
        heading=name if plan.changes else wording.no_changes(plan),
        plan=plan,
        tiles=_tiles(plan),
        lost=wording.lost(plan),
        objections=wording.objections(plan),
        matrices=_matrices(plan),
        groups=groups.of(plan, group_by),
        days=wording.trash_days(plan),
    )


def report(report: Report) -> str:
    """``report`` as a whole HTML document."""
    verdict = outcomes.verdict(report)
    verified = " ".join(filter(None, [outcomes.measured(report), outcomes.verification(report)]))
    return page(
        "report.html.j2",
        title=f"{verdict}: {outcomes.counts(report)}",
        verdict=verdict,
        report=report,
        stops=list(outcomes.stops(report)),
        tiles=[
            (word, report.count(result), "create" if result.succeeded else "delete")
            for result, word in outcomes.WORDS.items()
            if report.count(result)
        ],
        bad=outcomes.not_as_planned(report),
        done=outcomes.in_place(report),
        verified=verified.replace(":", ".") if report.differences else verified,
    )


def drift(plan: Plan) -> str:
    """What has drifted as a whole HTML document, for the person on call."""
    sections = [(heading.removesuffix(":"), lines) for heading, lines in drifted.sections(plan)]
    return page("drift.html.j2", title=drifted.headline(plan), sections=sections, plan=plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """A row for each place of ``account`` where something changes, a cell for each of ``names``.

    ``left``: how many more places there are than a browser can show.
    """

    account: AccountRef
    names: Sequence[str]
    rows: Sequence[tuple[Place, Sequence[Sequence[Change]]]]
    left: int


def _matrices(plan: Plan) -> Iterator[Matrix]:
    by_account: dict[str, list[Change]] = {}
    for change in plan.changes:
        by_account.setdefault(change.place.account.id, []).append(change)
    for use in plan.accounts:
        if use.account.id in by_account:
            yield _matrix(use.account, by_account[use.account.id])


def _matrix(account: AccountRef, changes: Sequence[Change]) -> Matrix:
    names = sorted({change.name for change in changes}, key=str.casefold)
    cells: dict[Place, dict[str, list[Change]]] = {}
    for change in changes:
        cells.setdefault(change.place, {}).setdefault(change.name, []).append(change)
    places = sorted(cells, key=lambda place: (place.company is not None, wording.title(place)))
    most = max(MOST_CELLS // len(names), 1)
    columns = names[:MOST_CELLS]
    return Matrix(
        account=account,
        names=columns,
        rows=[(place, [cells[place].get(name, ()) for name in columns]) for place in places[:most]],
        left=max(len(places) - most, 0),
    )


def _tiles(plan: Plan) -> list[tuple[str, int, str]]:
    summary = plan.summary
    tiles = [
        ("to create", summary.create, "create"),
        ("to update", summary.update, "update"),
        *([("to the trash", summary.trash, "update")] if summary.trash else []),
        *([("to merge", summary.merge, "update")] if summary.merge else []),
        ("to delete", summary.delete, "delete"),
        ("unchanged", summary.unchanged, ""),
        ("unmanaged, kept", summary.unmanaged, ""),
    ]
    return [*tiles, ("blocked", summary.blocked, "delete")] if summary.blocked else tiles
