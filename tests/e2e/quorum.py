"""Three real masters on loopback, and what a client sees of them: who serves, and how long nobody does."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyalluxio.errors import AlluxioError
from pyalluxio.journal.format import format_journal
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import file_system_master_pb2 as messages
from pyalluxio.wire.methods import method
from tests.e2e.cluster import HOST, ServerProcess, master_process
from tests.ports import free_port
from tests.waiting import pace, until_answered

MASTERS = 3
PROBE_INTERVAL_S = 0.005
# More unanswered probes of one master say nothing that these do not.
PROBES_MAX = 40
_STATUS = method("alluxio.grpc.file.FileSystemMasterClientService", "GetStatus")
_QUICK = (("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 100))


@dataclass(slots=True)
class Quorum:
    """The masters of one cluster. `client` are the properties with which clients find it."""

    masters: list[ServerProcess]
    client: dict[str, str]

    def address(self, master: ServerProcess) -> str:
        return f"{HOST}:{master.properties['alluxio.master.rpc.port']}"

    @property
    def addresses(self) -> list[str]:
        return [self.address(master) for master in self.masters]

    async def leader(self, timeout_s: float = 30.0) -> ServerProcess:
        """Return the master that answers as the leader."""
        found: list[ServerProcess] = []

        async def is_found() -> bool:
            for master in self.masters:
                if master.is_running and await answers(self.address(master)):
                    found.append(master)
                    return True
            return False

        await until_answered(is_found, timeout_s, "a master that serves")
        return found[0]


@contextlib.contextmanager
def running(folder: Path, *, count: int = MASTERS, properties: Mapping[str, str] | None = None) -> Iterator[Quorum]:
    """Format and start masters on free ports; stop them by process id at the end.

    properties   for the masters, over ours
    """
    (folder / "ufs").mkdir(parents=True)
    journals = [free_port() for _ in range(count)]
    members = ",".join(f"{HOST}:{port}" for port in journals)
    masters = []
    for number, port in enumerate(journals, start=1):
        _, process = master_process(folder, properties or {})
        process.home = folder / f"master{number}"
        process.properties |= {
            "alluxio.home": str(process.home),
            "alluxio.master.journal.folder": str(process.home / "journal"),
            "alluxio.master.metastore.dir": str(process.home / "metastore"),
            "alluxio.master.embedded.journal.port": str(port),
            "alluxio.master.embedded.journal.addresses": members,
        }
        format_journal(process.home / "journal")
        masters.append(process)
    rpc = ",".join(f"{HOST}:{master.properties['alluxio.master.rpc.port']}" for master in masters)
    for master in masters:
        master.properties["alluxio.master.rpc.addresses"] = rpc
    quorum = Quorum(masters, {"alluxio.master.rpc.addresses": rpc, "alluxio.security.login.username": "root"})
    try:
        for master in masters:
            master.spawn()
        for master in masters:
            master.wait_until_ready()
        yield quorum
    finally:
        for master in masters:
            print(f"--- {master.home.name}\n{master.last_words(30)}")
            if master.is_running:
                master.kill()


async def answers(address: str) -> bool:
    """Say whether the master at an address serves clients now."""
    channel = Channel(address, ChannelOptions(user="root"))
    try:
        await channel.unary(_STATUS, messages.GetStatusPRequest(path="/"), 1.0)
    except AlluxioError:
        return False
    finally:
        await channel.close()
    return True


class Gap:
    """Asks every master for a status each 5 ms; tells for how long none answered."""

    def __init__(self) -> None:
        self._answered_s: list[float] = []

    def longest_s(self, since_s: float) -> float:
        """Return the longest time without an answer that ended after `since_s`."""
        times = sorted(self._answered_s)
        return max((later - earlier for earlier, later in itertools.pairwise(times) if later > since_s), default=0.0)

    @property
    def last_answer_s(self) -> float:
        return max(self._answered_s, default=0.0)

    async def ask(self, channel: Channel) -> None:
        try:
            await channel.unary(_STATUS, messages.GetStatusPRequest(path="/"), 1.0)
        except AlluxioError:
            return
        self._answered_s.append(time.monotonic())


@contextlib.asynccontextmanager
async def probing(addresses: Sequence[str]) -> AsyncIterator[Gap]:
    """Measure during the block."""
    gap = Gap()
    channels = [Channel(address, ChannelOptions(user="root", extra=_QUICK)) for address in addresses]
    asked: dict[str, set[asyncio.Task[None]]] = {channel.address: set() for channel in channels}

    async def probe() -> None:
        while True:
            for channel in channels:
                pending = asked[channel.address]
                if len(pending) < PROBES_MAX:
                    task = asyncio.create_task(gap.ask(channel))
                    pending.add(task)
                    task.add_done_callback(pending.discard)
            await pace(PROBE_INTERVAL_S)

    prober = asyncio.create_task(probe())
    try:
        yield gap
    finally:
        prober.cancel()
        await asyncio.gather(prober, *(task for tasks in asked.values() for task in tasks), return_exceptions=True)
        for channel in channels:
            await channel.close()
