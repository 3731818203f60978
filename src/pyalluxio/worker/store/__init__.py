"""The rules of the block store: pure decisions, no files."""

from pyalluxio.worker.store.block_store import (
    BlockIsRead,
    BlockStore,
    CommittedBlock,
    Evicted,
    Placed,
    TemporaryBlock,
)
from pyalluxio.worker.store.changes import ChangeLog
from pyalluxio.worker.store.tiers import DirectorySpec, Location

__all__ = [
    "BlockIsRead",
    "BlockStore",
    "ChangeLog",
    "CommittedBlock",
    "DirectorySpec",
    "Evicted",
    "Location",
    "Placed",
    "TemporaryBlock",
]
