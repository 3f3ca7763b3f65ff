"""What tests of the course share."""

from __future__ import annotations

import pytest

from tunewright.course import execution


@pytest.fixture(scope="session")
def namespaces() -> None:
    """Needed by what is to be isolated."""
    if why := execution.why_not_isolated():
        pytest.skip(f"nothing can be isolated here: {why}")
