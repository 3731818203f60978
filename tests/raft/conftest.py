"""The option that writes the outputs of the Raft scripts anew."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="replace the expected outputs of the Raft scripts")
