"""From a name to why its tags are planned as they are, place by place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from reconciler.concurrency import side_by_side
from reconciler.config.reach import Reached, reach
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.explanation import DeclaredBlock, Explanation, LiveUse, Rule, Spot
from reconciler.model.names import any_glob, glob, which_alike
from reconciler.model.state import LiveAccount, State, Unmanaged
from reconciler.model.tag import Place
from reconciler.model.trash import original, parse
from reconciler.planning import Narrowing, draft
from reconciler.text.nearest import did_you_mean, nearest
from reconciler.text.quote import quoted
from reconciler.workflow.accounts import in_account
from reconciler.workflow.filter_checks import declared_names
from reconciler.workflow.guarding import Guarding
from reconciler.workflow.merging import uses_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.config import Configuration, Entry
    from reconciler.model.change import Change
    from reconciler.model.problem import Problem, Source
    from reconciler.model.state import Account, DesiredAccount
    from reconciler.model.tag import Company, LiveTag
    from reconciler.model.trash import Day
    from reconciler.provider import Provider
    from reconciler.workflow.plan import ProviderFor

MOST_COUNTED: Final = 5
"""Live tags of which it is counted what has them: each costs requests. Of more none is counted, so
that places in which all else is the same read the same.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """What is asked: the tags called ``name``, in the companies that ``companies`` match (none:
    wherever they are). ``today`` and ``log`` are those of a plan.
    """

    name: str
    companies: tuple[str, ...]
    today: Day
    log: Callable[[str], None] = lambda _line: None


async def explain(
    configuration: Configuration, provider_for: ProviderFor, request: ExplainRequest
) -> Explanation:
    """Read companies and tags of all accounts of ``configuration``, and say what becomes of those
    of the name. Raises UsageError for a name or company that is nowhere, with the nearest.
    """
    entries = _speaking(configuration.entries, request.name)
    readings = [
        _Explaining(one, provider_for(one), entries, request) for one in configuration.accounts
    ]
    await side_by_side(one.read() for one in readings)
    _expect_companies(request.companies, readings)
    companies = {one.account.handle: one.companies for one in readings}
    desired = {one.account.handle: one for one in configuration.resolve(companies).accounts}
    live = [tag.name for one in readings for tag in one.tags]
    declared = sorted(declared_names(configuration))
    if request.name not in {*declared, *live, *map(original, live)}:
        known = sorted({*declared, *map(original, live)})
        raise UsageError(
            f"no tag {quoted(request.name)} is declared or live",
            hint=did_you_mean(request.name, known, most=3) or "`reconciler get tags` lists them.",
        )
    await side_by_side(one.explain(desired[one.account.handle]) for one in readings)
    return Explanation(
        name=request.name,
        blocks=tuple(map(_block, entries)),
        spots=tuple(chain.from_iterable(one.spots for one in readings)),
        elsewhere=tuple(chain.from_iterable(one.elsewhere for one in readings)),
        nearest=() if entries else tuple(nearest(request.name, declared, most=3)),
        rules=tuple(chain.from_iterable(one.rules for one in readings)),
        uncounted=sum(one.uncounted for one in readings),
        warnings=tuple(chain.from_iterable(one.warnings for one in readings)),
    )


def _speaking(entries: Sequence[Entry], name: str) -> list[Entry]:
    """The blocks that speak of ``name``, then those that in some account share a name with them.

    These say how the tags are declared that the former are about: an old spelling's new name may be
    declared on the other level by a block of its own.
    """
    found = [one for one in entries if name in one.names]
    shared = {(account, other) for one in found for account in one.accounts for other in one.names}
    others = [
        one
        for one in entries
        if one not in found
        and any((account, other) in shared for account in one.accounts for other in one.names)
    ]
    return [*found, *others]


def _block(entry: Entry) -> DeclaredBlock:
    selector = entry.selector
    scope = entry.block.value.get("scope")
    return DeclaredBlock(
        declaration=entry.declaration,
        accounts=entry.accounts,
        companies=None if selector is None else selector.include or (),
        excepted=() if selector is None else selector.exclude,
        promoted=tuple(dict.fromkeys(one.name for one in entry.promotions)),
        scope=scope if isinstance(scope, str) else None,
        place=entry.place.source,
    )


