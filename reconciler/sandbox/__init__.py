"""A look-alike of CallRail and Maton over real HTTP on loopback, kept in SQLite.

It is a second reading of the API, written from its documentation and sharing nothing with the
client, so that the two check each other. What belongs here: endpoints, their data, quotas, the
API variants that CallRail leaves open (switches) and everything that can go wrong on the way
(faults). What does not: anything of the rest of the package, anything but the standard library.
Names are imported when first used: the command line reads only the flags.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.sandbox.faults import Fault, parse_fault
    from reconciler.sandbox.options import Options
    from reconciler.sandbox.server import Sandbox
    from reconciler.sandbox.serving import serve
    from reconciler.sandbox.switches import Switches

_HOME = {
    "Fault": "faults",
    "Options": "options",
    "Sandbox": "server",
    "Switches": "switches",
    "parse_fault": "faults",
    "serve": "serving",
}

__all__ = ["Fault", "Options", "Sandbox", "Switches", "parse_fault", "serve"]


def __getattr__(name: str) -> object:
    """Fetch a public name from the module that holds it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
