"""`RaftJournalService`: other masters ask here for the newest snapshot of the state, and fetch it.

The RPCs are those of 2.9; what masters of ours tell each other is in fields of our own (`raft_journal.proto`):

    RequestLatestSnapshotInfo  {format}            -> position and size; nothing for whoever reads another format
                               {format, takeUpTo}  -> the same, and one is taken unless it reaches that far: ask again
    RequestLatestSnapshotData  {position, offset}  -> description, and chunks from `offset` on, up to a bound

Rule 1: one answer is bounded, so that neither engine piles up what a slow receiver does not take, and whoever was
        interrupted goes on where it was. The receiver asks until it has everything.
Rule 2: a snapshot that is being sent stays open when a newer one has taken its place, for as long as somebody asks.
Rule 3: everything that is sent passes the master's pace: clients come first.
Rule 4: every role serves. A snapshot of ours means nothing to an official master; it is told that there is none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from pyalluxio.errors import AlluxioError, DataLoss, NotFound
from pyalluxio.ids import Index, Term
from pyalluxio.master.pace import Pace
from pyalluxio.master.snapshots import FORMAT, Reading, Snapshot, Snapshots
from pyalluxio.raft.messages import LogPosition
from pyalluxio.wire.gen import raft_journal_pb2 as pb
from pyalluxio.wire.handlers import Call

log = logging.getLogger(__name__)

SERVICE = "alluxio.grpc.meta.RaftJournalService"
CHUNK_BYTES_MAX = 1 << 20
ANSWER_BYTES_MAX = 8 << 20
# A receiver comes back at once; one that has not for so long has given up, or goes on with a newer snapshot.
OPEN_S = 60.0


class RaftJournalService:
    """`alluxio.grpc.meta.RaftJournalService`."""

    def __init__(
        self,
        snapshots: Snapshots,
        take: Callable[[], Awaitable[object]],
        pace: Pace,
        *,
        applied_index: Callable[[], Index],
        leads: Callable[[], bool],
        chunk_bytes: int = CHUNK_BYTES_MAX,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        take           takes a snapshot of what is applied now
        applied_index  how far that would reach
        chunk_bytes    how much goes into one message
        """
        self._snapshots = snapshots
        self._take = take
        self._pace = pace
        self._applied_index = applied_index
        self._leads = leads
        self._chunk_bytes = min(chunk_bytes, CHUNK_BYTES_MAX)
        self._monotonic_s = monotonic_s
        self._taking: asyncio.Task[None] | None = None
        self._open: dict[LogPosition, _Open] = {}

    async def request_latest_snapshot_info(
        self, request: pb.LatestSnapshotInfoPRequest, call: Call
    ) -> pb.SnapshotMetadata:
        """Tell what the newest snapshot is; take another one if the caller needs one that reaches further."""
        if request.format != FORMAT:
            return pb.SnapshotMetadata(exists=False)
        newest = await asyncio.to_thread(self._snapshots.newest)
        reached = Index(-1) if newest is None else newest.position.index
        if request.HasField("takeUpTo") and reached < request.takeUpTo <= self._applied_index() and not self._is_taking:
            self._taking = asyncio.create_task(self._take_one(), name="snapshot-for-another")
        answer = pb.SnapshotMetadata(
            exists=False,
            format=FORMAT,
            appliedIndex=self._applied_index(),
            leads=self._leads(),
            isBeingTaken=self._is_taking,
        )
        if newest is not None and reached >= 0:
            answer.exists = True
            answer.snapshotTerm, answer.snapshotIndex = newest.position.term, newest.position.index
            answer.sizeBytes = newest.size_bytes
        return answer

    @property
    def _is_taking(self) -> bool:
        return self._taking is not None and not self._taking.done()

    async def _take_one(self) -> None:
        try:
            await self._take()
        except (AlluxioError, OSError) as error:
            log.error("No snapshot could be taken for another master: %s", error)

    async def request_latest_snapshot_data(
        self, request: pb.SnapshotMetadata, call: Call
    ) -> AsyncIterator[pb.SnapshotData]:
        """Send the description of a snapshot and its data from `offset` on, up to a bound.

        Raises:   NotFound: there is no such snapshot any more.
        """
        position = LogPosition(Term(request.snapshotTerm), Index(request.snapshotIndex))
        opened = await self._acquire(position)
        try:
            offset = max(0, request.offset)
            end = min(opened.reading.snapshot.size_bytes, offset + ANSWER_BYTES_MAX)
            message = pb.SnapshotData(
                snapshotTerm=position.term,
                snapshotIndex=position.index,
                description=opened.reading.snapshot.description(),
            )
            while offset < end:
                size_bytes = min(self._chunk_bytes, end - offset)
                await self._pace.passed(size_bytes)
                chunk = await asyncio.to_thread(opened.reading.chunk, offset, size_bytes)
                if not chunk.data:
                    raise DataLoss(f"The snapshot that ends at {position} ends here at byte {offset}, before its end.")
                message.chunk, message.crc32c = chunk.data, chunk.crc32c
                yield message
                offset += len(chunk.data)
                message = pb.SnapshotData()
            if message.description:
                yield message
        finally:
            opened.users -= 1
            opened.used_s = self._monotonic_s()
            asyncio.get_running_loop().call_later(OPEN_S + 1, self._close_unused)

    async def _acquire(self, position: LogPosition) -> _Open:
        self._close_unused()
        opened = self._open.get(position)
        if opened is None:
            newest = await asyncio.to_thread(self._snapshots.newest)
            # Another call may have opened it meanwhile.
            opened = self._open.get(position)
            if opened is None:
                opened = self._open[position] = _Open(self._opened(newest, position), self._monotonic_s())
        opened.users += 1
        return opened

    def _opened(self, newest: Snapshot | None, position: LogPosition) -> Reading:
        if newest is not None and newest.position == position:
            try:
                return Reading(newest)
            except FileNotFoundError:
                pass  # replaced between the two lines
        raise NotFound(f"There is no snapshot that ends at {position} here any more; ask for the newest one again.")

    def _close_unused(self) -> None:
        now_s = self._monotonic_s()
        for position, opened in list(self._open.items()):
            if not opened.users and now_s - opened.used_s >= OPEN_S:
                del self._open[position]
                opened.reading.close()


class _Open:
    """A snapshot that somebody fetches."""

    __slots__ = ("reading", "used_s", "users")

    def __init__(self, reading: Reading, used_s: float) -> None:
        self.reading = reading
        self.users = 0
        self.used_s = used_s
