"""The operations that were already done, by the ids their clients gave them: what makes a retried write harmless.

A ring of slots holds the newest ids; a new one takes the slot of the oldest. The answer to a repeated call is computed
from the state.
"""

from __future__ import annotations

from pyalluxio.journal.entries import OperationId
from pyalluxio.master.state.tx import COUNTERS, OPERATION_RING, OPERATIONS, RING_NEXT, ReadTx, Tx

# The state must not depend on configuration, or members would differ: the capacity is fixed.
CAPACITY = 100_000


def is_done(tx: ReadTx, operation_id: OperationId) -> bool:
    """Say whether an operation with this id is part of the state."""
    return tx.get(OPERATIONS, operation_id) is not None


def remember(tx: Tx, operation_id: OperationId) -> None:
    """Add an id; one that is known keeps its place."""
    key = (operation_id[0], operation_id[1])
    if tx.get(OPERATIONS, key) is not None:
        return
    number = tx.get(COUNTERS, RING_NEXT) or 0
    slot = number % CAPACITY
    if number >= CAPACITY:
        oldest = tx.get(OPERATION_RING, slot)
        if oldest is not None:
            tx.delete(OPERATIONS, oldest)
    tx.put(OPERATION_RING, slot, key)
    tx.put(OPERATIONS, key, slot)
    tx.put(COUNTERS, RING_NEXT, number + 1)
