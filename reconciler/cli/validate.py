"""``validate``: check the configuration without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.ci import publish_problems
from reconciler.cli.configuration import load_configuration
from reconciler.cli.files import write_file
from reconciler.cli.output import prepare
from reconciler.cli.values import Format
from reconciler.document import dump, problems_document
from reconciler.errors import ConfigError
from reconciler.model.problem import unmuted
from reconciler.render import gitlab
from reconciler.render.wording import muted
from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.flags import OutputFlags
    from reconciler.model.problem import Problem


def run(config: Sequence[str], output: OutputFlags, console: Console) -> int:
    """Show everything that is wrong or remarkable; 1 when something is wrong."""
    prepare(output, console)
    try:
        configuration = load_configuration(config, console)
    except ConfigError as error:
        _show(error.problems, output, console)
        return error.exit_code
    shown, counts = unmuted(configuration.warnings, configuration.muted)
    _show(shown, output, console)
    if output.form is Format.TEXT:
        accounts, tags = len(configuration.accounts), len(configuration.entries)
        console.result(
            f"The configuration is valid: {count(tags, 'tag')} in {count(accounts, 'account')}."
        )
        if counts:
            console.result(f"Muted: {muted(counts)}.")
    return 0


def _show(problems: Sequence[Problem], output: OutputFlags, console: Console) -> None:
    for _, path in output.report:
        write_file(path, gitlab.code_quality(problems), console)
    if output.form is Format.JSON:
        console.result(dump(problems_document(problems)))
        return
    publish_problems(problems, console)
    console.problems(problems)
