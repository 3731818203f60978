"""A worker wrote a block: its length becomes part of the state, once."""

from __future__ import annotations

from collections.abc import Sequence

from pyalluxio.errors import InvalidArgument
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.tx import BLOCKS

UNKNOWN_LENGTH = -1


def check_ids(block_ids: Sequence[int]) -> None:
    """Refuse numbers that cannot name a block, before they get into the journal or among the places of blocks.

    Raises:  InvalidArgument: one is negative.
    """
    if block_ids and (least := min(block_ids)) < 0:
        raise InvalidArgument(f"{least} is no block id: ids are not negative. Send those that the master gave.")


def run(context: OpContext, block_id: int, length_bytes: int) -> None:
    """Record a block; a length that is known already is kept, whatever the worker says now.

    Raises:  InvalidArgument: the id, or the length, is one that no block can have.
    """
    check_ids((block_id,))
    if length_bytes < UNKNOWN_LENGTH:
        raise InvalidArgument(f"Block {block_id} cannot have {length_bytes} bytes; -1 stands for an unknown length.")
    known = context.tx.get(BLOCKS, block_id)
    if known is None or (known == UNKNOWN_LENGTH and length_bytes != UNKNOWN_LENGTH):
        context.emit(BlockInfoEntry(block_id=block_id, length=length_bytes))
