"""The block store's rules: where a block goes, what is evicted for it, who holds it. No I/O, no clock, no chance.

    create ──> temporary (one session, a reservation) ──commit──> committed ──remove, evict──> gone
                   └──abort, session end──> gone                     ^ └── move ──┘

Rule 1: a block is temporary in at most one session, or committed, never both.
Rule 2: the bytes used in a directory never exceed its capacity; room is reserved before bytes are written.
Rule 3: a pinned block and a block that is read are never evicted; a block that is read is never removed.
Rule 4: a method either does all of its change or raises and does nothing.
Rule 5: evicted blocks are gone when the method returns; the caller deletes their files before it does anything else.

Pins come from two sides: the master's list, and writers that pin at creation because the file will be persisted later.
The latter stay until `release_creation_pins`, since a file being written is not on the master's list yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor

from pyalluxio.errors import (
    BlockAlreadyExists,
    BlockDoesNotExist,
    FailedPrecondition,
    InvalidArgument,
    InvariantViolated,
    OutOfSpace,
)
from pyalluxio.ids import BlockId, InodeId, SessionId, block_mark, file_id_of_block
from pyalluxio.worker.store.changes import ChangeLog
from pyalluxio.worker.store.tiers import Directory, DirectorySpec, Location, build_directories


@dataclass(slots=True)
class CommittedBlock:
    """A block that can be read."""

    block_id: BlockId
    length_bytes: int
    location: Location
    readers: int = 0


@dataclass(slots=True)
class TemporaryBlock:
    """A block being written by one session."""

    block_id: BlockId
    session_id: SessionId
    location: Location
    reserved_bytes: int


@dataclass(frozen=True, slots=True)
class Evicted:
    """Delete this block's file: its room has been given away."""

    block_id: BlockId
    location: Location


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a new temporary block goes, once the evicted files are deleted."""

    location: Location
    evicted: list[Evicted]


class BlockIsRead(FailedPrecondition):
    """The block cannot be removed or moved now, because streams read it; wait for them and try again."""


class BlockStore:
    """All blocks of one worker."""

    def __init__(self, specs: list[DirectorySpec]) -> None:
        if not specs:
            raise InvariantViolated("A block store needs at least one directory.")
        self._directories = {directory.location: directory for directory in build_directories(specs)}
        self._committed: dict[BlockId, CommittedBlock] = {}
        self._temporary: dict[BlockId, TemporaryBlock] = {}
        self._sessions: dict[SessionId, set[BlockId]] = {}
        self._files: dict[InodeId, set[BlockId]] = {}
        self._master_pins: frozenset[InodeId] = frozenset()
        self._creation_pins: set[InodeId] = set()
        self._change_logs: list[ChangeLog] = []
        # Tier alias -> how many blocks it has, and their marks joined by xor.
        self._digests = {directory.location.tier_alias: (0, 0) for directory in self._directories.values()}

    # --- questions ----------------------------------------------------------------------------------------------

    @property
    def locations(self) -> list[Location]:
        return list(self._directories)

    def committed(self, block_id: BlockId) -> CommittedBlock | None:
        return self._committed.get(block_id)

    def temporary(self, block_id: BlockId) -> TemporaryBlock | None:
        return self._temporary.get(block_id)

    def blocks(self) -> Iterator[CommittedBlock]:
        return iter(self._committed.values())

    def blocks_of_file(self, file_id: InodeId) -> list[BlockId]:
        """Return the committed blocks of a file, in file order."""
        return sorted(self._files.get(file_id, ()))

    @property
    def block_count(self) -> int:
        return len(self._committed)

    def capacity_bytes_on_tiers(self) -> dict[str, int]:
        return self._sum_by_tier(lambda directory: directory.capacity_bytes)

    def used_bytes_on_tiers(self) -> dict[str, int]:
        return self._sum_by_tier(lambda directory: directory.used_bytes)

    def is_pinned(self, block_id: BlockId) -> bool:
        file_id = file_id_of_block(block_id)
        return file_id in self._master_pins or file_id in self._creation_pins

    def creation_pins(self) -> set[InodeId]:
        """Return the files pinned by their writers and not, so far, by the master."""
        return self._creation_pins - self._master_pins

    # --- start-up -----------------------------------------------------------------------------------------------

    def adopt(self, block_id: BlockId, length_bytes: int, location: Location) -> bool:
        """Take in a block found on disk; False if it is known already or does not fit the quota."""
        directory = self._directories[location]
        if block_id in self._committed or length_bytes > directory.available_bytes:
            return False
        self._insert(block_id, length_bytes, directory)
        return True

    # --- writing ------------------------------------------------------------------------------------------------

    def create(
        self,
        session_id: SessionId,
        block_id: BlockId,
        reserve_bytes: int,
        *,
        tier: int = 0,
        medium: str = "",
        pin: bool = False,
    ) -> Placed:
        """Begin a block: reserve room in the wanted tier or medium, else in any, else by eviction.

        Raises:   BlockAlreadyExists: the id is committed or being written.  OutOfSpace: even eviction makes no room.
        """
        if block_id in self._committed:
            raise BlockAlreadyExists(f"Block {block_id} exists already on this worker.")
        if block_id in self._temporary:
            raise BlockAlreadyExists(f"Block {block_id} is being written already on this worker.")
        if reserve_bytes < 0:
            raise InvalidArgument(f"Cannot reserve {reserve_bytes} bytes for block {block_id}; the size is negative.")
        directory, evicted = self._place(block_id, reserve_bytes, tier, medium)
        directory.reserved_bytes += reserve_bytes
        self._temporary[block_id] = TemporaryBlock(block_id, session_id, directory.location, reserve_bytes)
        self._sessions.setdefault(session_id, set()).add(block_id)
        if pin:
            self.pin_at_creation(file_id_of_block(block_id))
        return Placed(directory.location, evicted)

    def grow(self, session_id: SessionId, block_id: BlockId, more_bytes: int) -> list[Evicted]:
        """Reserve more room for a block being written, in the directory it is in.

        Raises:   BlockDoesNotExist: this session does not write it.  OutOfSpace: even eviction makes no room.
        """
        block = self._written_by(session_id, block_id)
        directory = self._directories[block.location]
        evicted = self._evict(directory, more_bytes)
        if evicted is None:
            raise self._no_room(block_id, block.reserved_bytes + more_bytes, [directory])
        directory.reserved_bytes += more_bytes
        block.reserved_bytes += more_bytes
        return evicted

    def commit(self, session_id: SessionId, block_id: BlockId, length_bytes: int) -> CommittedBlock:
        """Make a written block readable. Its reservation must cover its length: `grow` first.

        Raises:   BlockDoesNotExist: this session does not write it.
        """
        block = self._written_by(session_id, block_id)
        if length_bytes > block.reserved_bytes:
            raise InvariantViolated(
                f"Block {block_id} has {length_bytes} bytes, but only {block.reserved_bytes} are reserved."
            )
        self._drop_temporary(block)
        return self._insert(block_id, length_bytes, self._directories[block.location])

    def abort(self, session_id: SessionId, block_id: BlockId) -> TemporaryBlock:
        """Give up a block being written; the caller deletes its file.

        Raises:   BlockDoesNotExist: this session does not write it.
        """
        block = self._written_by(session_id, block_id)
        self._drop_temporary(block)
        self._forget_creation_pin(block_id)
        return block

    def end_session(self, session_id: SessionId) -> list[TemporaryBlock]:
        """Abort whatever a session left; the caller deletes the files."""
        return [self.abort(session_id, block_id) for block_id in sorted(self._sessions.get(session_id, ()))]

    # --- reading ------------------------------------------------------------------------------------------------

    def lock(self, block_id: BlockId) -> CommittedBlock | None:
        """Begin to read a block, which counts as its use; None if it is not here. Pair with `unlock`."""
        block = self._committed.get(block_id)
        if block is not None:
            block.readers += 1
            self._touch(block)
        return block

    def unlock(self, block: CommittedBlock) -> None:
        if block.readers <= 0:
            raise InvariantViolated(f"Block {block.block_id} was unlocked more often than locked.")
        block.readers -= 1

    # --- removing and moving ------------------------------------------------------------------------------------

    def remove(self, block_id: BlockId) -> CommittedBlock | None:
        """Forget a block; the caller deletes its file. None if it is not here, which is reported to masters too.

        Raises:   BlockIsRead: streams hold it.  FailedPrecondition: it is being written.
        """
        if block_id in self._temporary:
            raise FailedPrecondition(f"Block {block_id} is being written; it cannot be removed until that ends.")
        block = self._committed.get(block_id)
        if block is None:
            self._note(block_id)
            return None
        if block.readers:
            raise BlockIsRead(f"Block {block_id} is being read by {block.readers} streams and cannot be removed now.")
        self._delete(block)
        self._forget_creation_pin(block_id)
        return block

    def begin_move(self, session_id: SessionId, block_id: BlockId, medium: str) -> Placed | None:
        """Reserve room in a directory of `medium`; None if the block lies there already.

        The caller locks the block, copies its file, and calls `finish_move` or `abort_move`.
        Raises:   BlockDoesNotExist.  OutOfSpace.  InvalidArgument: no directory has this medium.
        """
        block = self._committed.get(block_id)
        if block is None:
            raise BlockDoesNotExist(f"Block {block_id} is not on this worker.")
        if block.location.medium == medium:
            return None
        wanted = [directory for directory in self._directories.values() if directory.location.medium == medium]
        if not wanted:
            known = ", ".join(sorted({location.medium for location in self._directories}))
            raise InvalidArgument(f"No directory of this worker has medium {medium!r}; it has {known}.")
        found = self._room_by_eviction(wanted, block.length_bytes)
        if found is None:
            raise self._no_room(block_id, block.length_bytes, wanted)
        directory, evicted = found
        directory.reserved_bytes += block.length_bytes
        return Placed(directory.location, evicted)

    def finish_move(self, block: CommittedBlock, target: Location) -> Location:
        """Let a copied block lie in `target` from now on; return the old place, whose file the caller deletes.

        Raises:   BlockIsRead: somebody besides the mover reads it; the reservation stays.
        """
        if block.readers > 1:
            raise BlockIsRead(f"Block {block.block_id} is being read and cannot be moved now.")
        source = self._directories[block.location]
        source.committed_bytes -= block.length_bytes
        self._drop_evictable(source, block.block_id)
        directory = self._directories[target]
        directory.reserved_bytes -= block.length_bytes
        directory.committed_bytes += block.length_bytes
        self._count(block, -1)
        block.location = target
        self._count(block, 1)
        self._make_evictable(block)
        self._note(block.block_id)
        return source.location

    def abort_move(self, block: CommittedBlock, target: Location) -> None:
        """Give back the room reserved by `begin_move`."""
        self._directories[target].reserved_bytes -= block.length_bytes

    # --- pins ---------------------------------------------------------------------------------------------------

    def set_master_pins(self, file_ids: Collection[int]) -> None:
        """Replace the master's pin list."""
        pins = frozenset(InodeId(file_id) for file_id in file_ids)
        changed = pins ^ self._master_pins
        self._master_pins = pins
        # From here on the master knows the file, so its list decides.
        self._creation_pins -= pins
        self._refresh_evictable(changed)

    def pin_at_creation(self, file_id: InodeId) -> None:
        self._creation_pins.add(file_id)
        self._refresh_evictable([file_id])

    def release_creation_pins(self, file_ids: Iterable[InodeId]) -> None:
        """Drop pins of writers, because these files are persisted, deleted, or shall not be persisted."""
        released = [file_id for file_id in file_ids if file_id in self._creation_pins]
        self._creation_pins.difference_update(released)
        self._refresh_evictable(released)

    # --- reports ------------------------------------------------------------------------------------------------

    def open_change_log(self) -> ChangeLog:
        """Return a log of changes from now on, for one master."""
        log = ChangeLog()
        self._change_logs.append(log)
        return log

    def close_change_log(self, log: ChangeLog) -> None:
        """Stop noting changes for a master that is not reported to any more."""
        self._change_logs.remove(log)

    def digests(self) -> dict[str, tuple[int, int]]:
        """Return, by tier alias, how many blocks are here and their marks joined by xor: what a master compares."""
        return dict(self._digests)

    def split_changes(self, changed: Iterable[BlockId]) -> tuple[dict[tuple[str, str], list[BlockId]], list[BlockId]]:
        """Return (blocks that are here by (tier alias, medium), blocks that are not) of the ids in a report."""
        added: dict[tuple[str, str], list[BlockId]] = {}
        removed: list[BlockId] = []
        for block_id in sorted(changed):
            block = self._committed.get(block_id)
            if block is None:
                removed.append(block_id)
            else:
                added.setdefault((block.location.tier_alias, block.location.medium), []).append(block_id)
        return added, removed

    # --- invariants ---------------------------------------------------------------------------------------------

    def validate(self) -> None:
        """Check everything that must always hold; costs O(blocks)."""
        for location, directory in self._directories.items():
            here = [block for block in self._committed.values() if block.location == location]
            unpinned = {block.block_id: block.length_bytes for block in here if not self.is_pinned(block.block_id)}
            _claim(directory.committed_bytes == sum(block.length_bytes for block in here), location, "committed bytes")
            _claim(dict(directory.evictable) == unpinned, location, "evictable blocks")
            _claim(directory.evictable_bytes == sum(unpinned.values()), location, "evictable bytes")
            reserved = sum(b.reserved_bytes for b in self._temporary.values() if b.location == location)
            _claim(directory.reserved_bytes >= reserved, location, "reserved bytes")
            _claim(0 <= directory.used_bytes <= directory.capacity_bytes, location, "capacity")
        _claim(not self._committed.keys() & self._temporary.keys(), "store", "temporary or committed, never both")
        sessions = {block_id for blocks in self._sessions.values() for block_id in blocks}
        _claim(sessions == self._temporary.keys(), "store", "sessions")
        for tier_alias, digest in self._digests.items():
            ids = [block.block_id for block in self._committed.values() if block.location.tier_alias == tier_alias]
            _claim(digest == (len(ids), reduce(xor, map(block_mark, ids), 0)), tier_alias, "count and marks")
        files = {block_id for blocks in self._files.values() for block_id in blocks}
        _claim(files == self._committed.keys(), "store", "files")

    # --- parts --------------------------------------------------------------------------------------------------

    def _written_by(self, session_id: SessionId, block_id: BlockId) -> TemporaryBlock:
        block = self._temporary.get(block_id)
        if block is None or block.session_id != session_id:
            raise BlockDoesNotExist(f"Block {block_id} is not being written by this stream.")
        return block

    def _drop_temporary(self, block: TemporaryBlock) -> None:
        del self._temporary[block.block_id]
        self._directories[block.location].reserved_bytes -= block.reserved_bytes
        blocks = self._sessions[block.session_id]
        blocks.discard(block.block_id)
        if not blocks:
            del self._sessions[block.session_id]

    def _insert(self, block_id: BlockId, length_bytes: int, directory: Directory) -> CommittedBlock:
        block = CommittedBlock(block_id, length_bytes, directory.location)
        self._committed[block_id] = block
        self._files.setdefault(file_id_of_block(block_id), set()).add(block_id)
        directory.committed_bytes += length_bytes
        self._count(block, 1)
        self._make_evictable(block)
        self._note(block_id)
        return block

    def _delete(self, block: CommittedBlock) -> None:
        directory = self._directories[block.location]
        del self._committed[block.block_id]
        file_id = file_id_of_block(block.block_id)
        blocks = self._files[file_id]
        blocks.discard(block.block_id)
        if not blocks:
            del self._files[file_id]
        directory.committed_bytes -= block.length_bytes
        self._count(block, -1)
        self._drop_evictable(directory, block.block_id)
        self._note(block.block_id)

    def _forget_creation_pin(self, block_id: BlockId) -> None:
        """Drop a writer's pin once the file has no block here; the master frees blocks of files that are deleted."""
        file_id = file_id_of_block(block_id)
        if file_id not in self._creation_pins or file_id in self._files:
            return
        if not any(file_id_of_block(other) == file_id for other in self._temporary):
            self._creation_pins.discard(file_id)

    def _count(self, block: CommittedBlock, difference: int) -> None:
        count, marks = self._digests[block.location.tier_alias]
        self._digests[block.location.tier_alias] = (count + difference, marks ^ block_mark(block.block_id))

    def _note(self, block_id: BlockId) -> None:
        for log in self._change_logs:
            log.note(block_id)

    def _touch(self, block: CommittedBlock) -> None:
        evictable = self._directories[block.location].evictable
        if block.block_id in evictable:
            evictable.move_to_end(block.block_id)

    def _make_evictable(self, block: CommittedBlock) -> None:
        if not self.is_pinned(block.block_id):
            directory = self._directories[block.location]
            directory.evictable[block.block_id] = block.length_bytes
            directory.evictable_bytes += block.length_bytes

    def _drop_evictable(self, directory: Directory, block_id: BlockId) -> None:
        length = directory.evictable.pop(block_id, None)
        if length is not None:
            directory.evictable_bytes -= length

    def _refresh_evictable(self, file_ids: Iterable[InodeId]) -> None:
        """Bring the eviction order up to date after pins of these files changed; unpinned blocks count as just used."""
        for file_id in file_ids:
            for block_id in sorted(self._files.get(file_id, ())):
                block = self._committed[block_id]
                self._drop_evictable(self._directories[block.location], block_id)
                self._make_evictable(block)

    # --- room ---------------------------------------------------------------------------------------------------

    def _place(self, block_id: BlockId, length: int, tier: int, medium: str) -> tuple[Directory, list[Evicted]]:
        everywhere = list(self._directories.values())
        if medium:
            wanted = [directory for directory in everywhere if directory.location.medium == medium]
        else:
            wanted = [directory for directory in everywhere if directory.location.tier == tier]
        for group in (wanted, *self._tiers()):
            free = max(group, key=lambda directory: directory.available_bytes, default=None)
            if free is not None and free.available_bytes >= length:
                return free, []
        for group in (wanted, *self._tiers()):
            found = self._room_by_eviction(group, length)
            if found is not None:
                return found
        raise self._no_room(block_id, length, everywhere)

    def _tiers(self) -> list[list[Directory]]:
        groups: dict[int, list[Directory]] = {}
        for directory in self._directories.values():
            groups.setdefault(directory.location.tier, []).append(directory)
        return [groups[tier] for tier in sorted(groups)]

    def _room_by_eviction(self, group: list[Directory], length: int) -> tuple[Directory, list[Evicted]] | None:
        by_room = sorted(group, key=lambda d: d.available_bytes + d.evictable_bytes, reverse=True)
        for directory in by_room:
            evicted = self._evict(directory, length)
            if evicted is not None:
                return directory, evicted
        return None

    def _evict(self, directory: Directory, length: int) -> list[Evicted] | None:
        """Evict the least recently used blocks until `length` bytes are available; None, and no change, if they
        cannot be."""
        missing = length - directory.available_bytes
        if missing <= 0:
            return []
        if directory.evictable_bytes < missing:
            return None
        victims: list[CommittedBlock] = []
        for block_id, block_length in directory.evictable.items():
            block = self._committed[block_id]
            if block.readers:
                continue
            victims.append(block)
            missing -= block_length
            if missing <= 0:
                break
        if missing > 0:
            return None
        for block in victims:
            self._delete(block)
        return [Evicted(block.block_id, block.location) for block in victims]

    def _no_room(self, block_id: BlockId, length: int, directories: list[Directory]) -> OutOfSpace:
        places = []
        for alias in dict.fromkeys(directory.location.tier_alias for directory in directories):
            group = [directory for directory in directories if directory.location.tier_alias == alias]
            read = sum(self._read_bytes(directory) for directory in group)
            evictable = sum(directory.evictable_bytes for directory in group) - read
            pinned = sum(directory.committed_bytes - directory.evictable_bytes for directory in group)
            written = sum(directory.reserved_bytes for directory in group)
            places.append(
                f"tier {alias} has {evictable} bytes evictable of {sum(d.capacity_bytes for d in group)}; "
                f"{pinned} are pinned, {read} are being read, {written} are being written"
            )
        return OutOfSpace(
            f"Cannot place block {block_id} ({length} bytes): {'; '.join(places)}. "
            "Unpin files or raise alluxio.worker.ramdisk.size."
        )

    def _read_bytes(self, directory: Directory) -> int:
        return sum(length for block_id, length in directory.evictable.items() if self._committed[block_id].readers)

    def _sum_by_tier(self, bytes_of: Callable[[Directory], int]) -> dict[str, int]:
        sums: dict[str, int] = {}
        for directory in self._directories.values():
            alias = directory.location.tier_alias
            sums[alias] = sums.get(alias, 0) + bytes_of(directory)
        return sums


def _claim(holds: bool, where: object, what: str) -> None:
    if not holds:
        raise InvariantViolated(f"Block store, {where}: {what} do not agree.")
