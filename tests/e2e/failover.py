"""A cluster of three masters and two workers under clients of both languages, and what each fault costs them.

clients of the history    small calls of the Python client and of the official one, recorded (tests/e2e/history.py)
questions to each master  recorded too: a master that answers though it leads no more shows up there
writers of files          the Python client's (tests/e2e/workload.py) and the official one's (tests/peer/Workload.java)
a watcher                 asks for files that are in memory only, and notes when one is not wholly cached
a probe                   asks each master every 5 ms, from shortly before a fault until clients go on
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import platform
import random
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pyalluxio.client import AsyncFileSystem
from pyalluxio.client.quorum import QuorumAdministration
from pyalluxio.errors import AlluxioError
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.methods import method
from tests import linearizability
from tests.e2e import history, quorum
from tests.e2e.cluster import HOST, Cluster, ServerProcess
from tests.e2e.history import History, RecordedClient
from tests.e2e.quorum import Quorum, probing
from tests.e2e.workload import Writer
from tests.peer import official
from tests.peer.workloads import CALLS_TOLD, OfficialJob, official_job
from tests.waiting import pace, until, until_answered

KEYS = 12
CLIENTS = 4
WRITERS = 2
CACHED_FILES = 6
CACHED_BYTES = 300_000
PROGRESS = 60
PROGRESS_TIMEOUT_S = 60.0
WATCH_PAUSE_S = 0.05
WRITE_PAUSE_S = 0.1
QUESTIONS_WHILE_ASLEEP = 50
ELECT_TIMEOUT_S = 30.0
_STATUS = method("alluxio.grpc.file.FileSystemMasterClientService", "GetStatus")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: when it began, and for how long no master answered the probe."""

    kind: str
    began_ns: int
    ended_ns: int
    gap_s: float


