"""The client: find the leader, call it, read and write blocks on workers. Names are imported when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyalluxio.client.blocking import FileSystem
    from pyalluxio.client.file_info import FileInfo
    from pyalluxio.client.file_system import AsyncFileSystem
    from pyalluxio.client.leader import LeaderFinder
    from pyalluxio.client.master_client import MasterClient

_PLACES = {
    "AsyncFileSystem": "file_system",
    "FileInfo": "file_info",
    "FileSystem": "blocking",
    "LeaderFinder": "leader",
    "MasterClient": "master_client",
}

__all__ = ["AsyncFileSystem", "FileInfo", "FileSystem", "LeaderFinder", "MasterClient"]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)
