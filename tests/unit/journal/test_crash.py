"""A real process that writes the journal is killed again and again: nothing acknowledged may be missing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from pyalluxio.ids import Index
from pyalluxio.journal.dump import JournalDump
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.raft.messages import EntryKind

ROUNDS = 12

# Prints "<index> <data>" of every acknowledged entry; purges and rolls all the time, so that kills hit these, too.
WRITER = """
import asyncio, itertools, os, sys
from pyalluxio.journal.node import JournalNode, JournalOptions, Role

async def main():
    options = JournalOptions(segment_size_max_bytes=20_000, retain_bytes=2_000_000, free_space_min_bytes=0)
    node = JournalNode.open(sys.argv[1], self_address="127.0.0.1:19200", options=options)
    leads = asyncio.Event()
    node.start(
        asyncio.get_running_loop(),
        lambda entries: node.applied(entries[-1].index),
        lambda change: leads.set() if change.role is Role.LEADER else None,
        lambda error: os._exit(3),
        applied_index=int(sys.argv[3]),
    )
    await leads.wait()

    async def client(name):
        for number in itertools.count():
            data = f"{sys.argv[2]}-{name}-{number}-" + "x" * (number * 37 % 900)
            position = await node.propose(data.encode())
            os.write(1, f"{position.index} {data}\\n".encode())
            node.state_durable(position.index)

    await asyncio.gather(*(client(name) for name in range(8)))

asyncio.run(main())
"""


def test_every_acknowledged_entry_survives_kill_9(tmp_path: Path) -> None:
    """The promise of the product: what a client was told is done stays done, whenever the master dies."""
    format_journal(tmp_path)
    rng = random.Random(20260301)
    acknowledged: dict[int, bytes] = {}
    for round_number in range(ROUNDS):
        acknowledged |= _run_and_kill(
            tmp_path, round_number, applied_index=max(acknowledged, default=-1), kill_after_lines=rng.randint(1, 1500)
        )
        kept = {entry.index: entry for entry in JournalDump.of(tmp_path).entries()}
        first = min(kept)
        lost = [index for index, data in acknowledged.items() if index >= first and kept[Index(index)].data != data]
        assert lost == []
        assert sorted(kept) == list(range(first, first + len(kept)))
        terms = [entry.term for _, entry in sorted(kept.items())]
        assert terms == sorted(terms)
        assert MetaFiles(JournalFolder(tmp_path).current).read_hard_state().term >= round_number + 1
    assert len(acknowledged) > ROUNDS
    assert first > 0, "the log was purged, too"
    store = LogStore.open(JournalFolder(tmp_path).current)
    entries = store.entries(store.first_index, Index(store.last_index + 1), 1 << 30)
    assert {entry.kind for entry in entries} == set(EntryKind)
    store.close()


def _run_and_kill(folder: Path, round_number: int, applied_index: int, kill_after_lines: int) -> dict[int, bytes]:
    """Run the writer until it has acknowledged so many entries, kill it, and return all that it acknowledged."""
    command = [sys.executable, "-c", WRITER, str(folder), str(round_number), str(applied_index)]
    acknowledged = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ) as writer:
        assert writer.stdout is not None
        for count, line in enumerate(writer.stdout, 1):
            if count == kill_after_lines:
                writer.kill()
            if line.endswith(b"\n"):
                index, _, data = line[:-1].partition(b" ")
                acknowledged[int(index)] = data
        assert writer.wait(10) == -9, "the writer was to be killed, not to fail"
    return acknowledged
