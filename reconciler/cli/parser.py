"""Every command and flag, with its help; imports nothing that is slow."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from reconciler import __version__
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Subparsers = argparse._SubParsersAction[Any]  # noqa: SLF001 - it has no public name

PLAN_FORMATS = ("text", "json", "markdown", "html")
REPORT_FORMATS = (*PLAN_FORMATS, "gitlab")
ROW_FORMATS = ("text", "json", "yaml", "csv")
SCHEMAS = ("config", "plan", "report", "snapshot", "problems", "error")
RESOURCES = (
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
EPILOG = """\
exit codes:
  0    done, or nothing to do
  1    an error; nothing was changed
  2    plan --detailed-exitcode, drift: there is a difference
  3    apply incomplete: the report says what failed, is unknown or was not tried
  4    no key, or it was refused: 401, or 403 on something that must be read
  5    refused: deletes not allowed, over a limit, protected, stale or too old, not approved
  6    quota or --max-wait reached; running it again goes on
  64   usage
  129, 130, 143  interrupted (SIGHUP, SIGINT, SIGTERM): running requests were finished and reported

environment:
  CALLRAIL_API_KEY, MATON_API_KEY  the key (or CALLRAIL_API_KEY_FILE, MATON_API_KEY_FILE)
  RECONCILER_KEY_VARIABLES         other variables than *_API_KEY that api_key_env may name
  RECONCILER_CONFIG                the configuration, instead of reconciler.yaml here
  RECONCILER_API_URL               the API's base, what stands before /v3
  RECONCILER_CONTROL_URL           the base of Maton's control plane
  NO_COLOR                         no colours
"""


class Parser(argparse.ArgumentParser):
    """argparse, with wrong usage raised as our error (exit code 64)."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, hint=f"`{self.prog} --help` lists what can be given.")


def build_parser(argv: Sequence[str]) -> Parser:
    """The command line; each command names the module of ``reconciler.cli`` that runs it.

    A run uses one command, and argparse takes milliseconds for all of them: only commands that
    ``argv`` names have their flags, and where it begins with one the others are not there at all.
    """
    parser = Parser(
        prog="reconciler",
        description="Keep CallRail call tags as they are described in YAML.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"reconciler {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in argv[:1] if argv and argv[0] in COMMANDS else COMMANDS:
        text, add_flags = COMMANDS[name]
        command = _command(commands, name, text, module=MODULES.get(name))
        if name in argv:
            add_flags(command)
    return parser


def duration(text: str) -> float:
    """Seconds of ``90``, ``90s``, ``15m``, ``1h`` or ``1h30m``."""
    match = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", text.strip())
    if not text.strip() or match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration; write 90s, 15m or 1h")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _between(low: int, high: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low} to {high}")
        return int(text)

    return number


def _report(text: str, formats: tuple[str, ...] = REPORT_FORMATS) -> tuple[str, str]:
    form, equals, path = text.partition("=")
    if not equals or not path or form not in formats:
        known = ", ".join(formats)
        raise argparse.ArgumentTypeError(f"{text!r} is no FORMAT=PATH with a format of {known}")
    return form, path


def _quality_report(text: str) -> tuple[str, str]:
    return _report(text, ("gitlab",))


def _command(
    commands: Subparsers, name: str, text: str, *, module: str | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(module=module or name)
    talk = parser.add_argument_group("output")
    talk.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    talk.add_argument("-v", "--verbose", action="count", default=0, help="twice: log requests")
    talk.add_argument("-q", "--quiet", action="store_true", help="no progress, no warnings")
    talk.add_argument("--log-format", choices=("text", "json"), default="text")
    return parser


def _with_formats(parser: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    parser.add_argument("--format", choices=formats, default="text", help="of stdout")


def _with_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=_report,
        metavar="FORMAT=PATH",
        help=f"write the result to a file as well: {', '.join(REPORT_FORMATS)} (repeats)",
    )


def _with_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c",
        "--config",
        action="append",
        default=[],
        metavar="PATH",
        help="file or directory (repeats; default reconciler.yaml or $RECONCILER_CONFIG)",
    )


def _with_account(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", action="append", default=[], metavar="HANDLE", help="only this one (repeats)"
    )


def _with_narrowing(parser: argparse.ArgumentParser) -> None:
    _with_account(parser)
    parser.add_argument(
        "--company",
        action="append",
        default=[],
        metavar="GLOB",
        help="only these, by name or id; one that matches nothing is refused (repeats)",
    )
    parser.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="GLOB",
        help="only these, by any of their names; one that matches nothing is refused (repeats)",
    )


def _with_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--parallelism",
        type=_between(1, 64),
        default=10,
        metavar="N",
        help="requests in flight at once (10)",
    )
    parser.add_argument(
        "--max-wait",
        type=duration,
        default=300.0,
        metavar="DURATION",
        help="longest wait for the quota in all (5m)",
    )


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ci", choices=("github", "gitlab"), help="write the pipeline too")
    parser.add_argument("directory", nargs="?", default=".", help="where (here)")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "account_id",
        nargs="*",
        metavar="ACCOUNT",
        help="id, handle or exact name (default: those configured, else all seen)",
    )
    _with_config(parser)
    _with_account(parser)
    _with_network(parser)


def _add_validate(parser: argparse.ArgumentParser) -> None:
    _with_config(parser)
    _with_formats(parser, ("text", "json"))
    parser.add_argument(
        "--report",
        action="append",
        default=[],
        type=_quality_report,
        metavar="gitlab=PATH",
        help="write GitLab's code quality report as well",
    )


