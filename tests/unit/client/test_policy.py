"""Which worker gets a block, and which one it is read from: rules that decide where the bytes of a cluster go."""

from __future__ import annotations

import random

import pytest

from pyalluxio.client.file_info import BlockInfo, BlockLocation, FileInfo, WorkerAddress, WorkerInfo
from pyalluxio.client.policy import (
    AnyWorker,
    LocalFirst,
    Locality,
    MostAvailable,
    RoundRobin,
    Source,
    SourceKind,
    policy_named,
    source_for_block,
    worker_for_block,
)
from pyalluxio.errors import BlockHasNoCopy, Unavailable

MB = 1 << 20
HERE = Locality(frozenset({"here", "127.0.0.1"}), (("rack", "r1"),))


def address(host: str, rack: str = "", node: str = "") -> WorkerAddress:
    tiers = (("node", node),) if node else ()
    return WorkerAddress(host, 29999, 29999, 30000, tiers=(*tiers, *((("rack", rack),) if rack else ())))


def worker(host: str, capacity: int = 1024 * MB, used: int = 0, rack: str = "", node: str = "") -> WorkerInfo:
    return WorkerInfo(1, address(host, rack, node), "ACTIVE", capacity, used)


def file(persisted: bool = True, state: str = "") -> FileInfo:
    return FileInfo(
        1, "f", "/f", False, 10, 0o644, "u", "g", is_persisted=persisted, persistence_state=state or "NOT_PERSISTED"
    )


def block(*hosts: str) -> BlockInfo:
    return BlockInfo(16, 64 * MB, 0, tuple(BlockLocation(1, address(host), "MEM", "MEM") for host in hosts))


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        pytest.param([worker("far"), worker("here")], "here", id="the worker on this host comes first"),
        pytest.param([worker("far"), worker("near", rack="r1")], "near", id="else one in the same rack"),
        pytest.param([worker("x", node="here"), worker("near", rack="r1")], "x", id="the node tier names the host"),
        pytest.param(
            [worker("here", capacity=63 * MB), worker("far")], "far", id="a worker smaller than a block is passed over"
        ),
        pytest.param(
            [worker("here", used=1024 * MB), worker("far")], "here", id="a full worker is taken: it can evict"
        ),
    ],
)
def test_local_first_takes_the_nearest_that_is_large_enough(workers: list[WorkerInfo], expected: str) -> None:
    """A wrong choice sends every block over the network, or to a worker that can never hold it."""
    chosen = worker_for_block(workers, 64 * MB, HERE, LocalFirst(random.Random(1)))
    assert chosen.host == expected


def test_equally_near_workers_are_all_used() -> None:
    """Always taking the first would fill one worker and leave the others idle."""
    policy, workers = LocalFirst(random.Random(7)), [worker("a"), worker("b"), worker("c")]
    assert {worker_for_block(workers, MB, HERE, policy).host for _ in range(50)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("workers", "failed", "words"),
    [
        pytest.param([], [], "no worker is registered", id="none"),
        pytest.param([worker("a")], ["a"], "every live worker failed", id="all failed"),
        pytest.param([worker("a", capacity=MB)], [], "Lower alluxio.user.block.size.bytes.default", id="all too small"),
    ],
)
def test_no_worker_says_why(workers: list[WorkerInfo], failed: list[str], words: str) -> None:
    """`No available worker` alone sends people looking in the wrong place."""
    with pytest.raises(Unavailable, match="No available Alluxio worker found") as caught:
        worker_for_block(workers, 64 * MB, HERE, LocalFirst(), {address(host) for host in failed})
    assert words in str(caught.value)


def test_round_robin_takes_turns_and_most_available_the_emptiest() -> None:
    """A big copyFromLocal from one host must not put all of it on that host's worker."""
    workers = [worker("b"), worker("here"), worker("a", used=MB)]
    turns = RoundRobin()
    assert [worker_for_block(workers, MB, HERE, turns).host for _ in range(4)] == ["a", "b", "here", "a"]
    assert worker_for_block([worker("a", used=5), worker("b", used=3)], 1, HERE, MostAvailable()).host == "b"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("alluxio.client.block.policy.LocalFirstPolicy", LocalFirst),
        ("alluxio.client.block.policy.RoundRobinPolicy", RoundRobin),
        ("alluxio.client.block.policy.MostAvailableFirstPolicy", MostAvailable),
        ("alluxio.client.block.policy.SpecificHostPolicy", AnyWorker),
        ("alluxio.client.block.policy.DeterministicHashPolicy", LocalFirst),
    ],
)
def test_policies_go_by_the_names_of_2_9(name: str, kind: type) -> None:
    """A site file written for Java clients must keep working."""
    assert isinstance(policy_named(name, random.Random(1)), kind)


LIVE = [worker("here"), worker("near", rack="r1"), worker("far")]


@pytest.mark.parametrize(
    ("of", "at", "failed", "expected"),
    [
        pytest.param(file(), block("far", "here"), [], Source(address("here"), SourceKind.LOCAL), id="a copy here"),
        pytest.param(file(), block("far"), [], Source(address("far"), SourceKind.REMOTE), id="a copy elsewhere"),
        pytest.param(
            file(), block(), [], Source(address("here"), SourceKind.UFS), id="no copy: through the worker here"
        ),
        pytest.param(
            file(), block("gone"), [], Source(address("here"), SourceKind.UFS), id="a copy on a worker that is not live"
        ),
        pytest.param(
            file(), block("here", "far"), ["here"], Source(address("far"), SourceKind.REMOTE), id="the near copy failed"
        ),
        pytest.param(
            file(False),
            block("gone"),
            [],
            Source(address("gone"), SourceKind.REMOTE),
            id="only copy: the list may be old",
        ),
        pytest.param(
            file(False), block("far"), ["far"], Source(address("far"), SourceKind.REMOTE), id="only copy failed: again"
        ),
    ],
)
def test_where_a_block_is_read(of: FileInfo, at: BlockInfo, failed: list[str], expected: Source) -> None:
    """Reading from the wrong place is slow; reading from nowhere although a copy exists is an outage."""
    found = source_for_block(of, at, LIVE, HERE, LocalFirst(random.Random(1)), {address(host) for host in failed})
    assert found == expected


def test_a_lost_block_names_the_file() -> None:
    """Whoever reads lost data must learn which file, and that waiting helps only if a worker comes back."""
    with pytest.raises(BlockHasNoCopy, match=r"Block 16 of /f is lost: its only copy .*never persisted"):
        source_for_block(file(False), block(), LIVE, HERE, LocalFirst())
