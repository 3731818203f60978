"""How a started process tells its starter that it serves, or why it does not.

The starter names a file in the environment (`PYALLUXIO_READY_FILE`). The process writes it once, as a whole: when it
serves (a worker: when the master knows it), `{"pid": 1, "start_ticks": 2, "rpc": …, "web": …, "journal": …}`; when it
cannot, `{"pid": 1, "start_ticks": 2, "error": "a sentence"}`. Process id and start time together name a process for as
long as the host runs, so a file left by a crash is never taken for the living process that got the same id.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from pyalluxio.processes import proc

READY_FILE_VARIABLE = "PYALLUXIO_READY_FILE"


def announce(**facts: object) -> None:
    """Tell the starter, if there is one, that this process serves now.

    `facts` are addresses and folders by name (`rpc="127.0.0.1:19998", web=…, journal=…`); None is left out.
    """
    _write({name: _plain(value) for name, value in facts.items() if value is not None})


def failed(reason: str) -> None:
    """Tell the starter, if there is one, why this process ends instead of serving."""
    # Best effort: the sentence is in the process's output as well, and the exit code says the rest.
    with contextlib.suppress(OSError):
        _write({"error": reason})


def read(path: Path) -> dict[str, Any] | None:
    """Return what the process wrote, or None before it has. Files are replaced as a whole, never half written."""
    try:
        content = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _plain(value: object) -> object:
    return value if isinstance(value, int) else str(value)


def _write(content: dict[str, object]) -> None:
    name = os.environ.get(READY_FILE_VARIABLE)
    if not name:
        return
    path = Path(name)
    pid = os.getpid()
    temporary = path.with_name(f"{path.name}.{pid}")
    temporary.write_text(json.dumps({"pid": pid, "start_ticks": proc.start_ticks(pid), **content}))
    temporary.replace(path)
