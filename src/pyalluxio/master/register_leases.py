"""Leases for registration: how many workers may send all their blocks at the same time."""

from __future__ import annotations

from pyalluxio.ids import WorkerId


class RegisterLeases:
    """At most `count_max` leases, each valid for `ttl_ms` and given back when its worker has registered."""

    def __init__(self, count_max: int, ttl_ms: int) -> None:
        self._count_max = count_max
        self._ttl_ms = ttl_ms
        self._expiry_ms: dict[WorkerId, int] = {}

    def request(self, worker_id: WorkerId, now_ms: int) -> int | None:
        """Return when the worker's lease ends; None when all are taken. A worker that asks again gets its own lease."""
        self._expiry_ms = {worker: expiry for worker, expiry in self._expiry_ms.items() if expiry > now_ms}
        if worker_id not in self._expiry_ms:
            if len(self._expiry_ms) >= self._count_max:
                return None
            self._expiry_ms[worker_id] = now_ms + self._ttl_ms
        return self._expiry_ms[worker_id]

    def holds(self, worker_id: WorkerId, now_ms: int) -> bool:
        return self._expiry_ms.get(worker_id, 0) > now_ms

    def release(self, worker_id: WorkerId) -> None:
        self._expiry_ms.pop(worker_id, None)

    def clock_jumped(self, by_ms: int) -> None:
        """Keep what is left of each lease as it was."""
        self._expiry_ms = {worker: expiry_ms + by_ms for worker, expiry_ms in self._expiry_ms.items()}
