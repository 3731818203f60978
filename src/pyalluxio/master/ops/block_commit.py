"""A worker wrote a block: its length becomes part of the state, once."""

from __future__ import annotations

from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master.ops.context import OpContext
from pyalluxio.master.state.tx import BLOCKS

UNKNOWN_LENGTH = -1


def run(context: OpContext, block_id: int, length_bytes: int) -> None:
    """Record a block; a length that is known already is kept, whatever the worker says now."""
    known = context.tx.get(BLOCKS, block_id)
    if known is None or (known == UNKNOWN_LENGTH and length_bytes != UNKNOWN_LENGTH):
        context.emit(BlockInfoEntry(block_id=block_id, length=length_bytes))
