"""What every test run shares: how hard the property tests look, and no soak unless asked for."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile(
    "default", max_examples=100, deadline=None, suppress_health_check=SLOW_IS_FINE, derandomize=True
)
settings.register_profile(
    "soak", max_examples=3_000, deadline=None, suppress_health_check=SLOW_IS_FINE
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The event loop of asynchronous tests."""
    return "asyncio"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long suites out unless a marker expression asks for them."""
    if config.getoption("-m"):
        return
    skip = pytest.mark.skip(reason="long; `make soak` runs it")
    for item in items:
        # The marker, not the keywords: those hold the names of folders, that of the checkout too.
        if item.get_closest_marker("soak"):
            item.add_marker(skip)
