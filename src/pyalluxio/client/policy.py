"""Which worker to write to, and where to read a block from. Pure: lists in, one choice out.

Rule 1: a worker is considered for a new block only if its total capacity holds the block, free or not; it evicts.
Rule 2: nearness is told by tiers of locality (`node`, then `rack`): the first tier on which a worker agrees with
        this host decides. Agreement on `node` means the same host.
Rule 3: a block is read from a copy if a live worker has one, nearest first; otherwise, if the under storage has it,
        from a worker that the policy picks. Workers that failed in this stream are tried last.

Source: Alluxio 2.9 LocalFirstPolicy, AlluxioBlockStore.getInStream.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import Enum

from pyalluxio.client.file_info import BlockInfo, FileInfo, WorkerAddress, WorkerInfo
from pyalluxio.errors import BlockHasNoCopy, Unavailable


@dataclass(frozen=True, slots=True)
class Locality:
    """Where this process runs: the names its host goes by, and the outer tiers such as rack."""

    hosts: frozenset[str]
    outer_tiers: tuple[tuple[str, str], ...] = ()

    def is_local(self, address: WorkerAddress) -> bool:
        """Say whether a worker runs on this host."""
        node = dict(address.tiers).get("node", "")
        return node in self.hosts or address.host in self.hosts

    def distance(self, address: WorkerAddress) -> int:
        """Return 0 for this host, then 1 per tier further out, and one more when nothing agrees."""
        if self.is_local(address):
            return 0
        tiers = dict(address.tiers)
        for position, (name, value) in enumerate(self.outer_tiers, start=1):
            if tiers.get(name) == value:
                return position
        return len(self.outer_tiers) + 1


class Policy(ABC):
    """How a worker is picked for a new block; `pick` sees only workers that could hold it."""

    @abstractmethod
    def pick(self, candidates: Sequence[WorkerInfo], locality: Locality) -> WorkerInfo:
        """Return one of the candidates, of which there is at least one."""


@dataclass(slots=True)
class LocalFirst(Policy):
    """The nearest worker; among equally near ones by chance, so that writers spread."""

    random: random.Random = field(default_factory=random.Random)

    def pick(self, candidates: Sequence[WorkerInfo], locality: Locality) -> WorkerInfo:
        nearest = min(locality.distance(worker.address) for worker in candidates)
        return self.random.choice([one for one in candidates if locality.distance(one.address) == nearest])


@dataclass(slots=True)
class RoundRobin(Policy):
    """One after the other, in the order of their addresses."""

    turn: int = 0

    def pick(self, candidates: Sequence[WorkerInfo], locality: Locality) -> WorkerInfo:
        ordered = sorted(candidates, key=lambda worker: worker.address.target)
        chosen = ordered[self.turn % len(ordered)]
        self.turn += 1
        return chosen


@dataclass(slots=True)
class MostAvailable(Policy):
    """The worker with most free bytes."""

    def pick(self, candidates: Sequence[WorkerInfo], locality: Locality) -> WorkerInfo:
        return max(candidates, key=lambda worker: worker.capacity_bytes - worker.used_bytes)


@dataclass(slots=True)
class AnyWorker(Policy):
    """A worker by chance."""

    random: random.Random = field(default_factory=random.Random)

    def pick(self, candidates: Sequence[WorkerInfo], locality: Locality) -> WorkerInfo:
        return self.random.choice(candidates)


def policy_named(class_name: str, chance: random.Random) -> Policy:
    """Return the policy that a Java class name of 2.9 stands for.

    The policies of 2.9 that hash or avoid eviction only spread load differently; they become LocalFirst.
    """
    simple = class_name.rpartition(".")[2]
    if simple == "RoundRobinPolicy":
        return RoundRobin()
    if simple == "MostAvailableFirstPolicy":
        return MostAvailable()
    if simple == "SpecificHostPolicy":
        return AnyWorker(chance)
    return LocalFirst(chance)


def worker_for_block(
    workers: Sequence[WorkerInfo],
    block_size_bytes: int,
    locality: Locality,
    policy: Policy,
    failed: Collection[WorkerAddress] = (),
) -> WorkerAddress:
    """Return the worker that shall take a new block.

    Raises:   Unavailable: no worker is live, all failed, or none is large enough; the text says which.
    """
    if not workers:
        raise Unavailable("No available Alluxio worker found: no worker is registered. Start one, or wait for it.")
    healthy = [worker for worker in workers if worker.address not in failed]
    if not healthy:
        names = ", ".join(sorted(str(address) for address in failed))
        raise Unavailable(f"No available Alluxio worker found: every live worker failed in this stream ({names}).")
    large = [worker for worker in healthy if worker.capacity_bytes >= block_size_bytes]
    if not large:
        largest = max(worker.capacity_bytes for worker in healthy)
        raise Unavailable(
            f"No available Alluxio worker found: the largest of {len(healthy)} has {largest} bytes, a block needs "
            f"{block_size_bytes}. Lower alluxio.user.block.size.bytes.default or enlarge the worker."
        )
    return policy.pick(large, locality).address


class SourceKind(Enum):
    """How a block is read: a copy on this host, a copy elsewhere, or through a worker from the under storage."""

    LOCAL = "local"
    REMOTE = "remote"
    UFS = "ufs"


@dataclass(frozen=True, slots=True)
class Source:
    """Which worker to read a block from."""

    address: WorkerAddress
    kind: SourceKind


def is_in_ufs(file: FileInfo) -> bool:
    """Say whether any worker may find a file's blocks in the under storage, if need be in the folder for overflow."""
    return file.is_persisted or file.persistence_state == "TO_BE_PERSISTED"


def source_for_block(
    file: FileInfo,
    block: BlockInfo,
    workers: Sequence[WorkerInfo],
    locality: Locality,
    policy: Policy,
    failed: Collection[WorkerAddress] = (),
) -> Source:
    """Return where to read a block of a file from.

    Raises:   BlockHasNoCopy: neither a worker nor the under storage has it.  Unavailable: no worker could fetch it.
    """
    in_ufs = is_in_ufs(file)
    live = {worker.address for worker in workers}
    copies = [location.address for location in block.locations]
    if in_ufs:
        copies = [address for address in copies if address in live]
    elif not copies:
        raise BlockHasNoCopy(
            f"Block {block.block_id} of {file.path} is lost: its only copy was on a worker, which is gone or dropped "
            "it, and the file was never persisted. Unless a worker that has it comes back, write the file again."
        )
    healthy = [address for address in copies if address not in failed]
    if not healthy and copies and not in_ufs:
        healthy = copies
    if healthy:
        chosen = min(healthy, key=locality.distance)
        return Source(chosen, SourceKind.LOCAL if locality.is_local(chosen) else SourceKind.REMOTE)
    return Source(worker_for_block(workers, block.length, locality, policy, failed), SourceKind.UFS)
