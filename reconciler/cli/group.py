"""The top of the command line: which commands there are, and where; imports none to list them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from reconciler import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: Final = {
    "init": "write a first reconciler.yaml; never overwrites",
    "import": "write live tags as a configuration to stdout; its plan is empty and quiet",
    "audit": "show which companies deviate, which names look alike, what is used",
    "validate": "check the configuration offline",
    "plan": "show what apply would do",
    "apply": "make live tags as configured, after asking",
    "rehearse": "apply a saved plan to a copy of its accounts, with lost answers too",
    "undo": "show the plan that takes an apply back, by its report",
    "show": "show saved plans; several are joined into one report",
    "explain": "why a tag is planned as it is, by which line; or what a code means",
    "drift": "report what differs from the configuration, changing nothing; exit 2 if "
    "anything does",
    "snapshot": "save live state for `plan --live FILE`, `diff` and `--since`",
    "diff": "show what changed between two snapshots, or since one, tag by tag",
    "get": "list what CallRail holds, read-only",
    "update": "change one call, after showing it and asking: tags, note, value, lead status, name",
    "connections": "manage Maton's connections to CallRail",
    "doctor": "check key, gateway, accounts, role, connection, clock, proxy, quota; advise",
    "sandbox": "run a local CallRail and Maton look-alike, kept in SQLite",
    "demo": "sandbox and example: plan, apply, take a tag back, plan again",
    "schema": "print a published JSON Schema",
    "completion": "print the script that completes commands, flags and values in a shell",
    "help": "show the help of a command",
    "version": "print the version",
}
"""Each command's line in the help; its module is ``reconciler.cli.commands.NAME``."""

EXIT_CODES: Final = (
    ("0", "done, or nothing to do"),
    ("1", "an error; nothing was changed"),
    ("2", "plan or diff --detailed-exitcode, drift: there is a difference"),
    ("3", "apply incomplete: the report lists what failed, is unknown or was not tried"),
    ("4", "no key, or it was refused: 401, or 403 on something that must be read"),
    ("5", "refused: deletes not allowed, over a limit, protected, stale or too old, not approved"),
    ("6", "quota, --max-wait or --max-requests reached; running it again goes on"),
    ("64", "usage"),
    (
        "129, 130, 143",
        "interrupted (SIGHUP, SIGINT, SIGTERM): running requests were finished and reported",
    ),
)
ENVIRONMENT: Final = (
    ("CALLRAIL_API_KEY", "a key of CallRail, or CALLRAIL_API_KEY_FILE its file"),
    ("MATON_API_KEY", "a key of Maton, or MATON_API_KEY_FILE its file"),
    ("RECONCILER_KEY_VARIABLES", "other variables than *_API_KEY that api_key_env may name"),
    ("RECONCILER_CONFIG", "the configuration, instead of reconciler.yaml here"),
    ("RECONCILER_API_URL", "the API's base, what stands before /v3"),
    ("RECONCILER_CONTROL_URL", "the base of Maton's control plane"),
    ("NO_COLOR", "no colours"),
    ("FORCE_COLOR", "colours where no terminal is, too, unless NO_COLOR is set"),
)


COMPLETION: Final = "_RECONCILER_COMPLETE"
"""The variable by which a shell asks for what completes a line."""


class Commands(click.Group):
    """Imports a command's module when that command is used, and none for the help or a typo."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """All names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """The command ``name``; None where there is none."""
        if name not in COMMANDS:
            return None
        module = import_module(f"reconciler.cli.commands.{_MODULES.get(name, name)}")
        found: click.Command = module.command
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def format_epilog(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Exit codes and environment."""
        for title, rows in (("Exit codes", EXIT_CODES), ("Environment", ENVIRONMENT)):
            with formatter.section(title):
                formatter.write_dl(rows)
        formatter.write("\n`reconciler help COMMAND` shows a command's flags, with examples.\n")

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands that begin so, and flags."""
        from click.shell_completion import CompletionItem

        flags = click.Command.shell_complete(self, ctx, incomplete)
        names = ((name, text) for name, text in COMMANDS.items() if name.startswith(incomplete))
        return [*(CompletionItem(name, help=text) for name, text in names), *flags]


_MODULES: Final = {"import": "import_"}
"""Of the commands whose name can't be a module's."""


@click.group(
    cls=Commands,
    name="reconciler",
    subcommand_metavar="COMMAND [OPTIONS] …",
    options_metavar="",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s", help="show the version")
def commands() -> None:
    """Keep CallRail call tags as they are described in YAML."""
