"""Remote throughput of one worker: a Python reader and writer of whole blocks over loopback.

    python bench/worker_read.py [--size-mb 512] [--chunk-kb 1024] [--streams 1] [--dir FOLDER] [--profile]

The worker runs in a process of its own, without a master: commits are accepted and forgotten. Prints GB/s (10^9) of
wall time and CPU seconds per GB of both processes.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import multiprocessing
import os
import pstats
import resource
import shutil
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import uvloop

from pyalluxio.processes import worker as processes_worker
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import block_worker_pb2 as pb
from pyalluxio.wire.handlers import handlers_of
from pyalluxio.wire.methods import method
from pyalluxio.wire.server import GRPCIO, Server
from pyalluxio.worker.cache_requests import CacheRequests
from pyalluxio.worker.frames import write_frame
from pyalluxio.worker.local_blocks import LocalBlocks
from pyalluxio.worker.metrics import WorkerMetrics
from pyalluxio.worker.read_stream import ReadStreams
from pyalluxio.worker.service import SERVICE, BlockWorkerService
from pyalluxio.worker.short_circuit import ShortCircuit
from pyalluxio.worker.store import CommittedBlock, DirectorySpec
from pyalluxio.worker.tier_config import TierDirectory
from pyalluxio.worker.ufs_mounts import MountInfo, UfsMounts
from pyalluxio.worker.write_stream import WriteStreams

READ = method(SERVICE, "ReadBlock")
WRITE = method(SERVICE, "WriteBlock")


async def serve(folder: str, capacity: int, pipe: Connection) -> None:
    async def commit(block: CommittedBlock) -> None: ...

    async def commit_in_ufs(block_id: int, length: int) -> None: ...

    async def mount_info(mount_id: int) -> MountInfo:
        return MountInfo("", {})

    blocks = LocalBlocks.open([TierDirectory(DirectorySpec(0, "MEM", "MEM", capacity), folder)], ".tmp_blocks", 1024)
    metrics, mounts = WorkerMetrics(), UfsMounts(mount_info)
    caching = CacheRequests(blocks, mounts, commit, metrics, own_hosts=(), channel_options=ChannelOptions())
    service = BlockWorkerService(
        blocks,
        metrics,
        ReadStreams(blocks, mounts, commit, metrics),
        WriteStreams(blocks, mounts, commit, commit_in_ufs, metrics),
        ShortCircuit(blocks, commit, metrics),
        caching,
    )
    server = Server("127.0.0.1", 0, handlers_of(SERVICE, service), engine=GRPCIO)
    await server.start()
    pipe.send(server.port)
    await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send(usage.ru_utime + usage.ru_stime)
    await server.stop(0.1)


def worker_process(folder: str, capacity: int, pipe: Connection, profile: bool) -> None:
    processes_worker._keep_freed_memory()
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    uvloop.run(serve(folder, capacity, pipe))
    if profile:
        profiler.disable()
        pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


async def write_block(channel: Channel, block_id: int, size: int, chunk: int) -> None:
    stream = await channel.stream(WRITE, 600)
    command = pb.WriteRequestCommand(id=block_id, space_to_reserve=min(size, 64 << 20))
    await stream.write(pb.WriteRequest(command=command))
    frame = write_frame(os.urandom(chunk))
    for _ in range(size // chunk):
        await stream.write(frame)
    await stream.done_writing()
    assert await stream.read() is None


async def read_block(channel: Channel, block_id: int, size: int, chunk: int) -> None:
    request = pb.ReadRequest(block_id=block_id, offset=0, length=size, chunk_size=chunk)
    stream = await channel.stream(READ, 600, raw=True)
    await stream.write(request)
    received = 0
    while received < size and (frame := await stream.read()) is not None:
        received += len(frame) - 2 - 2 * ((len(frame).bit_length() + 6) // 7)
        request.offset_received = received
        await stream.write_unless_ended(request)
    await stream.done_writing()
    while await stream.read() is not None:
        pass


async def measure(port: int, size: int, chunk: int, streams: int) -> None:
    channels = [Channel(f"127.0.0.1:{port}", ChannelOptions(extra=(("bench", n),))) for n in range(streams)]
    for name, act in (("write", write_block), ("read", read_block), ("read", read_block), ("read", read_block)):
        cpu_s = time.process_time()
        start_s = time.perf_counter()
        await asyncio.gather(*(act(channel, n << 24, size, chunk) for n, channel in enumerate(channels, 1)))
        took_s = time.perf_counter() - start_s
        total = size * streams
        client_cpu_s = time.process_time() - cpu_s
        print(f"{name:5} {total / took_s / 1e9:6.2f} GB/s   client {client_cpu_s / total * 1e9:.2f} CPU-s/GB")
    for channel in channels:
        await channel.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size-mb", type=int, default=512, help="size of one block")
    parser.add_argument("--chunk-kb", type=int, default=1024)
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--dir", default=None, help="folder for blocks; a new one in /dev/shm by default")
    parser.add_argument("--profile", action="store_true")
    arguments = parser.parse_args()
    size, chunk = arguments.size_mb << 20, arguments.chunk_kb << 10
    folder = arguments.dir or tempfile.mkdtemp(prefix="bench-worker-", dir="/dev/shm")
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    capacity = (size + (64 << 20)) * arguments.streams
    process = spawn.Process(target=worker_process, args=(folder, capacity, theirs, arguments.profile))
    process.start()
    try:
        uvloop.run(measure(ours.recv(), size, chunk, arguments.streams))
        ours.send("stop")
        total = size * arguments.streams * 4
        print(f"worker {ours.recv() / total * 1e9:.2f} CPU-s/GB over everything")
        process.join(10)
    finally:
        process.terminate()
        if arguments.dir is None:
            shutil.rmtree(Path(folder))


if __name__ == "__main__":
    main()
