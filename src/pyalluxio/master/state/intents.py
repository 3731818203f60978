"""What a leader has begun in an under storage and not yet ended: intents, kept as extended attributes of inodes.

An intent is an attribute `pyalluxio.intent.<number>` of an inode that outlives the operation, or goes with its last
entry. Official masters keep it as they keep any attribute, and lose nothing when they take over. It counts as one of
ours only if its entry also repeats the creation time of the inode, which no request of a client can bring about: an
attribute that somebody sets by hand, loads from a storage, or restores from a backup is never acted upon. Those that
count are the rows of the table `INTENTS`.
"""

from __future__ import annotations

from pyalluxio.journal.entries import UpdateInodeEntry, XAttrStrategy
from pyalluxio.master.state.inode import Inode
from pyalluxio.master.state.tx import INTENTS, Tx

PREFIX = "pyalluxio.intent."
NUMBER_BITS = 63


def key_of(number: int) -> str:
    """Return the name of the attribute that holds an intent."""
    return f"{PREFIX}{number:016x}"


def visible(xattr: dict[str, bytes] | None) -> dict[str, bytes] | None:
    """Return the attributes without intents: what anybody but the master may see or set. None is empty."""
    if not xattr or not any(key.startswith(PREFIX) for key in xattr):
        return xattr
    return {key: value for key, value in xattr.items() if not key.startswith(PREFIX)} or None


def entry_of_begin(inode: Inode, number: int, value: bytes) -> UpdateInodeEntry:
    """Return the entry that begins an intent at an inode."""
    return UpdateInodeEntry(
        id=inode.id,
        creation_time_ms=inode.creation_time_ms,
        xattr={key_of(number): value},
        xattr_update_strategy=XAttrStrategy.UNION_REPLACE,
    )


def entry_of_end(inode: Inode, number: int) -> UpdateInodeEntry:
    """Return the entry that ends an intent."""
    return UpdateInodeEntry(id=inode.id, xattr={key_of(number): b""}, xattr_update_strategy=XAttrStrategy.DELETE_KEYS)


def follow(tx: Tx, entry: UpdateInodeEntry, before: Inode, after: Inode) -> None:
    """Keep the table true to the attributes of an inode that changed."""
    for key in before.xattr or ():
        if key.startswith(PREFIX) and key not in (after.xattr or ()):
            _forget(tx, before.id, key)
    if entry.creation_time_ms is None or entry.xattr_update_strategy is not XAttrStrategy.UNION_REPLACE:
        return
    for key in entry.xattr or ():
        number = _number(key)
        if number is not None:
            tx.put(INTENTS, (after.id, number), True)


def remove(tx: Tx, inode: Inode) -> None:
    """Forget the intents of a deleted inode."""
    for key in inode.xattr or ():
        if key.startswith(PREFIX):
            _forget(tx, inode.id, key)


def _forget(tx: Tx, inode_id: int, key: str) -> None:
    number = _number(key)
    if number is not None:
        tx.delete(INTENTS, (inode_id, number))


def _number(key: str) -> int | None:
    if not key.startswith(PREFIX):
        return None
    try:
        number = int(key[len(PREFIX) :], 16)
    except ValueError:
        return None
    return number if key == key_of(number) and number.bit_length() <= NUMBER_BITS else None
