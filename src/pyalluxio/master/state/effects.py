"""What has to happen outside the state once a change is committed; the shell does it, on the leader only.

Effects are hints for speed: everything they ask for can be found again by scanning the tables after a fail-over.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyalluxio.master.state.mount_table import MountInfo


@dataclass(frozen=True, slots=True)
class FreeBlocks:
    """The blocks belong to no file any more: workers drop their copies."""

    block_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PersistFile:
    """A completed file waits to be written to the under storage, `wait_ms` from now."""

    inode_id: int
    wait_ms: int


@dataclass(frozen=True, slots=True)
class CancelPersist:
    """A file with a running persist job was deleted."""

    inode_id: int
    persist_job_id: int
    temp_ufs_path: str


@dataclass(frozen=True, slots=True)
class PinsChanged:
    """The set of pinned files changed: workers learn it with their next heartbeat."""


@dataclass(frozen=True, slots=True)
class MountAdded:
    mount: MountInfo


@dataclass(frozen=True, slots=True)
class MountRemoved:
    mount: MountInfo


@dataclass(frozen=True, slots=True)
class SyncPointRemoved:
    path: str
    mount_id: int


@dataclass(frozen=True, slots=True)
class UfsModeChanged:
    ufs_root: str


@dataclass(frozen=True, slots=True)
class PathPropertiesChanged:
    """The configuration of a path changed: its hash is out of date."""


@dataclass(frozen=True, slots=True)
class LoadJobChanged:
    job_id: str


Effect = (
    FreeBlocks
    | PersistFile
    | CancelPersist
    | PinsChanged
    | MountAdded
    | MountRemoved
    | SyncPointRemoved
    | UfsModeChanged
    | PathPropertiesChanged
    | LoadJobChanged
)
