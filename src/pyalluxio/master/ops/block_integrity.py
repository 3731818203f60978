"""Block records without a file: what a commit that came too late leaves behind."""

from __future__ import annotations

from itertools import islice

from pyalluxio.ids import file_id_of_block
from pyalluxio.journal.entries import DeleteBlockEntry
from pyalluxio.master.ops.context import Chunks, OpContext
from pyalluxio.master.state.tx import BLOCKS, INODES

# A record costs about 5 us to look at, and a batch may take 5 ms.
CHUNK_BLOCKS = 1000


def run(context: OpContext, repair: bool) -> Chunks[list[int]]:
    """Return the blocks whose file does not exist, in chunks; with `repair` they are deleted.

    Cost:  one pass over all block records; a namespace without orphans changes nothing.
    """
    orphans: list[int] = []
    first = 0
    while True:
        chunk = [block_id for block_id, _ in islice(context.tx.scan(BLOCKS, first), CHUNK_BLOCKS)]
        for block_id in chunk:
            if context.tx.get(INODES, file_id_of_block(block_id)) is None:
                orphans.append(block_id)
                if repair:
                    context.emit(DeleteBlockEntry(block_id))
        if len(chunk) < CHUNK_BLOCKS:
            return orphans
        first = chunk[-1] + 1
        context = yield
