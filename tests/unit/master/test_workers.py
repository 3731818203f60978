"""The registry of workers: who is alive, what each holds, what each is told to remove."""

from __future__ import annotations

import pytest

from pyalluxio.errors import Aborted, Internal, Unavailable, WorkerNotFound
from pyalluxio.master.block_locations import LocationState
from pyalluxio.master.workers import (
    FREE_COUNT_MAX,
    Command,
    CommandKind,
    Heartbeat,
    RegisterFacts,
    WorkerAddress,
    WorkerRegistry,
    WorkerState,
)

MEM = RegisterFacts(("MEM",), {"MEM": 1000}, {"MEM": 10})
NOTHING = Command(CommandKind.NOTHING)
REGISTER = Command(CommandKind.REGISTER)


def registry() -> WorkerRegistry:
    return WorkerRegistry(worker_timeout_ms=300_000, lost_worker_deletion_timeout_ms=1_800_000)


def address(host: str = "w1", rpc_port: int = 29999, web_port: int = 30000) -> WorkerAddress:
    return WorkerAddress(host, rpc_port, web_port)


def registered(workers: WorkerRegistry, host: str = "w1", blocks: tuple[int, ...] = (), now_ms: int = 0) -> int:
    worker_id = workers.worker_id_for(address(host), now_ms)
    registration = workers.begin_registration(worker_id, MEM, now_ms)
    workers.register_blocks(registration, "MEM", "MEM", blocks, (), now_ms)
    workers.finish_registration(registration, now_ms)
    return worker_id


def holders(workers: WorkerRegistry, block_id: int) -> list[int]:
    return [location.worker_id for location in workers.blocks.of(block_id)]


def sweep(workers: WorkerRegistry) -> None:
    while workers.purge(3):
        pass


def test_a_restarted_worker_keeps_its_id() -> None:
    """With a new id, the old worker would be shown as live beside the new one until it times out."""
    workers = registry()
    worker_id = registered(workers)
    assert workers.worker_id_for(address(web_port=31000), 5) == worker_id
    assert workers.worker(worker_id).address.web_port == 31000
    assert workers.worker_id_for(address("w2"), 5) != worker_id


def test_a_worker_shows_its_blocks_only_when_its_registration_is_complete() -> None:
    """A client sent to a half-registered worker would get errors for a worker that may never come."""
    workers = registry()
    worker_id = workers.worker_id_for(address(), 0)
    registration = workers.begin_registration(worker_id, MEM, 0)
    workers.register_blocks(registration, "MEM", "MEM", [1, 2], (), 0)
    assert holders(workers, 1) == []
    assert workers.in_state(WorkerState.LIVE) == []
    workers.finish_registration(registration, 0)
    assert holders(workers, 1) == [worker_id]
    assert workers.worker(worker_id).block_count == 2
    assert workers.capacity_on_tiers() == {"MEM": 1000}
    assert workers.used_on_tiers()["MEM"] == 10


def test_registering_again_drops_what_is_not_reported_any_more() -> None:
    """A block evicted while the master was away would be offered to readers for ever."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2, 3))
    registration = workers.begin_registration(worker_id, MEM, 0)
    workers.register_blocks(registration, "MEM", "MEM", [2], (), 0)
    assert holders(workers, 1) == [worker_id], "until the end of the registration the earlier report counts"
    workers.finish_registration(registration, 0)
    assert [holders(workers, block) for block in (1, 2, 3)] == [[], [worker_id], []]
    assert list(workers.blocks_of(worker_id)) == [2]
    sweep(workers)
    assert workers.blocks.lost == {1, 3}


def test_a_broken_registration_of_a_live_worker_takes_nothing_away() -> None:
    """A connection lost during re-registration must not make cached data invisible until the next attempt."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2))
    registration = workers.begin_registration(worker_id, MEM, 0)
    workers.register_blocks(registration, "MEM", "MEM", [2, 3], (), 0)
    workers.abort_registration(registration)
    assert [holders(workers, block) for block in (1, 2, 3)] == [[worker_id]] * 3
    assert sorted(workers.blocks_of(worker_id)) == [1, 2, 3]
    assert workers.worker(worker_id).block_count == 3


