"""Errors that are about one account: named in the message, or a value in the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ApiError, AuthError, QuotaError, ReconcilerError

if TYPE_CHECKING:
    from reconciler.model.outcome import AccountError

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
        message=error.message,
        hint=error.hint,
        requests=requests,
    )


def in_account(error: ReconcilerError, handle: str) -> ReconcilerError:
    """``error``, its message with the account named."""
    error.message = f"{handle}: {error.message.removeprefix(f'{handle}: ')}"
    error.args = (error.message,)
    return error
