"""What all tests share: those that need official programs are skipped by name where these are missing, never in CI."""

from __future__ import annotations

import os

import pytest

from tests.peer import official


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # In CI a missing program is a failure of the set-up, and its tests fail by themselves.
    if official.jars() is not None or os.environ.get("CI"):
        return
    for item in items:
        if item.get_closest_marker("java") is not None:
            item.add_marker(pytest.mark.skip(reason=official.why_missing()))
