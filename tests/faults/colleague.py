"""Somebody who works on the account's screen while a command runs, between any two requests."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.assignments import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox import Sandbox
    from reconciler.sandbox.assignments import InteractionTable


@dataclass(frozen=True)
class Colleague:
    """Acts in one account of a sandbox; no act is counted, logged or met by a fault."""

    sandbox: Sandbox
    account: str

    def tag(self, interaction_id: str, tag_id: int) -> None:
        """Put a tag on a call, form or text."""
        app = self.sandbox.app
        app.assignments.put(*self._interaction(interaction_id), tag_id, app.switches)

    def untag(self, interaction_id: str, tag_id: int) -> None:
        """Take it off."""
        app = self.sandbox.app
        app.assignments.take_off(*self._interaction(interaction_id), tag_id, app.switches)

    def rename(self, tag_id: int, name: str) -> None:
        """Give a tag another name."""
        self.sandbox.app.act(self.account, "PUT", f"tags/{tag_id}.json", {"name": name})

    def disable(self, tag_id: int) -> None:
        """Take a tag out of use."""
        self.sandbox.app.act(self.account, "PUT", f"tags/{tag_id}.json", {"disabled": True})

    def delete(self, tag_id: int) -> None:
        """Delete a tag."""
        self.sandbox.app.act(self.account, "DELETE", f"tags/{tag_id}.json")

    def _interaction(self, interaction_id: str) -> tuple[InteractionTable, dict[str, Any]]:
        """Its kind and row."""
        for kind in KINDS:
            sql = f"SELECT * FROM {kind.table} WHERE id = ?"
            if row := self.sandbox.store.row(sql, (interaction_id,)):
                return kind, row
        raise LookupError(interaction_id)


@contextmanager
def before_request(sandbox: Sandbox, nth: int, act: Callable[[], None]) -> Iterator[None]:
    """Have ``act`` happen just before the ``nth`` request from now on takes effect."""
    came = 0

    def count(_method: str, _path: str) -> None:
        nonlocal came
        came += 1
        if came == nth:
            act()

    sandbox.faults.before_commit = count
    try:
        yield
    finally:
        sandbox.faults.before_commit = None
