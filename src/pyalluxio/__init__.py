"""A highly available Alluxio cluster in Python.

`pyalluxio.FileSystem` is the blocking client, `pyalluxio.AsyncFileSystem` the one for asyncio; both are imported
when first used, so that `import pyalluxio` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyalluxio.client import AsyncFileSystem, FileSystem

__version__ = "0.1.0"
__all__ = ["AsyncFileSystem", "FileSystem", "__version__"]


def __getattr__(name: str) -> Any:
    if name in ("FileSystem", "AsyncFileSystem"):
        from pyalluxio import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
