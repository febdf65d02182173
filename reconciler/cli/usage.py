"""A command line that click refuses, in this house's words, with what was probably meant."""

from __future__ import annotations

import click
from click.exceptions import NoSuchCommand

from reconciler.errors import UsageError
from reconciler.text.nearest import did_you_mean


def usage_error(error: click.UsageError) -> UsageError:
    """``error`` as ours: what is wrong, and what to write instead."""
    path = error.ctx.command_path if error.ctx else "reconciler"
    listed = f"`{path} --help` lists what can be given."
    return UsageError(_message(error), hint=" ".join(filter(None, (_guess(error), listed))))


def _message(error: click.UsageError) -> str:
    match error:
        case click.NoSuchOption():
            is_group = error.ctx is not None and isinstance(error.ctx.command, click.Group)
            more = ": a command's flags stand after it" if is_group else ""
            return f"there is no flag {error.option_name}{more}"
        case NoSuchCommand():
            return f"there is no command {error.command_name!r}"
        case click.MissingParameter():
            return f"{_name(error)} is missing"
        case click.BadParameter():
            return f"{_name(error)}: {error.message.rstrip('.')}"
        case _:
            return _lower(error.format_message())


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:].rstrip(".")


def _name(error: click.BadParameter) -> str:
    """The flag or argument that ``error`` is about, as the usage line writes it."""
    if error.param is None or error.ctx is None:
        return str(error.param_hint or "the command line")
    if isinstance(error.param, click.Argument):
        return error.param.make_metavar(error.ctx).strip("[].")
    return max(error.param.opts, key=len)


def _guess(error: click.UsageError) -> str | None:
    """Whether what stands nearest to what was typed, among what could be, is meant."""
    match error:
        case click.NoSuchOption(ctx=click.Context() as ctx):
            flags = [flag for param in ctx.command.get_params(ctx) for flag in param.opts]
            return did_you_mean(error.option_name, (flag for flag in flags if flag.startswith("-")))
        case NoSuchCommand(ctx=click.Context(command=click.Group() as group) as ctx):
            return did_you_mean(error.command_name, group.list_commands(ctx))
        case _:
            return None
