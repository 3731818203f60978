"""checkConsistency: where the namespace and its under storages disagree."""

from __future__ import annotations

import asyncio

from pyalluxio import path as paths
from pyalluxio.journal.entries import PERSISTED
from pyalluxio.master.file_system import FileSystemMaster
from pyalluxio.master.metadata import Metadata
from pyalluxio.master.ops import checks
from pyalluxio.master.ops.load_metadata import FoundStatus
from pyalluxio.master.state.acl import READ
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.inode_tree import children, lookup
from pyalluxio.master.state.inode_tree import inode as inode_of


class Consistency:
    """Compares a tree with its storages, directory by directory, and changes nothing."""

    def __init__(self, master: FileSystemMaster, metadata: Metadata) -> None:
        self._master = master
        self._metadata = metadata

    async def check(self, user: str, path: str, *, lists_strangers: bool) -> list[str]:
        """Return the paths that do not match, sorted; below one of them everything counts as not matching.

        lists_strangers  also what only the storage has

        Raises:   AccessDenied: no READ on the path; FileDoesNotExist; StorageFailed.
        """
        with self._master.view(user) as context:
            _, top = checks.existing(context, path, bits=READ)
        if not matches(top, await self._metadata.status_of(path)):
            return [path, *self._everything_below(path)]
        wrong: list[str] = []
        pending = [path] if top.is_directory else []
        while pending:
            directory = pending.pop()
            there = {status.name: status for status in await self._metadata.listing_of(directory)}
            for name, child in self._children(directory):
                child_path = paths.join(directory, name)
                found = there.pop(name, None)
                if child.is_directory and child.mount_point:
                    found = await self._metadata.status_of(child_path)
                if not matches(child, found):
                    wrong += [child_path, *self._everything_below(child_path)]
                elif child.is_directory:
                    pending.append(child_path)
            if lists_strangers:
                wrong += [paths.join(directory, name) for name in there if not paths.is_temporary(name)]
            await asyncio.sleep(0)
        return sorted(wrong)

    def _children(self, path: str) -> list[tuple[str, Inode]]:
        with self._master.view() as context:
            inode = lookup(context.tx, path).inode
            if inode is None or not inode.is_directory:
                return []  # gone since its parent was looked at
            return [(name, inode_of(context.tx, child_id)) for name, child_id in children(context.tx, inode.id)]

    def _everything_below(self, path: str) -> list[str]:
        found: list[str] = []
        pending = [path]
        while pending:
            directory = pending.pop()
            for name, child in self._children(directory):
                found.append(paths.join(directory, name))
                if child.is_directory:
                    pending.append(found[-1])
        return found


def matches(inode: Inode, found: FoundStatus | None) -> bool:
    """Say whether an inode is what the storage has; one that is not persisted has to be missing there.

    Source:   FileSystemMaster.checkConsistency.
    """
    if inode.persistence_state != PERSISTED:
        return found is None
    if found is None or found.is_directory != inode.is_directory:
        return False
    if inode.is_directory:
        return True
    return found.length_bytes == inode.length_bytes and found.fingerprint == inode.ufs_fingerprint