def test_a_broken_first_registration_leaves_nothing_behind() -> None:
    """Blocks of a worker that never became live would fill the master's memory."""
    workers = registry()
    worker_id = workers.worker_id_for(address(), 0)
    registration = workers.begin_registration(worker_id, MEM, 0)
    workers.register_blocks(registration, "MEM", "MEM", [1], (), 0)
    workers.abort_registration(registration)
    assert workers.blocks.workers_of(1) == []
    assert list(workers.blocks_of(worker_id)) == []


def test_a_second_registration_ends_the_first() -> None:
    """After a broken connection the first stream may still deliver; its blocks would mix with the second's."""
    workers = registry()
    worker_id = workers.worker_id_for(address(), 0)
    first = workers.begin_registration(worker_id, MEM, 0)
    second = workers.begin_registration(worker_id, MEM, 0)
    with pytest.raises(Aborted):
        workers.register_blocks(first, "MEM", "MEM", [1], (), 0)
    with pytest.raises(Aborted):
        workers.finish_registration(first, 0)
    workers.finish_registration(second, 0)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param(RegisterFacts(("HDD", "MEM"), {"HDD": 1, "MEM": 1}, {"HDD": 0, "MEM": 0}), "order", id="order"),
        pytest.param(RegisterFacts(("NVME",), {"NVME": 1}, {"NVME": 0}), "order", id="a tier nobody knows"),
        pytest.param(RegisterFacts(("MEM", "MEM"), {"MEM": 1}, {"MEM": 0}), "order", id="a tier twice"),
        pytest.param(RegisterFacts(("MEM",), {}, {"MEM": 0}), "capacity", id="no capacity"),
        pytest.param(RegisterFacts(("MEM",), {"MEM": 1}, {}), "usage", id="no usage"),
    ],
)
def test_a_worker_whose_tiers_make_no_sense_is_refused(facts: RegisterFacts, said: str) -> None:
    """Taken in, it would make the cluster's capacity per tier wrong in every report."""
    workers = registry()
    worker_id = workers.worker_id_for(address(), 0)
    with pytest.raises(Internal, match=said):
        workers.begin_registration(worker_id, facts, 0)


def test_strangers_are_told_to_register() -> None:
    """An error instead would make the official worker drop its connection and look for another master."""
    workers = registry()
    assert workers.heartbeat(77, Heartbeat(), 0) == REGISTER
    worker_id = workers.worker_id_for(address(), 0)
    assert workers.heartbeat(worker_id, Heartbeat(), 0) == REGISTER
    with pytest.raises(WorkerNotFound):
        workers.begin_registration(77, MEM, 0)
    with pytest.raises(WorkerNotFound):
        workers.commit_block(worker_id, 1, "MEM", "MEM", 5, 0)


def test_heartbeats_move_blocks_and_usage() -> None:
    """Readers follow the locations, writers the free space."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2))
    report = Heartbeat(
        added=[("MEM", "MEM", [3])],
        removed=[1],
        used_bytes={"MEM": 99, "SSD": 5},
        capacity_bytes={"MEM": 2000},
        lost_storage={"MEM": ["/mnt/a"]},
    )
    assert workers.heartbeat(worker_id, report, 4) == NOTHING
    assert workers.heartbeat(worker_id, Heartbeat(lost_storage={"MEM": ["/mnt/a", "/mnt/b"]}), 5) == NOTHING
    assert [holders(workers, block) for block in (1, 2, 3)] == [[], [worker_id], [worker_id]]
    worker = workers.worker(worker_id)
    assert (worker.used_on_tiers, worker.capacity_on_tiers) == ({"MEM": 99}, {"MEM": 2000})
    assert worker.lost_storage == {"MEM": ["/mnt/a", "/mnt/b"]}
    assert worker.last_contact_ms == 5
    assert workers.blocks.lost == {1}


def test_a_block_is_on_one_tier_of_a_worker_only() -> None:
    """A moved block shown on both tiers would be counted twice in what a file has in Alluxio."""
    workers = registry()
    worker_id = workers.worker_id_for(address(), 0)
    two = RegisterFacts(("MEM", "SSD"), {"MEM": 1, "SSD": 1}, {"MEM": 0, "SSD": 0})
    registration = workers.begin_registration(worker_id, two, 0)
    workers.register_blocks(registration, "MEM", "MEM", [1], (), 0)
    workers.finish_registration(registration, 0)
    workers.heartbeat(worker_id, Heartbeat(added=[("SSD", "SSD", [1])]), 1)
    assert [location.tier_alias for location in workers.blocks.of(1)] == ["SSD"]
    assert workers.worker(worker_id).block_count == 1
    with pytest.raises(Internal, match="HDD"):
        workers.heartbeat(worker_id, Heartbeat(added=[("HDD", "HDD", [2])]), 1)


def test_free_is_repeated_until_the_worker_reports_the_blocks_removed() -> None:
    """A lost answer would otherwise leave a deleted file's blocks in the worker's memory for ever."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2, 3))
    workers.free_blocks([1, 2, 9])
    for _ in range(2):
        command = workers.heartbeat(worker_id, Heartbeat(), 1)
        assert (command.kind, set(command.block_ids)) == (CommandKind.FREE, {1, 2})
    assert set(workers.heartbeat(worker_id, Heartbeat(removed=[1]), 1).block_ids) == {2}
    assert workers.heartbeat(worker_id, Heartbeat(removed=[2]), 1) == NOTHING


