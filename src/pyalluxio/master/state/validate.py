"""What must hold in every state: the simulator and the tests check it after each step, `info doctor` on request."""

from __future__ import annotations

from pyalluxio.errors import InvariantViolated
from pyalluxio.ids import NO_PARENT_ID, ROOT_INODE_ID, container_id
from pyalluxio.journal.entries import TO_BE_PERSISTED as STATE_TO_BE_PERSISTED
from pyalluxio.master.state import intents
from pyalluxio.master.state.inode import NO_REPLICATION_MAX, Inode
from pyalluxio.master.state.ttl import due_time_ms
from pyalluxio.master.state.tx import (
    CONTAINER_LIMIT,
    COUNTERS,
    EDGES,
    INODE_COUNT,
    INODES,
    INTENTS,
    OPERATION_RING,
    OPERATIONS,
    PINNED,
    PUBLISHING,
    REPLICATION_LIMITED,
    TO_BE_PERSISTED,
    TTL,
    ReadTx,
)


def validate(tx: ReadTx) -> None:
    """Check that tree, indexes and counters agree.

    Raises:  InvariantViolated: naming the first thing that does not.
    Cost:    reads every inode and edge, and holds the inodes in memory.
    """
    inodes = dict(tx.scan(INODES))
    if not inodes:
        return
    _check(ROOT_INODE_ID in inodes, "there is no root inode")
    _check(inodes[ROOT_INODE_ID].parent_id == NO_PARENT_ID, "the root inode has a parent")
    counts = dict.fromkeys(inodes, 0)
    for (parent_id, name), child_id in tx.scan(EDGES):
        parent, child = inodes.get(parent_id), inodes.get(child_id)
        _check(parent is not None and parent.is_directory, f'edge "{name}" leaves {parent_id}, which is no directory')
        _check(child is not None, f'edge "{name}" below {parent_id} leads to inode {child_id}, which is missing')
        if child is not None:
            _check((child.parent_id, child.name) == (parent_id, name), f"inode {child_id} and its edge disagree")
        counts[parent_id] += 1
    _check(sum(counts.values()) == len(inodes) - 1, "an inode has no edge, or several")
    _check(tx.get(COUNTERS, INODE_COUNT) == len(inodes), "the number of inodes is counted wrongly")
    limit = tx.get(COUNTERS, CONTAINER_LIMIT) or 0
    for inode in inodes.values():
        _check(inode.child_count == counts[inode.id], f"inode {inode.id} counts {inode.child_count} children")
        _check(container_id(inode.id) < limit, f"inode {inode.id} has a container beyond the limit {limit}")
        for block in inode.block_ids:
            _check(container_id(block) == container_id(inode.id), f"block {block} is not of file {inode.id}")
    _reachable(inodes)
    files = [inode for inode in inodes.values() if not inode.is_directory]
    due = {(when, inode.id) for inode in inodes.values() if (when := due_time_ms(inode)) is not None}
    _check({key for key, _ in tx.scan(TTL)} == due, "the TTL table and the inodes disagree")
    _check({key for key, _ in tx.scan(PINNED)} == {i.id for i in files if i.pinned}, "the pinned table is wrong")
    waiting = {inode.id for inode in files if inode.persistence_state == STATE_TO_BE_PERSISTED}
    _check({key for key, _ in tx.scan(TO_BE_PERSISTED)} == waiting, "the to-be-persisted table is wrong")
    publishing = {inode.id for inode in files if inode.temp_ufs_path}
    _check({key for key, _ in tx.scan(PUBLISHING)} == publishing, "the publishing table is wrong")
    for (inode_id, number), _ in tx.scan(INTENTS):
        begun = inodes[inode_id].xattr if inode_id in inodes else None
        _check(intents.key_of(number) in (begun or ()), f"inode {inode_id} lacks its intent {number:x}")
    limited = {inode.id for inode in files if inode.replication_max != NO_REPLICATION_MAX}
    _check({key for key, _ in tx.scan(REPLICATION_LIMITED)} >= limited, "the replication-limited table is wrong")
    ring = {key: slot for slot, key in tx.scan(OPERATION_RING)}
    _check(dict(tx.scan(OPERATIONS)) == ring, "the operation ids and their ring disagree")


def _reachable(inodes: dict[int, Inode]) -> None:
    known = {int(ROOT_INODE_ID)}
    for inode in inodes.values():
        chain = []
        at = inode
        while at.id not in known:
            _check(at.id not in chain, f"inode {inode.id} is its own ancestor")
            chain.append(at.id)
            at = inodes[at.parent_id]
        known.update(chain)


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise InvariantViolated(f"The state is inconsistent: {what}.")
