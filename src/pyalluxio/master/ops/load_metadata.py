"""Loading metadata: what the under storage has appears in the namespace.

The shell asks the storage; nothing here does. It passes what was found as plain data, and gets the entries emitted that
make inodes of it. A name that exists already is left alone: to compare it is the business of `sync_metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyalluxio import path as paths
from pyalluxio.errors import FileDoesNotExist, InvalidPath
from pyalluxio.ids import block_id, container_id
from pyalluxio.journal.entries import (
    PERSISTED,
    BlockInfoEntry,
    InodeDirectoryEntry,
    InodeFileEntry,
    TtlAction,
    UpdateInodeDirectoryEntry,
    UpdateInodeEntry,
)
from pyalluxio.master.ops.context import Chunks, OpContext, ReadContext, require
from pyalluxio.master.ops.mount import loaded_acl, shared_mode
from pyalluxio.master.ops.tree_walk import CHUNK_INODES
from pyalluxio.master.ops.ufs_steps import StalePlan
from pyalluxio.master.state import acl as acls
from pyalluxio.master.state.inode import BLOCKS_MAX, NO_PERSIST_JOB, NO_REPLICATION_MAX, NO_TTL, UNKNOWN_LENGTH, Inode
from pyalluxio.master.state.inode_tree import lookup
from pyalluxio.master.state.mount_table import MountInfo
from pyalluxio.master.state.tx import BLOCKS, EDGES, INODES

ETAG = "s3_etag"
FILE_MODE = 0o644
# Clients cannot name these in a request: the rest of the path would be taken for a query or for another component.
_UNSPEAKABLE = re.compile(r"[/\\?\0]")


@dataclass(frozen=True, slots=True)
class FoundStatus:
    """What the under storage says of one file or directory.

    mode          None when it has none
    fingerprint   with content hash, "" when it cannot be made
    length_bytes  of a file; -1 when the storage does not know it
    """

    name: str
    is_directory: bool
    length_bytes: int = 0
    owner: str = ""
    group: str = ""
    mode: int | None = None
    last_modified_ms: int | None = None
    fingerprint: str = ""
    content_hash: str | None = None
    xattr: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What the storage does not tell: block size, and the time to live that the request asks for."""

    block_size_bytes: int
    ttl_ms: int = NO_TTL
    ttl_action: TtlAction = TtlAction.FREE


@dataclass(slots=True)
class LoadResult:
    """How many children appeared, and which names could not, each with the reason."""

    loaded: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Missing:
    """A path without inode, and where the under storage would have it."""

    path: str
    ufs_path: str
    mount_id: int


# --- one path ------------------------------------------------------------------------------------------------------


def missing(context: ReadContext, path: str) -> list[Missing]:
    """Return the components of a path that have no inode, from the top down: what to ask the under storage for.

    Raises:  InvalidPath: it leads through a file.
    """
    found = lookup(context.tx, path)
    below = []
    for depth in range(len(found.inodes), len(found.names) + 1):
        component = found.path_of(depth)
        ufs_path, mount = context.mounts.resolve(component)
        below.append(Missing(component, ufs_path, mount.mount_id))
    return below


def load_path(context: OpContext, path: str, statuses: Mapping[str, FoundStatus], options: LoadOptions) -> Inode:
    """Make inodes of a path and of those of its ancestors that are missing; returns the path's inode.

    statuses  what the storage says of every missing component, by path

    Raises:   FileDoesNotExist: the storage lacks it; InvalidPath: it leads through a file, or cannot be loaded.
    """
    found = lookup(context.tx, path)
    inode = found.deepest
    wanted = [found.path_of(depth) for depth in range(len(found.inodes), len(found.names) + 1)]
    for component in wanted:
        status = statuses.get(component)
        if status is None:
            raise FileDoesNotExist.at(path)
        problem = problem_of(paths.name(component), status, options)
        if problem is not None:
            raise InvalidPath(f'Path "{path}" cannot be loaded from the under storage: {problem}.')
        if not status.is_directory and component != path:
            raise InvalidPath(f'Path "{path}" leads through a file of the under storage: {component}.')
    for component in wanted:
        inode = add(context, inode, component, statuses[component], options)
    return inode


# --- the children of a directory -----------------------------------------------------------------------------------


def load_children(
    context: OpContext, path: str, statuses: Sequence[FoundStatus], options: LoadOptions
) -> Chunks[LoadResult]:
    """Make inodes of the children of a directory and mark it loaded; it yields only if there are many.

    Names that exist, and those of temporary files, are passed over silently.

    statuses  the whole listing of the directory, in any order

    Raises:   StalePlan: the directory is gone.  InvalidPath: its path leads through a file by now.
    """
    result = LoadResult()
    ordered = sorted(statuses, key=lambda status: status.name)
    for start in range(0, len(ordered), CHUNK_INODES):
        if start:
            context = yield
        directory = _directory(context, path)
        for status in ordered[start : start + CHUNK_INODES]:
            name = status.name
            if paths.is_temporary(name):
                continue
            problem = problem_of(name, status, options)
            if problem is not None:
                result.skipped.append((name, problem))
                continue
            if context.tx.get(EDGES, (directory.id, name)) is not None:
                continue
            add(context, directory, paths.join(path, name), status, options)
            result.loaded += 1
    directory = _directory(context, path)
    if not directory.direct_children_loaded:
        context.emit(UpdateInodeDirectoryEntry(id=directory.id, direct_children_loaded=True))
    return result


