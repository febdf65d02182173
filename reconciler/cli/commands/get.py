"""``get``: list what CallRail holds, read-only and complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from reconciler.cli import flags
from reconciler.cli.command import Sectioned
from reconciler.cli.command import command as make
from reconciler.cli.values import Format, between, one_of

if TYPE_CHECKING:
    from reconciler.cli.console import Console

RESOURCES: Final = (
    "accounts",
    "companies",
    "tags",
    "calls",
    "call-summary",
    "call-timeseries",
    "forms",
    "texts",
    "message-flows",
    "trackers",
    "users",
    "integrations",
    "notifications",
)
FILTERS: Final = (
    ("company", "GLOB", "of these companies, by name or id (repeats)"),
    ("company_id", "COM…", "the same, by id"),
    ("tracker_id", "TRK…", "of this tracker; summaries take several"),
    ("date_range", "PRESET", "recent, today, last_30_days, this_year, all_time, …"),
    ("start_date", "ISO8601", None),
    ("end_date", "ISO8601", "inclusive"),
    ("time_zone", "NAME", "that dates without an offset are in"),
    ("search", "TEXT", None),
    ("tags", "NAME", "that have this tag, or one of them (repeats)"),
    ("call_type", "TYPE", "first_call, missed, voicemails, inbound, outbound"),
    ("answer_status", "STATUS", "answered, missed, voicemail"),
    ("device", "DEVICE", "desktop, mobile, all"),
    ("direction", "DIRECTION", "inbound, outbound"),
    ("lead_status", "STATUS", "good_lead, not_a_lead, not_scored"),
    ("first_time_callers", "BOOL", "true, false"),
    ("min_duration", "SECONDS", None),
    ("max_duration", "SECONDS", None),
    ("agent", "EMAIL", None),
    ("status", "STATUS", "of companies, tags, trackers"),
    ("level", "LEVEL", "of tags: account, company"),
    ("type", "TYPE", "of trackers: source, session"),
    ("alert_type", "TYPE", "of notifications: all, first_call, missed_and_vm, vm_only"),
    ("group_by", "FIELD", "of call-summary"),
    ("interval", "INTERVAL", "of call-timeseries: hour, day, week, month, year"),
    ("fields", "A,B", "fields to add to each row, figures of a summary (repeats)"),
    ("sort", "FIELD", None),
    ("order", "ORDER", "asc, desc"),
)
"""The catalog's name of each filter, and what the help says of it; which resource has which, and
which values, is the catalog's to say."""


class _Filter(Sectioned):
    section = "Filters (a resource without one lists those that it has)"


def _with_filters(command: flags.Function) -> flags.Function:
    for name, metavar, text in reversed(FILTERS):
        flag = f"--{name.replace('_', '-')}"
        command = click.option(flag, name, cls=_Filter, multiple=True, metavar=metavar, help=text)(
            command
        )
    return command


@make(
    ("the ids that a configuration needs", "reconciler get accounts"),
    ("tags of two companies", "reconciler get tags --company 'Dental*' --format csv"),
    ("calls that have a tag", "reconciler get calls --tags Opportunity --date-range last_30_days"),
    ("one of them", "reconciler get companies COM019c46b8a26376a9a4f29671dcdd49e9"),
)
@click.argument("resource", type=one_of(RESOURCES), metavar="RESOURCE", help=", ".join(RESOURCES))
@click.argument("row_id", required=False, metavar="[ID]", help="one of them")
@flags.config_option
@click.option(
    "--account",
    multiple=True,
    callback=flags.only_one(None),
    metavar="ACCOUNT",
    shell_complete=flags.complete_accounts,
    help="handle, id, name or number (default: the only one that the key sees)",
)
@click.option(
    "--limit",
    multiple=True,
    callback=flags.only_one(None),
    type=between(1, 10_000_000),
    metavar="N",
    help="rows at most",
)
@click.option(
    "--format",
    "form",
    multiple=True,
    callback=flags.only_one(Format.TEXT),
    type=one_of((Format.TEXT, Format.JSON, Format.YAML, Format.CSV)),
    help="of stdout",
)
@click.option("--trash", is_flag=True, help="of tags: those in the trash, and when they are due")
@_with_filters
@flags.network
def command(
    console: Console,
    *,
    resource: str,
    row_id: str | None,
    config: tuple[str, ...],
    account: str | None,
    limit: int | None,
    form: Format,
    trash: bool,
    network: flags.NetworkFlags,
    **filters: tuple[str, ...],
) -> int:
    """List what CallRail holds, read-only and complete."""
    from reconciler.cli.get import GetFlags, run

    asked = GetFlags(resource, row_id, config, account, limit, form, trash, network, filters)
    return run(asked, console)
