"""What is live and not as declared, as lines to paste into a file that people wrote.

Terms. A *cell* is a place in which an entry lands. It is *drifted* where the live tag differs or is
gone. An *edit* is what to write, and where.

Method. An entry that drifted alike in all its cells gets the value that is live; one that drifted
in some of them excepts these, and what is live there gets a block of its own. What no entry names
gets a block beside its neighbours. Renames, merges and promotions that are still to be made are no
drift. The file itself is only read: its comments, its order and its scopes stay its writer's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.configuration import Selector
from reconciler.export.emit import block_lines, left_out
from reconciler.export.grouping import (
    NAMELESS,
    AccountTags,
    DeclarationGroup,
    Grouping,
    group,
    ignored_of,
    in_order,
    is_line,
)
from reconciler.export.quoting import scalar, sequence
from reconciler.model.state import State
from reconciler.model.tag import Tag, differing
from reconciler.model.trash import parse
from reconciler.text.quote import double_quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.config.configuration import Configuration, Entry
    from reconciler.model.problem import Source
    from reconciler.model.state import Declaration, DesiredAccount, LiveAccount
    from reconciler.model.tag import LiveTag

_CREATED = (State.ENABLED, State.ANY)


class _Edit(NamedTuple):
    source: Source | None
    """Of the entry that is meant; None: the file has none."""
    order: int
    remark: str
    lines: tuple[str, ...]


class _LandedCell(NamedTuple):
    account: AccountTags
    company_id: str | None
    tag: LiveTag | None
    """None: it is gone."""
    drifted: bool


def taken_in(
    configuration: Configuration,
    desired: Iterable[DesiredAccount],
    live: Mapping[str, LiveAccount],
    file: str,
) -> str:
    """What to write so that nothing differs; empty where nothing does.

    ``desired`` and ``live`` (by account id) are of the accounts to compare; new blocks belong into
    ``file``.
    """
    work = _Drifts(configuration, file)
    for account in desired:
        work.read(account, live[account.account.ref.id])
    edits = [*work.edits()]
    if not edits:
        return ""
    edits.sort(key=lambda one: (one.source is None, one.source, one.order))
    written: dict[str, list[str]] = {}
    for edit in edits:
        written.setdefault(edit.remark, []).extend(edit.lines)
    parts = [
        ["# What is live and not so declared, and where it belongs. Nothing was changed."],
        *([f"# {remark}", *lines] for remark, lines in written.items()),
        [*left_out(work.grouping)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines) + "\n"


class _Drifts:
    """Collects cells by entry, and what no entry names."""

    def __init__(self, configuration: Configuration, file: str) -> None:
        self._configuration = configuration
        self._file = file
        self._ignored = ignored_of(configuration)
        self._entries = {id(one.declaration): one for one in configuration.entries}
        self._own = [one for one in configuration.entries if one.block.source.file == file]
        self._by_name = {one.name: one for one in self._own}
        self._folded = [one.name.casefold() for one in self._own]
        self._in_order = self._folded == sorted(self._folded)
        self.grouping = Grouping()
        self._cells: dict[int, list[_LandedCell]] = defaultdict(list)
        self._new: list[tuple[LiveAccount, list[LiveTag]]] = []

    def read(self, desired: DesiredAccount, live: LiveAccount) -> None:
        """Note the cells of one account."""
        account = AccountTags(desired.account.ref, live.companies, self.grouping)
        tags = [tag for tag in live.tags if parse(tag.name) is None]
        places = account.by_place(tags, self._ignored(desired.account.ref))
        oldest = {at: min(found, key=lambda one: one.id) for at, found in places.items()}
        known: set[tuple[str | None, str]] = set()
        for company_id, blocks in desired.tags.items():
            for name, declaration in blocks.items():
                known.update((company_id, one) for one in (name, *declaration.former_names))
                tag = oldest.get((company_id, name))
                moving = any((company_id, one) in places for one in declaration.former_names)
                drifted = not moving and _has_drifted(declaration, tag)
                self._cells[id(declaration)].append(_LandedCell(account, company_id, tag, drifted))
        for company_id, names in desired.promoted.items():
            known.update((company_id, name) for name in names)
        self._new.append((live, [tag for at, tag in oldest.items() if at not in known]))

    def edits(self) -> Iterator[_Edit]:
        """All of them."""
        blocks: list[DeclarationGroup] = []
        for key, cells in self._cells.items():
            drifted = [one for one in cells if one.drifted]
            if drifted:
                yield from self._of_entry(self._entries[key], cells, drifted, blocks)
        declared = {entry.name for entry in self._configuration.entries}
        beside: list[tuple[LiveAccount, list[LiveTag]]] = []
        for live, tags in self._new:
            account = AccountTags(live.account, live.companies, self.grouping)
            blocks += _exactly(account, [tag for tag in tags if tag.name in declared])
            beside.append((live, [tag for tag in tags if tag.name not in declared]))
        found = group([(live.account, live.companies, tags) for live, tags in beside], None)
        blocks += found.groups
        self.grouping.called |= found.called
        for number, block in enumerate(sorted(_joined(blocks), key=in_order)):
            yield self._block(block, number)

    def _of_entry(
        self,
        entry: Entry,
        cells: Sequence[_LandedCell],
        drifted: Sequence[_LandedCell],
        blocks: list[DeclarationGroup],
    ) -> Iterator[_Edit]:
        source = entry.block.source
        at = f"{source.file}:{source.line}, {double_quoted(entry.name)}"
        values = {one.tag and (one.tag.color, one.tag.status) for one in drifted}
        if entry.declaration.state is State.ABSENT:
            yield _Edit(
                source, 0, f"{at}: declared absent and live; to keep it, delete the block", ()
            )
        elif len(drifted) == len(cells) and len(values) == 1:
            tag = drifted[0].tag
            if tag is None:
                gone = "gone; delete the block, or the next apply creates it again"
                yield _Edit(source, 0, f"{at}: {gone}", ())
            else:
                remark = f"{at}: live so wherever it is declared; write in its block"
                yield _Edit(source, 0, remark, (*self._keys(entry, tag),))
        else:
            yield self._excepted(entry, at, cells, drifted)
            by_account: dict[AccountTags, list[LiveTag]] = defaultdict(list)
            for one in drifted:
                if one.tag is not None:
                    by_account[one.account].append(one.tag)
            for account, tags in by_account.items():
                blocks += _exactly(account, tags)

    def _keys(self, entry: Entry, tag: LiveTag) -> Iterator[str]:
        pad = " " * (entry.block.source.column - 1)
        fields = differing(tag, entry.declaration)
        if "color" in fields and tag.color:
            yield f"{pad}color: {scalar(tag.color)}"
        if "status" in fields:
            yield f"{pad}state: {tag.status.value}"

    def _excepted(
        self, entry: Entry, at: str, cells: Sequence[_LandedCell], drifted: Sequence[_LandedCell]
    ) -> _Edit:
        source = entry.block.source
        indent = source.column - 1
        if entry.selector is None:
            stay = sorted({one.account.handle for one in cells if not one.drifted})
            lines = sequence("accounts", stay, indent=indent)
            return _Edit(source, 0, f"{at}: not so in the others; write in its block", (*lines,))
        # Another account may have a company of the same name, which stays.
        kept = {name for one in cells if not one.drifted for name in _names(one)}
        names = dict.fromkeys(
            (one.company_id or "") if name in kept else name
            for one in drifted
            for name in _names(one)
        )
        remark = "not so in these; add to its `except`"
        lines = []
        if "scope" in entry.block.value:
            remark = f"not so in these; write in place of `scope: {entry.block.value['scope']}`"
            lines += _companies(entry.selector.include, indent)
            names = dict.fromkeys((*entry.selector.exclude, *names))
        lines += sequence("except", names, indent=indent)
        return _Edit(source, 0, f"{at}: {remark}", (*lines,))

    def _block(self, block: DeclarationGroup, number: int) -> _Edit:
        handles = [one.handle for one in self._configuration.accounts]
        lines = [*block_lines(block, handles, {}, self.grouping.called)]
        if not self._own:
            return _Edit(None, number, f"{self._file}: below `tags:`", (*lines,))
        after = self._neighbour(block.tag.name)
        entry, where = (self._own[0], "above") if after is None else (after, "below")
        source = entry.block.source
        pad = " " * max(source.column - 3, 0)
        remark = f"{where} the block of {double_quoted(entry.name)} at {source.file}:{source.line}"
        # In the order in which they will stand; sorting keeps that of blocks above.
        order = -1 if after is None else 1 + number
        return _Edit(source, order, remark, tuple(pad + line[2:] for line in lines))

    def _neighbour(self, name: str) -> Entry | None:
        """The entry below which a block of ``name`` belongs: by name, where that is their order."""
        own = self._by_name.get(name)
        if own is not None or not self._own:
            return own
        if not self._in_order:
            return self._own[-1]
        at = bisect_left(self._folded, name.casefold())
        return self._own[at - 1] if at else None


def _names(cell: _LandedCell) -> tuple[str, ...]:
    return cell.account.named([cell.company_id or ""])


def _has_drifted(declaration: Declaration, tag: LiveTag | None) -> bool:
    if declaration.state is State.ABSENT:
        return tag is not None
    if tag is None:
        return declaration.state in _CREATED
    return bool(differing(tag, declaration))


def _companies(include: Sequence[str] | None, indent: int) -> list[str]:
    if include is None:
        return [f"{' ' * indent}companies: all"]
    return sequence("companies", include, indent=indent)


def _exactly(account: AccountTags, tags: Iterable[LiveTag]) -> Iterator[DeclarationGroup]:
    """Blocks for just these; companies to come are the other blocks' of the name."""
    found: dict[tuple[Tag, bool], list[str]] = defaultdict(list)
    for tag in tags:
        if tag.company_id is not None and not account.named([tag.company_id]):
            account.leave_out(tag, NAMELESS)
            continue
        color = tag.color if tag.color and is_line(tag.color) else None
        declared = Tag(tag.name, color, tag.status)
        found[declared, tag.company_id is None].append(tag.company_id or "")
    for (declared, on_account), ids in found.items():
        selector = None if on_account else Selector(account.named(ids))
        yield DeclarationGroup(declared, selector, [account.handle])


def _joined(blocks: Iterable[DeclarationGroup]) -> Iterable[DeclarationGroup]:
    joined: dict[tuple[Tag, Selector | None], DeclarationGroup] = {}
    for block in blocks:
        one = joined.setdefault((block.tag, block.selector), block)
        if one is not block:
            one.accounts = sorted({*one.accounts, *block.accounts})
    return joined.values()