def _add_plan(parser: argparse.ArgumentParser) -> None:
    _with_config(parser)
    _with_narrowing(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="save the plan for `apply FILE`, which takes it for 7 days"
    )
    parser.add_argument("--live", metavar="FILE", help="plan against a snapshot, offline")
    parser.add_argument(
        "--detailed-exitcode", action="store_true", help="exit 2 when there is a difference"
    )
    parser.add_argument("--show-unmanaged", action="store_true", help="list undeclared tags")
    parser.add_argument(
        "--impact",
        action="store_true",
        help="count what has the tags that are disabled or renamed, too",
    )
    _with_formats(parser, PLAN_FORMATS)
    _with_reports(parser)
    _with_network(parser)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan_file", nargs="?", metavar="PLANFILE", help="a saved, reviewed plan")
    _with_config(parser)
    _with_narrowing(parser)
    parser.add_argument("--auto-approve", action="store_true", help="do not ask")
    parser.add_argument(
        "--expect-digest", metavar="sha256:…", help="refuse unless the plan is this one"
    )
    deletes = parser.add_mutually_exclusive_group()
    deletes.add_argument(
        "--allow-deletes", action="store_true", help="delete what the plan deletes"
    )
    deletes.add_argument("--no-deletes", action="store_true", help="do all but the deletes")
    _with_formats(parser, PLAN_FORMATS)
    _with_reports(parser)
    _with_network(parser)


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan_file", nargs="+", metavar="PLANFILE")
    _with_formats(parser, PLAN_FORMATS)
    _with_reports(parser)


def _add_drift(parser: argparse.ArgumentParser) -> None:
    _with_config(parser)
    _with_narrowing(parser)
    parser.add_argument("--live", metavar="FILE", help="compare with a snapshot, offline")
    _with_formats(parser, PLAN_FORMATS)
    _with_reports(parser)
    _with_network(parser)


def _add_snapshot(parser: argparse.ArgumentParser) -> None:
    _with_config(parser)
    _with_account(parser)
    parser.add_argument("--out", metavar="FILE", help="default: stdout")
    _with_network(parser)


class Once(argparse.Action):
    """Stores a value, and refuses a second one: which of the two counts would be a guess."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Store ``values``; raises UsageError for the second time."""
        given = namespace.__dict__.setdefault("given_once", set())
        if self.dest in given:
            parser.error(f"{option_string} is given twice, and one is taken")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def _add_get(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "resource", choices=RESOURCES, metavar="RESOURCE", help=", ".join(RESOURCES)
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="one of them")
    _with_config(parser)
    parser.add_argument(
        "--account",
        action=Once,
        metavar="ACCOUNT",
        help="handle, id, name or number (default: the only one that the key sees)",
    )
    parser.add_argument(
        "--limit", action=Once, type=_between(1, 10_000_000), metavar="N", help="rows at most"
    )
    parser.add_argument(
        "--format", action=Once, choices=ROW_FORMATS, default="text", help="of stdout"
    )
    _with_filters(parser)
    _with_network(parser)


def _with_filters(parser: argparse.ArgumentParser) -> None:
    """All filters of all resources; which takes which, and which words, is the catalog's."""
    filters = parser.add_argument_group(
        "filters (a resource that does not have one says which it has)"
    )
    for name, metavar, text in FILTERS:
        flag = f"--{name.replace('_', '-')}"
        filters.add_argument(flag, action="append", default=[], metavar=metavar, help=text)


FILTERS = (
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
"""Of ``get``: the catalog's name, and what the help says of it."""


def _add_connections(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("list", "list them"),
        ("create", "make one; prints the address to open in a browser"),
        ("get", "show one"),
        ("delete", "delete one, after asking"),
    ):
        action = _command(actions, name, text, module="connections")
        if name in {"get", "delete"}:
            action.add_argument("id", metavar="ID")
        if name == "create":
            action.add_argument("--wait", action="store_true", help="until it is active")
        if name == "delete":
            action.add_argument("--auto-approve", action="store_true", help="do not ask")
        if name != "delete":
            _with_formats(action, ("text", "json", "yaml"))
        _with_network(action)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _with_config(parser)
    _with_formats(parser, ("text", "json"))
    _with_network(parser)


def _add_sandbox(parser: argparse.ArgumentParser) -> None:
    from reconciler.sandbox.command import add_arguments

    add_arguments(parser)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", metavar="DIR", help="keep what the demo writes in DIR")


def _add_schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", choices=SCHEMAS, default="config")


MODULES = {"import": "importing"}
"""Of the commands whose name is not their module's."""

COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "init": ("write a first reconciler.yaml; never overwrites", _add_init),
    "import": (
        "write live tags as a configuration to stdout; its plan is empty and quiet",
        _add_import,
    ),
    "validate": ("check the configuration offline", _add_validate),
    "plan": ("show what apply would do", _add_plan),
    "apply": ("make live tags as configured, after asking", _add_apply),
    "show": ("show saved plans; several are joined into one report", _add_show),
    "drift": (
        "report what differs from the configuration, changing nothing; exit 2 if anything does",
        _add_drift,
    ),
    "snapshot": ("save live state for `plan --live FILE`", _add_snapshot),
    "get": ("list what CallRail holds, read-only", _add_get),
    "connections": ("manage Maton's connections to CallRail", _add_connections),
    "doctor": (
        "check key, gateway, accounts, role, connection, clock, proxy, quota; say what to do",
        _add_doctor,
    ),
    "sandbox": ("run a local CallRail and Maton look-alike, kept in SQLite", _add_sandbox),
    "demo": ("sandbox and example: plan, apply, plan again", _add_demo),
    "schema": ("print a published JSON Schema", _add_schema),
}
