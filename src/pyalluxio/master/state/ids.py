"""Who gets the next id: containers for files, and one container for the directories.

The journal holds limits, not the numbers handed out, so the numbers live in the leader's memory: a new leader starts at
the journaled limit, and takes a new container for directories. An aborted batch only skips ids.
"""

from __future__ import annotations

from collections.abc import Callable

from pyalluxio.errors import InvariantViolated
from pyalluxio.ids import SEQUENCE_MAX, block_id, file_id
from pyalluxio.journal.entries import (
    BlockContainerIdGeneratorEntry,
    Entry,
    InodeDirectoryIdGeneratorEntry,
)
from pyalluxio.master.state.tx import CONTAINER_LIMIT, COUNTERS, DIRECTORY_CONTAINER, DIRECTORY_SEQUENCE, ReadTx

CONTAINER_RESERVATION = 1000


class IdAllocator:
    """Hands out ids for one term of leadership; what it must remember beyond that goes through `emit` first."""

    def __init__(self, tx: ReadTx, reservation: int = CONTAINER_RESERVATION) -> None:
        self._next_container = tx.get(COUNTERS, CONTAINER_LIMIT) or 0
        self._reservation = reservation
        self._directory_container: int | None = None

    def container(self, tx: ReadTx, emit: Callable[[Entry], None]) -> int:
        """Return a container id never used before; emits a new limit whenever the reserved ids are used up."""
        limit = tx.get(COUNTERS, CONTAINER_LIMIT)
        # Without a limit nothing was ever committed: an empty cluster begins at 0 also when its first batch was lost.
        container = 0 if limit is None else self._next_container
        if container >= (limit or 0):
            emit(BlockContainerIdGeneratorEntry(container + 1 + self._reservation))
        self._next_container = container + 1
        return container

    def file(self, tx: ReadTx, emit: Callable[[Entry], None]) -> int:
        """Return the id of a new file."""
        return file_id(self.container(tx, emit))

    def directory(self, tx: ReadTx, emit: Callable[[Entry], None]) -> int:
        """Return the id of a new directory; emits what the next one will be."""
        # Another than ours is one of an earlier term, or the batch that took ours was lost.
        taken = self._directory_container
        if taken is None or tx.get(COUNTERS, DIRECTORY_CONTAINER) != taken:
            self._take_directory_container(tx, emit)
        container, sequence = tx.get(COUNTERS, DIRECTORY_CONTAINER), tx.get(COUNTERS, DIRECTORY_SEQUENCE)
        if container is None or sequence is None:
            raise InvariantViolated("The generator of directory ids has no container.")
        if sequence == SEQUENCE_MAX:
            self._take_directory_container(tx, emit)
        else:
            emit(InodeDirectoryIdGeneratorEntry(container, sequence + 1))
        return block_id(container, sequence)

    def _take_directory_container(self, tx: ReadTx, emit: Callable[[Entry], None]) -> None:
        self._directory_container = self.container(tx, emit)
        emit(InodeDirectoryIdGeneratorEntry(self._directory_container, 0))
