"""The kinds of number that name things, and the arithmetic of block ids.

A block id holds a container id in its upper 40 bits and a sequence number in its lower 24:

    63            24 23          0
    | container id  | sequence    |

A file owns one container: its own id has the largest sequence, its blocks have 0, 1, 2, … . Clients do this arithmetic
too, so the layout is part of the protocol.
"""

from __future__ import annotations

from typing import NewType

BlockId = NewType("BlockId", int)
ContainerId = NewType("ContainerId", int)
InodeId = NewType("InodeId", int)
MountId = NewType("MountId", int)
WorkerId = NewType("WorkerId", int)
SessionId = NewType("SessionId", int)
Term = NewType("Term", int)
Index = NewType("Index", int)

SEQUENCE_BITS = 24
SEQUENCE_MAX = (1 << SEQUENCE_BITS) - 1

ROOT_INODE_ID = InodeId(0)
NO_PARENT_ID = InodeId(-1)
ROOT_MOUNT_ID = MountId(1)
INVALID_ID = -1


def block_id(container: int, sequence: int) -> BlockId:
    """Return the id of block number `sequence` of a container."""
    return BlockId((container << SEQUENCE_BITS) | sequence)


def file_id(container: int) -> InodeId:
    """Return the id of the file that owns a container."""
    return InodeId((container << SEQUENCE_BITS) | SEQUENCE_MAX)


def file_id_of_block(block: int) -> InodeId:
    """Return the id of the file that a block belongs to."""
    return InodeId(block | SEQUENCE_MAX)


def container_id(block_or_file: int) -> ContainerId:
    """Return the container of a block or file id."""
    return ContainerId(block_or_file >> SEQUENCE_BITS)


def sequence_number(block: int) -> int:
    """Return the position of a block in its file, from 0."""
    return block & SEQUENCE_MAX


_MARK_FACTOR = 0x9E3779B97F4A7C15  # 2^64 divided by the golden ratio, odd: the usual one to scatter numbers with
_MARK_MASK = (1 << 63) - 1


def block_mark(block: int) -> int:
    """Return a scattered number of 63 bits for a block id.

    Marks of a set of blocks, joined by xor, tell two sets apart; ids themselves would not, since the ids of a file's
    blocks differ in their last bits only.
    """
    scattered = (block + 1) * _MARK_FACTOR
    return (scattered ^ (scattered >> 31)) & _MARK_MASK
