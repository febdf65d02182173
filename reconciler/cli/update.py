"""``update call``: one call shown with what will change, asked about, changed and read back."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, NamedTuple

from reconciler.cli.configuration import load_if_there
from reconciler.cli.session import Session
from reconciler.cli.values import Format
from reconciler.cli.which import find_account, refuse_unknown_account
from reconciler.errors import NotFoundError, RefusedError, UsageError
from reconciler.model.call import call_differences
from reconciler.model.state import Account
from reconciler.model.tag import AccountRef
from reconciler.planning.applicable import refuse_unless_applicable

if TYPE_CHECKING:
    from reconciler.cli.console import Console
    from reconciler.cli.flags import NetworkFlags
    from reconciler.config import Configuration
    from reconciler.model.call import Call, CallEdit


class UpdateFlags(NamedTuple):
    """Which call is meant, and how it is gone about; ``yes``: without asking."""

    call_id: str
    config: tuple[str, ...]
    account: str | None
    yes: bool
    form: Format
    network: NetworkFlags


def run(asked: UpdateFlags, edit: CallEdit, console: Console) -> int:
    """Make ``edit``; raises RefusedError without a yes, UsageError for a change that can't be."""
    _refuse_contradictions(edit)
    configuration = load_if_there(asked.config, console)
    return asyncio.run(_update(asked, edit, configuration, console))


def _refuse_contradictions(edit: CallEdit) -> None:
    if not edit.fields:
        raise UsageError(
            "nothing is asked for",
            hint="Give --add-tag, --remove-tag, --note, --lead-status, --value, --customer-name "
            "or --spam.",
        )
    if edit.spam and len(edit.fields) > 1:
        raise UsageError(
            "--spam goes alone: CallRail hides the call then, and nothing else could be read back",
            hint="Make the other changes first.",
        )
    if both := sorted({*edit.add_tags} & {*edit.remove_tags}):
        raise UsageError(f"{both[0]!r} is to be added and removed")


async def _update(
    asked: UpdateFlags, edit: CallEdit, configuration: Configuration | None, console: Console
) -> int:
    accounts = configuration.accounts if configuration else ()
    gateway = configuration.gateway if configuration else None
    async with Session(asked.network, console, gateway, accounts=accounts) as session:
        account, before = await session.watch(_found(asked, edit, session, configuration, console))
        after = edit.applied(before)
        _report_missing(edit, before, console)
        if call_differences(before, after):
            _show(account, before, after, asked, console)
            if not asked.yes:
                _expect_approval(edit, console)
            with session.signals.finish_running(), session.progress("Changing the call"):
                after = await session.client.calls_of(account).update(before, edit)
    return _report(account, before, after, asked, console)


async def _found(
    asked: UpdateFlags,
    edit: CallEdit,
    session: Session,
    configuration: Configuration | None,
    console: Console,
) -> tuple[Account, Call]:
    """The account and the call that are meant; tags that can't be put on it are refused."""
    resources, account_id = await find_account(asked.account, session, configuration, console)
    configured = configuration.accounts if configuration else ()
    plain = Account(ref=AccountRef(account_id, account_id))
    account = next((one for one in configured if one.ref.id == account_id), plain)
    try:
        call = await session.client.calls_of(account).read(asked.call_id)
    except NotFoundError as error:
        await refuse_unknown_account(resources, account_id)
        raise NotFoundError(
            f"there is no call {asked.call_id} in {account.handle}",
            hint="One that is marked as spam is hidden; `reconciler get calls` lists the others.",
        ) from error
    if new := [name for name in edit.add_tags if name not in (call.tags or ())]:
        listing = await session.provider(account).tags({None, call.company_id}, proven=True)
        refuse_unless_applicable(new, call.company_id, listing.tags)
    return account, call


def _report_missing(edit: CallEdit, before: Call, console: Console) -> None:
    """Name the tags that are to be removed and are not there: a typo looks like that."""
    from reconciler.text.nearest import did_you_mean
    from reconciler.text.quote import quoted

    for name in edit.remove_tags:
        if before.tags is not None and name not in before.tags:
            guess = did_you_mean(name, before.tags)
            console.log(f"The call does not have {quoted(name)}." + (f" {guess}" if guess else ""))


def _show(
    account: Account, before: Call, after: Call, asked: UpdateFlags, console: Console
) -> None:
    """What will change: part of a text result, a message beside JSON."""
    from reconciler.render import call

    if asked.form is Format.TEXT:
        console.result(call.change(account.handle, before, after, style=console.style()))
    else:
        style = console.style(sys.stderr)
        console.show(call.change(account.handle, before, after, style=style))


def _expect_approval(edit: CallEdit, console: Console) -> None:
    """Ask; raises RefusedError where nobody can be asked, and for every answer but ``yes``."""
    if not console.interactive:
        raise RefusedError(
            "nobody approved the change: there is no terminal to ask at", hint="Give --yes."
        )
    for_good = " The mark can't be taken back by any API." if edit.spam else ""
    if console.ask(f"Change this call?{for_good} Only 'yes' is a yes: ") != "yes":
        raise RefusedError("the change was not approved", hint="Nothing was changed.")


def _report(
    account: Account, before: Call, after: Call, asked: UpdateFlags, console: Console
) -> int:
    if asked.form is Format.JSON:
        from reconciler.document import dump
        from reconciler.render import call

        console.result(dump(call.document(account.ref.id, before, after)))
    elif not call_differences(before, after):
        console.result("Nothing to change: the call is so already.\n")
    elif after.spam:
        console.result("Done: CallRail hides the call now.\n")
    else:
        console.result("Done, and read back as asked.\n")
    return 0
