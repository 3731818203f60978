"""What a quorum looks like from outside: how far each member is, what its folders hold, what its state is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from pyalluxio.errors import AlluxioError
from pyalluxio.master.applied import read_applied
from pyalluxio.master.state.tx import META, TABLES
from pyalluxio.master.store import LmdbStore
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import journal_master_pb2 as pb
from pyalluxio.wire.methods import method
from tests.e2e.cluster import ServerProcess
from tests.e2e.quorum import Quorum
from tests.waiting import until, until_answered

GROUP = "raft/02511d47-d67c-49a3-9011-abb3109a44c1"
_INFO = method("alluxio.grpc.journal.JournalMasterClientService", "GetQuorumInfo")
_SEGMENT = re.compile(r"log_(?:inprogress_)?(\d+)(?:-(\d+))?\Z")


def journal_address(master: ServerProcess) -> str:
    return f"127.0.0.1:{master.properties['alluxio.master.embedded.journal.port']}"


def log_files(master: ServerProcess) -> list[Path]:
    folder = Path(master.properties["alluxio.master.journal.folder"]) / GROUP / "current"
    return sorted(folder.glob("log_*"))


def first_index(master: ServerProcess) -> int:
    """Return where the log of a master begins."""
    found = [_SEGMENT.match(path.name) for path in log_files(master)]
    return min(int(match.group(1)) for match in found if match is not None)


def log_bytes(master: ServerProcess) -> int:
    return sum(size_of(path) for path in log_files(master))


def snapshots_folder(master: ServerProcess) -> Path:
    return Path(master.properties["alluxio.master.metastore.dir"]) / "snapshots"


def store_folder(master: ServerProcess) -> Path:
    return Path(master.properties["alluxio.master.metastore.dir"]) / "store"


def bytes_under(folder: Path) -> int:
    return sum(size_of(path) for path in folder.rglob("*"))


def size_of(path: Path) -> int:
    """Return the size of a file; 0 for what was removed meanwhile."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


async def row_of(cluster: Quorum, master: ServerProcess) -> pb.QuorumServerInfo | None:
    """Return what the leader tells of a member; None when nobody leads at the moment."""
    for other in cluster.masters:
        if not other.is_running:
            continue
        channel = Channel(cluster.address(other), ChannelOptions(user="root"))
        try:
            answer = await channel.unary(_INFO, pb.GetQuorumInfoPRequest(), 2.0)
        except AlluxioError:
            continue
        finally:
            await channel.close()
        for row in answer.serverInfo:
            if f"{row.serverAddress.host}:{row.serverAddress.rpcPort}" == journal_address(master):
                return row
    return None


async def has_caught_up(cluster: Quorum, master: ServerProcess, lag_max: int = 200) -> bool:
    """Say whether a member holds what the leader holds, or nearly, and counts as a voter."""
    row = await row_of(cluster, master)
    if row is None or row.isLeader:
        return row is not None
    return row.HasField("lagEntries") and row.lagEntries <= lag_max and row.votes and not row.isRecovering


async def until_caught_up(cluster: Quorum, master: ServerProcess, timeout_s: float = 60.0, lag_max: int = 200) -> None:
    await until_answered(
        lambda: has_caught_up(cluster, master, lag_max), timeout_s, f"{master.home.name} being where the others are"
    )


def applied_index(master: ServerProcess) -> int:
    """Return how far the state of a master is, running or not, while nothing is written."""
    store = LmdbStore(store_folder(master), is_read_only=True)
    try:
        return read_applied(store)[0]
    finally:
        store.close()


def digest(master: ServerProcess) -> str:
    """Return a digest of every table of the state of a master that does not run."""
    assert not master.is_running
    store = LmdbStore(store_folder(master), is_read_only=True)
    found = hashlib.sha256()
    try:
        with store.read() as view:
            for table in TABLES:
                # How far it is is compared by itself; the members as of then are the journal's.
                if table is not META:
                    for row in view.scan(table):
                        found.update(repr((table.name, row)).encode())
    finally:
        store.close()
    return found.hexdigest()


async def same_state(masters: Sequence[ServerProcess]) -> int:
    """Wait until running masters have applied the same, end them, and compare; returns the index that they are at."""
    await until(lambda: len({applied_index(master) for master in masters}) == 1, 30, "the same applied index")
    for master in masters:
        master.kill()
    reached = {applied_index(master) for master in masters}
    assert len(reached) == 1, reached
    assert len({digest(master) for master in masters}) == 1
    return reached.pop()
