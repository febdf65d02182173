"""From live state to a configuration whose plan is empty and quiet."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.config import load_text
from reconciler.config.muting import MUTABLE
from reconciler.export.consolidating import consolidated, spelt_alike
from reconciler.export.emit import emit
from reconciler.export.taking_in import taken_in
from reconciler.model.codes import PlanCode
from reconciler.model.state import Account
from reconciler.model.trash import parse
from reconciler.planning import draft
from reconciler.workflow import clock
from reconciler.workflow.counting import losses_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from reconciler.config import Configuration
    from reconciler.model.change import Loss
    from reconciler.model.state import LiveAccount
    from reconciler.model.tag import LiveTag
    from reconciler.workflow.plan import ProviderFor


def written(live: Sequence[LiveAccount], base: Configuration | None) -> str:
    """The configuration that asks for what is ``live``, but for what lies in the trash; ``base`` is
    one that is there already.

    What the planner would warn of is live already and told in comments, so those codes are muted
    there, each with its reason: a warning that appears later is then one that someone must read.
    """
    live = [one._replace(tags=_in_use(one.tags)) for one in live]
    accounts = [(one.account, one.companies, one.tags) for one in live]
    text = emit(accounts, base=base)
    codes = _warned(text, live)
    return emit(accounts, base=base, muted=codes) if codes else text


async def tidied(
    live: Sequence[LiveAccount],
    base: Configuration | None,
    provider_for: ProviderFor | None = None,
) -> str:
    """The configuration that makes one tag of what is one, and gives it one colour.

    ``provider_for``: asked what has the tags that look alike, so that the spelling with most
    interactions stays; None: nothing is counted.
    """
    live = [one._replace(tags=_in_use(one.tags)) for one in live]
    accounts = [(one.account, one.companies, one.tags) for one in live]
    uses = await _uses(live, base, provider_for) if provider_for else {}
    text = consolidated(accounts, base=base, uses=uses)
    # What is to be mended is to be read; what a tidy account still has is known.
    codes = _warned(text, live, only={PlanCode.DUPLICATES.value})
    return consolidated(accounts, base=base, uses=uses, muted=codes) if codes else text


def to_paste(live: Sequence[LiveAccount], base: Configuration, file: str) -> str:
    """What to write into the files of ``base`` so that it asks for what is ``live``.

    Blocks that are new belong into ``file``. Empty where nothing differs.
    """
    by_id = {one.account.id: one for one in live}
    accounts = [one for one in base.accounts if one.ref.id in by_id]
    companies = {one.handle: tuple(by_id[one.ref.id].companies.values()) for one in accounts}
    desired = base.only(companies).resolve(companies)
    return taken_in(base, desired.accounts, by_id, file)


async def _uses(
    live: Sequence[LiveAccount], base: Configuration | None, provider_for: ProviderFor
) -> dict[tuple[str, int], Loss]:
    """What has each tag that looks like another one, by account and tag id."""
    by_id = {one.account.id: one for one in live}
    known = {one.ref.id: one for one in base.accounts} if base else {}
    tags = spelt_alike([(one.account, one.companies, one.tags) for one in live], base=base)
    asked: dict[str, list[LiveTag]] = defaultdict(list)
    for ref, tag in tags:
        asked[ref.id].append(tag)
    counted = await side_by_side(
        losses_of(
            provider_for(known.get(one, Account(ref=by_id[one].account))),
            by_id[one],
            alike,
            flows=False,
        )
        for one, alike in asked.items()
    )
    return {
        (account_id, tag_id): loss
        for account_id, losses in zip(asked, counted, strict=True)
        for tag_id, loss in losses.items()
    }


def _in_use(tags: Sequence[LiveTag]) -> tuple[LiveTag, ...]:
    return tuple(tag for tag in tags if parse(tag.name) is None)


def _warned(text: str, live: Sequence[LiveAccount], *, only: Collection[str] = MUTABLE) -> set[str]:
    """Codes that ``text`` draws where it is planned against ``live``, as far as they can be muted;
    of those that the plan draws ``only`` some.

    Companies are known as they are when it is planned: only where something is declared in them.
    """
    configuration = load_text(text, "reconciler.yaml")
    by_id = {one.account.id: one for one in live}
    companies = {
        one.handle: tuple(by_id[one.ref.id].companies.values()) for one in configuration.accounts
    }
    desired = configuration.resolve(companies)
    warned = {warning.code for warning in desired.warnings}
    for account in desired.accounts:
        drafted = draft(account, by_id[account.account.ref.id], today=clock.today())
        warned.update({warning.code for warning in drafted.warnings} & {*only})
    return warned & MUTABLE
