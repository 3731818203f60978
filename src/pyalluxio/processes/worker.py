"""The worker process: the order in which its parts start, what each is connected to, and how it ends.

    web port bound -> leader found, its configuration taken over -> blocks found on disk -> pin list -> RPC port open
    -> registered with the leader -> ready: reports to all masters, pin list, orders to persist

SIGTERM and SIGINT end it well: no new calls, a few seconds for those in flight, directories released. Blocks stay.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pyalluxio.client.connection import channel_options
from pyalluxio.client.leader import LeaderFinder
from pyalluxio.client.retry import RETRYABLE
from pyalluxio.conf import Configuration
from pyalluxio.conf.addresses import master_rpc_addresses, own_machine, split
from pyalluxio.errors import AlluxioError, ConfigurationError, Status, Unavailable
from pyalluxio.processes import ready
from pyalluxio.web.server import WebServer, bind
from pyalluxio.wire.gen import common_pb2
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.options import authenticator, group_mapping, server_options
from pyalluxio.wire.server import GRPCIO, Server
from pyalluxio.wire.version_service import SERVICE as VERSION_SERVICE
from pyalluxio.wire.version_service import ServiceVersionService
from pyalluxio.worker.cache_requests import CacheRequests
from pyalluxio.worker.heartbeat import ReportSettings
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.master_link import MasterLink
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.persist import Persister
from pyalluxio.worker.pins import PinList
from pyalluxio.worker.read_stream import ReadStreams
from pyalluxio.worker.reporting import Reporting
from pyalluxio.worker.service import SERVICE, BlockWorkerService
from pyalluxio.worker.short_circuit import ShortCircuit
from pyalluxio.worker.status import WorkerStatus
from pyalluxio.worker.tier_config import permissions, tier_directories
from pyalluxio.worker.ufs_mounts import UfsMounts
from pyalluxio.worker.write_stream import WriteStreams

log = logging.getLogger(__name__)

# M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD (32 MB is its maximum), M_ARENA_MAX of <malloc.h>.
_MALLOC_PARAMETERS = {-1: 128 << 20, -2: 16 << 20, -3: 32 << 20, -8: 2}

STOP_GRACE_S = 5.0
REPORT_TIMEOUT_S = 15.0
PERSIST_TIMEOUT_S = 60.0
FIRST_RETRY_S = 0.1
# A cluster that starts as a whole has its leader within seconds; one that is away for long is not asked so often.
RETRY_S_MAX = 0.5
PATIENT_AFTER_S = 30.0
PATIENT_RETRY_S = 5.0
# A master that is about to lead has its port open, but not its services yet; a new leader does not know our channel.
RETRYABLE_AT_START = RETRYABLE | {Status.DEADLINE_EXCEEDED, Status.NOT_FOUND}


def run(conf: Configuration) -> int:
    """Serve until a signal; return the exit code.

    Raises:   ConfigurationError: a directory, an address or a property cannot be used.  Unavailable: no master was
              found for very long.
    """
    _keep_freed_memory()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_main(conf))


async def _main(conf: Configuration) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # The first error of any part ends the process: a worker that only looks alive is worse than none.
    serving = asyncio.create_task(_serve(conf), name="worker")
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        stopping.cancel()
        await serving
        raise AssertionError("a worker serves until it is told to stop")
    log.info("Stopping")
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    log.info("Stopped")
    return 0


async def _serve(conf: Configuration) -> None:
    async with AsyncExitStack() as on_exit:
        listener = bind(
            conf.text("alluxio.worker.web.bind.host"),
            conf.integer("alluxio.worker.web.port"),
            "alluxio.worker.web.port",
        )
        on_exit.callback(listener.close)
        web_port = int(listener.getsockname()[1])
        finder = LeaderFinder.of(conf, master_rpc_addresses(conf), channel_options(conf))
        link = MasterLink(finder, channel_options(conf))
        on_exit.push_async_callback(link.close)
        conf = await _with_cluster_defaults(conf, link)

        blocks = _open_blocks(conf)
        on_exit.callback(blocks.close)
        metrics = WorkerMetrics()
        mounts = UfsMounts(link.mount_info, conf)
        on_exit.push_async_callback(mounts.close)
        # The address holds the RPC port, which is known once the server listens; the server needs the reporter.
        address = common_pb2.WorkerNetAddress()
        reporting = Reporting(
            link,
            blocks,
            metrics,
            address,
            _report_settings(conf),
            lambda: _worker_properties(conf),
            masters=_reported_masters(conf),
            options=channel_options(conf),
            same_master=lambda one, other: _same_master(conf, one, other),
        )
        on_exit.push_async_callback(reporting.close)
        service, cache_requests = _service(conf, link, blocks, mounts, reporting, metrics)
        cache_requests.start()
        on_exit.push_async_callback(cache_requests.close)
        pins = PinList(link, blocks, timeout_s=_timeout_s(conf, REPORT_TIMEOUT_S))
        # Before the first writer: its block must not evict one that waits to be persisted.
        await _until_it_works(pins.refresh, "load the list of pinned files", conf)
        server = _server(conf, service)
        await server.start()
        on_exit.push_async_callback(server.stop, STOP_GRACE_S)
        address.CopyFrom(_address(conf, server.port, web_port))

        await _until_it_works(reporting.register, "register", conf)
        status = WorkerStatus(conf, blocks, metrics, reporting, f"{address.host}:{server.port}")
        web = WebServer(_application(status), listener)
        web.start()
        on_exit.push_async_callback(web.stop)
        persister = Persister(
            link, lambda: reporting.worker_id, blocks, mounts, metrics, timeout_s=_timeout_s(conf, PERSIST_TIMEOUT_S)
        )
        persister.start()
        on_exit.push_async_callback(persister.close)
        ready.announce(rpc=f"{address.host}:{server.port}", web=f"{address.host}:{web_port}")
        log.info("Serving blocks on %s:%d, pages on port %d", address.host, server.port, web_port)
        await _all_of(reporting.run(), pins.run(), persister.run())


async def _all_of(*parts: Coroutine[Any, Any, None]) -> None:
    """Run parts that never end; the first error of one ends all and is raised as it is."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _with_cluster_defaults(conf: Configuration, link: MasterLink) -> Configuration:
    """Return the configuration with what the leading master advises, however long it takes to appear."""
    found: list[tuple[str, str, str]] = []

    async def ask() -> None:
        found[:] = await link.cluster_defaults(conf.duration_ms("alluxio.user.master.polling.timeout") / 1000)

    await _until_it_works(ask, "load the configuration of the cluster", conf)
    return conf.with_cluster_defaults(found)