def test_a_standby_gives_no_orders() -> None:
    """Two masters of different knowledge that both free blocks would destroy what the other still needs."""
    workers = registry()
    worker_id = registered(workers, blocks=(1,))
    workers.free_blocks([1])
    assert workers.heartbeat(worker_id, Heartbeat(), 1, leads=False) == NOTHING


def test_a_large_free_is_split() -> None:
    """A command of millions of ids would exceed what the worker takes in one message, and none would be removed."""
    workers = registry()
    blocks = tuple(range(FREE_COUNT_MAX + 5))
    worker_id = registered(workers, blocks=blocks)
    workers.free_blocks(blocks)
    first = workers.heartbeat(worker_id, Heartbeat(), 1).block_ids
    assert len(first) == FREE_COUNT_MAX
    rest = workers.heartbeat(worker_id, Heartbeat(removed=first), 1).block_ids
    assert set(first) | set(rest) == set(blocks)


def test_a_block_committed_again_is_not_freed() -> None:
    """Freed and read again at once, the block would vanish right after the client cached it."""
    workers = registry()
    worker_id = registered(workers, blocks=(1,))
    workers.free_blocks([1])
    workers.commit_block(worker_id, 1, "MEM", "MEM", 64, 1)
    assert workers.heartbeat(worker_id, Heartbeat(), 1) == NOTHING
    assert workers.worker(worker_id).used_on_tiers == {"MEM": 64}


def test_deleted_blocks_are_not_lost_blocks() -> None:
    """Each deleted file would stay in the set of lost blocks, which the lost-file check walks, for ever."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2))
    workers.delete_blocks([1], 0)
    workers.heartbeat(worker_id, Heartbeat(removed=[1, 2]), 1)
    assert workers.blocks.lost == {2}
    workers.delete_blocks([2], 2)
    assert workers.blocks.lost == set()
    assert len(workers.unknown) == 0


def test_a_silent_worker_is_lost_and_may_come_back() -> None:
    """Readers keep trying a dead worker unless its locations go; its blocks must return with it."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2))
    other_id = registered(workers, "w2", blocks=(2,))
    workers.heartbeat(other_id, Heartbeat(), 300_000)
    assert workers.detect_lost(300_000) == []
    assert [worker.id for worker in workers.detect_lost(300_001)] == [worker_id]
    assert workers.worker(worker_id).state is WorkerState.LOST
    assert (holders(workers, 1), holders(workers, 2)) == ([], [other_id])
    assert workers.worker(worker_id).block_count == 0
    sweep(workers)
    assert workers.blocks.lost == {1}
    assert workers.heartbeat(worker_id, Heartbeat(), 300_002) == REGISTER
    assert registered(workers, blocks=(1, 2), now_ms=300_003) == worker_id
    assert (holders(workers, 1), holders(workers, 2)) == ([worker_id], [other_id, worker_id])
    assert workers.blocks.lost == set()


