"""What a reviewer should know about a plan although nothing forbids it.

One finding in 1,000 companies is one warning that counts them, not 1,000 warnings.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model.change import Create
from reconciler.model.codes import PlanCode
from reconciler.model.names import can_be_declared
from reconciler.model.problem import Mark, Problem, Severity, Source
from reconciler.model.state import Unmanaged
from reconciler.planning.contests import Contest, contests_of
from reconciler.planning.guard import is_delete, is_removal
from reconciler.text.alike import Names
from reconciler.text.plural import few
from reconciler.text.quote import double_quoted, quoted_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model.change import Change
    from reconciler.model.state import Declaration
    from reconciler.model.tag import Place
    from reconciler.planning.matching import Matches
    from reconciler.planning.since import Traced


class _Finding(NamedTuple):
    code: PlanCode
    source: Source | None
    subject: str
    detail: tuple[str, ...]


@dataclass(slots=True)
class _Alikes:
    """What looks like one declaration, over all of its places.

    ``created``: whether the declared tag is missing in one of them; ``absent``: look-alikes that
    are declared absent, and so go.
    """

    places: list[Place] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    created: bool = False
    absent: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Advice:
    """Collects findings over an account's places.

    ``unmanaged``: what the account's policy does to what nobody declared; ``since``: when the
    snapshot was taken that the plan is held against.
    """

    unmanaged: Unmanaged = Unmanaged.KEEP
    since: str = ""
    _places: dict[_Finding, list[Place]] = field(default_factory=lambda: defaultdict(list))
    _alikes: dict[Declaration, _Alikes] = field(default_factory=lambda: defaultdict(_Alikes))
    _traces: dict[Traced, list[Place]] = field(default_factory=lambda: defaultdict(list))
    contests: list[Contest] = field(default_factory=list)
    _stored: dict[Declaration, _Alikes] = field(default_factory=lambda: defaultdict(_Alikes))

    def check(self, place: Place, matches: Matches, covers: Callable[..., bool]) -> None:
        """Note what is remarkable about one place; ``covers`` tells which names are in the work."""
        for finding in (*_renames(matches), *_duplicates(matches), *_in_trash(matches)):
            if covers(finding.subject, *finding.detail):
                self._places[finding].append(place)
        for traced in matches.traced:
            if covers(traced.declaration.name, traced.now):
                self._traces[traced].append(place)
        renamed = ((matches.declared[n], tag) for n, tag in matches.renames.renamed.items())
        left = matches.renames.still_live
        rivals = ((one, (tag, *left.get(one.name, ()))) for one, tag in renamed)
        self.contests += (
            one
            for one in contests_of(place, rivals)
            if covers(one.declaration.name, *(tag.name for tag in one.tags))
        )
        absent = {tag.name for _declaration, tag in matches.unwanted}
        missing = set(matches.missing if matches.alike else ())
        for declaration, names in matches.alike:
            if covers(declaration.name, *names):
                known = self._alikes[declaration]
                known.places.append(place)
                known.names.update(names)
                known.created |= declaration in missing
                known.absent.update(absent.intersection(names))
        for declaration, names in matches.stored_as:
            if covers(declaration.name, *names):
                known = self._stored[declaration]
                known.places.append(place)
                known.names.update(names)

    def problems(self) -> Iterator[Problem]:
        """One warning a finding, in the order of the files."""
        found = [_problem(*item, self.unmanaged) for item in self._places.items()]
        found += [_alike(*one, self.unmanaged) for one in self._alikes.items()]
        found += [_stored_as(*one) for one in self._stored.items()]
        if self._traces:
            # Here and not above: most plans are held against no snapshot.
            from reconciler.planning.since_advice import traced_problem  # noqa: PLC0415

            found += [traced_problem(*one, self.since) for one in self._traces.items()]
        yield from sorted(
            found, key=lambda one: (one.source is not None, one.source, one.code, one.message)
        )

    @staticmethod
    def moves(changes: Sequence[Change]) -> Iterator[Problem]:
        """Warn of each name that goes in one place and is created in another, or nearly so."""
        created: dict[str, Change] = {}
        for change in changes:
            if isinstance(change, Create):
                created.setdefault(change.name, change)
        if not created:
            return
        known = Names(created)
        reported: set[str] = set()
        for change in changes:
            if not is_removal(change) or change.name in reported:
                continue
            name = (
                change.name if change.name in created else next(iter(known.like(change.name)), None)
            )
            # Look-alikes of one place are named with it.
            if name is not None and created[name].place != change.place:
                reported.add(change.name)
                yield _moved(change, created[name])


def _moved(change: Change, there: Change) -> Problem:
    same = change.name == there.name
    alike = "" if same else f'its look-alike "{change.name}" is '
    # What goes to the trash may still turn out to be unused, and then is deleted.
    gone = "deleted" if is_delete(change) else "removed"
    return Problem(
        code=PlanCode.MOVED.value,
        message=f'"{there.name}" is created in {there.place} and {alike}{gone} in '
        f"{change.place}; its calls do not move with it",
        hint="Keep the old one with `state: disabled` if its history matters.",
        marks=_marks(there.source),
        severity=Severity.WARNING,
    )


def _renames(matches: Matches) -> Iterator[_Finding]:
    for name, tags in matches.renames.still_live.items():
        if name not in matches.renames.renamed:
            names = tuple(sorted({tag.name for tag in tags}))
            yield _Finding(PlanCode.BOTH_LIVE, matches.declared[name].source, name, names)


def _duplicates(matches: Matches) -> Iterator[_Finding]:
    for name, tags in matches.duplicates.items():
        source = matches.declared[name].source
        ids = tuple(str(tag.id) for tag in tags)
        yield _Finding(PlanCode.DUPLICATES, source, tags[0].name, ids)


def _in_trash(matches: Matches) -> Iterator[_Finding]:
    for declaration, (taken, *older) in matches.restored:
        if older:
            names = (taken.name, *(tag.name for tag in older))
            yield _Finding(PlanCode.SEVERAL_IN_TRASH, declaration.source, declaration.name, names)


def _problem(finding: _Finding, places: Sequence[Place], unmanaged: Unmanaged) -> Problem:
    message, hint = _words(finding, unmanaged)
    return Problem(
        code=finding.code.value,
        message=f"{message} ({few(places)})",
        hint=hint,
        marks=_marks(finding.source),
        severity=Severity.WARNING,
    )


def _words(finding: _Finding, unmanaged: Unmanaged) -> tuple[str, str]:
    name, detail = finding.subject, finding.detail
    quoted = quoted_all(detail)
    if finding.code is PlanCode.BOTH_LIVE:
        drop = "or drop it from renamed_from"
        if unmanaged is not Unmanaged.KEEP:
            drop = f"before `unmanaged: {unmanaged.value}` takes what renamed_from no longer names"
        hint = (
            "To give what has it the new tag and keep it in the trash, write this in place of "
            f"renamed_from, {drop}:\nmerged_from: [{', '.join(map(double_quoted, detail))}]"
        )
        return (
            f'"{name}" and its former name {quoted} are both live; the former is left alone',
            hint,
        )
    if finding.code is PlanCode.SEVERAL_IN_TRASH:
        stay = "stays" if len(detail) == 2 else "stay"
        return (
            (
                f'several tags in the trash were called "{name}"; the newest, '
                f"{double_quoted(detail[0])}, is taken back, {quoted_all(detail[1:])} {stay} there"
            ),
            "What the others are on keeps them: look at them before their time is over.",
        )
    return (
        (
            f'{len(detail)} live tags are called "{name}"; id {detail[0]}, the oldest, is '
            f"compared, {', '.join(detail[1:])} left alone"
        ),
        "Rename or delete the others in CallRail.",
    )


def _alike(declaration: Declaration, known: _Alikes, unmanaged: Unmanaged) -> Problem:
    names = sorted(known.names)
    alike, are = quoted_all(names), "is" if len(names) == 1 else "are"
    if known.absent:
        kept = "is declared absent" if len(names) == 1 else "are declared absent in part"
    elif unmanaged is Unmanaged.KEEP:
        kept = f"{are} left alone"
    else:
        kept = f"{are} left alone although `unmanaged: {unmanaged.value}`"
    verb = "will be created beside" if known.created else "is younger than"
    hint = [*_line_to_paste(declaration, names)]
    if known.absent:
        absent = ", ".join(map(double_quoted, sorted(known.absent)))
        hint.append(f"and delete the block that declares {absent} absent.")
    elif unmanaged is not Unmanaged.KEEP:
        hint.append("If it shall go, declare it with `state: absent`.")
    return Problem(
        code=PlanCode.LOOK_ALIKE.value,
        message=f'"{declaration.name}" {verb} its look-alike {alike}, which {kept} '
        f"({few(known.places)})",
        hint="\n".join(hint),
        marks=_marks(declaration.source),
        severity=Severity.WARNING,
    )


def _line_to_paste(declaration: Declaration, names: Sequence[str]) -> Iterator[str]:
    instead = " instead of its own" if declaration.renamed_from else ""
    former = (*declaration.renamed_from, *names)
    yield f"If it is the same tag, paste this line into its block{instead}:"
    yield f"renamed_from: [{', '.join(map(double_quoted, former))}]"


def _stored_as(declaration: Declaration, known: _Alikes) -> Problem:
    names = sorted(known.names)
    hint = [*_line_to_paste(declaration, names)]
    if can_be_declared(names[0]):
        hint += [
            "or, where the server does not keep the name as it is written, take its spelling:",
            f"name: {double_quoted(names[0])}",
        ]
    return Problem(
        code=PlanCode.NOT_CREATED.value,
        message=f'"{declaration.name}" is not live and is not created: {quoted_all(names)} is, '
        f"which differs only by what servers tidy: case, blanks, Unicode form, length "
        f"({few(known.places)})",
        hint="\n".join(hint),
        marks=_marks(declaration.source),
        severity=Severity.WARNING,
    )


def _marks(source: Source | None) -> tuple[Mark, ...]:
    return (Mark(source),) if source else ()
