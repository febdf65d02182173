"""What a reviewer should know about a plan although nothing forbids it.

One finding in 1,000 companies is one warning that counts them, not 1,000 warnings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.names import skeleton
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.model.quoting import double_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import Declaration
    from reconciler.model.tag import Place
    from reconciler.planning.matching import Matches

BOTH_LIVE = "PLAN001"
SEVERAL_FORMER = "PLAN002"
DUPLICATES = "PLAN003"
LOOK_ALIKE = "PLAN004"
MOVED = "PLAN005"
# PLAN006 was a --tag that matches nothing; codes are not used again.

MEANINGS = {
    BOTH_LIVE: "A former name is still live beside the declared one; it is left alone.",
    SEVERAL_FORMER: "Several former names are live; the oldest tag is renamed, the rest stay.",
    DUPLICATES: "Several live tags of one place bear the declared name; the oldest is managed.",
    LOOK_ALIKE: "A tag will be created beside one that looks like its former self.",
    MOVED: "A tag is created in one place and deleted in another; its calls do not move.",
}

_NAMED_PLACES = 3
_SPELLING = 0.8
"""Least likeness of two spellings of one word; below it, "Quote" and "Quota" would still pass."""
_SPELLING_PAIRS = 20_000
"""Pairs of names compared by spelling in a place at most: some 20 us each."""


@dataclass(frozen=True, slots=True)
class _Finding:
    code: str
    source: Source | None
    subject: str
    detail: tuple[str, ...]


@dataclass(slots=True)
class _Alikes:
    """What looks like the former self of one declaration, over all of its places."""

    places: list[Place] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    deleted: bool = False
    declared_absent: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Advice:
    """Collects findings over an account's places.

    ``deletes_unmanaged``: whether the account's policy is to delete what nobody declared.
    """

    deletes_unmanaged: bool = False
    _places: dict[_Finding, list[Place]] = field(default_factory=lambda: defaultdict(list))
    _alikes: dict[int, tuple[Declaration, _Alikes]] = field(default_factory=dict)

    def look_at(self, place: Place, matches: Matches, covers: Callable[..., bool]) -> None:
        """Note what is remarkable about one place; ``covers`` tells which names are in the work."""
        for finding in (*_renames(matches), *_duplicates(matches)):
            if covers(finding.subject, *finding.detail):
                self._places[finding].append(place)
        absent = {tag.name for _declaration, tag in matches.unwanted}
        for declaration, twins in _look_alikes(matches, absent):
            if covers(declaration.name, *twins):
                _declaration, known = self._alikes.setdefault(
                    id(declaration), (declaration, _Alikes())
                )
                known.places.append(place)
                known.names.update(twins)
                known.declared_absent.update(absent.intersection(twins))
                known.deleted |= self.deletes_unmanaged or not absent.isdisjoint(twins)

    def problems(self) -> Iterator[Problem]:
        """One warning a finding, in the order of the files."""
        found = [_problem(finding, places) for finding, places in self._places.items()]
        found += [_alike(declaration, known) for declaration, known in self._alikes.values()]
        yield from sorted(
            found, key=lambda one: (one.source or Source("", 0), one.code, one.message)
        )

    @staticmethod
    def moves(changes: Sequence[Change]) -> Iterator[Problem]:
        """Warn of each name that is deleted in one place and created in another."""
        created: dict[str, Change] = {}
        for change in changes:
            if change.action is Action.CREATE:
                created.setdefault(change.name, change)
        told: set[str] = set()
        for change in changes:
            there = created.get(change.name)
            if change.action is Action.DELETE and there and change.name not in told:
                told.add(change.name)
                yield Problem(
                    code=MOVED,
                    message=f'"{change.name}" is created in {there.place} and deleted in '
                    f"{change.place}; its calls do not move with it",
                    hint="Keep the old one with `state: disabled` if its history matters.",
                    marks=_marks(there.source),
                    severity=Severity.WARNING,
                )


def _renames(matches: Matches) -> Iterator[_Finding]:
    for name, tags in matches.renames.leftovers.items():
        source = matches.declared[name].source
        taken = matches.renames.takeovers.get(name)
        names = tuple(sorted({tag.name for tag in tags}))
        if taken is None:
            yield _Finding(BOTH_LIVE, source, name, names)
        else:
            yield _Finding(SEVERAL_FORMER, source, name, (taken.name, *names))


def _duplicates(matches: Matches) -> Iterator[_Finding]:
    for name, tags in matches.duplicates.items():
        source = matches.declared[name].source
        yield _Finding(DUPLICATES, source, name, tuple(str(tag.id) for tag in tags))


def _look_alikes(
    matches: Matches, absent: Iterable[str]
) -> Iterator[tuple[Declaration, Sequence[str]]]:
    """Declarations to be created, with the names of the leaving tags that they look like."""
    names = sorted({*(tag.name for tag in matches.unmanaged), *absent})
    if not names or not matches.missing:
        return
    by_skeleton: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_skeleton[skeleton(name)].append(name)
    spelling = len(names) * len(matches.missing) <= _SPELLING_PAIRS
    for declaration in matches.missing:
        twins = by_skeleton.get(skeleton(declaration.name), [])
        if not twins and spelling:
            twins = _nearest(declaration.name, names)
        if twins:
            yield declaration, twins


def _nearest(name: str, candidates: Iterable[str]) -> list[str]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(skeleton(name))
    best: list[str] = []
    likeness = _SPELLING
    for candidate in candidates:
        matcher.set_seq1(skeleton(candidate))
        if matcher.real_quick_ratio() >= likeness and matcher.quick_ratio() >= likeness:
            ratio = matcher.ratio()
            if ratio > likeness:
                best, likeness = [candidate], ratio
    return best


def _problem(finding: _Finding, places: Sequence[Place]) -> Problem:
    message, hint = _words(finding)
    return Problem(
        code=finding.code,
        message=f"{message} ({_listed(places)})",
        hint=hint,
        marks=_marks(finding.source),
        severity=Severity.WARNING,
    )


def _words(finding: _Finding) -> tuple[str, str]:
    name, detail = finding.subject, finding.detail
    quoted = ", ".join(f'"{one}"' for one in detail)
    if finding.code == BOTH_LIVE:
        return (
            f'"{name}" and its former name {quoted} are both live; the former is left alone',
            "Retag its calls in CallRail and delete it there, or drop it from renamed_from.",
        )
    if finding.code == SEVERAL_FORMER:
        others = ", ".join(f'"{one}"' for one in detail[1:])
        return (
            f'"{name}" takes over the oldest former name, "{detail[0]}"; {others} is left alone',
            "Retag the others' calls in CallRail; a rename can carry one tag's calls only.",
        )
    return (
        (
            f'{len(detail)} live tags are called "{name}"; id {detail[0]} is compared, '
            f"{', '.join(detail[1:])} left alone"
        ),
        "Rename or delete the others in CallRail.",
    )


def _alike(declaration: Declaration, known: _Alikes) -> Problem:
    names = sorted(known.names)
    fate = "will be deleted with all its calls" if known.deleted else "keeps its calls"
    former = (*declaration.renamed_from, *names)
    instead = " instead of its own" if declaration.renamed_from else ""
    hint = [
        f"If it is the same tag, paste this line into its block{instead}:",
        f"renamed_from: [{', '.join(map(double_quoted, former))}]",
    ]
    if known.declared_absent:
        absent = ", ".join(map(double_quoted, sorted(known.declared_absent)))
        hint.append(f"and delete the block that declares {absent} absent.")
    looks = ", ".join(f'"{name}"' for name in names)
    return Problem(
        code=LOOK_ALIKE,
        message=f'"{declaration.name}" will be created beside its look-alike {looks}, '
        f"which {fate} ({_listed(known.places)})",
        hint="\n".join(hint),
        marks=_marks(declaration.source),
        severity=Severity.WARNING,
    )


def _listed(places: Sequence[Place]) -> str:
    named = ", ".join(map(str, places[:_NAMED_PLACES]))
    more = len(places) - _NAMED_PLACES
    return f"{named} and {more:,} more" if more > 0 else named


def _marks(source: Source | None) -> tuple[Mark, ...]:
    return (Mark(source),) if source else ()
