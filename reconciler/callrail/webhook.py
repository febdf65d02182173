"""Posts one JSON document to an address that is no gateway's: no key goes there, no redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reconciler.callrail.exchange import Answer, Method, Request
from reconciler.callrail.runtime import Timeouts
from reconciler.callrail.transport import HttpxTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_TIMEOUTS: Final = Timeouts(connect=5.0, read=10.0, total=10.0)


async def post(
    url: str, document: Mapping[str, object], redact: Callable[[str], str]
) -> str | None:
    """Send ``document`` once to ``url``; why it was not taken, or None where it was.

    Raises UnreachableError where no connection can be set up.
    """
    transport = HttpxTransport(url, timeouts=_TIMEOUTS, parallelism=1, redact=redact)
    try:
        came = await transport.send(Request(Method.POST, "", body=document), headers={})
    finally:
        await transport.close()
    if not isinstance(came, Answer):
        return came.reason
    if 200 <= came.status < 300:
        return None
    followed = "; redirects are not followed" if 300 <= came.status < 400 else ""
    return f"it answered {came.status}{followed}"