def _directory(context: OpContext, path: str) -> Inode:
    inode = lookup(context.tx, path).inode
    if inode is None or not inode.is_directory:
        raise StalePlan.at(path)
    return inode


def problem_of(name: str, status: FoundStatus, options: LoadOptions) -> str | None:
    """Return why something in the under storage cannot appear in the namespace, None if it can."""
    if not status.is_directory and status.length_bytes > BLOCKS_MAX * options.block_size_bytes:
        return (
            f"its {status.length_bytes} bytes are more than {BLOCKS_MAX} blocks of {options.block_size_bytes} bytes; "
            "raise alluxio.user.block.size.bytes.default"
        )
    if name in ("", ".", ".."):
        return "the name is empty or a relative one"
    if _UNSPEAKABLE.search(name):
        return f"the name {name!r} holds a slash, a backslash, a question mark or a NUL"
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"the name {name!r} is not UTF-8"
    return None


# --- entries -------------------------------------------------------------------------------------------------------


def add(context: OpContext, parent: Inode, path: str, status: FoundStatus, options: LoadOptions) -> Inode:
    """Make the inode of something that the under storage has and that does not exist here; returns it."""
    mount = context.mounts.mount_of(path)
    if status.is_directory:
        inode_id = _add_directory(context, parent, path, status, mount, options)
    else:
        inode_id = _add_file(context, parent, path, status, mount, options)
    return require(context.tx.get(INODES, inode_id), f'Path "{path}"')


def _add_directory(
    context: OpContext, parent: Inode, path: str, status: FoundStatus, mount: MountInfo, options: LoadOptions
) -> int:
    default_mode = context.settings.directory_mode
    mode = shared_mode(default_mode if status.mode is None else status.mode, mount)
    acl, default_acl = loaded_acl(parent, status.owner, status.group, mode, is_directory=True)
    modified = context.now_ms if status.last_modified_ms is None else status.last_modified_ms
    inode_id = context.ids.directory(context.tx, context.emit)
    context.emit(
        InodeDirectoryEntry(
            id=inode_id,
            parent_id=parent.id,
            name=paths.name(path),
            persistence_state=PERSISTED,
            pinned=parent.pinned,
            creation_time_ms=context.now_ms,
            last_modification_time_ms=modified,
            mount_point=False,
            direct_children_loaded=False,
            ttl=options.ttl_ms,
            ttl_action=options.ttl_action,
            last_access_time_ms=modified,
            acl=acls.to_entry(acl),
            default_acl=acls.default_to_entry(default_acl, status.owner, status.group),
            medium_type=parent.medium_types if parent.pinned else (),
            xattr=dict(status.xattr) or None,
            path=path,
        )
    )
    if status.fingerprint:
        context.emit(UpdateInodeEntry(id=inode_id, ufs_fingerprint=status.fingerprint))
    return inode_id


def _add_file(
    context: OpContext, parent: Inode, path: str, status: FoundStatus, mount: MountInfo, options: LoadOptions
) -> int:
    mode = shared_mode(FILE_MODE if status.mode is None else status.mode, mount)
    acl, _ = loaded_acl(parent, status.owner, status.group, mode, is_directory=False)
    modified = context.now_ms if status.last_modified_ms is None else status.last_modified_ms
    inode_id = context.ids.file(context.tx, context.emit)
    lengths = block_lengths(status.length_bytes, options.block_size_bytes)
    blocks = tuple(block_id(container_id(inode_id), number) for number in range(len(lengths)))
    for block, length in zip(blocks, lengths, strict=True):
        if context.tx.get(BLOCKS, block) is None:
            context.emit(BlockInfoEntry(block, length))
    xattr = dict(status.xattr)
    if status.content_hash is not None:
        xattr[ETAG] = status.content_hash.encode()
    context.emit(
        InodeFileEntry(
            id=inode_id,
            parent_id=parent.id,
            name=paths.name(path),
            persistence_state=PERSISTED,
            pinned=parent.pinned,
            creation_time_ms=context.now_ms,
            last_modification_time_ms=modified,
            block_size_bytes=options.block_size_bytes,
            length=status.length_bytes,
            completed=True,
            cacheable=path.startswith(context.settings.whitelist),
            ttl=options.ttl_ms,
            ufs_fingerprint=status.fingerprint,
            replication_durable=0,
            replication_max=NO_REPLICATION_MAX,
            replication_min=0,
            persist_job_id=NO_PERSIST_JOB,
            temp_ufs_path="",
            ttl_action=options.ttl_action,
            last_access_time_ms=modified,
            blocks=blocks,
            acl=acls.to_entry(acl),
            medium_type=parent.medium_types if parent.pinned else (),
            xattr=xattr or None,
            path=path,
        )
    )
    return inode_id


def block_lengths(length_bytes: int, block_size_bytes: int) -> list[int]:
    """Return the lengths of a file's blocks; a file of unknown length has one block of unknown length."""
    if length_bytes == UNKNOWN_LENGTH:
        return [UNKNOWN_LENGTH]
    full, rest = divmod(length_bytes, block_size_bytes)
    return [block_size_bytes] * full + ([rest] if rest else [])
