"""The registry against a plain model: after any sequence of events, both ways of looking agree with it."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pyalluxio.master.workers import Heartbeat, RegisterFacts, WorkerAddress, WorkerRegistry, WorkerState

HOSTS = st.sampled_from(["w1", "w2", "w3"])
BLOCKS = st.lists(st.integers(0, 12), max_size=6)
TIERS = st.sampled_from(["MEM", "SSD"])
FACTS = RegisterFacts(("MEM", "SSD"), {"MEM": 10, "SSD": 10}, {"MEM": 0, "SSD": 0})
TIMEOUT_MS = 1000


class Locations(RuleBasedStateMachine):
    """`held` is what each live worker has reported: host -> {block: tier}."""

    def __init__(self) -> None:
        super().__init__()
        self.registry = WorkerRegistry(worker_timeout_ms=TIMEOUT_MS, lost_worker_deletion_timeout_ms=10**9)
        self.now_ms = 0
        self.ids: dict[str, int] = {}
        self.held: dict[str, dict[int, str]] = {}
        self.ever_located: set[int] = set()

    def _register(self, host: str, first: list[int], second: list[int], complete: bool) -> None:
        worker_id = self.registry.worker_id_for(WorkerAddress(host, 1, 2), self.now_ms)
        self.ids[host] = worker_id
        registration = self.registry.begin_registration(worker_id, FACTS, self.now_ms)
        self.registry.register_blocks(registration, "MEM", "MEM", first, (), self.now_ms)
        self.registry.register_blocks(registration, "SSD", "SSD", second, (), self.now_ms)
        reported = dict.fromkeys(first, "MEM") | dict.fromkeys(second, "SSD")
        if complete:
            self.registry.finish_registration(registration, self.now_ms)
            self.held[host] = reported
        else:
            self.registry.abort_registration(registration)
            if host in self.held:
                self.held[host] |= reported
        self.ever_located |= set(reported)

    @rule(host=HOSTS, first=BLOCKS, second=BLOCKS, complete=st.booleans())
    def register(self, host: str, first: list[int], second: list[int], complete: bool) -> None:
        self._register(host, first, second, complete)

    @precondition(lambda self: self.held)
    @rule(host=HOSTS, tier=TIERS, added=BLOCKS, removed=BLOCKS)
    def heartbeat(self, host: str, tier: str, added: list[int], removed: list[int]) -> None:
        if host not in self.held:
            return
        report = Heartbeat(added=[(tier, tier, added)], removed=removed)
        self.registry.heartbeat(self.ids[host], report, self.now_ms)
        for block in removed:
            self.held[host].pop(block, None)
        self.held[host] |= dict.fromkeys(added, tier)
        self.ever_located |= set(added)

    @precondition(lambda self: self.held)
    @rule(host=HOSTS, tier=TIERS, block=st.integers(0, 12))
    def commit(self, host: str, tier: str, block: int) -> None:
        if host in self.held:
            self.registry.commit_block(self.ids[host], block, tier, tier, 1, self.now_ms)
            self.held[host][block] = tier
            self.ever_located.add(block)

    @rule(silent=st.sets(HOSTS))
    def time_passes(self, silent: set[str]) -> None:
        self.now_ms += TIMEOUT_MS + 1
        for host in list(self.held):
            if host in silent:
                del self.held[host]
            else:
                self.registry.heartbeat(self.ids[host], Heartbeat(), self.now_ms)
        self.registry.detect_lost(self.now_ms)

    @rule(count=st.integers(1, 5))
    def purge(self, count: int) -> None:
        self.registry.purge(count)

    @rule()
    def everything_swept(self) -> None:
        while self.registry.purge(4):
            pass
        located = {block for blocks in self.held.values() for block in blocks}
        assert self.registry.blocks.lost == self.ever_located - located

    @invariant()
    def both_ways_agree(self) -> None:
        for block in range(13):
            found = {(place.worker_id, place.tier_alias) for place in self.registry.blocks.of(block)}
            expected = {(self.ids[host], tiers[block]) for host, tiers in self.held.items() if block in tiers}
            assert found == expected
        for host, blocks in self.held.items():
            worker = self.registry.worker(self.ids[host])
            assert worker is not None
            assert worker.state is WorkerState.LIVE
            assert sorted(self.registry.blocks_of(worker.id)) == sorted(blocks)
            assert worker.block_count == len(blocks)
        for worker in self.registry.in_state(WorkerState.LOST):
            assert list(self.registry.blocks_of(worker.id)) == []


TestLocations = Locations.TestCase
TestLocations.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
