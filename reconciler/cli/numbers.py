"""Accounts that are written as the number of the address bar: which id is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ConfigError

if TYPE_CHECKING:
    from reconciler.cli.session import Session
    from reconciler.config import Configuration


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
