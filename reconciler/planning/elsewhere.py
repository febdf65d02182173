"""What the rest of an account holds of the names that its declarations speak of.

Declarations are matched place by place; what these warnings tell is seen by nobody who looks at one
place alone. A name that lives on both levels is two tags to the people who pick one, and a former
name that is live in a place where it is not listed is still written by something. Only enabled
tags count, as they will be once the plan is carried out: a disabled one can't be newly applied, so
disabling it is a way to be done. What is declared where it lives is meant, and stays quiet.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.model.change import Delete, Merge, Update
from reconciler.model.codes import PlanCode
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.model.state import State
from reconciler.model.tag import Status
from reconciler.text.plural import count, few
from reconciler.text.quote import double_quoted, quoted_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag, Place


def elsewhere(
    places: Mapping[str | None, Place],
    declared: Mapping[str | None, Mapping[str, Declaration]],
    live: Mapping[str | None, Sequence[LiveTag]],
    changes: Iterable[Change],
    covers: Callable[..., bool],
) -> Iterator[Problem]:
    """One warning a declaration and finding, in the order of the files.

    ``places``: those that the run covers, by company id (None: account level); ``declared`` and
    ``live`` by the same keys; ``covers`` tells which names are in the work.
    """
    strangers = _strangers(places, declared, live, changes)
    found: list[Problem] = []
    for declaration, own in _blocks(places, declared) if strangers else ():
        if not covers(declaration.name, *declaration.former_names):
            continue
        found += _other_level(declaration, own, strangers.get(declaration.name, ()))
        if declaration.state is not State.ABSENT:
            found += _former(declaration, own, strangers)
    return iter(sorted(found, key=lambda one: (one.source is None, one.source, one.code)))


def _blocks(
    places: Mapping[str | None, Place],
    declared: Mapping[str | None, Mapping[str, Declaration]],
) -> list[tuple[Declaration, dict[Place, None]]]:
    """Each declaration once, with the covered places in which it lands."""
    found: dict[Declaration, dict[Place, None]] = {}
    for company_id, blocks in declared.items():
        place = places.get(company_id)
        if place is not None:
            for declaration in blocks.values():
                found.setdefault(declaration, {})[place] = None
    return list(found.items())


def _strangers(
    places: Mapping[str | None, Place],
    declared: Mapping[str | None, Mapping[str, Declaration]],
    live: Mapping[str | None, Sequence[LiveTag]],
    changes: Iterable[Change],
) -> dict[str, list[tuple[Place, LiveTag]]]:
    """Enabled tags that stay under a name of some declaration, where they live undeclared."""
    names = {name for blocks in declared.values() for name in blocks}
    formers = {f for blocks in declared.values() for b in blocks.values() for f in b.former_names}
    leaving = {change.tag_id for change in changes if _leaves(change)}
    found: dict[str, list[tuple[Place, LiveTag]]] = defaultdict(list)
    for company_id, tags in live.items():
        blocks = declared.get(company_id, {})
        listed = {former for block in blocks.values() for former in block.former_names}
        for tag in tags if company_id in places else ():
            if tag.name in blocks or tag.name in listed:
                continue
            known = tag.name in names or tag.name in formers
            if known and tag.status is Status.ENABLED and tag.id not in leaving:
                found[tag.name].append((places[company_id], tag))
    return found


def _leaves(change: Change) -> bool:
    """Whether the tag won't be there any more, under its name and as enabled as it is."""
    match change:
        case Update(fields=fields):
            return "name" in fields or "status" in fields
        case _:
            return isinstance(change, Merge | Delete)


def _other_level(
    declaration: Declaration,
    own: Mapping[Place, None],
    strangers: Sequence[tuple[Place, LiveTag]],
) -> Iterator[Problem]:
    """The declared name is live on the level on which it is not declared."""
    on_account = [place for place in own if place.company is None]
    in_companies = [place for place in own if place.company is not None]
    upper = [place for place, _tag in strangers if place.company is None]
    lower = [place for place, _tag in strangers if place.company is not None]
    name = f'"{declaration.name}"'
    if in_companies and upper and not on_account:
        ours = count(len(in_companies), "company", "companies")
        if declaration.state is State.ABSENT:
            message = f"{name} is declared absent in {ours} and stays live on account level"
            hint = (
                "People of these companies go on seeing it. Declare it absent without "
                "`companies` too, or delete this block."
            )
        else:
            message = f"{name} is declared in {ours} and is live on account level too"
            hint = (
                "People of these companies see two. Keep one: delete `companies` here to manage "
                "the account's own, or declare that one `state: disabled` without `companies`."
            )
        yield _problem(declaration, PlanCode.OTHER_LEVEL, f"{message} ({few(upper)})", hint)
    if on_account and lower:
        theirs = count(len(lower), "company", "companies")
        if declaration.state is State.ABSENT:
            message = f"{name} is declared absent on account level and stays live in {theirs}"
            hint = (
                "People of these companies go on seeing it. Declare it absent with "
                "`companies: all` too, or delete this block."
            )
        else:
            message = f"{name} is declared on account level and is live in {theirs} too"
            item = f"{{name: {double_quoted(declaration.name)}, companies: all}}"
            hint = (
                "People of these companies see two. To give what has theirs this one, and keep "
                f"theirs in the trash, write here:\nmerged_from: [{item}]"
            )
        yield _problem(declaration, PlanCode.OTHER_LEVEL, f"{message} ({few(lower)})", hint)


def _former(
    declaration: Declaration,
    own: Mapping[Place, None],
    strangers: Mapping[str, Sequence[tuple[Place, LiveTag]]],
) -> Iterator[Problem]:
    """A former name lives in a place in which this declaration does not land."""
    found = {
        former: there
        for former in declaration.former_names
        if (there := [place for place, _tag in strangers.get(former, ()) if place not in own])
    }
    if not found:
        return
    there = list(dict.fromkeys(place for listed in found.values() for place in listed))
    names = quoted_all(found)
    many = len(found) > 1
    yield _problem(
        declaration,
        PlanCode.FORMER_ELSEWHERE,
        f'the former {"names" if many else "name"} {names} of "{declaration.name}" '
        f"{'are' if many else 'is'} live in {count(len(there), 'other place', 'other places')} "
        f"({few(there)})",
        "Something still writes it there: a person, an automation rule or a flow. Declare "
        f'"{declaration.name}" there too, so that it is renamed, or disable it there.',
    )


def _problem(declaration: Declaration, code: PlanCode, message: str, hint: str) -> Problem:
    return Problem(code.value, message, hint, (Mark(declaration.source),), Severity.WARNING)
