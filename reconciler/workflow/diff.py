"""What became of accounts between two readings: two snapshots, or one and live state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.concurrency import side_by_side
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.news import Comparison, Reading
from reconciler.model.state import Account, LiveAccount, Snapshot
from reconciler.planning.narrowing import EVERYTHING, Narrowing
from reconciler.planning.news import news_between
from reconciler.text.nearest import did_you_mean
from reconciler.text.quote import quoted
from reconciler.workflow.accounts import ABOUT_ONE_ACCOUNT, account_error, in_account
from reconciler.workflow.filter_checks import check_seen
from reconciler.workflow.snapshot import read_account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.config import Configuration
    from reconciler.model.outcome import AccountError
    from reconciler.model.tag import AccountRef
    from reconciler.workflow.plan import ProviderFor


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRequest:
    """What is compared: the snapshot of the file ``old``, narrowed to accounts and otherwise.

    ``usage``: count what has the tags of a live account. ``log`` gets one line of progress at a
    time.
    """

    old: str
    accounts: Sequence[str] = ()
    narrowing: Narrowing = EVERYTHING
    usage: bool = False
    log: Callable[[str], None] = lambda _line: None


def diff(request: DiffRequest, old: Snapshot, new: Snapshot, file: str) -> Comparison:
    """What became of the accounts of ``old`` by the time of ``new``, read from ``file``.

    Raises UsageError where the two have no account in common, or where a flag that narrows matches
    nothing.
    """
    only = _only(request.accounts, [one.account for one in (*old.accounts, *new.accounts)])
    found = _compared(old.accounts, new.accounts, request, only)
    return replace(
        found, old=Reading(request.old, old.created_at), new=Reading(file, new.created_at)
    )


async def diff_live(
    request: DiffRequest,
    old: Snapshot,
    accounts: Sequence[Account],
    provider_for: ProviderFor,
    *,
    now: str,
) -> Comparison:
    """What became of the accounts of ``old`` by ``now``; ``accounts`` says how they are reached.

    One that can't be read is named in ``Comparison.unread``; where none can be read, the error of
    the first is raised. Raises UsageError as :func:`diff` does.
    """
    known = [*(one.account for one in old.accounts), *(one.ref for one in accounts)]
    only = _only(request.accounts, known)
    held = {one.account.id for one in old.accounts}
    mine = [one for one in accounts if one.ref.id in held and one.ref.id in only]
    read = await side_by_side(_read(one, provider_for, request) for one in mine)
    live = [one for one in read if isinstance(one, LiveAccount)]
    failed = [one for one in read if isinstance(one, _Unread)]
    if failed and not live:
        raise in_account(failed[0].error, failed[0].summary.account)
    unread = {account.ref.id for account, one in zip(mine, read, strict=True) if one in failed}
    beside = [LiveAccount(one.ref, (), {}) for one in accounts if one.ref.id not in held]
    then = [one for one in old.accounts if one.account.id not in unread]
    found = _compared(then, [*live, *beside], request, only, partial=bool(failed))
    return replace(
        found,
        old=Reading(request.old, old.created_at),
        new=Reading(None, now),
        unread=tuple(one.summary for one in failed),
        requests=sum(one.requests for one in live) + sum(one.summary.requests for one in failed),
    )


def accounts_to_read(old: Snapshot, configuration: Configuration | None) -> list[Account]:
    """How the accounts of ``old`` are reached: as ``configuration`` says, which then is for all
    accounts that are meant; without one by their ids, with the key of the environment.
    """
    if configuration is not None:
        return list(configuration.accounts)
    return [Account(ref=one.account) for one in old.accounts]


@dataclass(frozen=True, slots=True)
class _Unread:
    """An account that could not be read: the ``error``, and its ``summary`` for the result."""

    error: ReconcilerError
    summary: AccountError


async def _read(
    account: Account, provider_for: ProviderFor, request: DiffRequest
) -> LiveAccount | _Unread:
    request.log(f"{account.handle}: reading tags")
    provider = None
    try:
        provider = provider_for(account)
        return await read_account(account, provider, usage=request.usage, log=request.log)
    except ABOUT_ONE_ACCOUNT as error:
        sent = 0 if provider is None else provider.requests
        return _Unread(error, account_error(error, handle=account.handle, requests=sent))


def _only(wanted: Sequence[str], known: Sequence[AccountRef]) -> set[str]:
    """The ids of the accounts meant by ``--account``: handles or ids; all where none is given."""
    by_word = {word: one.id for one in known for word in (one.id, one.handle)}
    for word in wanted:
        if word not in by_word:
            handles = sorted({one.handle for one in known})
            raise UsageError(
                f"--account {quoted(word)} is in neither of the two",
                hint=did_you_mean(word, handles) or f"They hold {', '.join(handles)}.",
            )
    return {by_word[word] for word in wanted} if wanted else {one.id for one in known}


def _compared(
    old: Sequence[LiveAccount],
    new: Sequence[LiveAccount],
    request: DiffRequest,
    only: set[str],
    *,
    partial: bool = False,
) -> Comparison:
    before = {one.account.id: one for one in old if one.account.id in only}
    after = {one.account.id: one for one in new if one.account.id in only}
    both = [account_id for account_id in before if account_id in after]
    if not both and not partial:
        raise UsageError(
            "the two hold different accounts: there is nothing to compare",
            hint=f"The old one holds {_listed(before.values())}; "
            f"the new one {_listed(after.values())}.",
        )
    compared = [one for account_id in both for one in (before[account_id], after[account_id])]
    if not partial:
        check_seen(request.narrowing, compared)
    return Comparison(
        old=Reading(None, ""),
        new=Reading(None, ""),
        accounts=tuple(
            news_between(before[account_id], after[account_id], request.narrowing)
            for account_id in both
        ),
        only_old=tuple(one.account for key, one in before.items() if key not in after),
        only_new=tuple(one.account for key, one in after.items() if key not in before),
    )


def _listed(accounts: Iterable[LiveAccount]) -> str:
    return ", ".join(f"{one.account.id} ({one.account.handle})" for one in accounts) or "none"
