"""The exit code of a plan and of an apply; that of an error stands with the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ApplyError, AuthError, QuotaError, exit_code_of

if TYPE_CHECKING:
    from reconciler.model.audit import Audit
    from reconciler.model.news import Comparison
    from reconciler.model.outcome import Report
    from reconciler.model.plan import Plan


def exit_code(report: Report) -> int:
    """Signals speak first, then what somebody must look at, then what another run will finish."""
    if report.signal is not None:
        return 128 + report.signal
    if report.failure is not None:
        return exit_code_of(report.failure.code)
    if report.carried_out:
        return unread_code(report.plan)
    met = {error.code for error in report.account_errors}
    resumable = [error.exit_code for error in (AuthError, QuotaError) if error.code in met]
    return resumable[0] if resumable and not report.needs_attention else ApplyError.exit_code


def unread_code(read: Plan | Comparison | Audit) -> int:
    """That of a partial plan, comparison or audit, the first failure's; 0 where it is whole."""
    return exit_code_of(read.unread[0].code) if read.unread else 0
