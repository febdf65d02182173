"""Which configuration a command means, loaded and narrowed to the accounts asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.config import load
from reconciler.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.cli.console import Console
    from reconciler.cli.session import Session
    from reconciler.config import Configuration
    from reconciler.model.plan import Plan

DEFAULT = "reconciler.yaml"


def paths(config: Sequence[str], console: Console) -> list[Path]:
    """The files and directories of ``--config``, else $RECONCILER_CONFIG, else the default."""
    given = config or [console.environ.get("RECONCILER_CONFIG") or DEFAULT]
    return [Path(one) for one in given]


def is_configuration(path: str) -> bool:
    """Whether ``path`` is meant as a configuration and not as a saved plan, a JSON object."""
    if Path(path).is_dir():
        return True
    if Path(path).suffix not in {".yaml", ".yml"}:
        return False
    try:
        with Path(path).open("rb") as stream:
            return not stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:
        return True


def load_configuration(
    config: Sequence[str], console: Console, *, account: Sequence[str] = ()
) -> Configuration:
    """Load it, with a warning of exceptions that end by now or soon.

    ``account`` are the handles that it is limited to, if any. Raises ConfigError with all that is
    wrong, UsageError for an unknown account.
    """
    configuration = _load(config, console).on(datetime.now(UTC).date())
    return configuration.only(account) if account else configuration


def load_if_there(config: Sequence[str], console: Console) -> Configuration | None:
    """Like :func:`load_configuration`; None where none was named and there is no default.

    An empty default is none: in `reconciler import > reconciler.yaml` the shell makes it first.
    """
    named = config or console.environ.get("RECONCILER_CONFIG")
    default = Path(DEFAULT)
    if not named and (not default.exists() or default.stat().st_size == 0):
        return None
    return _load(config, console)


def guarding_configuration(
    plan: Plan, config: Sequence[str], console: Console
) -> Configuration | None:
    """The configuration whose guards hold today: the one named, else the default where it names
    the accounts of ``plan``; None where there is none.
    """
    from reconciler.workflow.renewal import names_accounts_of

    configuration = load_if_there(config, console)
    named = config or console.environ.get("RECONCILER_CONFIG")
    if configuration is None or not (named or names_accounts_of(plan, configuration)):
        return None
    return configuration


async def refuse_numbers(configuration: Configuration, session: Session) -> None:
    """Raise ConfigError for each account whose id is a number that the API knows by another id.

    One request, and only where an id is all digits. A number that the key does not see stays: the
    API takes it too (B), and says itself what is wrong.
    """
    numbers = [one for one in configuration.accounts if one.ref.id.isdecimal()]
    if not numbers:
        return
    from reconciler.config import mark_of
    from reconciler.config.codes import Code
    from reconciler.model.problem import Problem

    rows = await session.client.resources.accounts()
    known = {str(row.get("numeric_id")): row for row in rows}
    problems = [
        Problem(
            Code.ACCOUNT_NUMBER.value,
            f"{one.ref.id} is {row.get('name') or one.handle}: its id is {row.get('id')}",
            f"Write `id: {row.get('id')}`; the number of the address bar is another one.",
            tuple(
                mark_of(source, configuration.files)
                for source in [one.id_source or one.source]
                if source
            ),
        )
        for one in numbers
        if (row := known.get(one.ref.id)) is not None
    ]
    if problems:
        raise ConfigError(problems)


def _load(config: Sequence[str], console: Console) -> Configuration:
    with console.working("Reading the configuration"):
        configuration = load(paths(config, console))
    console.files = frozenset(configuration.files)
    return configuration
