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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.model.change import Change
    from reconciler.model.tag import Place
    from reconciler.planning.matching import Matches

BOTH_LIVE = "PLAN001"
SEVERAL_FORMER = "PLAN002"
DUPLICATES = "PLAN003"
LOOK_ALIKE = "PLAN004"
MOVED = "PLAN005"

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
class Advice:
    """Collects findings over an account's places."""

    _places: dict[_Finding, list[Place]] = field(default_factory=lambda: defaultdict(list))

    def look_at(self, place: Place, matches: Matches, covers: Callable[..., bool]) -> None:
        """Note what is remarkable about one place; ``covers`` tells which names are in the work."""
        for finding in (*_renames(matches), *_duplicates(matches), *_look_alikes(matches)):
            if covers(finding.subject, *finding.detail):
                self._places[finding].append(place)

    def problems(self) -> Iterator[Problem]:
        """One warning a finding, in the order of the files."""
        order = sorted(
            self._places, key=lambda one: (one.source or Source("", 0), one.code, one.detail)
        )
        for finding in order:
            yield _problem(finding, self._places[finding])

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


def _look_alikes(matches: Matches) -> Iterator[_Finding]:
    leaving = [*matches.unmanaged, *(tag for _declaration, tag in matches.unwanted)]
    if not leaving or not matches.missing:
        return
    by_skeleton: dict[str, str] = {}
    for tag in leaving:
        by_skeleton.setdefault(skeleton(tag.name), tag.name)
    names = sorted({tag.name for tag in leaving})
    spelling = len(names) * len(matches.missing) <= _SPELLING_PAIRS
    for declaration in matches.missing:
        twin = by_skeleton.get(skeleton(declaration.name))
        if twin is None and spelling:
            twin = _nearest(declaration.name, names)
        if twin is not None:
            former = (*declaration.renamed_from, twin)
            yield _Finding(LOOK_ALIKE, declaration.source, declaration.name, former)


def _nearest(name: str, candidates: Iterable[str]) -> str | None:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(skeleton(name))
    best, likeness = None, _SPELLING
    for candidate in candidates:
        matcher.set_seq1(skeleton(candidate))
        if matcher.real_quick_ratio() >= likeness and matcher.quick_ratio() >= likeness:
            ratio = matcher.ratio()
            if ratio > likeness:
                best, likeness = candidate, ratio
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
    if finding.code == DUPLICATES:
        return (
            (
                f'{len(detail)} live tags are called "{name}"; id {detail[0]} is compared, '
                f"{', '.join(detail[1:])} left alone"
            ),
            "Rename or delete the others in CallRail.",
        )
    return (
        f'"{name}" will be created beside its look-alike "{detail[-1]}", which keeps its calls',
        "If it is the same tag, its block needs this line: renamed_from: " + _flow(detail),
    )


def _flow(names: Sequence[str]) -> str:
    """A YAML flow list of double-quoted names, safe to paste whatever they contain."""
    escaped = (name.replace("\\", "\\\\").replace('"', '\\"') for name in names)
    return "[" + ", ".join(f'"{name}"' for name in escaped) + "]"


def _listed(places: Sequence[Place]) -> str:
    named = ", ".join(map(str, places[:_NAMED_PLACES]))
    more = len(places) - _NAMED_PLACES
    return f"{named} and {more:,} more" if more > 0 else named


def _marks(source: Source | None) -> tuple[Mark, ...]:
    return (Mark(source),) if source else ()
