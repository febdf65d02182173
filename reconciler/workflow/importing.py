"""From live state to a configuration whose plan is empty and quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config import load_text
from reconciler.config.muting import MUTABLE
from reconciler.export.emit import emit
from reconciler.model.trash import parse
from reconciler.planning import draft
from reconciler.workflow import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config import Configuration
    from reconciler.model.state import LiveAccount
    from reconciler.model.tag import LiveTag


def written(live: Sequence[LiveAccount], base: Configuration | None) -> str:
    """The configuration that asks for what is ``live``, but for what lies in the trash; ``base`` is
    one that is there already.

    What the planner would warn of is live already and told in comments, so those codes are muted
    there, each with its reason: a warning that appears later is then one that someone must read.
    """
    live = [one._replace(tags=tuple(filter(_in_use, one.tags))) for one in live]
    accounts = [(one.account, one.companies, one.tags) for one in live]
    text = emit(accounts, base=base)
    codes = _warned(text, live)
    return emit(accounts, base=base, muted=codes) if codes else text


def _in_use(tag: LiveTag) -> bool:
    return parse(tag.name) is None


def _warned(text: str, live: Sequence[LiveAccount]) -> set[str]:
    """Codes that ``text`` draws where it is planned against ``live``, as far as they can be muted.

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
        warned.update(warning.code for warning in drafted.warnings)
    return warned & MUTABLE
