"""Turns an exchange that went wrong into the error that says what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.callrail.decode import is_matons
from reconciler.callrail.endpoints import origin
from reconciler.callrail.exchange import Ambiguous, Answer, Flaw, Method, NotSent
from reconciler.callrail.retry import Verdict
from reconciler.errors import (
    ApiError,
    AuthError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    UnreachableError,
)
from reconciler.model.state import Gateway
from reconciler.text.visible import safe_text

if TYPE_CHECKING:
    from reconciler.callrail.credentials import Credential
    from reconciler.callrail.exchange import Exchange, Request
    from reconciler.errors import ReconcilerError

_NETWORK = "Check the network, the proxy variables and RECONCILER_API_URL, then run it again."
_BASE = "Is RECONCILER_API_URL the API's base, what stands before /v3?"
_OTHER = {
    Gateway.CALLRAIL: ("Maton", "MATON_API_KEY", Gateway.MATON),
    Gateway.MATON: ("CallRail", "CALLRAIL_API_KEY", Gateway.CALLRAIL),
}


class Access(NamedTuple):
    """How a request went: with which key, to which base, over which connection if one was named."""

    credential: Credential
    base: str
    connection: str | None = None


def failure(
    verdict: Verdict, exchange: Exchange, request: Request, access: Access
) -> ReconcilerError:
    """The error for ``verdict``, which no repeat can help any more."""
    where = f"{request.method} {request.path}"
    match exchange:
        case NotSent(reason=reason):
            return UnreachableError(
                f"{origin(access.base)} can't be reached: {reason}", hint=_NETWORK
            )
        case Ambiguous(reason=reason):
            return ApiError(f"{where}: {reason}", hint=_NETWORK)
        case Answer():
            return _answered(verdict, exchange, where, access)


def reason(exchange: Exchange) -> str:
    """Why ``exchange`` can't be relied on, in a few words."""
    if not isinstance(exchange, Answer):
        return exchange.reason
    message = f": {exchange.message}" if exchange.message else ""
    return f"the server answered {exchange.status}{message}"


def _answered(verdict: Verdict, answer: Answer, where: str, access: Access) -> ReconcilerError:
    status = answer.status
    if verdict in {Verdict.UNAUTHORIZED, Verdict.FORBIDDEN}:
        return _forbidden(answer, where, access)
    if verdict is Verdict.REFUSED:
        return _refused(answer, where, access)
    if 300 <= status < 400:
        target = origin(answer.headers.get("location", "")) or "another address on the same server"
        return ProtocolError(
            f"{where}: the server redirects ({status}) to {safe_text(target, limit=80)}",
            hint="Redirects are not followed, because the key would go along. "
            "Check RECONCILER_API_URL.",
        )
    if 400 <= status < 600:
        return ApiError(f"{where}: {reason(answer)}", hint=_server_hint(status, access))
    if answer.flaw is Flaw.UNREADABLE:
        # An accident on the way each time it was asked: it says nothing of what was asked for, so
        # nothing else is asked instead.
        return ApiError(f"{where}: {reason(answer)}", hint=_NETWORK)
    return ProtocolError(f"{where}: {reason(answer)}", hint=_base_hint(answer))


def _forbidden(answer: Answer, where: str, access: Access) -> ReconcilerError:
    if answer.status == 403 and not where.startswith(Method.GET):
        # The key reads: it is this one thing that its user may not write.
        return ForbiddenError(f"refused (403): {answer.message or 'no reason given'}")
    used = access.credential.gateway
    other, variable, gateway = _OTHER[used]
    message = f": {answer.message.rstrip('. ')}" if answer.message else ""
    verb = "was refused" if answer.status == 401 else "may not do this"
    hint = (
        f"If it is a key of {other}, export it as {variable} and write 'gateway: {gateway}'; "
        "else make a new one and export that."
        if answer.status == 401
        else "Ask an administrator of the account for more rights, or use another key."
    )
    if answer.status == 401 and used is Gateway.MATON and not is_matons(answer.payload):
        # Maton passes CallRail's answers on, and this one may be CallRail's.
        verb += ", or the grant of its connection has expired"
        hint += " 'reconciler connections list' shows the connections."
    return AuthError(
        f"{origin(access.base)} answered {answer.status}{message}. "
        f"The key of {access.credential.origin_description} {verb} ('gateway: {used}')",
        hint=hint,
        status=answer.status,
    )


def _refused(answer: Answer, where: str, access: Access) -> RejectedError:
    reported = answer.message or "no reason given"
    if answer.status < 300:
        message = f"{where}: the server answered {answer.status} with an error: {reported}"
        return RejectedError(message, status=answer.status)
    # A refused write is reported beside its tag; a refused read has nothing but its address.
    asked = f"{where}: " if where.startswith(Method.GET) else ""
    if answer.status == 404:
        return NotFoundError(f"{asked}not found (404): {reported}", hint=_base_hint(answer))
    hint = None
    maton = access.credential.gateway is Gateway.MATON
    if (
        maton
        and answer.status == 400
        and (is_matons(answer.payload) or "connection" in reported.lower())
    ):
        hint = (
            "Maton has no usable connection to CallRail: see 'reconciler connections list', "
            "make one with 'reconciler connections create'."
        )
    message = f"{asked}refused ({answer.status}): {reported}"
    return RejectedError(message, status=answer.status, hint=hint)


def _server_hint(status: int, access: Access) -> str:
    if status == 500 and access.credential.gateway is Gateway.MATON:
        return (
            "Through Maton a 500 may mean that the OAuth grant has expired: see "
            "'reconciler connections list', make a new one with 'reconciler connections create'."
        )
    return "The server failed; run it again later."


def _base_hint(answer: Answer) -> str | None:
    return _BASE if answer.flaw is Flaw.NOT_THE_API else None
