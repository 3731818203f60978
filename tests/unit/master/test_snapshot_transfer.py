"""Snapshots between masters over real connections: whose is taken, and what happens when they break."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pyalluxio.errors import DiskFull, NotFound, Unauthenticated, Unavailable
from pyalluxio.ids import Index, Term
from pyalluxio.journal.entries import BlockInfoEntry
from pyalluxio.master import snapshot_fetch, snapshot_service, snapshots
from pyalluxio.master.applied import write_applied
from pyalluxio.master.durable_state import DurableState
from pyalluxio.master.snapshot_fetch import FetchOptions, NoSnapshot, SnapshotFetch
from pyalluxio.master.snapshot_service import SERVICE, RaftJournalService
from pyalluxio.master.snapshots import Snapshot
from pyalluxio.master.state.apply import apply
from pyalluxio.master.state.tx import BLOCKS, TEXTS
from pyalluxio.master.store import LmdbStore
from pyalluxio.raft.messages import Entry, EntryKind
from pyalluxio.wire.channel import Channel, ChannelOptions
from pyalluxio.wire.gen import raft_journal_pb2 as pb
from pyalluxio.wire.handlers import Call, handlers_of
from pyalluxio.wire.methods import method
from pyalluxio.wire.server import Server

INFO = method(SERVICE, "RequestLatestSnapshotInfo")
DATA = method(SERVICE, "RequestLatestSnapshotData")
CHUNK_BYTES = 16 << 10


class Member:
    """A master that does nothing but keep a state and serve snapshots of it."""

    def __init__(self, folder: Path, *, leads: bool = False, engine: str = "grpcio") -> None:
        self.state = DurableState(folder)
        self.store = self.state.open()
        self.applied = Index(-1)
        self.leads = leads
        self.taken = 0
        self.sent_messages = 0
        # Called before each message; what it raises ends the answer.
        self.before_message: Callable[[], None] = lambda: None
        self.spoil: Callable[[pb.SnapshotData], None] = lambda message: None
        self.service = RaftJournalService(
            self.state.snapshots,
            self._take,
            self.state.pace,
            applied_index=lambda: self.applied,
            leads=lambda: self.leads,
            chunk_bytes=CHUNK_BYTES,
        )
        self.server = Server("127.0.0.1", 0, handlers_of(SERVICE, self), engine=engine)

    async def request_latest_snapshot_info(self, request: Any, call: Call) -> pb.SnapshotMetadata:
        return await self.service.request_latest_snapshot_info(request, call)

    async def request_latest_snapshot_data(self, request: Any, call: Call) -> AsyncIterator[pb.SnapshotData]:
        async for message in self.service.request_latest_snapshot_data(request, call):
            self.before_message()
            self.sent_messages += 1
            self.spoil(message)
            yield message

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def write_up_to(self, index: int, *, text_bytes: int = 0) -> None:
        """Apply entries; `text_bytes` more make the state as large as a test needs it."""
        tx = self.store.begin()
        for number in range(self.applied + 1, index + 1):
            apply(tx, number, BlockInfoEntry(block_id=number, length=10 + number))
            write_applied(tx, Entry(term=Term(1), index=Index(number), kind=EntryKind.DATA, data=b""))
        if text_bytes:
            tx.put(TEXTS, "ballast", random.Random(index).randbytes(text_bytes).hex()[:text_bytes])
        tx.commit()
        self.applied = Index(index)

    def take(self) -> Snapshot:
        return self.state.take_snapshot()

    async def _take(self) -> None:
        self.taken += 1
        await self.state.checkpoint(lambda index: None)


@asynccontextmanager
async def members(tmp_path: Path, count: int, engine: str = "grpcio") -> AsyncIterator[list[Member]]:
    """Run `count` members; the first one leads."""
    running = [Member(tmp_path / f"m{number}", leads=number == 0, engine=engine) for number in range(count)]
    for member in running:
        await member.server.start()
    try:
        yield running
    finally:
        for member in running:
            await member.server.stop(0.1)
            member.state.close()


@asynccontextmanager
async def fetching(tmp_path: Path, addresses: list[str]) -> AsyncIterator[tuple[DurableState, SnapshotFetch]]:
    """An empty member that fetches from others."""
    own = DurableState(tmp_path / "own")
    own.open()
    options = FetchOptions(info_timeout_s=2.0, data_timeout_s=5.0)
    try:
        yield own, SnapshotFetch(own.snapshots, lambda: addresses, Channel, options)
    finally:
        own.close()


def blocks(snapshot: Snapshot) -> int:
    store = LmdbStore(snapshot.folder, is_read_only=True)
    with store.read() as view:
        count = sum(1 for _ in view.scan(BLOCKS))
    store.close()
    return count


@pytest.mark.parametrize("engine", ["grpcio", "native"])
async def test_snapshot_arrives_over_several_answers(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state of gigabytes is sent in bounded answers, whatever the engine does with what is not taken."""
    monkeypatch.setattr(snapshot_service, "ANSWER_BYTES_MAX", 64 << 10)
    async with members(tmp_path, 1, engine) as (sender,):
        sender.write_up_to(12, text_bytes=400_000)
        taken = sender.take()
        async with fetching(tmp_path, [sender.address]) as (own, fetch):
            snapshot = await fetch.fetch(Index(12))
            assert (snapshot.position, snapshot.crc32c) == (taken.position, taken.crc32c)
            assert own.snapshots.newest() == snapshot
            assert blocks(snapshot) == 13
        assert sender.sent_messages >= taken.size_bytes // CHUNK_BYTES > 20


