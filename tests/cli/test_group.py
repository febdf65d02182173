"""The command line as click knows it; what it reports when it is wrong stands in e2e."""

from __future__ import annotations

import shlex
import subprocess
import sys

import click
import pytest

from reconciler.cli.command import Command
from reconciler.cli.group import COMMANDS, commands
from tests.cli_runner import run

TOP = click.Context(commands, info_name="reconciler", **commands.context_settings)


def every_command() -> list[tuple[str, Command]]:
    """Each command with its path, those within a group too."""
    found: list[tuple[str, Command]] = []
    for name in COMMANDS:
        one = commands.get_command(TOP, name)
        inner = one.commands.items() if isinstance(one, click.Group) else [("", one)]
        found += [
            (f"{name} {action}".strip(), it) for action, it in inner if isinstance(it, Command)
        ]
    return found


ALL = every_command()
EXAMPLES = [line for _, one in ALL for _, line in one.examples]


def parse(line: list[str]) -> click.Context:
    """What click makes of a line's command and its flags; raises UsageError."""
    group: click.Command = commands
    ctx = TOP
    while isinstance(group, click.Group):
        name, found, line = group.resolve_command(ctx, line)
        assert found is not None
        if isinstance(found, click.Group):
            group, ctx = found, click.Context(found, info_name=name, parent=ctx)
        else:
            return found.make_context(name, line, parent=ctx)
    raise AssertionError(line)


@pytest.mark.parametrize(("path", "one"), ALL, ids=[path for path, _ in ALL])
def test_every_command_has_help_and_examples(path: str, one: Command) -> None:
    assert one.examples
    assert one.help
    shown = run(*path.split(), "--help").out
    assert all(line in shown for _, line in one.examples)


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_is_understood(line: str) -> None:
    line = line.replace("$SLACK_WEBHOOK", "https://hooks.example/a")
    words = shlex.split(line.removeprefix('eval "$(').removesuffix(')"'))
    program, *rest = words[: words.index(">")] if ">" in words else words
    assert program == "reconciler"
    parse(rest)


def test_the_help_lists_every_command_and_imports_none() -> None:
    script = (
        "import sys\nfrom reconciler.cli.main import main\nmain(['--help'], {})\n"
        "print([name for name in sys.modules if name.startswith('reconciler.cli.commands')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert [name for name in COMMANDS if f"\n  {name} " not in done.stdout] == []
    assert done.stdout.endswith("\n[]\n")


@pytest.mark.parametrize("line", ["help plan", "plan --help", "plan -h"])
def test_help_is_a_command_too(line: str) -> None:
    assert run(*line.split()).out == run("plan", "--help").out
    assert run("help").out == run("--help").out
    assert run("version").out == run("--version").out


@pytest.mark.parametrize("name", ["--limit", "--account", "--format"])
def test_what_counts_once_is_refused_twice(name: str) -> None:
    value = {"--limit": "1", "--account": "a", "--format": "csv"}[name]
    with pytest.raises(click.BadParameter, match="is given twice"):
        parse(["get", "tags", name, value, name, value])
