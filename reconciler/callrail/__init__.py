"""The way to CallRail: keys, requests, retries, pages, and the tags of one account.

What belongs here: everything that knows the API's addresses, payloads, limits and failures, and
the one provider that planning and apply use. What does not: what ought to be live, what to do
about a difference, the command line, anything shown to people but the text of errors.
Names are imported when they are first used, so that no command pays for a client it never builds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.callrail.catalog import RESOURCES, Resource
    from reconciler.callrail.client import Client, connect
    from reconciler.callrail.clock import Clock, SystemClock
    from reconciler.callrail.credentials import Credential, find_key
    from reconciler.callrail.endpoints import Endpoints, find_endpoints
    from reconciler.callrail.maton import Connection, Connections
    from reconciler.callrail.redact import Redactor
    from reconciler.callrail.resources import Query, Resources
    from reconciler.callrail.settings import Quota, Sent, Settings, Timeouts
    from reconciler.callrail.stop import Stop
    from reconciler.callrail.tags import AccountProvider

_HOME = {
    "AccountProvider": "tags",
    "Client": "client",
    "Clock": "clock",
    "Connection": "maton",
    "Connections": "maton",
    "Credential": "credentials",
    "Endpoints": "endpoints",
    "Query": "resources",
    "Quota": "settings",
    "RESOURCES": "catalog",
    "Redactor": "redact",
    "Resource": "catalog",
    "Resources": "resources",
    "Sent": "settings",
    "Settings": "settings",
    "Stop": "stop",
    "SystemClock": "clock",
    "Timeouts": "settings",
    "connect": "client",
    "find_endpoints": "endpoints",
    "find_key": "credentials",
}

__all__ = [
    "RESOURCES",
    "AccountProvider",
    "Client",
    "Clock",
    "Connection",
    "Connections",
    "Credential",
    "Endpoints",
    "Query",
    "Quota",
    "Redactor",
    "Resource",
    "Resources",
    "Sent",
    "Settings",
    "Stop",
    "SystemClock",
    "Timeouts",
    "connect",
    "find_endpoints",
    "find_key",
]


def __getattr__(name: str) -> object:
    """Fetch a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
