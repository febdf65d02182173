"""Work side by side, in which the first failure ends the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

T = TypeVar("T")


async def side_by_side(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results of ``work``, in order.

    The first failure ends the others, waits until they have ended, and is raised as it is.
    """
    failure = None
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:
        # Raised below: "from None" here would forget what caused it.
        failure = failures.exceptions[0]
    if failure is not None:
        raise failure
    return [task.result() for task in tasks]
