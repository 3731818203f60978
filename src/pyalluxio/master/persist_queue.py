"""Which file is written to the under storage next, and by whom. Pure: the time comes with each call.

A file waits until it is due, is then ordered from a worker that holds all its blocks and can persist, or from the
master itself when there is none, and leaves the queue when it is done. An order that brings nothing within its time is
given again, to whoever holds the blocks then. The queue is memory only: a new leader fills it from the files to be
persisted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ORDER_TIMEOUT_MS = 60_000
# An order is given this much more time for each byte: 10 MB/s, slower than any storage worth having.
ORDER_MS_PER_BYTE = 1 / 10_000
PAUSE_MS_MIN = 1_000
PAUSE_MS_MAX = 60_000
EXAMINED_MAX = 2_000


@dataclass(slots=True)
class PersistTask:
    """One file on its way; `ordered_until_ms` is 0 while nobody works on it."""

    file_id: int
    due_ms: int
    since_ms: int
    pause_ms: int = PAUSE_MS_MIN
    ordered_until_ms: int = 0
    ordered_from: int | None = None  # a worker; None is the master itself

    def is_free(self, now_ms: int) -> bool:
        return self.due_ms <= now_ms and self.ordered_until_ms <= now_ms


class PersistQueue:
    """The files to be persisted, the longest waiting first."""

    def __init__(self, wait_ms_max: int) -> None:
        """wait_ms_max  after this long a file is given up (`alluxio.master.persistence.max.total.wait.time`)"""
        self._tasks: OrderedDict[int, PersistTask] = OrderedDict()
        self._wait_ms_max = wait_ms_max

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, file_id: int, now_ms: int, wait_ms: int = 0) -> None:
        """Queue a file; one that is queued already keeps its order and becomes due no later."""
        task = self._tasks.get(file_id)
        due_ms = now_ms + max(0, wait_ms)
        if task is None:
            self._tasks[file_id] = PersistTask(file_id, due_ms, now_ms)
        else:
            task.due_ms = min(task.due_ms, due_ms)

    def remove(self, file_id: int) -> None:
        self._tasks.pop(file_id, None)

    def clear(self) -> None:
        self._tasks.clear()

    def take(
        self, now_ms: int, count_max: int, wants: Callable[[int], int | None], worker_id: int | None = None
    ) -> list[int]:
        """Order up to `count_max` due files for which `wants` names a length in bytes, the longest waiting first.

        worker_id  who gets the orders; None is the master itself
        Cost:     at most `EXAMINED_MAX` files are looked at; those go to the end, so that a later call sees the others.
        """
        ordered: list[int] = []
        for task in self._due(now_ms):
            if len(ordered) >= count_max:
                break
            length_bytes = wants(task.file_id)
            if length_bytes is not None:
                task.ordered_until_ms = now_ms + ORDER_TIMEOUT_MS + int(length_bytes * ORDER_MS_PER_BYTE)
                task.ordered_from = worker_id
                ordered.append(task.file_id)
            if task.file_id in self._tasks:
                self._tasks.move_to_end(task.file_id)
        return ordered

    def _due(self, now_ms: int) -> Iterator[PersistTask]:
        examined = [task for _, task in zip(range(EXAMINED_MAX), self._tasks.values(), strict=False)]
        return (task for task in examined if task.is_free(now_ms))

    def release(self, worker_id: int) -> None:
        """A worker has forgotten its orders: they may be given again at once."""
        for task in self._tasks.values():
            if task.ordered_from == worker_id:
                task.ordered_until_ms = 0

    def failed(self, file_id: int, now_ms: int) -> None:
        """An attempt failed: the file is due again after a pause that doubles."""
        task = self._tasks.get(file_id)
        if task is not None:
            task.ordered_until_ms = 0
            task.due_ms = now_ms + task.pause_ms
            task.pause_ms = min(2 * task.pause_ms, PAUSE_MS_MAX)

    def expired(self, now_ms: int) -> list[int]:
        """Remove and return the files that have waited too long and that nobody works on."""
        found = [
            task.file_id
            for task in self._tasks.values()
            if now_ms - task.since_ms >= self._wait_ms_max and task.ordered_until_ms <= now_ms
        ]
        for file_id in found:
            del self._tasks[file_id]
        return found
