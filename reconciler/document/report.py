"""The report of an apply as a document: every change once, and how it ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from reconciler.document.plan import (
    Places,
    change_fields,
    change_of,
    expect_sound,
    tag_fields,
    tag_of,
    unread_fields,
    unread_of,
)
from reconciler.document.reading import FileKind, Node, altered, parse
from reconciler.document.writing import FORMAT_VERSION, Document
from reconciler.model.outcome import (
    AccountError,
    Appended,
    Failure,
    Kept,
    Outcome,
    Report,
    Result,
    Verification,
)
from reconciler.model.plan import AccountUse, Plan
from reconciler.model.state import Gateway
from reconciler.model.tag import AccountRef

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND: Final = FileKind("report", "`reconciler apply --report json=FILE` writes one.")


def report_document(report: Report, *, exit_code: int, created_at: str | None = None) -> Document:
    """``report`` with every field of ``schemas/report.schema.json``.

    ``exit_code`` is the command's. ``created_at`` is when the apply ended (ISO 8601, UTC); left
    out: when its plan was made.
    """
    plan = report.plan
    unread = [unread_fields(error) for error in plan.unread]
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": plan.tool_version,
        "created_at": plan.created_at if created_at is None else created_at,
        "digest": plan.digest,
        "gateway": plan.gateway,
        "exit_code": exit_code,
        "accounts": [_account_fields(use) for use in plan.accounts],
        "summary": {result.value: report.count(result) for result in Result},
        "results": [outcome_fields(outcome) for outcome in report.outcomes],
        "verified": report.verified,
        "verification": report.verification.value,
        "missing": report.missing,
        "differences": list(report.differences),
        "troubles": [
            *_failure_fields(report.failure, exit_code),
            *map(_error_fields, report.account_errors),
        ],
        "requests": report.requests,
        **({"unread": unread} if unread else {}),
    }


def load_report(text: str) -> Report:
    """The report that ``text`` holds, but for the signal that may have ended the apply.

    Raises DocumentError when it is no report, is cut short or is of another format, and
    RefusedError when its parts contradict each other: it is not what the apply wrote.
    """
    root = parse(text, kind=KIND)
    accounts = tuple(map(_account_of, root.nodes("accounts")))
    places = Places(accounts, root.nodes("results"), KIND)
    outcomes = tuple(_outcome_of(node, places) for node in root.nodes("results"))
    troubles = tuple(root.nodes("troubles"))
    report = Report(
        plan=Plan(
            accounts=accounts,
            changes=tuple(outcome.change for outcome in outcomes),
            gateway=root.word("gateway", Gateway).value if root.optional_text("gateway") else None,
            created_at=root.text("created_at"),
            tool_version=root.text("tool_version"),
            unread=tuple(map(unread_of, root.nodes("unread"))) if root.has("unread") else (),
        ),
        outcomes=outcomes,
        verification=root.word("verification", Verification),
        missing=root.whole("missing"),
        differences=root.texts("differences"),
        account_errors=tuple(_error_of(node) for node in troubles if node.text("account")),
        failure=next((_failure_of(node) for node in troubles if not node.text("account")), None),
        requests=root.whole("requests"),
    )
    expect_sound(report.plan.changes, KIND)
    if root.text("digest") != report.plan.digest:
        raise altered(KIND, f"its results make the digest {report.plan.digest}, not its own")
    root.confirm(report_document(report, exit_code=root.whole("exit_code")))
    return report


def outcome_fields(outcome: Outcome) -> Document:
    """A change's fields and how it ended; ``tag_id`` is also known for a create that was done."""
    return {
        **change_fields(outcome.change),
        "tag_id": outcome.change.tag_id if outcome.tag_id is None else outcome.tag_id,
        "result": outcome.result.value,
        "message": outcome.message,
        "hint": outcome.hint,
        "stored": None if outcome.stored is None else tag_fields(outcome.stored),
        **({} if outcome.appended is None else {"appended": asdict(outcome.appended)}),
        **({} if outcome.kept is None else {"kept": asdict(outcome.kept)}),
    }


def _outcome_of(node: Node, places: Places) -> Outcome:
    return Outcome(
        change=change_of(node, places),
        result=node.word("result", Result),
        message=node.optional_text("message"),
        hint=node.optional_text("hint"),
        tag_id=node.optional_whole("tag_id", least=1),
        stored=node.optional("stored", tag_of),
        appended=_appended_of(node.node("appended")) if node.has("appended") else None,
        kept=_kept_of(node.node("kept")) if node.has("kept") else None,
    )


def _appended_of(node: Node) -> Appended:
    return Appended(
        got=node.whole("got"),
        had=node.whole("had"),
        gone=node.whole("gone"),
        left=node.optional_whole("left"),
    )


def _kept_of(node: Node) -> Kept:
    return Kept(before=node.whole("before"), after=node.whole("after"))


def _account_fields(use: AccountUse) -> Document:
    return {
        "handle": use.account.handle,
        "id": use.account.id,
        "name": use.account.name,
        "connection": use.connection,
        "api_key_env": use.api_key_env,
    }


def _account_of(node: Node) -> AccountUse:
    return AccountUse(
        account=AccountRef(node.text("handle"), node.text("id"), node.optional_text("name")),
        connection=node.optional_text("connection"),
        api_key_env=node.optional_text("api_key_env"),
    )


def _failure_fields(failure: Failure | None, exit_code: int) -> Iterator[Document]:
    """What kept the whole plan from being tried, as the error of no account; its code decides."""
    if failure is not None:
        yield {
            "account": "",
            "code": failure.code,
            "exit_code": exit_code,
            "message": failure.message,
            "hint": failure.hint,
        }


def _failure_of(node: Node) -> Failure:
    return Failure(
        code=node.text("code"), headline=node.text("message"), hint=node.optional_text("hint")
    )


def _error_of(node: Node) -> AccountError:
    return AccountError(
        account=node.text("account"),
        code=node.text("code"),
        message=node.text("message"),
        hint=node.optional_text("hint"),
    )


def _error_fields(error: AccountError) -> Document:
    fields = unread_fields(error)
    del fields["requests"]
    return fields
