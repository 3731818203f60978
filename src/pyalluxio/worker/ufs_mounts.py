"""The under storages this worker reads and writes, by mount id, asked from the master at first use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyalluxio import ufs
from pyalluxio.errors import InvalidArgument, NotFound
from pyalluxio.ufs import Ufs

if TYPE_CHECKING:
    from pyalluxio.conf import Configuration

# Blocks of unfinished files that overflowed into the under storage; the name is part of the 2.9 protocol.
UFS_BLOCKS_FOLDER = ".alluxio_ufs_blocks.alluxio.0x1D91AC0E01AB0165.tmp"


@dataclass(frozen=True, slots=True)
class MountInfo:
    """What the master says of a mount."""

    uri: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount, ready for use."""

    uri: str
    ufs: Ufs

    def block_path(self, block_id: int) -> str:
        """Return where a block lies that did not fit into any worker."""
        return f"{self.uri.rstrip('/')}/{UFS_BLOCKS_FOLDER}/{block_id}"

    def path_below(self, ufs_path: str) -> str:
        """Return a path that a client named, without `.` and `..`.

        Raises:   InvalidArgument: it is not below this mount; a client must not reach the rest of this machine.
        """
        place, names = _parted(ufs_path)
        root, root_names = _parted(self.uri)
        if place != root or names[: len(root_names)] != root_names or len(names) == len(root_names):
            raise InvalidArgument(
                f"The under storage path {ufs_path!r} is not below {self.uri}, where its mount is; "
                "this worker reads and writes nothing else there."
            )
        if {".", ".."}.isdisjoint(ufs_path.split("/")):
            return ufs_path  # as the store spells it: an object's key may hold empty names
        return f"{place}/{'/'.join(names)}"


def _parted(path: str) -> tuple[str, list[str]]:
    """Return where a path begins (`scheme://authority`, empty for this machine) and its names, `..` resolved."""
    scheme, separator, rest = path.partition("://")
    if not separator or "/" in scheme:
        scheme, rest = ("file", path.removeprefix("file:")) if path.startswith("file:/") else ("", path)
    place = ""
    if scheme not in ("", "file"):
        authority, _, rest = rest.partition("/")
        place = f"{scheme}://{authority}"
    elif not rest.startswith("/"):
        raise InvalidArgument(f"The under storage path {path!r} is not absolute.")
    names: list[str] = []
    for name in rest.split("/"):
        if name == "..":
            del names[-1:]
        elif name not in ("", "."):
            names.append(name)
    return place, names


class UfsMounts:
    """Mounts by id, remembered for the life of the process: ids are never reused."""

    def __init__(self, ask_master: Callable[[int], Awaitable[MountInfo]], conf: Configuration | None = None) -> None:
        self._ask_master = ask_master
        self._conf = conf
        self._mounts: dict[int, Mount] = {}
        self._locks: dict[int, asyncio.Lock] = {}

    async def get(self, mount_id: int) -> Mount:
        """Return a mount. Raises NotFound for an id the master does not know, and what asking it raises."""
        mount = self._mounts.get(mount_id)
        if mount is not None:
            return mount
        async with self._locks.setdefault(mount_id, asyncio.Lock()):
            mount = self._mounts.get(mount_id)
            if mount is None:
                info = await self._ask_master(mount_id)
                if not info.uri:
                    raise NotFound(f"The master knows no mount with id {mount_id}; it was unmounted.")
                mount = Mount(info.uri, ufs.open(info.uri, dict(info.properties), self._conf))
                self._mounts[mount_id] = mount
        self._locks.pop(mount_id, None)
        return mount

    async def close(self) -> None:
        for mount in self._mounts.values():
            await mount.ufs.close()