async def test_official_master_is_told_that_there_is_none(tmp_path: Path) -> None:
    """It would unpack our file as a RocksDB folder, and abort."""
    async with members(tmp_path, 1) as (sender,):
        sender.write_up_to(3)
        sender.take()
        channel = Channel(sender.address)
        assert await channel.unary(INFO, pb.LatestSnapshotInfoPRequest(), 5.0) == pb.SnapshotMetadata(exists=False)
        wrong = pb.SnapshotMetadata(snapshotTerm=1, snapshotIndex=2)
        with pytest.raises(NotFound, match="no snapshot that ends at"):
            await anext(channel.server_stream(DATA, wrong, 5.0))
        await channel.close()


async def test_strangers_get_nothing(tmp_path: Path) -> None:
    """The whole namespace is in it."""
    async with members(tmp_path, 1) as (sender,):
        sender.write_up_to(3)
        sender.take()
        channel = Channel(sender.address, ChannelOptions(authentication="NOSASL"))
        with pytest.raises(Unauthenticated):
            await channel.unary(INFO, pb.LatestSnapshotInfoPRequest(format=1), 5.0)
        await channel.close()


async def test_newest_snapshot_is_fetched_and_from_a_standby_if_it_can_be(tmp_path: Path) -> None:
    """The leader has clients to serve."""
    async with members(tmp_path, 3) as (leader, older, standby):
        for member, index in ((leader, 8), (older, 5), (standby, 8)):
            member.write_up_to(index)
            member.take()
        async with fetching(tmp_path, [member.address for member in (leader, older, standby)]) as (_, fetch):
            assert (await fetch.fetch(Index(4))).position.index == 8
        assert [member.sent_messages > 0 for member in (leader, older, standby)] == [False, False, True]


async def test_broken_connection_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a line that breaks every minute a large state would never arrive."""
    monkeypatch.setattr(snapshot_fetch, "RETRY_INTERVAL_S", 0.01)
    async with members(tmp_path, 1) as (sender,):
        sender.write_up_to(12, text_bytes=400_000)
        taken = sender.take()

        def now_and_then() -> None:
            if sender.sent_messages % 7 == 6:
                sender.sent_messages += 1
                raise Unavailable("The line broke.")

        sender.before_message = now_and_then
        async with fetching(tmp_path, [sender.address]) as (_, fetch):
            assert (await fetch.fetch(Index(12))).crc32c == taken.crc32c
        chunks = -(-taken.size_bytes // CHUNK_BYTES)
        assert sender.sent_messages <= chunks * 7 // 6 + 2, "something was sent twice"


def _flip(message: pb.SnapshotData) -> None:
    if message.chunk:
        message.chunk = bytes([message.chunk[0] ^ 1]) + message.chunk[1:]


def _another(message: pb.SnapshotData) -> None:
    if message.description:
        message.description = b"{}"


async def _dead(member: Member) -> None:
    await member.server.stop(0.0)


async def _breaks(member: Member) -> None:
    def fail() -> None:
        raise Unavailable("The disk is slow.")

    member.before_message = fail


async def _flips(member: Member) -> None:
    member.spoil = _flip


async def _describes_badly(member: Member) -> None:
    member.spoil = _another


async def _is_replaced(member: Member) -> None:
    newest = member.state.snapshots.newest()
    assert newest is not None
    member.state.snapshots.newest = lambda: newest  # type: ignore[method-assign]
    newest.folder.rename(newest.folder.with_name("gone"))


@pytest.mark.parametrize("trouble", [_dead, _breaks, _flips, _describes_badly, _is_replaced])
async def test_next_master_is_asked_when_one_fails(
    trouble: Callable[[Member], Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one with the newest snapshot may be the one with the broken disk."""
    monkeypatch.setattr(snapshot_fetch, "RETRY_INTERVAL_S", 0.01)
    async with members(tmp_path, 2) as (good, bad):
        good.write_up_to(5)
        good.take()
        bad.write_up_to(9)
        bad.take()
        await trouble(bad)
        async with fetching(tmp_path, [bad.address, good.address]) as (own, fetch):
            assert (await fetch.fetch(Index(5))).position.index == 5
            assert not (tmp_path / "own" / "snapshots" / "installing").exists()
            assert own.snapshots.newest() is not None


