"""The page of properties is printed from the table, never edited."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_page_is_up_to_date() -> None:
    """A page that disagrees with the program is worse than none."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_reference.py"), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
