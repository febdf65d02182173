"""Every error that the tool raises on purpose, each with its advice and its exit code.

::

    ReconcilerError ............... 1   something went wrong; nothing was changed
    ├── UsageError ................ 64  the command line asks for what can't be
    ├── ConfigError ............... 1   the configuration has problems (it carries them all)
    ├── DocumentError ............. 1   a saved plan or snapshot can't be read
    ├── RevisionError ............. 1   git can't say what a configuration was before
    ├── OutputError ............... 1   the result can't be written where it was asked for
    ├── AuthError ................. 4   no key, or the server refused it
    ├── RefusedError .............. 5   a guard, a stale plan, another digest, no approval
    ├── QuotaError ................ 6   the quota, --max-wait or --max-requests is used up
    ├── ApplyError ................ 3   an apply that is not complete
    ├── Interrupted ............... 130 a signal (143 for SIGTERM, 129 for SIGHUP)
    └── ApiError .................. 1   the server, or the way to it
        ├── UnreachableError ...... the request was certainly not sent
        ├── ProtocolError ......... the answer is not one this API gives
        ├── RejectedError ......... the server understood and refused (400, 403, 404, 422)
        │   ├── NotFoundError
        │   └── ForbiddenError .... 403 to a write: this one thing is not for this key
        └── UnknownOutcomeError ... a write may or may not have happened

They are caught once, in ``reconciler.cli.main``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from reconciler.text.plural import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.problem import Problem


class ReconcilerError(Exception):
    """The root: ``message`` says what is wrong and where, ``hint`` what to do about it."""

    exit_code: int = 1
    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ReconcilerError):
    """The command line contradicts itself or lacks something."""

    exit_code = 64
    code = "usage"


class ConfigError(ReconcilerError):
    """The configuration can't be used; ``problems`` holds all that is wrong, in file order."""

    code = "config"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"the configuration has {count(len(self.problems), 'problem')}")


class DocumentError(ReconcilerError):
    """A saved plan, snapshot or report is not one, is cut short, or is from a newer version."""

    code = "document"


class RevisionError(ReconcilerError):
    """The configuration of another revision can't be read from git."""

    code = "revision"


class OutputError(ReconcilerError):
    """The result can't be written: a full disk, a directory that has gone."""

    code = "output"


class AuthError(ReconcilerError):
    """No key was found, or the server answered 401, or 403 to a read (``status``)."""

    exit_code = 4
    code = "auth"

    def __init__(self, message: str, *, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class RefusedError(ReconcilerError):
    """The tool itself says no before anything is changed."""

    exit_code = 5
    code = "refused"

    def __init__(
        self, message: str, *, hint: str | None = None, reasons: Sequence[str] = ()
    ) -> None:
        """``reasons`` follow the message, in it; a terminal shows several on lines of their own."""
        self.headline, self.reasons = message, tuple(reasons)
        super().__init__(": ".join(filter(None, [message, "; ".join(reasons)])), hint=hint)


class QuotaError(ReconcilerError):
    """The account's quota, the time to wait on it, or the run's number of requests is used up."""

    exit_code = 6
    code = "quota"


class ApplyError(ReconcilerError):
    """An apply ended with failed, unknown or untried changes; its report says which."""

    exit_code = 3
    code = "incomplete"


class Interrupted(ReconcilerError):  # noqa: N818 - nothing went wrong, the user said stop
    """A signal asked for the end; ``signal_number`` is 1 (SIGHUP), 2 (SIGINT) or 15."""

    code = "interrupted"

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
        super().__init__(
            "interrupted",
            hint="Run it again: what was written is skipped.",
        )


class ApiError(ReconcilerError):
    """The server, or the way to it, failed."""

    code = "api"


class UnreachableError(ApiError):
    """The request was certainly not sent (connection refused, DNS, no free connection)."""

    code = "unreachable"


class ProtocolError(ApiError):
    """The answer is not one this API gives; nothing is guessed from it."""

    code = "protocol"


class RejectedError(ApiError):
    """The server understood the request and refused it; ``status`` is the HTTP status.

    ``in_part``: live state shows that it did a part of it all the same.
    """

    code = "rejected"
    in_part = False

    def __init__(self, message: str, *, status: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class NotFoundError(RejectedError):
    """404: the thing is not there, or not for this key."""

    code = "not_found"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, status=404, hint=hint)


class ForbiddenError(RejectedError):
    """403 to a write: the key is good, but its user may not change this one thing."""

    code = "forbidden"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, status=403, hint=hint)


class UnknownOutcomeError(ApiError):
    """A write was sent and nobody knows whether it happened.

    ``beside_its_change``: the message for where the change stands beside it, which several share.
    """

    code = "unknown_outcome"

    def __init__(
        self, message: str, *, hint: str | None = None, beside_its_change: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.beside_its_change = beside_its_change


def exit_code(error: BaseException) -> int:
    """Exit code of ``error``; 1 for what is not ours."""
    return error.exit_code if isinstance(error, ReconcilerError) else 1


def exit_code_of(code: str) -> int:
    """Exit code of the errors whose ``code`` that is; 1 for what is not ours."""
    return _EXIT_CODES.get(code, ReconcilerError.exit_code)


_EXIT_CODES = {
    kind.code: kind.exit_code
    for kind in (UsageError, AuthError, RefusedError, QuotaError, ApplyError)
}
"""Those that are not 1; a signal's code is not known by its name."""
