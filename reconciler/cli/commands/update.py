"""``update``: change one call, after showing it and asking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli import flags
from reconciler.cli.command import command as make
from reconciler.cli.values import Format, Parsed, one_of

if TYPE_CHECKING:
    from reconciler.cli.console import Console

NOT_SCORED = "not_scored"


@click.group(subcommand_metavar="call ID [OPTIONS] …", options_metavar="")
def command() -> None:
    """Change one call, after showing it and asking."""


def _amount(text: str) -> str:
    from reconciler.model.call import amount

    if text and amount(text) is None:
        raise ValueError(f"{text!r} is not an amount such as 1.00 or $1.00")
    return text


_ONE = "reconciler update call CAL019c46b9fc277a7881e3728fea20869b"


@make(
    ("mark a lead", f"{_ONE} --lead-status good_lead --value 150.00"),
    ("a tag instead of another", f"{_ONE} --add-tag Opportunity --remove-tag Voicemail"),
    ("in a script, without asking", f"{_ONE} --note 'Called back' --yes --format json"),
    more="An empty text clears a field. What is not named stays as it is.\n",
)
@click.argument("call_id", metavar="ID")
@flags.config_option
@click.option(
    "--account",
    multiple=True,
    callback=flags.only_one(None),
    metavar="ACCOUNT",
    shell_complete=flags.complete_accounts,
    help="handle, id, name or number (default: the only one that the key sees)",
)
@click.option("--add-tag", multiple=True, metavar="NAME", help="a live tag (repeats)")
@click.option("--remove-tag", multiple=True, metavar="NAME", help="(repeats)")
@click.option("--note", metavar="TEXT", help="instead of the one that is there")
@click.option(
    "--lead-status",
    type=one_of(("good_lead", "not_a_lead", NOT_SCORED)),
    help=f"{NOT_SCORED} clears it",
)
@click.option("--value", type=Parsed("amount", _amount), metavar="AMOUNT", help="such as 150.00")
@click.option("--customer-name", metavar="NAME", help="the caller's")
@click.option(
    "--spam/--no-spam",
    default=None,
    help="mark it as spam; only CallRail's screen takes that back",
)
@click.option("--yes", is_flag=True, help="do not ask")
@flags.format_option((Format.TEXT, Format.JSON))
@flags.network
def call(
    console: Console,
    *,
    call_id: str,
    config: tuple[str, ...],
    account: str | None,
    yes: bool,
    form: Format,
    network: flags.NetworkFlags,
    add_tag: tuple[str, ...],
    remove_tag: tuple[str, ...],
    lead_status: str | None,
    spam: bool | None,
    **texts: str | None,
) -> int:
    """Change one call: its tags, note, value, lead status, customer name, spam mark."""
    from reconciler.cli.update import UpdateFlags, run
    from reconciler.errors import UsageError
    from reconciler.model.call import CallEdit

    if spam is False:
        raise UsageError(
            "no API takes the spam mark off a call, and none shows such a call",
            hint="Do it on CallRail's screen.",
        )
    edit = CallEdit(
        add_tags=add_tag,
        remove_tags=remove_tag,
        lead_status="" if lead_status == NOT_SCORED else lead_status,
        spam=bool(spam),
        **texts,
    )
    return run(UpdateFlags(call_id, config, account, yes, form, network), edit, console)


command.add_command(call, "call")
