"""A journal folder changes hands: ours is continued by an official master, and that one's, killed, by us again."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from pyalluxio.journal import codec
from pyalluxio.journal.dump import JournalDump
from pyalluxio.journal.entries import PrimacyMarker
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.node import EntryKind, JournalNode, JournalOptions, Role
from pyalluxio.master.ops.delete import DeleteRequest
from pyalluxio.master.ops.intents import Intent, encode
from pyalluxio.master.state import intents
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.dict_tx import DictStore
from pyalluxio.master.state.tx import COUNTERS, INODES, NEXT_SEQUENCE
from tests.peer import official
from tests.ports import free_port
from tests.waiting import until, wait_until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.java,
]

# What an official master writes at its first start; recorded.
FIRST_START = Path(__file__).parents[1] / "unit" / "journal" / "data" / "official-2.9.6"


def test_a_journal_changes_hands_in_both_directions(tmp_path: Path) -> None:
    """An operator who moves to us, or back, keeps the namespace; a folder that one side misreads would lose it."""
    rpc, web, port = free_port(), free_port(), free_port()
    (tmp_path / "ufs").mkdir()
    client = {
        "alluxio.master.hostname": "127.0.0.1",
        "alluxio.master.rpc.port": str(rpc),
        "alluxio.security.login.username": "root",
    }
    server = {
        **client,
        "alluxio.master.web.port": str(web),
        "alluxio.master.journal.type": "EMBEDDED",
        "alluxio.master.journal.folder": str(tmp_path / "journal"),
        "alluxio.master.embedded.journal.port": str(port),
        "alluxio.master.embedded.journal.addresses": f"127.0.0.1:{port}",
        "alluxio.master.mount.table.root.ufs": str(tmp_path / "ufs"),
    }
    official.run(tmp_path / "home", server, "alluxio.cli.Format", "master")
    format_journal(tmp_path / "journal")
    recorded = [entry.data for entry in JournalDump.of(FIRST_START).entries() if entry.kind is EntryKind.DATA]
    recorded.append(_left_by_a_dead_leader(recorded))
    asyncio.run(_continue(tmp_path / "journal", port, recorded))

    with (tmp_path / "master.out").open("w") as output:
        command = official.command(tmp_path / "home", "alluxio.master.AlluxioMaster")
        master = subprocess.Popen(
            command, env=official.environment(server, "1g"), stdout=output, stderr=subprocess.STDOUT
        )
    try:
        wait_until(lambda: official.answers(rpc) or master.poll() is not None, 90, "the official master's port")
        official.run(tmp_path / "client", client, official.SHELL, "mkdir", "/made/by/java")
    finally:
        master.kill()
        master.wait()

    newest = max((tmp_path / "journal").glob("raft/*/current/log_inprogress_*"))
    assert newest.stat().st_size >= 4 << 20, "a killed official master leaves the space that it reserved"
    seen = asyncio.run(_continue(tmp_path / "journal", port, []))
    assert seen[: len(recorded)] == recorded
    assert any(b"java" in data for data in seen[len(recorded) :])


def _left_by_a_dead_leader(before: list[bytes]) -> bytes:
    """Return a batch with an intent that is ended and one that is not: official masters know neither."""
    store = DictStore()
    tx = store.begin()
    for data in before:
        for sequence, entry in codec.decode_batch(data):
            if not isinstance(entry, PrimacyMarker):
                apply(tx, sequence, entry)
    root = tx.get(INODES, 0)
    assert root is not None
    intent = Intent("root", DeleteRequest("/gone"), ("/gone",))
    entries = [intents.entry_of_begin(root, number, encode(intent)) for number in (5, 6)]
    sequence = tx.get(COUNTERS, NEXT_SEQUENCE) or 0
    tx.abort()
    return codec.encode_batch([*entries, intents.entry_of_end(root, 5)], sequence)


async def _continue(folder: Path, port: int, proposals: list[bytes]) -> list[bytes]:
    """Lead the journal, append to it, and return all data in it."""
    address = f"127.0.0.1:{port}"
    node = JournalNode.open(folder, self_address=address, options=JournalOptions(free_space_min_bytes=0))
    seen: list[bytes] = []
    roles: list[Role] = []
    failures: list[BaseException] = []
    node.start(
        asyncio.get_running_loop(),
        lambda entries: seen.extend(entry.data for entry in entries if entry.kind is EntryKind.DATA),
        lambda change: roles.append(change.role),
        failures.append,
    )
    await until(lambda: Role.LEADER in roles, what="leadership")
    for data in proposals:
        await asyncio.wait_for(node.propose(data), 10)
    read_index = await asyncio.wait_for(node.read_index(), 10)
    assert node.status().commit_index >= read_index
    await node.stop()
    assert failures == []
    return seen
