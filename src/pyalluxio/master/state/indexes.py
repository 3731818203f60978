"""The tables that background jobs scan, kept true to the inodes: TTL, pinned, to be persisted, publishing, limited."""

from __future__ import annotations

from pyalluxio.journal.entries import TO_BE_PERSISTED as STATE_TO_BE_PERSISTED
from pyalluxio.master.state import intents
from pyalluxio.master.state.effects import Effect, PinsChanged
from pyalluxio.master.state.inode import NO_REPLICATION_MAX, Inode
from pyalluxio.master.state.ttl import due_time_ms
from pyalluxio.master.state.tx import PINNED, PUBLISHING, REPLICATION_LIMITED, TO_BE_PERSISTED, TTL, Tx


def couple_pin(tx: Tx, inode: Inode, pinned: bool, effects: list[Effect]) -> None:
    """Set the pin of a file that is being changed, with what follows from it for its replication.

    Pinned: at least one copy, and a maximum of 0 becomes none. Unpinned: no minimum, and no media of its own.
    """
    if pinned:
        inode.pinned = True
        if inode.replication_min == 0:
            inode.replication_min = 1
        if inode.replication_max == 0:
            inode.replication_max = NO_REPLICATION_MAX
        tx.put(PINNED, inode.id, True)
        effects.append(PinsChanged())
    else:
        inode.pinned = False
        inode.replication_min = 0
        inode.medium_types = ()
        if tx.get(PINNED, inode.id) is not None:
            tx.delete(PINNED, inode.id)
            effects.append(PinsChanged())
    if inode.replication_max != NO_REPLICATION_MAX:
        tx.put(REPLICATION_LIMITED, inode.id, True)


def add(tx: Tx, inode: Inode) -> None:
    """Enter a new inode; pins are entered by `couple_pin`."""
    due = due_time_ms(inode)
    if due is not None:
        tx.put(TTL, (due, inode.id), True)
    if inode.persistence_state == STATE_TO_BE_PERSISTED and not inode.is_directory:
        tx.put(TO_BE_PERSISTED, inode.id, True)
    if inode.temp_ufs_path:
        tx.put(PUBLISHING, inode.id, True)


def update(tx: Tx, before: Inode, after: Inode) -> None:
    """Follow a change of the attributes that the tables depend on."""
    old_due, new_due = due_time_ms(before), due_time_ms(after)
    if old_due != new_due:
        if old_due is not None:
            tx.delete(TTL, (old_due, before.id))
        if new_due is not None:
            tx.put(TTL, (new_due, after.id), True)
    if before.persistence_state != after.persistence_state and not after.is_directory:
        if after.persistence_state == STATE_TO_BE_PERSISTED:
            tx.put(TO_BE_PERSISTED, after.id, True)
        else:
            tx.delete(TO_BE_PERSISTED, after.id)


def set_temp_ufs_path(tx: Tx, inode: Inode, temp_ufs_path: str) -> None:
    """Set where a file that is being changed is written; "" once nothing is under way."""
    if temp_ufs_path and not inode.temp_ufs_path:
        tx.put(PUBLISHING, inode.id, True)
    elif inode.temp_ufs_path and not temp_ufs_path:
        tx.delete(PUBLISHING, inode.id)
    inode.temp_ufs_path = temp_ufs_path


def remove(tx: Tx, inode: Inode, effects: list[Effect]) -> None:
    """Forget a deleted inode."""
    due = due_time_ms(inode)
    if due is not None:
        tx.delete(TTL, (due, inode.id))
    intents.remove(tx, inode)
    if inode.is_directory:
        return
    if inode.pinned:
        tx.delete(PINNED, inode.id)
        effects.append(PinsChanged())
    if inode.persistence_state == STATE_TO_BE_PERSISTED:
        tx.delete(TO_BE_PERSISTED, inode.id)
    if inode.temp_ufs_path:
        tx.delete(PUBLISHING, inode.id)
    tx.delete(REPLICATION_LIMITED, inode.id)
