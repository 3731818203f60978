"""The page of the fs commands is made from them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_up_to_date() -> None:
    """A flag that the page does not know is not found by anybody."""
    check = [sys.executable, str(ROOT / "tools" / "generate_fs_reference.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
