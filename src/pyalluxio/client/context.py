"""What all files of one file system share: the master, the workers and channels to them, settings, background work."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pyalluxio.client.file_info import WorkerAddress, WorkerInfo
from pyalluxio.client.options import Defaults
from pyalluxio.client.policy import LocalFirst, Locality, Policy, policy_named
from pyalluxio.client.retry import RetryPolicy
from pyalluxio.errors import AlluxioError, Unavailable
from pyalluxio.wire.channel import Channel, ChannelOptions

if TYPE_CHECKING:
    from pyalluxio.client.master_client import MasterClient
    from pyalluxio.conf import Configuration

log = logging.getLogger(__name__)

BACKGROUND_TASKS_MAX = 64
BACKGROUND_GRACE_S = 2.0

BLOCK_READ_DURATION = "alluxio.user.block.read.retry.max.duration"
# Longer than a fail-over and the registration of the workers at the new leader take together.
NO_COPY_WAIT_MS = 20_000

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Settings:
    """How files are read and written; see the property of the same name under `alluxio.user`."""

    defaults: Defaults = field(default_factory=Defaults)
    locality: Locality = field(default_factory=lambda: Locality(LOOPBACK))
    short_circuit: bool = True
    short_circuit_preferred: bool = False
    passive_cache: bool = True
    write_policy: Policy = field(default_factory=LocalFirst)
    ufs_read_policy: Policy = field(default_factory=LocalFirst)
    reader_chunk_bytes: int = 1 << 20
    writer_chunk_bytes: int = 1 << 20
    reserve_bytes: int = 64 << 20
    pread_bytes_max: int = 2 << 20
    read_timeout_s: float = 180.0
    write_timeout_s: float = 180.0
    flush_timeout_s: float = 1_800.0
    close_timeout_s: float = 1_800.0
    ufs_read_concurrency_max: int = (1 << 31) - 1
    status_expires_s: float = 300.0
    workers_refresh_s: float = 120.0
    block_read_retry: RetryPolicy = field(default_factory=lambda: RetryPolicy(250, 2_000, 300_000))
    # How long a read waits for a worker that brings back a block of which nobody has a copy. The whole time of a
    # failing read is meant for workers that are known and do not answer.
    no_copy_wait_ms: int = NO_COPY_WAIT_MS
    update_access_time: bool = True
    target_media: str = ""

    @classmethod
    def of(cls, configuration: Configuration) -> Settings:
        """Read the settings from properties."""
        conf = configuration
        chance = random.Random()

        block_read_ms = conf.duration_ms(BLOCK_READ_DURATION)

        def seconds(key: str) -> float:
            return conf.duration_ms(key) / 1000

        return cls(
            defaults=Defaults.of(conf),
            locality=locality(conf),
            short_circuit=conf.boolean("alluxio.user.short.circuit.enabled"),
            short_circuit_preferred=conf.boolean("alluxio.user.short.circuit.preferred"),
            passive_cache=conf.boolean("alluxio.user.file.passive.cache.enabled"),
            write_policy=policy_named(conf.text("alluxio.user.block.write.location.policy.class"), chance),
            ufs_read_policy=policy_named(conf.text("alluxio.user.ufs.block.read.location.policy"), chance),
            reader_chunk_bytes=conf.size_bytes("alluxio.user.streaming.reader.chunk.size.bytes"),
            writer_chunk_bytes=conf.size_bytes("alluxio.user.streaming.writer.chunk.size.bytes"),
            reserve_bytes=conf.size_bytes("alluxio.user.file.reserved.bytes"),
            pread_bytes_max=conf.size_bytes("alluxio.user.file.sequential.pread.threshold"),
            read_timeout_s=seconds("alluxio.user.streaming.data.read.timeout"),
            write_timeout_s=seconds("alluxio.user.streaming.data.write.timeout"),
            flush_timeout_s=seconds("alluxio.user.streaming.writer.flush.timeout"),
            close_timeout_s=seconds("alluxio.user.streaming.writer.close.timeout"),
            ufs_read_concurrency_max=conf.integer("alluxio.user.ufs.block.read.concurrency.max"),
            status_expires_s=seconds("alluxio.user.file.in.stream.status.expiration.time"),
            workers_refresh_s=seconds("alluxio.user.worker.list.refresh.interval"),
            block_read_retry=RetryPolicy(
                conf.duration_ms("alluxio.user.block.read.retry.sleep.base"),
                conf.duration_ms("alluxio.user.block.read.retry.sleep.max"),
                block_read_ms,
            ),
            no_copy_wait_ms=(
                block_read_ms if conf.is_set_by_user(BLOCK_READ_DURATION) else min(block_read_ms, NO_COPY_WAIT_MS)
            ),
            update_access_time=not conf.boolean("alluxio.user.update.file.accesstime.disabled"),
            target_media=conf.text_or_none("alluxio.user.file.target.media") or "",
        )


def locality(configuration: Configuration) -> Locality:
    """Return where this process runs; `alluxio.user.hostname` replaces the names that the system knows."""
    configured = configuration.text_or_none("alluxio.user.hostname")
    hosts = {configured} if configured else {socket.gethostname(), socket.getfqdn(), *LOOPBACK}
    node = configuration.text_or_none("alluxio.locality.node")
    if node:
        hosts.add(node)
    rack = configuration.text_or_none("alluxio.locality.rack")
    return Locality(frozenset(hosts), (("rack", rack),) if rack else ())


class Context:
    """Shared by the readers and writers of one event loop."""

    def __init__(
        self,
        master: MasterClient,
        settings: Settings,
        worker_options: ChannelOptions,
        *,
        configuration: Configuration | None = None,
        only_workers: Collection[str] = (),
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        """Take the parts; `configuration` knows the defaults of paths, without it there are none.

        only_workers:  the `host:port` of those that count; empty: all.
        """
        self.master = master
        self.settings = settings
        self._configuration = configuration
        self._only_workers = frozenset(only_workers)
        self._settings_at: dict[str, Settings] = {}
        self.clock = clock
        self.chance = chance or random.Random()
        self.no_short_circuit: set[WorkerAddress] = set()
        self._worker_options = worker_options
        self._channels: dict[str, Channel] = {}
        self.workers_known: list[WorkerInfo] = []
        self._workers_known_at_s: float | None = None
        self._background: set[asyncio.Task[None]] = set()

    def settings_at(self, path: str) -> Settings:
        """Return the settings for one path: those of the longest prefix that has defaults of its own."""
        conf = self._configuration
        prefix = conf.path_with_defaults(path) if conf is not None else None
        if conf is None or prefix is None:
            return self.settings
        found = self._settings_at.get(prefix)
        if found is None:
            found = self._settings_at[prefix] = Settings.of(conf.at_path(prefix))
        return found

    async def workers(self, *, fresh: bool = False) -> list[WorkerInfo]:
        """Return the live workers that count, at most `workers_refresh_s` old; `fresh` asks the master.

        Raises:   Unavailable: none of those that were asked for is live.
        """
        now = self.clock()
        known_at = self._workers_known_at_s
        if fresh or not self.workers_known or known_at is None or now - known_at > self.settings.workers_refresh_s:
            self.workers_known = self._counting(await self.master.workers())
            self._workers_known_at_s = now
        return self.workers_known

    def _counting(self, live: list[WorkerInfo]) -> list[WorkerInfo]:
        if not self._only_workers:
            return live
        found = [one for one in live if not self._only_workers.isdisjoint(one.address.names)]
        if not found:
            names = ", ".join(sorted(one.address.names[0] for one in live)) or "none"
            raise Unavailable(f"{' and '.join(sorted(self._only_workers))} is no live worker; live are: {names}.")
        return found

    def channel(self, address: WorkerAddress) -> Channel:
        """Return the channel to a worker, one for all streams."""
        channel = self._channels.get(address.target)
        if channel is None:
            channel = self._channels[address.target] = Channel(address.target, self._worker_options)
        return channel

    def may_short_circuit(self, address: WorkerAddress, settings: Settings) -> bool:
        """Say whether a worker's files may be opened directly: it is on this host, and it worked so far."""
        return (
            settings.short_circuit
            and address not in self.no_short_circuit
            and settings.locality.is_local(address)
            and (settings.short_circuit_preferred or not address.domain_socket_path)
        )

    def short_circuit_failed(self, address: WorkerAddress, error: OSError) -> None:
        """Remember that this process cannot open a worker's files, and say so once."""
        if address not in self.no_short_circuit:
            log.warning("Files of the worker at %s cannot be opened from here (%s); streaming instead.", address, error)
            self.no_short_circuit.add(address)

    def in_background(self, work: Coroutine[Any, Any, None]) -> bool:
        """Run what nobody waits for, such as a request to cache; say no when too much of it is running."""
        if len(self._background) >= BACKGROUND_TASKS_MAX:
            work.close()
            return False
        task = asyncio.ensure_future(_logged(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return True

    async def close(self) -> None:
        """Give background requests a moment, then hang up."""
        if self._background:
            _, pending = await asyncio.wait(self._background, timeout=BACKGROUND_GRACE_S)
            for task in pending:
                task.cancel()
        for channel in self._channels.values():
            with contextlib.suppress(AlluxioError):
                await channel.close()
        self._channels.clear()
        await self.master.close()


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except AlluxioError as error:
        log.info("Work in the background failed: %s", error)
