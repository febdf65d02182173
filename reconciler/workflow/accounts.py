"""Work on several accounts side by side, where the failure of one is a value or ends them all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import ApiError, AuthError, QuotaError, ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from reconciler.model.outcome import AccountError
    from reconciler.model.plan import Plan

T = TypeVar("T")


async def side_by_side(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results of ``work``, in order.

    The first failure ends the others, waits until they have ended, and is raised as it is.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


ABOUT_ONE_ACCOUNT = (AuthError, QuotaError, ApiError)
"""Its key, its quota, the server and the way to it. Others are about the run: a signal, a
configuration or a command line that can't be.
"""


def account_error(error: ReconcilerError, *, handle: str, requests: int) -> AccountError:
    """``error`` as the value that plans and reports carry."""
    from reconciler.model.outcome import AccountError  # noqa: PLC0415 - most plans need none

    return AccountError(
        account=handle,
        code=error.code,
        exit_code=error.exit_code,
        message=error.message,
        hint=error.hint,
        requests=requests,
    )


def unread_code(plan: Plan) -> int:
    """The exit code of a ``plan`` that is partial: the first failure's; 0 where it is whole."""
    return plan.unread[0].exit_code if plan.unread else 0


def in_account(error: ReconcilerError, handle: str) -> ReconcilerError:
    """``error``, its message with the account named."""
    error.message = f"{handle}: {error.message.removeprefix(f'{handle}: ')}"
    error.args = (error.message,)
    return error