def _expect_companies(patterns: Sequence[str], readings: Sequence[_Explaining]) -> None:
    known = [company for one in readings for company in one.companies]
    for pattern in patterns:
        matches = glob(pattern)
        if not any(matches(one.name) or matches(one.id) for one in known):
            names = sorted({one.name for one in known})
            raise UsageError(
                f"--company {quoted(pattern)} matches no company",
                hint=did_you_mean(pattern.replace("*", ""), names, most=3)
                or "`reconciler get companies` lists them.",
            )


@dataclass(slots=True)
class _Explaining:
    """One account; ``entries`` are the blocks that speak of the name or of its other names, in any
    account.
    """

    account: Account
    provider: Provider
    entries: Sequence[Entry]
    request: ExplainRequest
    companies: tuple[Company, ...] = ()
    tags: tuple[LiveTag, ...] = ()
    spots: list[Spot] = field(default_factory=list)
    elsewhere: list[Spot] = field(default_factory=list)
    uncounted: int = 0
    rules: tuple[Rule, ...] = ()
    warnings: tuple[Problem, ...] = ()

    async def read(self) -> None:
        """All companies and tags."""
        self.request.log(f"{self.account.handle}: reading companies and tags")
        try:
            self.companies = _with_namesakes(await self.provider.companies())
            self.tags = (await self.provider.tags(proven=True)).tags
        except ReconcilerError as error:
            raise in_account(error, self.account.handle) from error

    async def explain(self, desired: DesiredAccount) -> None:
        """Fill in ``spots`` and ``elsewhere``."""
        own = [one for one in self.entries if self.account.handle in one.accounts]
        asked = self.request.name
        names = {asked, *chain.from_iterable(one.names for one in own if asked in one.names)}
        changes = await self._changes(desired, names)
        of_name = [tag for tag in self.tags if tag.name in names or original(tag.name) in names]
        self.rules = tuple(self._rules(of_name))
        chosen = any_glob(self.request.companies)
        places: list[tuple[Company | None, bool]] = [(None, not self.request.companies)]
        places += [
            (one, not self.request.companies or chosen(one.name) or chosen(one.id))
            for one in sorted(self.companies, key=lambda one: (one.name, one.id))
        ]
        uses = await self._uses([
            tag for company, wanted in places if wanted for tag in of_name
            if tag.company_id == (None if company is None else company.id)
        ])  # fmt: skip
        for company, wanted in places:
            if wanted:
                spot = self._spot(desired, own, company, uses, changes)
                shown = spot.declared or spot.live or spot.changes or self.request.companies
                (self.spots if shown else self.elsewhere).append(spot)

    async def _changes(self, desired: DesiredAccount, names: set[str]) -> tuple[Change, ...]:
        """What a plan does with the tags of ``names``, guarded as it would be."""
        live = LiveAccount(
            account=self.account.ref,
            tags=self.tags,
            companies={company.id: company for company in self.companies},
        )
        narrowing, today = Narrowing(tags=tuple(sorted(names))), self.request.today
        drafted = draft(desired, live, narrowing, today=today)
        if drafted.groups:
            uses = await uses_of(self.provider, drafted.groups)
            drafted = draft(desired, live, narrowing, today=today, uses=uses)
        self.warnings = drafted.warnings
        guarding = Guarding(
            provider=self.provider,
            narrowing=narrowing,
            today=today,
            count=True,
            count_all=False,
            log=self.request.log,
        )
        guarded = await guarding.guarded(desired, live, drafted)
        return tuple(
            change
            for change in guarded.changes
            if names & {*change.names, *map(original, change.names)}
        )

    async def _uses(self, tags: Sequence[LiveTag]) -> list[LiveUse]:
        known = {company.id: company for company in self.companies}
        if len(tags) > MOST_COUNTED:
            self.uncounted = len(tags)
            return [LiveUse(tag, None) for tag in tags]
        losses = await side_by_side(
            self.provider.usage(
                Place(self.account.ref, known.get(tag.company_id or "")), tag, flows=True
            )
            for tag in tags
        )
        return [LiveUse(tag, loss) for tag, loss in zip(tags, losses, strict=True)]

    def _spot(
        self,
        desired: DesiredAccount,
        entries: Sequence[Entry],
        company: Company | None,
        uses: Sequence[LiveUse],
        changes: Sequence[Change],
    ) -> Spot:
        company_id = None if company is None else company.id
        here = tuple(use for use in uses if use.tag.company_id == company_id)
        done = tuple(one for one in changes if one.place.company_id == company_id)
        declared = desired.tags.get(company_id, {})
        entry = next((one for one in entries if one.name in declared
                      and declared[one.name] is one.declaration), None)  # fmt: skip
        why, source = _why(entry, entries, company)
        nothing = ""
        if not done and entry is not None:
            nothing = _at_rest(entry, here)
        elif not done:
            nothing = self._undeclared(here, company, covered=bool(declared))
        return Spot(
            place=Place(self.account.ref, company),
            declared=entry is not None,
            why=why,
            source=source,
            live=here,
            changes=done,
            nothing=nothing,
        )

    def _undeclared(
        self, live: Sequence[LiveUse], company: Company | None, *, covered: bool
    ) -> str:
        """Why a plan leaves tags that nobody declares as they are."""
        policy = self.account.policy
        in_use = [one.tag for one in live if parse(one.tag.name) is None]
        rests = {
            "it lies in the trash, and nothing declares it": live and not in_use,
            "it is not live": not in_use,
            "only active companies count": company is not None and not company.active,
            "`ignore` leaves it to others": any(
                which_alike(policy.ignore, tag.name) for tag in in_use
            ),
            "no tag is declared in this place, so `unmanaged` does not act there": not covered,
            "nobody declared it, and `unmanaged: keep` keeps it": (
                policy.unmanaged is Unmanaged.KEEP
            ),
        }
        left_alone = (
            f"`unmanaged: {policy.unmanaged}` leaves it alone: disabled, or like a declared tag"
        )
        return next((why for why, applies in rests.items() if applies), left_alone)

    def _rules(self, live: Sequence[LiveTag]) -> Iterator[Rule]:
        """The account's rules that touch the name."""
        policy, handle = self.account.policy, self.account.handle
        for name in sorted({self.request.name, *(original(tag.name) for tag in live)}):
            if pattern := which_alike(policy.protect, name):
                forbidden = f"nothing may delete, trash or disable {quoted(name)}"
                yield Rule(handle, f"protect {quoted(pattern)}: {forbidden}")
            if pattern := which_alike(policy.ignore, name):
                yield Rule(handle, f"ignore {quoted(pattern)}: others own {quoted(name)}")
        if policy.unmanaged is not Unmanaged.KEEP:
            yield Rule(handle, f"unmanaged: {policy.unmanaged}, where some other tag is declared")