async def _until_it_works(attempt: Any, what: str, conf: Configuration) -> None:
    """Repeat while no master answers, for at most `alluxio.worker.master.connect.retry.timeout`."""
    began_s = time.monotonic()
    ends_at_s = began_s + conf.duration_ms("alluxio.worker.master.connect.retry.timeout") / 1000
    delay_s = FIRST_RETRY_S
    is_told = False
    while True:
        try:
            await attempt()
            return
        except AlluxioError as error:
            if error.status not in RETRYABLE_AT_START:
                raise
            if time.monotonic() + delay_s > ends_at_s:
                raise Unavailable(f"This worker could not {what}: {error}") from error
            if not is_told:
                log.warning("Waiting for a master to %s: %s", what, error)
                is_told = True
        await asyncio.sleep(delay_s)
        is_patient = time.monotonic() - began_s > PATIENT_AFTER_S
        delay_s = min(2 * delay_s, PATIENT_RETRY_S if is_patient else RETRY_S_MAX)


def _open_blocks(conf: Configuration) -> LocalBlocks:
    if conf.enum("alluxio.worker.block.store.type") != "FILE":
        raise ConfigurationError("alluxio.worker.block.store.type must be FILE; a paged store is not offered.")
    directories = tier_directories(conf)
    blocks = LocalBlocks.open(
        directories,
        conf.text("alluxio.worker.data.folder.tmp"),
        conf.integer("alluxio.worker.data.tmp.subdir.max"),
        permissions(conf),
    )
    for directory in directories:
        spec = directory.spec
        log.info("Tier %s: %s, %d MB", spec.tier_alias, directory.path, spec.capacity_bytes >> 20)
    log.info("Found %d blocks", blocks.store.block_count)
    return blocks


def _service(
    conf: Configuration,
    link: MasterLink,
    blocks: LocalBlocks,
    mounts: UfsMounts,
    reporting: Reporting,
    metrics: WorkerMetrics,
) -> tuple[BlockWorkerService, CacheRequests]:
    cache_requests = CacheRequests(
        blocks,
        mounts,
        reporting.commit,
        metrics,
        own_hosts=_own_hosts(conf),
        channel_options=channel_options(conf, streaming=True),
        tasks_max=conf.integer("alluxio.worker.network.async.cache.manager.threads.max"),
        queue_max=conf.integer("alluxio.worker.network.async.cache.manager.queue.max"),
    )
    chunk_bytes_max = conf.size_bytes("alluxio.worker.network.reader.max.chunk.size.bytes")
    service = BlockWorkerService(
        blocks,
        metrics,
        ReadStreams(blocks, mounts, reporting.commit, metrics, chunk_bytes_max),
        WriteStreams(blocks, mounts, reporting.commit, link.commit_block_in_ufs, metrics),
        ShortCircuit(blocks, reporting.commit, metrics),
        cache_requests,
    )
    return service, cache_requests


