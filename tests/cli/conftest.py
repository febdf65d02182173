"""The fixtures of an admin at a sandbox."""

from tests.e2e.conftest import sandbox, workspace

__all__ = ["sandbox", "workspace"]