@dataclass(slots=True)
class Trial:
    """The cluster, its load, and the faults so far."""

    seed: int
    folder: Path
    masters: Quorum
    workers: list[ServerProcess]
    fs: AsyncFileSystem
    recorded: History
    writers: list[Writer]
    job: OfficialJob | None
    faults: list[Fault] = field(default_factory=list)
    not_cached: list[str] = field(default_factory=list)
    watched: int = 0
    checked: int = 0
    fault_now: str = "the start"
    began_ns: int = field(default_factory=time.monotonic_ns)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    cached_at_first: frozenset[tuple[str, int]] = frozenset()
    _block_ids: frozenset[int] = frozenset()

    # --- faults ------------------------------------------------------------------------------------------------------

    async def kill(self) -> None:
        """`kill -9` of the leader; it is back when this returns."""

        async def act(leader: ServerProcess) -> None:
            await asyncio.to_thread(leader.kill)

        leader = await self._fault("kill -9", act)
        await self._bring_back(leader)

    async def terminate(self) -> None:
        """SIGTERM to the leader, as a rolling restart does."""

        async def act(leader: ServerProcess) -> None:
            assert await asyncio.to_thread(leader.stop) == 0

        leader = await self._fault("SIGTERM", act)
        await self._bring_back(leader)

    async def elect(self) -> None:
        """Have the next member in line elected."""

        async def act(leader: ServerProcess) -> None:
            number = self.masters.masters.index(leader)
            target = self.masters.masters[(number + 1) % len(self.masters.masters)]
            port = int(target.properties["alluxio.master.embedded.journal.port"])
            admin = QuorumAdministration(self.masters.addresses, ChannelOptions(user="root"))
            try:
                await admin.elect(HOST, port, ELECT_TIMEOUT_S)
            finally:
                await admin.close()
            assert await quorum.answers(self.masters.address(target)), "who was elected serves"

        await self._fault("elect", act)

    async def pause(self, pause_s: float) -> None:
        """SIGSTOP of the leader; what it is asked while it sleeps must not be answered with what was true before.

        Raises:   AssertionError: it told something stale.
        """
        number = len(self.faults)
        before, after = f"/before{number}", f"/after{number}"
        await self.fs.create_directory(before)
        asked: list[asyncio.Task[int]] = []
        leader = await self.masters.leader()
        channel = Channel(self.masters.address(leader), ChannelOptions(user="root"))
        assert await known(channel, before) == 1

        async def act(leader_now: ServerProcess) -> None:
            assert leader_now is leader, "the leader changed by itself"
            assert leader.process is not None
            ends_s = time.monotonic() + pause_s
            leader.process.send_signal(signal.SIGSTOP)
            try:
                await self.progress()
                await self.fs.rename(before, after)
                asked.append(asyncio.create_task(known(channel, before, QUESTIONS_WHILE_ASLEEP)))
                await until(lambda: time.monotonic() > ends_s, pause_s + 5)
            finally:
                leader.process.send_signal(signal.SIGCONT)

        try:
            await self._fault("SIGSTOP", act)
            assert await asked[0] == 0, "the woken leader knows what was renamed while it slept"
            assert await known(channel, before, QUESTIONS_WHILE_ASLEEP) == 0
        finally:
            await channel.close()
        await self.fs.delete(after)

    async def _bring_back(self, master: ServerProcess) -> None:
        """Start a master again; return when the workers report to it, or it could lead without knowing their blocks."""
        await asyncio.to_thread(master.start)
        started_s = time.monotonic()
        address = self.masters.address(master)

        def is_reported_to() -> bool:
            return all(_reports(worker, address, time.monotonic() - started_s) for worker in self.workers)

        async def ask() -> bool:
            return await asyncio.to_thread(is_reported_to)

        await until_answered(ask, 30, "the workers' reports to the master that came back")

    async def _fault(self, kind: str, act: Callable[[ServerProcess], Awaitable[None]]) -> ServerProcess:
        await self.progress()
        leader = await self.masters.leader()
        async with probing(self.masters.addresses) as gap:
            await until(lambda: gap.last_answer_s > 0)
            began_s, self.began_ns, self.fault_now = time.monotonic(), time.monotonic_ns(), kind
            await act(leader)
            await self.progress()
            self.faults.append(Fault(kind, self.began_ns, time.monotonic_ns(), gap.longest_s(began_s)))
        await self._official_progress()
        return leader

    async def progress(self) -> None:
        """Wait until clients made some calls; fails when one of them, or the job, has ended."""
        goal = len(self.recorded.calls) + PROGRESS

        def has_gone_on() -> bool:
            self.raise_failures()
            return len(self.recorded.calls) >= goal

        await until(has_gone_on, PROGRESS_TIMEOUT_S, "clients that go on")

    async def _official_progress(self) -> None:
        """Wait until the official client has made some calls, too."""
        job = self.job
        if job is None:
            return
        goal = job.calls + 2 * CALLS_TOLD
        try:
            await until(lambda: job.calls >= goal or job.outcome, PROGRESS_TIMEOUT_S, "the official client going on")
        except AssertionError:
            raise AssertionError(f"the official client does not go on:\n{job.threads()}") from None
        self.raise_failures()

    def raise_failures(self) -> None:
        for task in self.tasks:
            if task.done() and not self.stop.is_set():
                task.result()
                raise AssertionError(f"{task} ended")
        if self.job is not None and not self.stop.is_set():
            assert self.job.process.poll() is None, self.job.told()
        for worker in self.workers:
            assert worker.is_running, f"a worker died of a fault of a master:\n{worker.last_words()}"

    # --- what is found out at the end --------------------------------------------------------------------------------

    async def end_load(self) -> None:
        """Let all clients end their calls, the job of the official client included."""
        if self.stop.is_set():
            return
        self.raise_failures()
        self.stop.set()
        await asyncio.gather(*self.tasks)
        if self.job is not None:
            code = await asyncio.to_thread(self.job.end)
            assert code == 0, self.job.told()

    def check_histories(self) -> int:
        """Search an order of all recorded calls that explains them; return how many there are."""
        if self.job is not None and not self.checked:
            assert self.recorded.read(self.job.history) > 0
        calls = self.recorded.calls
        repeated = history.first_attempts(calls)
        self.checked = linearizability.check([*calls, *repeated], history.NOTHING, history.step)
        return self.checked

    def cached_blocks(self) -> frozenset[tuple[str, int]]:
        """Return (path, inode number) of the files in which workers keep the watched files' blocks."""
        names = {f"{number}" for number in self._block_ids}
        found = (file for worker in self.workers for file in (worker.home / "tier").rglob("*") if file.name in names)
        return frozenset((str(file), file.stat().st_ino) for file in found if file.is_file())

    async def cache_files(self) -> None:
        """Write the files that only workers hold, and wait until the leader knows where."""
        ids: set[int] = set()
        for number in range(CACHED_FILES):
            content = bytes([number]) * CACHED_BYTES
            await self.fs.write_bytes(cached(number), content, write_type="MUST_CACHE", block_size_bytes=1 << 17)
            ids |= set((await self.fs.get_status(cached(number))).block_ids)
        self._block_ids = frozenset(ids)
        self.cached_at_first = self.cached_blocks()

    async def watch(self) -> None:
        """Ask for the cached files, over and over, and note what is wrong."""
        number = 0
        while not self.stop.is_set():
            number = (number + 1) % CACHED_FILES
            status = await self.fs.get_status(cached(number))
            self.watched += 1
            if status.in_alluxio_percentage != 100:
                after_s = (time.monotonic_ns() - self.began_ns) / 1e9
                percentage = status.in_alluxio_percentage
                self.not_cached.append(f"{after_s:.2f} s after {self.fault_now}: {status.path} {percentage} %")
            await pace(WATCH_PAUSE_S)

    def of_kind(self, kind: str) -> list[Fault]:
        return [fault for fault in self.faults if fault.kind == kind]

    def longest_python_s(self, fault: Fault) -> float:
        """Return the longest call of the recorded Python clients around a fault."""
        took = [
            (call.ended_ns or 0) - call.began_ns
            for call in self.recorded.calls
            if call.client.startswith("python") and fault.began_ns <= (call.ended_ns or 0) <= fault.ended_ns
        ]
        return max(took, default=0) / 1e9

    def longest_official_s(self, fault: Fault) -> float:
        """Return the longest call of the official client that a fault can have delayed."""
        later = [other.began_ns for other in self.faults if other.began_ns > fault.began_ns]
        return self.job.longest_s(fault.began_ns, min(later, default=1 << 63)) if self.job is not None else 0.0

    def row(self, kind: str) -> str:
        """Return a row of the table for one kind of fault."""
        faults = self.of_kind(kind)
        gaps = [fault.gap_s for fault in faults]
        python = max((self.longest_python_s(fault) for fault in faults), default=0.0)
        java = max((self.longest_official_s(fault) for fault in faults), default=0.0)
        return (
            f"| {kind} | {len(faults)} | {ms(quantile(gaps, 0.5))} | {ms(quantile(gaps, 0.99))} | {ms(max(gaps))} "
            f"| {ms(python)} | {ms(java) if self.job else '-'} |"
        )

    def table(self) -> str:
        kinds = list(dict.fromkeys(fault.kind for fault in self.faults))
        head = [
            "| fault of the leader | times | nobody serves: p50, ms | p99 | longest "
            "| longest call, Python client | longest call, official client |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        return "\n".join([*head, *map(self.row, kinds)])

    def facts(self) -> str:
        """Return what the table does not say, one line each."""
        kinds = Counter(call.client.rstrip("0123456789") for call in self.recorded.calls)
        lines = [
            f"seed {self.seed}, commit {commit()}, Python {platform.python_version()}, {os.cpu_count()} cores, load "
            f"average at the end {os.getloadavg()[0]:.1f}",
            f"{self.checked} recorded calls are linearizable: "
            + ", ".join(f"{count} of {name}" for name, count in sorted(kinds.items())),
            f"{sum(writer.acknowledged for writer in self.writers)} changes of files by the Python client, all there",
            f"{self.watched} looks at {CACHED_FILES} files that only workers hold: {len(self.not_cached)} times not "
            "wholly cached",
        ]
        if self.job is not None and self.job.outcome.startswith("DONE"):
            files, calls, longest_ms, asked_twice = self.job.done
            lines.append(
                f"the official job ended with exit 0: {files} files, {calls} calls, the longest {longest_ms} ms, all "
                f"checksums equal; a block id asked twice around kill -9: {asked_twice} times"
            )
        return "\n".join(f"- {line}" for line in lines)


def _reports(worker: ServerProcess, address: str, since_s: float) -> bool:
    """Say whether a worker is registered with a master, and has reported to it in the last `since_s`."""
    url = f"http://{HOST}:{worker.properties['alluxio.worker.web.port']}/api/v1/worker/info"
    with urllib.request.urlopen(url, timeout=10) as answer:
        (master,) = [master for master in json.load(answer)["masters"] if master["address"] == address]
    return bool(master["isRegistered"]) and master["lastContactMs"] < since_s * 1000


def cached(number: int) -> str:
    return f"/cached/f{number}"


def ms(seconds: float) -> str:
    return str(round(seconds * 1000))


def quantile(values: Sequence[float], part: float) -> float:
    """Return the smallest value that `part` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def commit() -> str:
    told = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


async def known(channel: Channel, path: str, count: int = 1) -> int:
    """Ask one master, leader or not, `count` times at once for a path; return how often it knew it.

    Questions to one that is paused wait in its sockets, and are the first thing that it sees when it wakes.
    """
    request = messages.GetStatusPRequest(path=path, options=messages.GetStatusPOptions(loadMetadataType=messages.NEVER))
    calls = (channel.unary(_STATUS, request, history.DIRECT_TIMEOUT_S) for _ in range(count))
    results = await asyncio.gather(*calls, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, AlluxioError):
            raise result
    return sum(not isinstance(result, AlluxioError) for result in results)


async def _write(writer: Writer, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await writer.step()
        await pace(WRITE_PAUSE_S)


@contextlib.asynccontextmanager
async def trial(folder: Path, seed: int) -> AsyncIterator[Trial]:
    """Start the cluster and its load; end both. Without Java there is no job of the official client."""
    rng = random.Random(seed)
    async with contextlib.AsyncExitStack() as stack:
        masters = await asyncio.to_thread(stack.enter_context, quorum.running(folder / "masters"))
        around = Cluster(folder, masters.client, masters.masters[0])
        stack.callback(_end_workers, around)
        for _ in range(2):
            await asyncio.to_thread(around.add_worker)
        fs = await stack.enter_async_context(await AsyncFileSystem.connect(properties=masters.client))
        recorded = History(KEYS)
        await recorded.prepare(fs)
        writers = []
        for number in range(WRITERS):
            writer = Writer(fs, f"/w{number}", random.Random(rng.getrandbits(32)), retries=True)
            await writer.prepare()
            writers.append(writer)
        job = None
        if official.jars() is not None:
            start = official_job(folder / "job", masters.client, recorded.keys, seed)
            job = await asyncio.to_thread(stack.enter_context, start)
        running = Trial(seed, folder, masters, around.workers, fs, recorded, writers, job)
        await fs.create_directory("/cached", write_type="MUST_CACHE")
        await running.cache_files()
        loads = [_write(writer, running.stop) for writer in writers]
        for number in range(CLIENTS):
            mine = await stack.enter_async_context(await AsyncFileSystem.connect(properties=masters.client))
            client = RecordedClient(recorded, mine, f"python{number}", random.Random(rng.getrandbits(32)))
            loads.append(client.run(running.stop))
        for number, address in enumerate(masters.addresses):
            channel = Channel(address, ChannelOptions(user="root"))
            stack.push_async_callback(channel.close)
            chance = random.Random(rng.getrandbits(32))
            loads.append(history.ask_directly(recorded, channel, f"master{number}", chance, running.stop))
        loads.append(running.watch())
        running.tasks = [asyncio.create_task(load) for load in loads]
        try:
            yield running
        finally:
            running.stop.set()
            for task in running.tasks:
                task.cancel()
            await asyncio.gather(*running.tasks, return_exceptions=True)


def _end_workers(around: Cluster) -> None:
    for worker in around.workers:
        print(f"--- {worker.home.name}\n{worker.last_words(15)}")
        if worker.is_running:
            worker.stop()
