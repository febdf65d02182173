"""Where requests go: the bases of gateways and control plane, and what may replace them."""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit

from reconciler.errors import ReconcilerError
from reconciler.model.state import Gateway

if TYPE_CHECKING:
    from typing import Final

API_URLS: Final = {
    Gateway.CALLRAIL: "https://api.callrail.com",
    Gateway.MATON: "https://api.maton.ai/callrail",
}
"""CallRail's (B), and the one that Maton's newest pages name (C)."""
CONTROL_URL: Final = "https://api.maton.ai"
"""What stands before ``/connections`` (C)."""
OLDER_API_URLS: Final = {Gateway.MATON: "https://gateway.maton.ai/callrail"}
OLDER_CONTROL_URL: Final = "https://ctrl.maton.ai"
"""The names of the page (A): doctor tries them where the newer ones do not answer, nothing else."""
_DOMAINS: Final = {Gateway.CALLRAIL: "callrail.com", Gateway.MATON: "maton.ai"}
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*")


class Endpoints(NamedTuple):
    """Bases without a slash at the end; ``api`` is what stands before ``/v3``."""

    api: str
    control: str


@cache
def find_endpoints(
    gateway: Gateway, *, api_url: str | None = None, control_url: str | None = None
) -> Endpoints:
    """The bases for ``gateway``; the values of RECONCILER_API_URL and RECONCILER_CONTROL_URL win.

    Without the second the control plane is where the first leads: a key whose API was set elsewhere
    goes there and nowhere else. Raises ReconcilerError (exit 1) for a base that is not a plain
    address, would carry the key over plain http to another machine, or belongs to the other
    gateway: a key goes to its own.
    """
    api = _api(api_url, gateway) if api_url else API_URLS[gateway]
    return Endpoints(
        api=api, control=_control(control_url) if control_url else _control_beside(api, gateway)
    )


def _control_beside(api: str, gateway: Gateway) -> str:
    """The control plane that belongs to the base ``api``: on the same host, but for older names."""
    if gateway is Gateway.CALLRAIL:
        return CONTROL_URL
    if api == OLDER_API_URLS[Gateway.MATON]:
        return OLDER_CONTROL_URL
    return api.removesuffix("/callrail")


def find_older_endpoints(
    gateway: Gateway, *, api_url: str | None = None, control_url: str | None = None
) -> Endpoints | None:
    """The older names of ``gateway``'s bases, where nobody has set others; None where it has none.

    They are for doctor, to say that they answer; nothing that plans or applies goes there unasked.
    """
    if gateway is not Gateway.MATON or api_url or control_url:
        return None
    return Endpoints(api=OLDER_API_URLS[Gateway.MATON], control=OLDER_CONTROL_URL)


def _api(url: str, gateway: Gateway) -> str:
    base = _base(url, "RECONCILER_API_URL")
    if base.endswith("/v3"):
        raise ReconcilerError("RECONCILER_API_URL ends in /v3: give what stands before it")
    _expect_own(base, gateway, "RECONCILER_API_URL")
    if _belongs(base, Gateway.MATON) and not base.endswith("/callrail"):
        raise ReconcilerError(
            "RECONCILER_API_URL is Maton's and does not end in /callrail",
            hint=f"Maton's API for CallRail is {API_URLS[Gateway.MATON]}",
        )
    return base


def _control(url: str) -> str:
    base = _base(url, "RECONCILER_CONTROL_URL")
    if base.endswith("/connections"):
        raise ReconcilerError(
            "RECONCILER_CONTROL_URL ends in /connections: give what stands before it"
        )
    _expect_own(base, Gateway.MATON, "RECONCILER_CONTROL_URL")
    return base


def _expect_own(base: str, gateway: Gateway, variable: str) -> None:
    other = next(one for one in Gateway if one is not gateway)
    if _belongs(base, other):
        raise ReconcilerError(
            f"{variable} is an address of {_DOMAINS[other]}, and the key is one for "
            f"'gateway: {gateway}': it is not sent there",
            hint=f"Unset {variable}, or use the key and write 'gateway: {other}'.",
        )


def _belongs(base: str, gateway: Gateway) -> bool:
    """Whether ``base`` is on a known host of ``gateway``."""
    host = urlsplit(base).hostname or ""
    return host == _DOMAINS[gateway] or host.endswith(f".{_DOMAINS[gateway]}")


def webhook_address(url: str) -> str:
    """``url``, where a run's outcome may be posted to it.

    Raises ValueError, which does not repeat it: whoever knows such an address may post there.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("it is not an address") from None
    if not url:
        raise ValueError("it is empty: is the variable that it comes from set?")
    if not (url.isascii() and url.isprintable()) or set(url) & set(" \\#") or len(url) > 2_000:
        raise ValueError("it holds a character that no webhook's address has, or is too long")
    if "@" in parts.netloc:
        raise ValueError("it holds a user name or password")
    if parts.scheme not in _PORTS or not _plausible(parts.hostname or ""):
        raise ValueError("it is not an https address")
    if parts.scheme == "http" and not is_loopback(url):
        raise ValueError("it is plain http: anyone on the way could read it; use https")
    return url


def origin(url: str) -> str:
    """Scheme, host and port of ``url``, in one spelling; empty where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _PORTS or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def is_loopback(url: str) -> bool:
    """Whether ``url`` stays on this machine: localhost, 127.0.0.0/8 or ::1."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _base(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ReconcilerError(f"{variable} is not an address") from None
    _refuse_extras(parts, url, variable)
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not _plausible(host):
        raise ReconcilerError(
            f"{variable} is not an http or https address",
            hint="It is what stands before /v3, for example https://api.callrail.com",
        )
    if parts.scheme == "http" and not is_loopback(url):
        raise ReconcilerError(
            f"{variable} is plain http to {host}: the key would be readable on the way",
            hint="Use https; plain http is for this machine only (127.0.0.1, localhost).",
        )
    base_path = parts.path.rstrip("/")
    if _PATH.fullmatch(base_path) is None:
        raise ReconcilerError(f"the path of {variable} is not a plain one")
    return origin(url) + base_path


def _refuse_extras(parts: SplitResult, url: str, variable: str) -> None:
    # The message does not repeat the address: what stands before an @ is a secret.
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ReconcilerError(
            f"{variable} holds a user name or password", hint="The key comes from its own variable."
        )
    if "?" in url or "#" in url:
        raise ReconcilerError(f"{variable} holds a query or fragment: give the base alone")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ReconcilerError(f"{variable} holds a character that no address has")


def _plausible(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None
    return True