def _server(conf: Configuration, service: BlockWorkerService) -> Server:
    versions = ServiceVersionService({"BLOCK_WORKER_CLIENT_SERVICE"})
    return Server(
        conf.text("alluxio.worker.bind.host"),
        conf.integer("alluxio.worker.rpc.port"),
        [*handlers_of(SERVICE, service), *handlers_of(VERSION_SERVICE, versions, authenticated=False)],
        authenticator=authenticator(conf, group_mapping(conf)),
        engine=GRPCIO,
        options=server_options(conf, "worker"),
        on_fatal=_die,
    )


def _keep_freed_memory() -> None:
    """Let glibc keep the memory of chunks between two of them.

    By default every chunk of 1 MB is mapped, zeroed by the kernel, and unmapped again. With `bench/worker_read.py` on a
    busy machine this took the worker from 1.16 to 1.03 CPU-seconds a GB, and a client with the same settings from 1.35
    to 0.95. Another C library lacks the call; then it stays as it is.
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    for parameter, value in _MALLOC_PARAMETERS.items():
        mallopt(parameter, value)


def _die(error: Exception) -> None:
    """End at once: an invariant is broken, and going on could serve wrong bytes."""
    log.critical("The worker ends because of a mistake in it", exc_info=error)
    logging.shutdown()
    os._exit(70)


def _host(conf: Configuration) -> str:
    return conf.text_or_none("alluxio.worker.hostname") or own_machine(conf)


def _own_hosts(conf: Configuration) -> set[str]:
    container = conf.text_or_none("alluxio.worker.container.hostname")
    return {_host(conf), *([container] if container else [])}


def _address(conf: Configuration, rpc_port: int, web_port: int) -> Any:
    host = _host(conf)
    tiers = []
    for name in conf.items("alluxio.locality.order"):
        value = conf.text_or_none(f"alluxio.locality.{name}") or (host if name == "node" else None)
        tiers.append(common_pb2.LocalityTier(tierName=name, value=value))
    return common_pb2.WorkerNetAddress(
        host=host,
        containerHost=conf.text_or_none("alluxio.worker.container.hostname") or "",
        rpcPort=rpc_port,
        dataPort=rpc_port,
        webPort=web_port,
        domainSocketPath="",
        tieredIdentity=common_pb2.TieredIdentity(tiers=tiers),
    )


def _reported_masters(conf: Configuration) -> list[str]:
    """Return the masters to report to; none means whoever leads."""
    return master_rpc_addresses(conf) if conf.boolean("alluxio.worker.register.to.all.masters") else []


def _same_master(conf: Configuration, one: str, other: str) -> bool:
    """Tell whether two addresses are one master under two names."""
    (host, port), (other_host, other_port) = split(one), split(other)
    return port == other_port and conf.machine.same_host(host, other_host)


def _worker_properties(conf: Configuration) -> list[Any]:
    """Return the properties that the master compares between workers."""
    return [
        common_pb2.ConfigProperty(name=entry.name, source=entry.source, value=entry.value)
        for entry in conf.as_properties("WORKER")
        if entry.value is not None
    ]


def _report_settings(conf: Configuration) -> ReportSettings:
    return ReportSettings(
        interval_s=conf.duration_ms("alluxio.worker.block.heartbeat.interval") / 1000,
        rpc_timeout_s=_timeout_s(conf, REPORT_TIMEOUT_S),
        give_up_after_s=conf.duration_ms("alluxio.worker.block.heartbeat.timeout") / 1000,
        blocks_per_message_max=conf.integer("alluxio.worker.register.stream.batch.size"),
        register_deadline_s=conf.duration_ms("alluxio.worker.register.stream.deadline") / 1000,
        asks_for_lease=conf.boolean("alluxio.worker.register.lease.enabled"),
        build_version=conf.text("alluxio.version"),
    )


def _timeout_s(conf: Configuration, own_s: float) -> float:
    """Return how long a periodic call may take: what the user set, else less than the five minutes of 2.9.

    A master that was paused holds a call until its deadline, and another one leads meanwhile; repeating costs nothing.
    """
    key = "alluxio.worker.master.periodical.rpc.timeout"
    return conf.duration_ms(key) / 1000 if conf.is_set_by_user(key) else own_s


def _application(status: WorkerStatus) -> Starlette:
    async def info(request: Request) -> JSONResponse:
        return JSONResponse(status.info())

    async def operations(request: Request) -> JSONResponse:
        return JSONResponse(status.operations())

    return Starlette(
        routes=[Route("/api/v1/worker/info", info), Route("/api/v1/worker/operations", operations)],
    )
