"""Statuses as bytes, kept for as long as nothing of them changes: what status calls and listings send.

A kept status is good while its inode, path, mount table and block locations are the very objects it was made from;
those are never changed in place, so a look at their identity is enough, and nothing has to be told of changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyalluxio.master.file_messages import file_info_message
from pyalluxio.master.ops.context import ReadContext
from pyalluxio.master.ops.file_info import file_info
from pyalluxio.master.state.inode import Inode

CAPACITY = 50_000
# Longer files are made anew each time: comparing their locations would cost as much.
BLOCKS_MAX = 16
_ONE_MESSAGE = b"\n"  # field 1, length-delimited: `fileInfo` and `fileInfos` both


class InfoBytes:
    """Makes serialized `FileInfo` messages; `places` returns the shared location objects of a block."""

    def __init__(self, places: Callable[[int], Sequence[object]], capacity: int = CAPACITY) -> None:
        self._places = places
        self._capacity = capacity
        self._kept: dict[int, tuple[Inode, str, object, bool, Any, bytes]] = {}

    def make(self, context: ReadContext, inode: Inode, path: str, *, exclude_mount_info: bool = False) -> bytes:
        """Return the status of an inode as one field of a response.

        Raises:   SafeMode: as `file_info`.
        """
        places: Any = None
        if inode.block_ids:
            if context.safe_mode or len(inode.block_ids) > BLOCKS_MAX:
                return _field(context, inode, path, exclude_mount_info)
            places = [self._places(block_id) for block_id in inode.block_ids]
        mounts = context.mounts
        kept = self._kept.get(inode.id)
        if (
            kept is not None
            and kept[0] is inode
            and kept[2] is mounts
            and kept[3] is exclude_mount_info
            and kept[1] == path
            and kept[4] == places
        ):
            return kept[5]
        data = _field(context, inode, path, exclude_mount_info)
        if len(self._kept) >= self._capacity and inode.id not in self._kept:
            del self._kept[next(iter(self._kept))]
        self._kept[inode.id] = (inode, path, mounts, exclude_mount_info, places, data)
        return data


def _field(context: ReadContext, inode: Inode, path: str, exclude_mount_info: bool) -> bytes:
    info = file_info(context, inode, path, exclude_mount_info=exclude_mount_info)
    data: bytes = file_info_message(info).SerializeToString()
    return _ONE_MESSAGE + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
