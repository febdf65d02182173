"""Live tags as a configuration that tidies: one spelling and one colour for what is one tag.

Terms. A *cell* is what one company, or account level, has of a tag in whichever spelling. A tag is
a *standard* of an account where more than half of its active companies have it enabled.

Method. Names of all accounts that may be one (``text/alike.py``) become one declaration, under the
spelling that is used most: by interactions where they were counted, else one of account level,
which all companies see, else the one in most places. A standard is declared for all companies, so
it is created where it is missing; what fewer have stays where it is. A cell is enabled where one of
its tags is; a company in which none is has a block of its own. Levels are kept apart: on which one
a tag belongs, people decide.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.configuration import Selector
from reconciler.export.emit import write
from reconciler.export.grouping import (
    LONGEST_NAME,
    AccountTags,
    DeclarationGroup,
    Grouping,
    ignored_of,
    in_order,
    is_line,
    refusal,
)
from reconciler.export.quoting import scalar
from reconciler.model.change import Precision
from reconciler.model.tag import Status, Tag
from reconciler.text.alike import groups
from reconciler.text.plural import count, few, listed
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.configuration import Configuration
    from reconciler.model.change import Loss
    from reconciler.model.tag import AccountRef, Company, LiveTag

    Live = Sequence[tuple[AccountRef, Mapping[str, Company], Sequence[LiveTag]]]
    Uses = Mapping[tuple[str, int], Loss]
    """What has a tag, by account and tag id."""

_NAMED = 2
"""Companies that a remark names; more are counted."""
_WIDTH = 96
_HEADING = (
    "A configuration that tidies: its plan is the tidying-up. Review it entry by entry, and take",
    "out of `merged_from` what is a tag of its own. Written by `reconciler import --consolidate`.",
)


class _Cell(NamedTuple):
    """What one place has of a tag: its tags by spelling."""

    company_id: str | None
    spellings: dict[str, list[LiveTag]]

    @property
    def tags(self) -> list[LiveTag]:
        """All of them."""
        return [tag for tags in self.spellings.values() for tag in tags]

    @property
    def status(self) -> Status:
        """Enabled where one of its tags is: only such a block can merge."""
        enabled = any(tag.status is Status.ENABLED for tag in self.tags)
        return Status.ENABLED if enabled or len(self.spellings) > 1 else Status.DISABLED

    def color(self, name: str) -> str | None:
        """That of the tag called ``name``, else of the oldest."""
        color = min(self.spellings.get(name) or self.tags, key=lambda tag: tag.id).color
        return color if color and is_line(color) else None


def consolidated(
    live: Live,
    *,
    base: Configuration | None = None,
    uses: Uses | None = None,
    muted: Collection[str] = (),
) -> str:
    """The configuration that tidies what is ``live``; ``base`` and ``muted`` are as for ``emit``.

    ``uses``: what was counted of the tags that :func:`spelt_alike` gives; where nothing was, the
    spelling that most places have wins.
    """
    known, result = uses or {}, Grouping()
    ignored = ignored_of(base)
    accounts = []
    for ref, companies, tags in live:
        one = AccountTags(ref, companies, result)
        places = one.by_place(tags, ignored(ref), refused=lambda _name: None)
        accounts.append((ref, one, places))
    winners = _winners([(ref, places) for ref, _one, places in accounts], known)
    joined: dict[tuple[Tag, Selector | None], DeclarationGroup] = {}
    own: dict[tuple[str, str], list[_Cell]] = {}
    for ref, one, places in accounts:
        tidied = _Account(ref, one, known, several=len(accounts) > 1)
        for found in tidied.declarations(places, winners):
            _join(joined.setdefault((found.tag, found.selector), found), found)
        own.update(((ref.handle, name), cells) for name, cells in tidied.own.items())
    for block in joined.values():
        if block.selector is None:
            cells = [one for handle in block.accounts for one in own[handle, block.tag.name]]
            block.remarks += _promotion(block.tag.name, cells)
    result.groups.extend(sorted(joined.values(), key=in_order))
    return write(live, result, _HEADING, base=base, muted=muted)


def _join(block: DeclarationGroup, other: DeclarationGroup) -> None:
    if block is not other:
        block.accounts = sorted({*block.accounts, *other.accounts})
        block.remarks += other.remarks
        block.merged_from |= other.merged_from
        block.renamed_from |= other.renamed_from


def spelt_alike(
    live: Live, *, base: Configuration | None = None
) -> list[tuple[AccountRef, LiveTag]]:
    """The tags whose use decides which spelling stays: those that another looks like."""
    ignored = ignored_of(base)
    found = []
    for ref, companies, tags in live:
        places = AccountTags(ref, companies, Grouping()).by_place(
            tags, ignored(ref), refused=lambda _name: None
        )
        found += [(ref, tag) for here in places.values() for tag in here]
    names = {name for group in groups(tag.name for _ref, tag in found) for name in group}
    return [(ref, tag) for ref, tag in found if tag.name in names]


def _winners(
    accounts: Iterable[tuple[AccountRef, Mapping[tuple[str | None, str], Sequence[LiveTag]]]],
    uses: Uses,
) -> dict[str, str]:
    """The spelling that stays, by each one of its group."""
    places: Counter[str] = Counter()
    used: Counter[str] = Counter()
    on_account: set[str] = set()
    for ref, cells in accounts:
        for (company_id, name), tags in cells.items():
            places[name] += 1
            on_account |= set() if company_id else {name}
            losses = (uses.get((ref.id, tag.id)) for tag in tags)
            used[name] += sum(loss.interactions.number for loss in losses if loss is not None)
    best = sorted(
        (name for name in places if 0 < len(name) <= LONGEST_NAME),
        key=lambda name: (
            refusal(name) is not None,
            -used[name],
            name not in on_account,
            -places[name],
            name,
        ),
    )
    # The first of a group can be declared, if any of it can.
    return {name: group[0] for group in groups(best) for name in group}


class _Account:
    """One account on its way to blocks that tidy it; ``own``: what companies have of each tag."""

    def __init__(self, ref: AccountRef, tags: AccountTags, uses: Uses, *, several: bool) -> None:
        self._ref = ref
        self._tags = tags
        self._uses = uses
        self.own: dict[str, list[_Cell]] = {}
        self._prefix = f"{ref.handle}: " if several else ""

    def declarations(
        self,
        places: Mapping[tuple[str | None, str], list[LiveTag]],
        winners: Mapping[str, str],
    ) -> Iterator[DeclarationGroup]:
        """The blocks of each tag: account level, companies where it is enabled, and the others."""
        cells: dict[str, dict[str | None, _Cell]] = defaultdict(dict)
        for (company_id, name), tags in places.items():
            there = cells[winners.get(name, name)]
            there.setdefault(company_id, _Cell(company_id, {})).spellings[name] = tags
        for name, found in cells.items():
            if (reason := refusal(name)) is not None:
                for tag in (tag for cell in found.values() for tag in cell.tags):
                    self._tags.leave_out(tag, f"its name can't be declared: {reason}")
                continue
            self.own[name] = [cell for cell in found.values() if cell.company_id is not None]
            if None in found:
                yield self._block(name, [found[None]], None)
            yield from self._of_companies(name, self.own[name])

    def _of_companies(self, name: str, cells: Sequence[_Cell]) -> Iterator[DeclarationGroup]:
        colors = _colors(name, cells)
        remarks = [*self._about_colors(colors, len(cells))]
        disabled = [cell for cell in cells if cell.status is Status.DISABLED]
        enabled = [cell for cell in cells if cell.status is Status.ENABLED]
        excluded = self._tags.named(map(_company, disabled))
        selectors: list[tuple[Sequence[_Cell], Selector | None]] = []
        if 2 * len(enabled) > len(self._tags.active) and len(excluded) == len(disabled):
            selectors.append((enabled, Selector(None, excluded)))
            there = {cell.company_id for cell in cells}
            remarks += self._about_missing([one for one in self._tags.active if one not in there])
        elif enabled:
            selectors.append((enabled, self._exactly(name, enabled)))
        if disabled:
            selectors.append((disabled, self._exactly(name, disabled)))
        for some, selector in selectors:
            if selector is not None:
                block = self._block(name, some, selector, next(iter(colors), None))
                block.remarks[:0], remarks = remarks, []
                yield block

    def _exactly(self, name: str, cells: Sequence[_Cell]) -> Selector | None:
        return self._tags.choose([*map(_company, cells)], Tag(name, None, cells[0].status))

    def _block(
        self, name: str, cells: Sequence[_Cell], selector: Selector | None, color: str | None = None
    ) -> DeclarationGroup:
        tag = Tag(name, color if selector else cells[0].color(name), cells[0].status)
        block = DeclarationGroup(tag, selector, [self._ref.handle])
        others = Counter(one for cell in cells for one in cell.spellings if one != name)
        names = dict.fromkeys(sorted(others, key=lambda one: (-others[one], one)))
        if tag.status is Status.ENABLED:
            block.merged_from = names
        else:
            block.renamed_from = names
        for one in names:
            where = [cell for cell in cells if one in cell.spellings]
            remark = f"{self._prefix}{double_quoted(one)} {self._where(one, where)}"
            block.remarks.append(_wrapped(remark))
        block.remarks += (
            self._tags.remark_on_duplicates(cell.company_id, tags)
            for cell in cells
            for tags in cell.spellings.values()
            if len(tags) > 1
        )
        return block

    def _where(self, spelling: str, cells: Sequence[_Cell]) -> str:
        if cells[0].company_id is None:
            return f"on account level{self._used(spelling, cells)}"
        names = [self._tags.place(cell.company_id) for cell in cells]
        return f"in {few(map(_plain, names))}{self._used(spelling, cells)}"

    def _used(self, spelling: str, cells: Sequence[_Cell]) -> str:
        """``, on 18 calls``; empty where a tag was not counted."""
        tags = [tag for cell in cells for tag in cell.spellings[spelling]]
        losses = [self._uses.get((self._ref.id, tag.id)) for tag in tags]
        known = [loss for loss in losses if loss is not None]
        if not known or len(known) < len(losses):
            return ""
        total = known[0]
        for loss in known[1:]:
            total += loss
        return f", on {_number(total)}"

    def _about_colors(self, colors: Mapping[str, Sequence[_Cell]], number: int) -> Iterator[str]:
        if len(colors) > 1:
            first, *others = colors.items()
            rest = (f"{color} in {self._counted(there)}" for color, there in others)
            there = f"{first[0]} in {len(first[1])} of {number}"
            yield _wrapped(f"{self._prefix}{there}, {few(rest)}")

    def _about_missing(self, company_ids: Sequence[str]) -> Iterator[str]:
        if company_ids:
            where = few(_plain(self._tags.place(one)) for one in company_ids)
            yield _wrapped(f"{self._prefix}missing in {where}: created there")

    def _counted(self, cells: Sequence[_Cell]) -> str:
        names = [_plain(self._tags.place(cell.company_id)) for cell in cells]
        return f"{len(names)} ({', '.join(names)})" if len(names) <= _NAMED else str(len(names))


def _company(cell: _Cell) -> str:
    return cell.company_id or ""


def _colors(name: str, cells: Iterable[_Cell]) -> dict[str, list[_Cell]]:
    """The cells that have each colour, the most frequent first."""
    found: dict[str, list[_Cell]] = defaultdict(list)
    for cell in cells:
        color = cell.color(name)
        if color is not None:
            found[color].append(cell)
    return dict(sorted(found.items(), key=lambda one: (-len(one[1]), one[0])))


def _promotion(name: str, own: Sequence[_Cell]) -> Iterator[str]:
    """What to write to have one tag on account level instead of one in each company."""
    if own:
        spellings = dict.fromkeys((name, *sorted({one for cell in own for one in cell.spellings})))
        number = count(len(own), "company has its", "companies have their")
        lines = [
            f"{number} own: for one tag in all, delete the blocks with `companies`, write here",
            "  merged_from:",
            *(f"    - {{name: {scalar(one)}, companies: all}}" for one in spellings),
        ]
        yield "\n".join(lines)


def _wrapped(remark: str) -> str:
    return "\n".join(wrap(remark, _WIDTH, subsequent_indent="  "))


def _plain(name: str) -> str:
    """``name`` in a comment: nothing in it acts on anything."""
    return double_quoted(name)[1:-1]


def _number(loss: Loss) -> str:
    """``18 calls and 1 text``."""
    kinds = (("call", loss.calls), ("form", loss.forms), ("text", loss.texts))
    sure = {
        Precision.EXACT: "",
        Precision.AT_LEAST: "at least ",
        Precision.AT_MOST: "at most ",
        Precision.UNKNOWN: "an unknown number of ",
    }
    found = [
        f"{sure[one.precision]}{count(one.number, noun) if one.number else f'{noun}s'}"
        for noun, one in kinds
        if not one.none
    ]
    return listed(found) or "nothing"
