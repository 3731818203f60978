"""Defaults that depend on the machine: the ones that the table writes as `<...>`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pyalluxio.conf.host import Machine

_GB = 1 << 30


class Reader(Protocol):
    """What a computed default may ask of the configuration."""

    def text(self, key: str) -> str: ...

    def items(self, key: str) -> list[str]: ...


def _memory_folder(conf: Reader, machine: Machine) -> str:
    return machine.memory_folder or conf.text("alluxio.work.dir").rstrip("/") + "/ramdisk"


def _memory_size(conf: Reader, machine: Machine) -> str:
    folders = conf.items("alluxio.worker.tieredstore.level0.dirs.path")
    if not folders:
        return str(_GB)
    return str(min(machine.memory_bytes * 2 // 3, machine.room_bytes(folders[0]) * 4 // 5))


def _inode_cache_size(conf: Reader, machine: Machine) -> str:
    return str(min(1_073_741_823, machine.memory_bytes // 2000 // 2))


def _threads(
    floor: int, numerator: int = 1, denominator: int = 1, ceiling: int = 1 << 30
) -> Callable[[Reader, Machine], str]:
    """At least `floor`, else cpus * numerator / denominator, at most `ceiling`."""
    return lambda _, machine: str(min(ceiling, max(floor, machine.cpus * numerator // denominator)))


COMPUTED: dict[str, Callable[[Reader, Machine], str]] = {
    "alluxio.master.metadata.sync.executor.pool.size": _threads(4),
    "alluxio.master.metadata.sync.ufs.prefetch.pool.size": _threads(32, 10),
    "alluxio.master.metastore.inode.cache.max.size": _inode_cache_size,
    "alluxio.master.metastore.inode.iteration.crawler.count": _threads(4),
    "alluxio.master.metastore.rocks.parallel.backup.threads": _threads(1, 1, 2, ceiling=16),
    "alluxio.master.rpc.executor.fjp.parallelism": _threads(8, 2),
    "alluxio.master.ufs.active.sync.thread.pool.size": _threads(2, 1, 2),
    "alluxio.underfs.io.threads": _threads(4, 3),
    "alluxio.worker.management.block.transfer.concurrency.limit": _threads(2, 1, 2),
    "alluxio.worker.management.task.thread.count": _threads(4),
    "alluxio.worker.network.async.cache.manager.threads.max": _threads(8, 2),
    "alluxio.worker.network.netty.worker.threads": _threads(4, 2),
    "alluxio.worker.ramdisk.size": _memory_size,
    "alluxio.worker.rpc.executor.fjp.parallelism": _threads(8, 2),
    "alluxio.worker.tieredstore.level0.dirs.path": _memory_folder,
}
