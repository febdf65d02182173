"""The fixtures of an admin at a sandbox."""

from tests.e2e.conftest import desk, sandbox

__all__ = ["desk", "sandbox"]