def _with_namesakes(companies: Sequence[Company]) -> tuple[Company, ...]:
    """``companies``, those that have a namesake marked."""
    named = Counter(one.name for one in companies)
    return tuple(replace(one, has_namesake=named[one.name] > 1) for one in companies)


def _at_rest(entry: Entry, live: Sequence[LiveUse]) -> str:
    """Why a plan does nothing about a declared tag."""
    if any(parse(one.tag.name) is None for one in live):
        return "it is as declared"
    if entry.declaration.state in {State.ABSENT, State.DISABLED}:
        return f"it is not live, and `state: {entry.declaration.state}` creates nothing"
    return "a live tag differs only by what servers tidy (reconciler explain PLAN009)"


def _why(
    entry: Entry | None, entries: Sequence[Entry], company: Company | None
) -> tuple[str, Source | None]:
    """Why something declares the name in a place, or why nothing does, and the line."""
    if company is not None:
        return _why_in(company, entry, entries)
    if entry is not None:
        return "declared on account level", entry.declaration.source
    return ("declared in companies only" if entries else "not declared"), None


def _why_in(
    company: Company, entry: Entry | None, entries: Sequence[Entry]
) -> tuple[str, Source | None]:
    if entry is not None:
        found = reach(entry, company)
        by = quoted(found.pattern) if found.pattern else "`companies: all`"
        return f"{by} selects it", found.source
    promoting = (reach(one, company) for entry in entries for one in entry.promoting)
    reasons = [reach(one, company) for one in entries if one.selector is not None]
    phrased = [(_PROMOTED, one) for one in promoting if one.reached is Reached.SELECTED]
    phrased += [
        (text, one)
        for reached, text in _NOT_REACHED.items()
        for one in reasons
        if one.reached is reached
    ]
    for text, found in phrased[:1]:
        near = "" if found.pattern is None else text.format(quoted(found.pattern))
        return near or text.partition(" (")[0], found.source
    if not company.active:
        return "the company is disabled", None
    return ("declared on account level only" if entries else "not declared"), None


_PROMOTED: Final = "its own become the account's"
_NOT_REACHED: Final = {
    Reached.EXCEPTED: "excepted by {}",
    Reached.DISABLED: "the company is disabled, so it is skipped",
    Reached.NOT_SELECTED: "no name or pattern of `companies` matches (nearest: {})",
}