def test_a_worker_that_comes_back_before_its_blocks_were_swept_keeps_them() -> None:
    """The sweep of the lost generation runs later and must not take away what was registered since."""
    workers = registry()
    worker_id = registered(workers, blocks=(1, 2, 3))
    workers.detect_lost(300_001)
    registered(workers, blocks=(1, 2), now_ms=300_002)
    sweep(workers)
    assert sorted(workers.blocks_of(worker_id)) == [1, 2]
    assert workers.blocks.lost == {3}
    assert workers.worker(worker_id).block_count == 2


def test_workers_lost_for_long_are_forgotten() -> None:
    """Workers on short-lived machines would fill the report and the memory."""
    workers = registry()
    worker_id = registered(workers)
    never_registered = workers.worker_id_for(address("w3"), 0)
    workers.detect_lost(300_001)
    assert workers.worker(worker_id) is not None
    workers.detect_lost(2_100_001)
    assert workers.worker(worker_id) is None
    assert workers.worker(never_registered) is None
    assert workers.worker_id_for(address(), 2_100_002) == worker_id, "so that clients find again what they remember"


def test_a_decommissioned_worker_serves_nobody_until_it_registers_again() -> None:
    """Its blocks must not be offered while it drains."""
    workers = registry()
    worker_id = registered(workers, blocks=(1,))
    workers.decommission("w1", 30000, can_register_again=True)
    assert workers.worker(worker_id).state is WorkerState.DECOMMISSIONED
    assert holders(workers, 1) == []
    assert workers.heartbeat(worker_id, Heartbeat(), 1) == Command(CommandKind.DECOMMISSIONED)
    assert registered(workers, blocks=(1,)) == worker_id
    assert holders(workers, 1) == [worker_id]
    with pytest.raises(WorkerNotFound):
        workers.decommission("nobody", None, can_register_again=True)


def test_a_disabled_worker_stays_away_until_it_is_enabled() -> None:
    """A broken machine that registers itself again would keep failing reads."""
    workers = registry()
    worker_id = registered(workers)
    workers.decommission("w1", None, can_register_again=False)
    assert workers.worker(worker_id).state is WorkerState.DISABLED
    with pytest.raises(Unavailable, match="enableWorker"):
        workers.worker_id_for(address(), 1)
    with pytest.raises(Unavailable):
        workers.heartbeat(worker_id, Heartbeat(), 1)
    with pytest.raises(Unavailable):
        workers.begin_registration(worker_id, MEM, 1)
    assert not workers.enable("w2", None)
    assert workers.enable("w1", 30000)
    assert registered(workers) == worker_id


def test_ids_given_by_another_master_are_taken_over() -> None:
    """A worker that reports to all masters has one id; a standby that chose its own would not know it as the same."""
    workers = registry()
    own_id = workers.worker_id_for(address(), 0)
    workers.introduce(4711, address(), 0)
    assert workers.worker(own_id) is None
    assert workers.worker_id_for(address(), 0) == 4711
    workers.introduce(4711, address("w9"), 0)
    assert workers.worker(4711).address.host == "w9"


def test_the_array_of_a_busy_worker_does_not_grow() -> None:
    """A worker that caches and evicts all day would otherwise make the master's memory grow until it dies."""
    workers = registry()
    worker_id = registered(workers)
    for turn in range(50):
        blocks = list(range(turn * 100, turn * 100 + 100))
        workers.heartbeat(worker_id, Heartbeat(added=[("MEM", "MEM", blocks)]), turn)
        workers.heartbeat(worker_id, Heartbeat(removed=blocks), turn)
    assert len(workers.worker(worker_id).block_ids) <= 1200
    assert workers.worker(worker_id).block_count == 0


def test_a_dropped_place_is_marked_once_for_all_its_blocks() -> None:
    """Losing a worker of a million blocks must not stop the master; the sweep runs in slices afterwards."""
    workers = registry()
    worker_id = registered(workers, blocks=tuple(range(10)))
    (location,) = workers.worker(worker_id).locations.values()
    workers.detect_lost(300_001)
    assert location.state is LocationState.GONE
    assert location.count == 10
    assert workers.purge(4) == 6
    assert location.count == 6
