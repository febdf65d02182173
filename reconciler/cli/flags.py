"""Flags that several commands share, each family handed to the command as one value."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from reconciler.cli.values import (
    FILE,
    Format,
    Only,
    Parsed,
    ReportFile,
    between,
    duration,
    one_of,
    report_file,
    webhook,
)
from reconciler.model.group_by import GroupBy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from click.shell_completion import CompletionItem

    Function = Callable[..., int]
    Decorator = Callable[[Function], Function]

T = TypeVar("T")

# Named tuples, for `dataclasses` would be the slowest import of `plan --help`.


class NetworkFlags(NamedTuple):
    """How requests are sent."""

    parallelism: int
    max_wait: float
    max_requests: int | None


class NarrowingFlags(NamedTuple):
    """What the work is limited to; all, where empty."""

    account: tuple[str, ...] = ()
    company: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()


class CauseFlags(NamedTuple):
    """What changes are distinguished by, and the part of them that is wanted."""

    base: str | None = None
    only: Only | None = None


class OutputFlags(NamedTuple):
    """Where the result goes: stdout in ``form``, and the files of ``report``; ``group_by``: of a
    plan's changes, None: as the plan asks for.
    """

    form: Format
    report: tuple[ReportFile, ...] = ()
    group_by: GroupBy | None = None


PLAN_FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.HTML)


def family(
    name: str, kind: Callable[..., object], members: Iterable[str], options: Sequence[Decorator]
) -> Decorator:
    """Adds ``options``, whose values ``members`` become one value ``name`` made by ``kind``."""

    def decorate(command: Function) -> Function:
        @wraps(command)
        def gathered(*args: object, **given: object) -> int:
            value = kind(**{member: given.pop(member) for member in members})
            return command(*args, **{name: value}, **given)

        decorated: Function = gathered
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def format_option(formats: Iterable[Format], *names: str) -> Decorator:
    """``--format``, given to the command as ``form``."""
    return click.option(
        "--format",
        *(names or ("form",)),
        type=one_of(formats),
        default=Format.TEXT,
        help="of stdout",
    )


def only_one(default: T) -> Callable[[click.Context, click.Parameter, tuple[T, ...]], T]:
    """For a flag that refuses to be given twice: which of the two counts would be a guess."""

    def only(ctx: click.Context, param: click.Parameter, values: tuple[T, ...]) -> T:
        if len(values) > 1:
            raise click.BadParameter("is given twice, and one is taken", ctx, param)
        return values[0] if values else default

    return only


def output(
    formats: Iterable[Format] = PLAN_FORMATS,
    reports: tuple[Format, ...] = (*PLAN_FORMATS, Format.GITLAB),
    *,
    grouped: bool = False,
) -> Decorator:
    """``--format``, ``--report`` and, where plans are shown, ``--group-by`` as
    :class:`OutputFlags`.
    """
    report = click.option(
        "--report",
        multiple=True,
        type=report_file(reports),
        metavar="FORMAT=PATH",
        help=f"write the result to a file as well: {', '.join(reports)} (repeats)",
    )
    options: list[Decorator] = [format_option(formats), report]
    if grouped:
        options.append(
            click.option(
                "--group-by",
                type=one_of(GroupBy),
                help="the changes in text, comment and page (tag, where a block of the "
                "configuration changes more than three places)",
            )
        )
    return family("output", OutputFlags, OutputFlags._fields[: len(options)], options)


def complete_accounts(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[str | CompletionItem]:
    """Handles of the configuration at hand."""
    from reconciler.cli.handles import handles_at_hand

    given = ctx.params.get("config") or ()
    return [one for one in handles_at_hand(given) if one.startswith(incomplete)]


config_option = click.option(
    "-c",
    "--config",
    multiple=True,
    type=FILE,
    metavar="PATH",
    help="file or directory (repeats; default reconciler.yaml or $RECONCILER_CONFIG)",
)
account_option = click.option(
    "--account",
    multiple=True,
    metavar="HANDLE",
    shell_complete=complete_accounts,
    help="only this one (repeats)",
)
company_option = click.option(
    "--company",
    multiple=True,
    metavar="GLOB",
    help="only these, by name or id; one that matches nothing is refused (repeats)",
)
live_option = click.option(
    "--live", type=FILE, metavar="FILE", help="read a snapshot instead of live state, offline"
)
since_option = click.option(
    "--since",
    type=FILE,
    metavar="SNAPSHOT",
    help="show by an earlier snapshot what was renamed, deleted and made anew in CallRail",
)
webhook_option = click.option(
    "--webhook",
    type=Parsed("address", webhook),
    multiple=True,
    callback=only_one(None),
    metavar="URL",
    help="post the outcome there as JSON, with a text for Slack; https only, sent once",
)
config_paths = family(
    "config",
    lambda config, path: (*config, *path),
    ("config", "path"),
    [
        config_option,
        click.argument(
            "path", nargs=-1, type=FILE, metavar="[PATH]...", help="the same as -c PATH"
        ),
    ],
)
"""The configuration's files and directories: ``-c PATH``, or just ``PATH``."""

narrowing = family(
    "narrowing",
    NarrowingFlags,
    NarrowingFlags._fields,
    [
        account_option,
        company_option,
        click.option(
            "--tag",
            multiple=True,
            metavar="GLOB",
            help="only these, by any of their names; one that matches nothing is refused (repeats)",
        ),
    ],
)
causes = family(
    "causes",
    CauseFlags,
    CauseFlags._fields,
    [
        click.option(
            "--base",
            metavar="REF",
            help="mark each change as this change, drift or both, by the configuration where HEAD "
            "left REF (in CI: the pull request's base)",
        ),
        click.option(
            "--only",
            type=one_of(Only),
            help="without drift, which REF plans as well; the digest is of the rest",
        ),
    ],
)
network = family(
    "network",
    NetworkFlags,
    NetworkFlags._fields,
    [
        click.option(
            "--parallelism",
            type=between(1, 64),
            default=10,
            metavar="N",
            help="requests at once (10)",
        ),
        click.option(
            "--max-wait",
            type=Parsed("duration", duration),
            default=300.0,
            metavar="DURATION",
            help="longest wait for the quota in all (5m)",
        ),
        click.option(
            "--max-requests",
            type=between(1, 1_000_000),
            metavar="N",
            help="stop after so many requests; running it again goes on",
        ),
    ],
)