async def test_snapshot_that_is_replaced_is_sent_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load a new one is taken every minute; who is slower than that would never have a whole one."""
    monkeypatch.setattr(snapshot_service, "ANSWER_BYTES_MAX", CHUNK_BYTES)
    async with members(tmp_path, 1) as (sender,):
        sender.write_up_to(5, text_bytes=100_000)
        first = sender.take()

        def replace() -> None:
            if sender.sent_messages == 3:
                sender.write_up_to(6)
                sender.take()

        sender.before_message = replace
        async with fetching(tmp_path, [sender.address]) as (_, fetch):
            assert (await fetch.fetch(Index(5))).crc32c == first.crc32c
        assert not first.folder.exists()


async def test_one_that_can_is_asked_to_take_a_snapshot(tmp_path: Path) -> None:
    """A new quorum has logs and no snapshots; after an official leader has cut its log nothing else helps."""
    async with members(tmp_path, 3) as (leader, behind, standby):
        leader.write_up_to(9)
        behind.write_up_to(4)
        behind.take()
        standby.write_up_to(9)
        async with fetching(tmp_path, [member.address for member in (leader, behind, standby)]) as (_, fetch):
            assert (await fetch.fetch(Index(7))).position.index == 9
        assert [member.taken for member in (leader, behind, standby)] == [0, 0, 1]


async def test_nobody_reaches_far_enough(tmp_path: Path) -> None:
    """The text goes to the log of a master that stands still: it has to say who could not help, and why."""
    async with members(tmp_path, 2) as (first, second):
        first.write_up_to(4)
        first.take()
        await second.server.stop(0.0)
        async with fetching(tmp_path, [first.address, second.address]) as (_, fetch):
            with pytest.raises(NoSnapshot, match="it has applied up to entry 4 itself") as caught:
                await fetch.fetch(Index(7))
        assert first.address in str(caught.value)
        assert second.address in str(caught.value)
        assert first.taken == 0


async def test_full_disk_of_the_sender_and_of_the_receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot must not take the log's last space; what is missing is said, and tried again later."""
    async with members(tmp_path, 1) as (sender,):
        sender.write_up_to(4)
        with monkeypatch.context() as patched:
            patched.setattr(snapshots, "FREE_BYTES_MIN", 1 << 62)
            async with fetching(tmp_path, [sender.address]) as (_, fetch):
                with pytest.raises(NoSnapshot, match="could not take a snapshot"):
                    await fetch.fetch(Index(4))
        sender.take()
        async with fetching(tmp_path, [sender.address]) as (own, fetch):
            with monkeypatch.context() as patched:
                patched.setattr(snapshots, "FREE_BYTES_MIN", 1 << 62)
                with pytest.raises(DiskFull, match="Free space there"):
                    await fetch.fetch(Index(4))
            assert not list((tmp_path / "own" / "snapshots").glob("*"))
            assert (await fetch.fetch(Index(4))).position.index == 4
            assert own.snapshots.newest() is not None


async def test_snapshot_that_nobody_fetches_any_more_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is deleted and open takes its space for ever."""
    now_s = 0.0
    async with members(tmp_path, 1) as (sender,):
        sender.service._monotonic_s = lambda: now_s
        sender.write_up_to(4)
        sender.take()
        async with fetching(tmp_path, [sender.address]) as (_, fetch):
            await fetch.fetch(Index(4))
        assert len(sender.service._open) == 1
        now_s = snapshot_service.OPEN_S + 1
        sender.service._close_unused()
        assert not sender.service._open


async def test_hung_master_costs_its_deadline(tmp_path: Path) -> None:
    """A machine that drops packets must not keep this one from asking the others."""
    async with members(tmp_path, 2) as (good, hung):
        for member in (good, hung):
            member.write_up_to(4)
            member.take()
        never = asyncio.Event()

        async def hang(request: Any, call: Call) -> pb.SnapshotMetadata:
            await never.wait()
            return pb.SnapshotMetadata()

        hung.service.request_latest_snapshot_info = hang  # type: ignore[method-assign]
        async with fetching(tmp_path, [hung.address, good.address]) as (_, fetch):
            fetch._options = FetchOptions(info_timeout_s=0.2, data_timeout_s=5.0)
            assert (await fetch.fetch(Index(4))).position.index == 4
