"""The block store against the simplest possible model: lists of blocks."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyalluxio.errors import AlluxioError, BlockAlreadyExists, OutOfSpace
from pyalluxio.ids import BlockId, InodeId, SessionId, block_id, file_id, file_id_of_block
from pyalluxio.worker.store import BlockIsRead, BlockStore, CommittedBlock, DirectorySpec, Evicted, Location

SPECS = [
    DirectorySpec(0, "MEM", "MEM", 100),
    DirectorySpec(1, "SSD", "SSD", 150),
    DirectorySpec(1, "SSD", "SSD", 80),
]
CAPACITY = {0: [100], 1: [150, 80]}

blocks = st.builds(lambda container, sequence: block_id(container, sequence), st.integers(1, 5), st.integers(0, 2))
sessions = st.integers(1, 4).map(SessionId)
sizes = st.integers(0, 90)


@dataclass
class Written:
    session: SessionId
    reserved: int
    location: Location


@dataclass
class Stored:
    length: int
    location: Location
    last_use: int


class BlockStoreMachine(RuleBasedStateMachine):
    """Every rule does the same to the store and to the model; `invariant`s compare them."""

    def __init__(self) -> None:
        super().__init__()
        self.store = BlockStore(list(SPECS))
        self.log = self.store.open_change_log()
        self.written: dict[BlockId, Written] = {}
        self.stored: dict[BlockId, Stored] = {}
        self.readers: list[CommittedBlock] = []
        self.master_pins: set[InodeId] = set()
        self.creation_pins: set[InodeId] = set()
        self.master_view: dict[BlockId, str] = {}
        self.clock = 0

    # --- the model ---

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def pinned(self, block: BlockId) -> bool:
        return file_id_of_block(block) in self.master_pins | self.creation_pins

    def read(self, block: BlockId) -> bool:
        return any(reader.block_id == block for reader in self.readers)

    def free(self, location: Location) -> int:
        used = sum(s.length for s in self.stored.values() if s.location == location)
        used += sum(w.reserved for w in self.written.values() if w.location == location)
        return CAPACITY[location.tier][location.directory] - used

    def evictable(self, location: Location) -> list[BlockId]:
        found = [
            b for b, s in self.stored.items() if s.location == location and not self.pinned(b) and not self.read(b)
        ]
        return sorted(found, key=lambda b: self.stored[b].last_use)

    def room(self, location: Location) -> int:
        return self.free(location) + sum(self.stored[b].length for b in self.evictable(location))

    def take_evicted(self, evicted: list[Evicted], location: Location, need: int) -> None:
        """Eviction takes the oldest unpinned, unread blocks of that directory, and no more than it needs."""
        expected: list[BlockId] = []
        free = self.free(location)
        for block in self.evictable(location):
            if free >= need:
                break
            expected.append(block)
            free += self.stored[block].length
        assert [e.block_id for e in evicted] == expected
        for block in expected:
            assert not self.pinned(block) and not self.read(block)
            del self.stored[block]

    def forget_creation_pin(self, block: BlockId) -> None:
        file = file_id_of_block(block)
        if not any(file_id_of_block(b) == file for b in [*self.stored, *self.written]):
            self.creation_pins.discard(file)

    # --- the rules ---

    @rule(session=sessions, block=blocks, size=sizes, tier=st.integers(0, 1), pin=st.booleans())
    def create(self, session: SessionId, block: BlockId, size: int, tier: int, pin: bool) -> None:
        try:
            placed = self.store.create(session, block, size, tier=tier, pin=pin)
        except BlockAlreadyExists:
            assert block in self.stored or block in self.written
            return
        except OutOfSpace:
            assert block not in self.stored and block not in self.written
            assert all(self.room(location) < size for location in self.store.locations)
            return
        if placed.evicted:
            assert all(self.free(location) < size for location in self.store.locations)
        self.take_evicted(placed.evicted, placed.location, size)
        self.written[block] = Written(session, size, placed.location)
        if pin:
            self.creation_pins.add(file_id_of_block(block))

    @precondition(lambda self: self.written)
    @rule(data=st.data(), size=sizes)
    def grow(self, data: st.DataObject, size: int) -> None:
        block = data.draw(st.sampled_from(sorted(self.written)))
        written = self.written[block]
        try:
            evicted = self.store.grow(written.session, block, size)
        except OutOfSpace:
            assert self.room(written.location) < size
            return
        self.take_evicted(evicted, written.location, size)
        written.reserved += size

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def commit(self, data: st.DataObject) -> None:
        block = data.draw(st.sampled_from(sorted(self.written)))
        written = self.written.pop(block)
        length = data.draw(st.integers(0, written.reserved))
        self.store.commit(written.session, block, length)
        self.stored[block] = Stored(length, written.location, self.tick())

    @rule(session=sessions)
    def end_session(self, session: SessionId) -> None:
        ended = {block.block_id for block in self.store.end_session(session)}
        assert ended == {block for block, written in self.written.items() if written.session == session}
        for block in ended:
            del self.written[block]
        for block in ended:
            self.forget_creation_pin(block)

    @rule(session=sessions, block=blocks)
    def foreign_session_is_refused(self, session: SessionId, block: BlockId) -> None:
        if block in self.written and self.written[block].session == session:
            return
        for act in (self.store.abort, lambda s, b: self.store.commit(s, b, 0), lambda s, b: self.store.grow(s, b, 1)):
            with pytest.raises(AlluxioError):
                act(session, block)

    @rule(block=blocks)
    def lock(self, block: BlockId) -> None:
        locked = self.store.lock(block)
        assert (locked is not None) == (block in self.stored)
        if locked is not None:
            assert locked.length_bytes == self.stored[block].length
            self.readers.append(locked)
            self.stored[block].last_use = self.tick()

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def unlock(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.readers) - 1))
        self.store.unlock(self.readers.pop(index))

    @rule(block=blocks)
    def remove(self, block: BlockId) -> None:
        try:
            removed = self.store.remove(block)
        except BlockIsRead:
            assert self.read(block)
            return
        except AlluxioError:
            assert block in self.written
            return
        assert (removed is not None) == (block in self.stored)
        if removed is not None:
            assert not self.read(block)
            del self.stored[block]
            self.forget_creation_pin(block)

    @rule(block=blocks, medium=st.sampled_from(["MEM", "SSD"]), finish=st.booleans())
    def move(self, block: BlockId, medium: str, finish: bool) -> None:
        if block not in self.stored or self.stored[block].location.medium == medium:
            return
        length = self.stored[block].length
        try:
            placed = self.store.begin_move(SessionId(-3), block, medium)
        except OutOfSpace:
            assert all(self.room(where) < length for where in self.store.locations if where.medium == medium)
            return
        assert placed is not None
        self.take_evicted(placed.evicted, placed.location, length)
        moved = self.store.lock(block)
        assert moved is not None
        self.stored[block].last_use = self.tick()
        try:
            if finish:
                old = self.store.finish_move(moved, placed.location)
                assert old == self.stored[block].location
                self.stored[block].location = placed.location
                self.stored[block].last_use = self.tick()
            else:
                self.store.abort_move(moved, placed.location)
        except BlockIsRead:
            assert self.read(block)
            self.store.abort_move(moved, placed.location)
        self.store.unlock(moved)

    @rule(files=st.sets(st.integers(1, 5).map(file_id), max_size=3))
    def master_pins_change(self, files: set[InodeId]) -> None:
        changed = files ^ self.master_pins
        self.store.set_master_pins(files)
        self.creation_pins -= files
        self.master_pins = set(files)
        self.count_as_used(changed)

    @rule(files=st.sets(st.integers(1, 5).map(file_id), max_size=3))
    def writers_pins_are_released(self, files: set[InodeId]) -> None:
        released = files & self.creation_pins
        self.store.release_creation_pins(sorted(files))
        self.creation_pins -= files
        self.count_as_used(released)

    def count_as_used(self, files: set[InodeId]) -> None:
        """Blocks that lose their pin go to the young end in an order of no importance; read it from the store."""
        for directory in self.store._directories.values():
            for block in directory.evictable:
                if file_id_of_block(block) in files:
                    self.stored[block].last_use = self.tick()

    @rule(is_lost=st.booleans())
    def report(self, is_lost: bool) -> None:
        """A report either reaches the master, whose view is then exact, or is put back."""
        changed = self.log.take()
        if is_lost:
            self.log.restore(changed)
            return
        added, removed = self.store.split_changes(changed)
        for block in removed:
            self.master_view.pop(block, None)
        for (tier, _), ids in added.items():
            for block in ids:
                self.master_view[block] = tier
        assert self.master_view == {block: stored.location.tier_alias for block, stored in self.stored.items()}

    # --- what always holds ---

    @invariant()
    def store_is_consistent(self) -> None:
        self.store.validate()

    @invariant()
    def same_blocks_as_the_model(self) -> None:
        assert {b.block_id: (b.length_bytes, b.location) for b in self.store.blocks()} == {
            block: (stored.length, stored.location) for block, stored in self.stored.items()
        }
        assert all(self.store.is_pinned(block) == self.pinned(block) for block in self.stored)
        used = {"MEM": 0, "SSD": 0}
        for stored in self.stored.values():
            used[stored.location.tier_alias] += stored.length
        for written in self.written.values():
            used[written.location.tier_alias] += written.reserved
        assert self.store.used_bytes_on_tiers() == used


TestBlockStore = BlockStoreMachine.TestCase
TestBlockStore.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
