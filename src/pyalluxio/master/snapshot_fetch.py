"""Fetching a snapshot of the state from another master; see `snapshot_service` for what is asked.

    ask everybody ──> those whose snapshot reaches far enough, newest first, standbys before the leader
         │                 └─> fetch, chunk by chunk; what is interrupted goes on; else the next one
         └─(nobody)──> ask one to take a snapshot, and wait for it

Rule 1: every question has a deadline, and an answer that brings nothing counts: after `FAILURES_MAX` of them the next
        master is tried. Whoever sends something, however slowly, is not given up.
Rule 2: what was received is used after its checksum, and its own position, were compared with what was announced.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyalluxio.errors import AlluxioError, DataLoss, DiskFull, NotFound, Unavailable
from pyalluxio.ids import Index, Term
from pyalluxio.master.snapshot_service import SERVICE
from pyalluxio.master.snapshots import FORMAT, Chunk, Receiving, Snapshot, Snapshots
from pyalluxio.raft.messages import LogPosition
from pyalluxio.wire.channel import Channel
from pyalluxio.wire.gen import raft_journal_pb2 as pb
from pyalluxio.wire.methods import method

log = logging.getLogger(__name__)

_INFO = method(SERVICE, "RequestLatestSnapshotInfo")
_DATA = method(SERVICE, "RequestLatestSnapshotData")
FAILURES_MAX = 3
RETRY_INTERVAL_S = 0.5
POLL_INTERVAL_S = 0.5
# How long somebody may take to take a snapshot before another one is asked: the next round begins anew.
TAKING_MAX_S = 600.0


class NoSnapshot(Unavailable):
    """No master has, or can take, a snapshot that reaches far enough."""


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """Deadlines of one question, and of one answer with data."""

    info_timeout_s: float = 10.0
    data_timeout_s: float = 20.0


class Master(Protocol):
    """A connection to another master; `Channel` is one."""

    @property
    def address(self) -> str: ...
    async def unary(self, rpc: Any, request: Any, timeout_s: float | None) -> Any: ...
    def server_stream(self, rpc: Any, request: Any, timeout_s: float | None) -> Any: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a master of ours told about its snapshots; `position` is None without one."""

    master: Master
    position: LogPosition | None
    applied_index: int
    leads: bool
    is_taking: bool

    @property
    def reach(self) -> int:
        return -1 if self.position is None else self.position.index


