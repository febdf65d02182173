"""Several live former names of one declaration: which is renamed, and how much each is used.

Which one carries the history that matters only a person can say. The order in which the names are
written decides, and the warning shows what each is on, so that the order can be made right before
anything is sent. Counting costs requests, so it is done outside of planning and put in here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.codes import PlanCode
from reconciler.model.problem import Mark, Problem, Severity
from reconciler.text.plural import count, few

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.model.change import Count, Loss
    from reconciler.model.state import Declaration
    from reconciler.model.tag import LiveTag, Place


class Contest(NamedTuple):
    """``tags`` of ``place`` with former names of ``declaration``; the first one is renamed."""

    place: Place
    declaration: Declaration
    tags: tuple[LiveTag, ...]


def contests_of(
    place: Place, declared: Iterable[tuple[Declaration, Sequence[LiveTag]]]
) -> Iterator[Contest]:
    """The declarations of ``place`` that have several live former names."""
    for declaration, tags in declared:
        if len(tags) > 1:
            yield Contest(place, declaration, tuple(tags))


def several_former(
    contests: Iterable[Contest], uses: Mapping[tuple[Place, int], Loss]
) -> Iterator[Problem]:
    """One warning a declaration and set of names, in the order of the files.

    ``uses`` holds what was counted, by place and tag id; what is not there is not spoken of.
    """
    found: dict[tuple[Declaration, tuple[str, ...]], list[Contest]] = defaultdict(list)
    for contest in contests:
        names = tuple(dict.fromkeys(tag.name for tag in contest.tags))
        found[contest.declaration, names].append(contest)
    for (_declaration, names), alike in sorted(found.items(), key=lambda item: item[0][0].source):
        yield _problem(names, alike, uses)


def _problem(
    names: Sequence[str], alike: Sequence[Contest], uses: Mapping[tuple[Place, int], Loss]
) -> Problem:
    declaration = alike[0].declaration
    first, *others = (f'"{name}"{_used(name, alike, uses)}' for name in names)
    are = "is" if len(others) == 1 else "are"
    return Problem(
        code=PlanCode.SEVERAL_FORMER.value,
        message=f'{first}, the first former name as written, is renamed to "{declaration.name}"; '
        f"{', '.join(others)} {are} left alone ({few([one.place for one in alike])})",
        hint="A rename carries one tag's history only. To give what has the others the same tag, "
        "write `merged_from` in place of `renamed_from`; else put the one that matters most first.",
        marks=(Mark(declaration.source),),
        severity=Severity.WARNING,
    )


def _used(name: str, alike: Sequence[Contest], uses: Mapping[tuple[Place, int], Loss]) -> str:
    """What the tags called ``name`` are on; empty where one of them was not counted."""
    tags = [(one.place, tag) for one in alike for tag in one.tags if tag.name == name]
    losses = [uses.get((place, tag.id)) for place, tag in tags]
    known = [loss for loss in losses if loss is not None]
    if not known or len(known) < len(losses):
        return ""
    total = known[0]
    for loss in known[1:]:
        total += loss
    kinds = (("call", total.calls), ("form", total.forms), ("text", total.texts))
    counts = [_number(noun, one) for noun, one in kinds if not one.none]
    return f" (on {', '.join(counts) or 'nothing'})"


def _number(noun: str, found: Count) -> str:
    if found.number == 0:
        return f"an unknown number of {noun}s"
    sure = {"exact": "", "at_least": "at least ", "at_most": "at most "}[found.precision.value]
    return f"{sure}{count(found.number, noun)}"
