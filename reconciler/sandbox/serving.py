"""The sandbox on a terminal: says how to use it, serves, ends well."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from reconciler.sandbox.options import MANAGER_KEY
from reconciler.sandbox.server import Sandbox

if TYPE_CHECKING:
    from reconciler.sandbox.options import Options


def serve(options: Options) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    with Sandbox(options) as sandbox:
        print(how_to_use(sandbox), flush=True)  # noqa: T201 - what the command is for
        # A wait without end would not let the handlers run on every platform.
        while not stop.wait(0.2):
            pass


def how_to_use(sandbox: Sandbox) -> str:
    """Addresses and keys, ready to paste."""
    accounts = sandbox.store.rows("SELECT id, name FROM accounts ORDER BY id")
    lines = [f"The sandbox serves {sandbox.url} until Ctrl-C. Accounts:"]
    lines += [f"  {row['id']}  {row['name']}" for row in accounts]
    lines += [
        "As CallRail:",
        f"  export RECONCILER_API_URL={sandbox.url}",
        f"  export CALLRAIL_API_KEY={sandbox.options.direct_keys[0]}",
        f"  (or, as a manager, who may not write account-level tags: {MANAGER_KEY})",
        "or as Maton:",
        f"  export RECONCILER_API_URL={sandbox.gateway_url}",
        f"  export RECONCILER_CONTROL_URL={sandbox.control_url}",
        f"  export MATON_API_KEY={sandbox.options.maton_keys[0]}",
    ]
    return "\n".join(lines)