class SnapshotFetch:
    """Fetches the newest snapshot of all other masters."""

    def __init__(
        self,
        snapshots: Snapshots,
        masters: Callable[[], Sequence[str]],
        open_channel: Callable[[str], Master] = Channel,
        options: FetchOptions | None = None,
    ) -> None:
        """masters   the RPC addresses of the other masters, as of now"""
        self._snapshots = snapshots
        self._masters = masters
        self._open_channel = open_channel
        self._options = options or FetchOptions()

    async def fetch(self, needed: Index) -> Snapshot:
        """Return a snapshot, here and verified, that holds everything up to `needed` at least.

        Raises:   NoSnapshot: nobody has one, or could send it.  DiskFull, OSError: there is no room here.
        """
        channels = [self._open_channel(address) for address in self._masters()]
        try:
            failures: list[str] = []
            for answer in await self._candidates(channels, needed, failures):
                assert answer.position is not None
                try:
                    return await self._fetch_from(answer.master, answer.position)
                except DiskFull:
                    raise  # here: no other master can help
                except AlluxioError as error:
                    log.warning("No snapshot from %s: %s", answer.master.address, error)
                    failures.append(f"{answer.master.address}: {error}")
            raise NoSnapshot(
                f"No master sends a snapshot up to entry {needed}. "
                + ("; ".join(failures) or "There is no other master in the quorum.")
            )
        finally:
            await asyncio.gather(*(channel.close() for channel in channels))

    # --- who has one -----------------------------------------------------------------------------------------------

    async def _candidates(self, channels: list[Master], needed: Index, failures: list[str]) -> list[_Answer]:
        """Return who has a snapshot that reaches far enough, the newest first; have one taken if nobody has."""
        answers = await self._ask_all(channels, failures)
        if not any(answer.reach >= needed for answer in answers):
            answers = await self._have_one_taken(answers, needed, failures)
        able = [answer for answer in answers if answer.reach >= needed]
        return sorted(able, key=lambda answer: (-answer.reach, answer.leads))

    async def _ask_all(self, channels: list[Master], failures: list[str]) -> list[_Answer]:
        results = await asyncio.gather(*(self._ask(channel) for channel in channels), return_exceptions=True)
        answers = []
        for channel, result in zip(channels, results, strict=True):
            if isinstance(result, AlluxioError):
                failures.append(f"{channel.address}: {result}")
            elif isinstance(result, BaseException):
                raise result
            elif result is None:
                failures.append(f"{channel.address}: no snapshot that can be read here")
            else:
                answers.append(result)
        return answers

    async def _ask(self, master: Master, take_up_to: Index | None = None) -> _Answer | None:
        request = pb.LatestSnapshotInfoPRequest(format=FORMAT)
        if take_up_to is not None:
            request.takeUpTo = take_up_to
        info = await master.unary(_INFO, request, self._options.info_timeout_s)
        if info.format != FORMAT:
            return None
        position = LogPosition(Term(info.snapshotTerm), Index(info.snapshotIndex)) if info.exists else None
        return _Answer(master, position, info.appliedIndex, info.leads, info.isBeingTaken)

    async def _have_one_taken(self, answers: list[_Answer], needed: Index, failures: list[str]) -> list[_Answer]:
        """Ask those that have applied enough, standbys first, until one has taken a snapshot."""
        for able in sorted(answers, key=lambda answer: (answer.leads, -answer.applied_index)):
            if able.applied_index < needed:
                failures.append(f"{able.master.address}: it has applied up to entry {able.applied_index} itself")
                continue
            log.info("Asking %s to take a snapshot that reaches entry %d.", able.master.address, needed)
            try:
                async with asyncio.timeout(TAKING_MAX_S):
                    taken = await self._wait_for_snapshot(able.master, needed)
            except (AlluxioError, TimeoutError) as error:
                failures.append(f"{able.master.address}: {error or 'its snapshot takes too long'}")
                continue
            if taken is not None:
                return [taken]
            failures.append(f"{able.master.address}: it could not take a snapshot")
        return []

    async def _wait_for_snapshot(self, master: Master, needed: Index) -> _Answer | None:
        answer = await self._ask(master, needed)
        while answer is not None and answer.reach < needed:
            if not answer.is_taking:
                return None
            await asyncio.sleep(POLL_INTERVAL_S)
            answer = await self._ask(master)
        return answer

    # --- fetching it -----------------------------------------------------------------------------------------------

    async def _fetch_from(self, master: Master, position: LogPosition) -> Snapshot:
        """Fetch one snapshot; what arrived is kept when the connection breaks, and asked for no more."""
        log.info("Fetching the snapshot up to entry %d from %s.", position.index, master.address)
        receiving = await asyncio.to_thread(self._snapshots.receive)
        try:
            transfer = _Transfer(receiving)
            failures = 0
            while not transfer.is_complete:
                before_bytes = transfer.received_bytes
                try:
                    await self._fetch_some(master, position, transfer)
                except (NotFound, DataLoss, DiskFull):
                    raise
                except AlluxioError as error:
                    failures = 0 if transfer.received_bytes > before_bytes else failures + 1
                    if failures >= FAILURES_MAX:
                        raise
                    log.info("The snapshot from %s stopped at byte %d: %s", master.address, before_bytes, error)
                    await asyncio.sleep(RETRY_INTERVAL_S)
            return await asyncio.to_thread(receiving.finish)
        except BaseException:
            await asyncio.shield(asyncio.to_thread(receiving.abort))
            raise

    async def _fetch_some(self, master: Master, position: LogPosition, transfer: _Transfer) -> None:
        request = pb.SnapshotMetadata(
            format=FORMAT,
            exists=True,
            snapshotTerm=position.term,
            snapshotIndex=position.index,
            offset=transfer.received_bytes,
        )
        before_bytes, messages = transfer.received_bytes, 0
        async for message in master.server_stream(_DATA, request, self._options.data_timeout_s):
            messages += 1
            if message.description:
                await transfer.describe(message.description)
            if message.chunk:
                await asyncio.to_thread(transfer.receiving.write, Chunk(message.chunk, message.crc32c))
        if transfer.received_bytes == before_bytes and not transfer.is_complete:
            raise Unavailable(f"{master.address} ended its answer after {messages} messages without any data.")


class _Transfer:
    """A snapshot on its way, over any number of answers."""

    def __init__(self, receiving: Receiving) -> None:
        self.receiving = receiving
        self._description = b""

    @property
    def received_bytes(self) -> int:
        return self.receiving.received_bytes

    @property
    def is_complete(self) -> bool:
        return bool(self._description) and self.received_bytes >= self.receiving.size_bytes

    async def describe(self, description: bytes) -> None:
        """Take in what the snapshot is; it may not become another one in the middle.

        Raises:   DataLoss.
        """
        if not self._description:
            await asyncio.to_thread(self.receiving.write, Chunk.of(description))
            self._description = description
        elif description != self._description:
            raise DataLoss("The snapshot became another one while it was sent.")
