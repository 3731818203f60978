"""The workers as one master knows them: who is alive, what each can hold and holds, what each must remove.

                 get_worker_id            registered              silent, or decommissioned
    (nobody) ------------------> TEMPORARY ----------> LIVE ---------------------------------> LOST | DECOMMISSIONED
                                                        ^                                        |        | DISABLED
                                                        +----------- registers again ------------+--------+ (enabled)

Rule 1: nothing here is journaled. Workers report to every master, so a new leader knows them at once; a heartbeat of an
        unknown worker is answered with "register".
Rule 2: pure. No clock, no I/O: `now_ms` comes with each call, and the caller says which reported blocks are unknown.
Rule 3: the id of a worker follows from its address. So all masters give the same one without asking each other:
        clients that kept a place find it again after a fail-over, and a commit that an official worker repeats is still
        its own.
Rule 4: what a call costs grows with the blocks it is given, not with those the worker holds. Losing a worker is O(1);
        `purge` sweeps up in slices.

A registration replaces what a worker was known to hold. Blocks reported in its course go to new `Location` objects; at
the end the earlier ones go, and with them whatever was not reported again.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import blake2b
from typing import Any

from pyalluxio.errors import Aborted, Internal, Unavailable, WorkerNotFound
from pyalluxio.ids import BlockId, WorkerId, block_mark
from pyalluxio.master.block_locations import BlockLocations, Location, LocationState
from pyalluxio.master.report_order import Numbering, ReportOrder
from pyalluxio.master.unknown_blocks import UnknownBlocks

# Ids in one Free command. The official worker takes any number; this keeps a heartbeat's answer below 100 kB, and the
# rest follows as soon as these are reported removed.
FREE_COUNT_MAX = 10_000
# A registration sets everything right. If the counts differ again so soon, asking for one each second would not help.
REGISTRATION_PAUSE_MS = 30_000


class WorkerState(Enum):
    """The states of a worker; the values are the texts that 2.9.6 puts into reports."""

    TEMPORARY = "Temporary"
    LIVE = "ACTIVE"
    LOST = "LOST"
    DECOMMISSIONED = "Decommissioned"
    DISABLED = "Disabled"


class CommandKind(Enum):
    NOTHING = 1
    REGISTER = 2
    FREE = 3
    DECOMMISSIONED = 6


@dataclass(frozen=True, slots=True)
class Command:
    """What a heartbeat is answered with."""

    kind: CommandKind
    block_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerAddress:
    """Where a worker is; `message` is its own WorkerNetAddress, which clients get back field by field."""

    host: str
    rpc_port: int
    web_port: int
    container_host: str = ""
    message: Any = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one worker from another: no two can listen on the same port of a host."""
        return (self.host, self.container_host, self.rpc_port)


@dataclass(frozen=True, slots=True)
class RegisterFacts:
    """What a worker says of itself when it registers, besides its blocks; maps are tier alias -> bytes.

    `configuration` is ((property, source, value), …), for the comparison of configurations. `report_session` and
    `report_number` are those of the registration, which the reports that follow continue; 0 of official workers.
    """

    storage_tiers: tuple[str, ...]
    capacity_bytes: Mapping[str, int]
    used_bytes: Mapping[str, int]
    lost_storage: Mapping[str, Sequence[str]] = field(default_factory=dict)
    version: str = ""
    revision: str = ""
    vcpu_count: int = 0
    configuration: tuple[tuple[str, str, str], ...] = ()
    report_session: int = 0
    report_number: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What changed on a worker since its last heartbeat.

    `added` is [(tier alias, medium type, block ids)], `unknown` are the ids in it that the master does not know; maps
    are by tier alias. Official workers send no `numbering`.
    """

    added: Sequence[tuple[str, str, Sequence[int]]] = ()
    removed: Sequence[int] = ()
    unknown: Collection[int] = ()
    used_bytes: Mapping[str, int] = field(default_factory=dict)
    capacity_bytes: Mapping[str, int] = field(default_factory=dict)
    lost_storage: Mapping[str, Sequence[str]] = field(default_factory=dict)
    numbering: Numbering | None = None


@dataclass(slots=True, eq=False)
class Worker:
    """One worker; read by anybody, changed by `WorkerRegistry` only."""

    id: WorkerId
    address: WorkerAddress
    start_time_ms: int
    last_contact_ms: int
    state: WorkerState = WorkerState.TEMPORARY
    storage_tiers: tuple[str, ...] = ()
    capacity_on_tiers: dict[str, int] = field(default_factory=dict)
    used_on_tiers: dict[str, int] = field(default_factory=dict)
    lost_storage: dict[str, list[str]] = field(default_factory=dict)
    version: str = ""
    revision: str = ""
    vcpu_count: int = 0
    configuration: tuple[tuple[str, str, str], ...] = ()
    to_remove: set[int] = field(default_factory=set)
    locations: dict[tuple[str, str], Location] = field(default_factory=dict)
    earlier_locations: list[Location] = field(default_factory=list)
    block_ids: array[int] = field(default_factory=lambda: array("q"))
    registration: Registration | None = None
    registration_count: int = 0  # of those that finished; a worker that was restarted registers again
    registered_ms: int = 0
    reports: ReportOrder = field(default_factory=ReportOrder)

    @property
    def capacity_bytes(self) -> int:
        return sum(self.capacity_on_tiers.values())

    @property
    def used_bytes(self) -> int:
        return sum(self.used_on_tiers.values())

    @property
    def block_count(self) -> int:
        """The number of blocks it holds; 0 for a worker that is not alive."""
        return sum(location.count for location in self.all_locations)

    @property
    def all_locations(self) -> list[Location]:
        """Its places, those from before a registration that has not finished included."""
        return [*self.locations.values(), *self.earlier_locations]


@dataclass(slots=True, eq=False)
class Registration:
    """A registration under way; a newer one of the same worker ends it."""

    worker: Worker
    facts: RegisterFacts
    earlier_ids: array[int]


class WorkerRegistry:
    """All workers of the cluster and the places of their blocks."""

    def __init__(
        self,
        *,
        global_tiers: Sequence[str] = ("MEM", "SSD", "HDD"),
        worker_timeout_ms: int = 300_000,
        lost_worker_deletion_timeout_ms: int = 1_800_000,
    ) -> None:
        self.global_tiers = tuple(global_tiers)
        self.unknown = UnknownBlocks()
        self.blocks = BlockLocations(self.unknown)
        self._worker_timeout_ms = worker_timeout_ms
        self._deletion_timeout_ms = lost_worker_deletion_timeout_ms
        self._workers: dict[WorkerId, Worker] = {}
        self._by_address: dict[tuple[str, str, int], Worker] = {}
        # Kept apart from the workers: a worker stays disabled when it is forgotten, until the operator enables it.
        self._disabled: set[tuple[str, int]] = set()

    # --- reading -----------------------------------------------------------------------------------------------------

    def worker(self, worker_id: int) -> Worker | None:
        return self._workers.get(WorkerId(worker_id))

    def live(self, worker_id: int) -> Worker:
        """Return a live worker.

        Raises:   WorkerNotFound: there is none of that id; it has to register first.
        """
        worker = self._workers.get(WorkerId(worker_id))
        if worker is None or worker.state is not WorkerState.LIVE:
            raise WorkerNotFound(f"No worker with id {worker_id} is registered. It registers at its next heartbeat.")
        return worker

    def in_state(self, *states: WorkerState) -> list[Worker]:
        """Return the workers in these states, in the order in which they came."""
        return [worker for worker in self._workers.values() if worker.state in states]

    def blocks_of(self, worker_id: int) -> Iterator[BlockId]:
        """Yield the blocks that a worker holds, each once."""
        worker = self._workers.get(WorkerId(worker_id))
        if worker is None:
            return iter(())
        earlier = worker.registration.earlier_ids if worker.registration else ()
        return self.blocks.held(worker.id, [*worker.block_ids, *earlier])

    def capacity_on_tiers(self) -> dict[str, int]:
        """Return the bytes that live workers can hold on each tier that any of them has, the fastest first."""
        return self._summed(worker.capacity_on_tiers for worker in self.in_state(WorkerState.LIVE))

    def used_on_tiers(self) -> dict[str, int]:
        return self._summed(worker.used_on_tiers for worker in self.in_state(WorkerState.LIVE))

    def _summed(self, maps: Iterable[Mapping[str, int]]) -> dict[str, int]:
        total: dict[str, int] = {}
        for tiers in maps:
            for alias, size_bytes in tiers.items():
                total[alias] = total.get(alias, 0) + size_bytes
        return {alias: total[alias] for alias in self.global_tiers if alias in total}

    # --- ids ---------------------------------------------------------------------------------------------------------

    def worker_id_for(self, address: WorkerAddress, now_ms: int) -> WorkerId:
        """Return the id of the worker at an address, whether it is known or not.

        Raises:   Unavailable: the operator disabled the worker.
        """
        self._check_enabled(address)
        worker = self._by_address.get(address.key)
        if worker is None:
            return self._introduce(self._id_of(address), address, now_ms).id
        self._move(worker, address)
        return worker.id

    def introduce(self, worker_id: WorkerId, address: WorkerAddress, now_ms: int) -> None:
        """Learn of an id that another master gave to a worker, which reports to all of them."""
        self._check_enabled(address)
        known = self._workers.get(worker_id)
        if known is not None and known.address.key == address.key:
            self._move(known, address)
            return
        for other in (known, self._by_address.get(address.key)):
            if other is not None:
                self._forget(other)
        self._introduce(worker_id, address, now_ms)

    def _introduce(self, worker_id: WorkerId, address: WorkerAddress, now_ms: int) -> Worker:
        worker = Worker(worker_id, address, start_time_ms=now_ms, last_contact_ms=now_ms)
        self._workers[worker_id] = worker
        self._by_address[address.key] = worker
        return worker

    def _move(self, worker: Worker, address: WorkerAddress) -> None:
        worker.address = address
        for location in worker.all_locations:
            location.message = None

    def _id_of(self, address: WorkerAddress) -> WorkerId:
        text = "\0".join(map(str, address.key))
        while True:
            number = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1
            if number and number not in self._workers:
                return WorkerId(number)
            text += "\0"

    def _check_enabled(self, address: WorkerAddress) -> None:
        if (address.host, address.web_port) in self._disabled:
            raise Unavailable(
                f"Worker {address.host}:{address.rpc_port} is disabled. Enable it by `fsadmin enableWorker`."
            )

    # --- registration ------------------------------------------------------------------------------------------------

    def begin_registration(self, worker_id: int, facts: RegisterFacts, now_ms: int) -> Registration:
        """Open a registration; its blocks follow by `register_blocks`.

        Raises:   WorkerNotFound: nobody was given this id.  Unavailable: the worker is disabled.
                  Internal: tiers in another order than the cluster's, or sizes that are not those of the tiers.
        """
        worker = self._workers.get(WorkerId(worker_id))
        if worker is None:
            raise WorkerNotFound(f"No worker has the id {worker_id}. Ask for an id first.")
        self._check_enabled(worker.address)
        self._check_facts(worker, facts)
        if worker.registration is not None:
            self.abort_registration(worker.registration)
        registration = Registration(worker, facts, worker.block_ids)
        worker.earlier_locations = worker.all_locations
        worker.locations = {}
        worker.block_ids = array("q")
        worker.registration = registration
        worker.reports.forget_commits()
        worker.last_contact_ms = now_ms
        return registration

    def register_blocks(
        self,
        registration: Registration,
        tier_alias: str,
        medium_type: str,
        block_ids: Sequence[int],
        unknown: Collection[int],
        now_ms: int,
    ) -> None:
        """Take in blocks of a registration; `unknown` are those among them that the master does not know.

        Raises:   Aborted: the worker began another registration meanwhile.
        """
        worker = registration.worker
        self._check_current(registration)
        if tier_alias not in registration.facts.storage_tiers:
            raise Internal(f"Worker {_name(worker)} reports blocks on tier {tier_alias}, which it does not have.")
        self._place(worker, tier_alias, medium_type, block_ids)
        if worker.reports.untold:
            for block_id in block_ids:
                worker.reports.told(block_id)
        self.unknown.watch(unknown, now_ms)
        worker.last_contact_ms = now_ms

    def finish_registration(self, registration: Registration, now_ms: int) -> Worker:
        """Make the worker live with exactly the blocks it reported.

        Raises:   Aborted: the worker began another registration meanwhile.
        """
        worker, facts = registration.worker, registration.facts
        self._check_current(registration)
        self.blocks.drop(worker.earlier_locations, registration.earlier_ids)
        worker.earlier_locations = []
        worker.registration = None
        worker.storage_tiers = facts.storage_tiers
        worker.capacity_on_tiers = dict(facts.capacity_bytes)
        worker.used_on_tiers = dict(facts.used_bytes)
        worker.lost_storage = {tier: list(paths) for tier, paths in facts.lost_storage.items()}
        worker.version, worker.revision, worker.vcpu_count = facts.version, facts.revision, facts.vcpu_count
        worker.configuration = facts.configuration
        self.blocks.show(worker.locations.values())
        worker.to_remove = {block_id for block_id in worker.to_remove if self.blocks.holds(worker.id, block_id)}
        worker.state = WorkerState.LIVE
        worker.last_contact_ms = now_ms
        worker.registration_count += 1
        worker.registered_ms = now_ms
        worker.reports.begin(facts.report_session, facts.report_number)
        return worker

    def abort_registration(self, registration: Registration) -> None:
        """End a registration that failed; a live worker keeps what it held and what it has reported so far."""
        worker = registration.worker
        if worker.registration is not registration:
            return
        worker.registration = None
        if worker.state is not WorkerState.LIVE:
            self._take_blocks(worker)
            return
        worker.block_ids.extend(registration.earlier_ids)

    def _check_facts(self, worker: Worker, facts: RegisterFacts) -> None:
        order = [self.global_tiers.index(tier) if tier in self.global_tiers else -1 for tier in facts.storage_tiers]
        if -1 in order or order != sorted(set(order)):
            raise Internal(
                f"Worker {_name(worker)} has the tiers {list(facts.storage_tiers)}; they must be in the order of the "
                f"cluster's, {list(self.global_tiers)} (alluxio.master.tieredstore.global.levelN.alias)."
            )
        for what, sizes in (("capacity", facts.capacity_bytes), ("usage", facts.used_bytes)):
            if len(sizes) != len(facts.storage_tiers):
                raise Internal(
                    f"Worker {_name(worker)} reports a {what} for the tiers {sorted(sizes)}, "
                    f"but its tiers are {list(facts.storage_tiers)}."
                )

    def _check_current(self, registration: Registration) -> None:
        worker = registration.worker
        if worker.registration is not registration or self._workers.get(worker.id) is not worker:
            raise Aborted(f"Worker {_name(worker)} began another registration; this one is over.")

    def _place(self, worker: Worker, tier_alias: str, medium_type: str, block_ids: Iterable[int]) -> list[int]:
        location = worker.locations.get((tier_alias, medium_type))
        if location is None:
            state = LocationState.LIVE if worker.state is WorkerState.LIVE else LocationState.PENDING
            location = Location(worker.id, tier_alias, medium_type, state)
            worker.locations[(tier_alias, medium_type)] = location
        added = self.blocks.add(location, block_ids)
        worker.block_ids.extend(added)
        return added

    # --- heartbeats and commits --------------------------------------------------------------------------------------

    def heartbeat(self, worker_id: int, report: Heartbeat, now_ms: int, *, leads: bool = True) -> Command:
        """Take in what changed on a worker, and return what it shall do; a standby orders nothing but registrations.

        A numbered report that does not count, because it was overtaken or a registration is under way, changes nothing;
        `reports.last` of the worker tells.

        Raises:   Unavailable: the worker is disabled.
                  Internal: blocks on a tier that the worker did not register.
        """
        worker = self._workers.get(WorkerId(worker_id))
        if worker is None:
            return Command(CommandKind.REGISTER)
        if worker.state is WorkerState.DECOMMISSIONED:
            return Command(CommandKind.DECOMMISSIONED)
        self._check_enabled(worker.address)
        if worker.state is not WorkerState.LIVE:
            return Command(CommandKind.REGISTER)
        numbering = report.numbering
        if numbering is not None:
            if worker.registration is not None:
                return Command(CommandKind.NOTHING)
            if numbering.session != worker.reports.session:
                return Command(CommandKind.REGISTER)
            if worker.reports.is_overtaken(numbering):
                return Command(CommandKind.NOTHING)
        for tier_alias, _, _ in report.added:
            if tier_alias not in worker.storage_tiers:
                raise Internal(f"Worker {_name(worker)} reports blocks on tier {tier_alias}, which it does not have.")
        worker.last_contact_ms = now_ms
        self.blocks.remove(worker.id, report.removed)
        worker.to_remove.difference_update(report.removed)
        for tier_alias, medium_type, block_ids in report.added:
            self._place(worker, tier_alias, medium_type, block_ids)
        self.unknown.watch(report.unknown, now_ms)
        self._compact(worker)
        if numbering is not None:
            self._accept(worker, numbering, report)
        for kept, told in (
            (worker.used_on_tiers, report.used_bytes),
            (worker.capacity_on_tiers, report.capacity_bytes),
        ):
            kept.update((tier, size_bytes) for tier, size_bytes in told.items() if tier in worker.storage_tiers)
        for tier_alias, paths in report.lost_storage.items():
            lost = worker.lost_storage.setdefault(tier_alias, [])
            lost.extend(path for path in paths if path not in lost)
        is_settled = now_ms - worker.registered_ms >= REGISTRATION_PAUSE_MS
        if numbering is not None and is_settled and not self._agrees(worker, numbering):
            return Command(CommandKind.REGISTER)
        if not worker.to_remove or not leads:
            return Command(CommandKind.NOTHING)
        chosen = tuple(block_id for block_id, _ in zip(worker.to_remove, range(FREE_COUNT_MAX), strict=False))
        return Command(CommandKind.FREE, chosen)

    def _accept(self, worker: Worker, numbering: Numbering, report: Heartbeat) -> None:
        reports = worker.reports
        if reports.untold:
            for block_ids in (report.removed, *(ids for _, _, ids in report.added)):
                for block_id in block_ids:
                    reports.told(block_id)
        reports.accept(numbering)

    def _agrees(self, worker: Worker, numbering: Numbering) -> bool:
        """Say whether the worker's count and marks of each tier are those known here."""
        if not numbering.digests:
            return True
        known = {tier_alias: [0, 0] for tier_alias in worker.storage_tiers}
        for location in worker.all_locations:
            known[location.tier_alias][0] += location.count
            known[location.tier_alias][1] ^= location.marks
        for block_id in worker.reports.untold:
            for location in self.blocks.places_of(worker.id, block_id):
                known[location.tier_alias][0] -= 1
                known[location.tier_alias][1] ^= block_mark(block_id)
        return all(tuple(digest) == numbering.digests.get(tier, (0, 0)) for tier, digest in known.items())

    def commit_block(
        self, worker_id: int, block_id: int, tier_alias: str, medium_type: str, used_bytes_on_tier: int, now_ms: int
    ) -> None:
        """A worker has a complete block that the master knows by now.

        Raises:   WorkerNotFound: the worker is not live.  Internal: the worker has no such tier.
        """
        worker = self.live(worker_id)
        if tier_alias not in worker.storage_tiers:
            raise Internal(f"Worker {_name(worker)} commits a block on tier {tier_alias}, which it does not have.")
        self.unknown.forget(block_id)
        # Wanted again: an order to free it that is still on its way would take away what was just cached.
        worker.to_remove.discard(block_id)
        if self._place(worker, tier_alias, medium_type, (block_id,)):
            worker.reports.committed(block_id)
        worker.used_on_tiers[tier_alias] = used_bytes_on_tier
        worker.last_contact_ms = now_ms

    def _compact(self, worker: Worker) -> None:
        """Rid a worker's array of ids it no longer has, once those are the majority."""
        if len(worker.block_ids) <= 2 * worker.block_count + 1024:
            return
        worker.block_ids = array("q", self.blocks.held(worker.id, worker.block_ids))

    # --- removing blocks ---------------------------------------------------------------------------------------------

    def free_blocks(self, block_ids: Iterable[int]) -> None:
        """Let every worker that holds one of these remove it; the master keeps their lengths."""
        for block_id in block_ids:
            for worker_id in self.blocks.workers_of(block_id):
                self._workers[worker_id].to_remove.add(block_id)

    def delete_blocks(self, block_ids: Sequence[int], now_ms: int) -> None:
        """The master has forgotten these blocks: workers shall remove them, and none of them is lost."""
        self.free_blocks(block_ids)
        self.unknown.watch((block_id for block_id in block_ids if self.blocks.workers_of(block_id)), now_ms)
        self.blocks.lost.difference_update(block_ids)

    # --- coming and going --------------------------------------------------------------------------------------------

    def detect_lost(self, now_ms: int) -> list[Worker]:
        """Return the workers that became lost by their silence; forget those lost, or never registered, for long."""
        lost: list[Worker] = []
        for worker in list(self._workers.values()):
            silent_ms = now_ms - worker.last_contact_ms
            if worker.state is WorkerState.LIVE:
                if silent_ms > self._worker_timeout_ms:
                    self._leave(worker, WorkerState.LOST)
                    lost.append(worker)
            elif worker.registration is None and silent_ms > self._worker_timeout_ms + self._deletion_timeout_ms:
                self._forget(worker)
        return lost

    def clock_jumped(self, by_ms: int) -> None:
        """Move everything that is measured by age, since the clock moved without time having passed for workers."""
        for worker in self._workers.values():
            worker.last_contact_ms += by_ms
            worker.registered_ms += by_ms
        self.unknown.clock_jumped(by_ms)

    def decommission(self, host: str, web_port: int | None, *, can_register_again: bool) -> Worker:
        """Take a worker out of use; one that cannot register again stays out until it is enabled.

        Raises:   WorkerNotFound: no worker of that host and web port is known.
        """
        worker = self._named(host, web_port)
        if worker is None:
            raise WorkerNotFound(f"No worker {host}:{web_port or '*'} (host and web port) is known to this master.")
        if not can_register_again:
            self._disabled.add((worker.address.host, worker.address.web_port))
        self._leave(worker, WorkerState.DECOMMISSIONED if can_register_again else WorkerState.DISABLED)
        return worker

    def enable(self, host: str, web_port: int | None) -> bool:
        """Let a disabled worker register again; says whether it was disabled."""
        chosen = {(h, port) for h, port in self._disabled if h == host and web_port in (None, port)}
        self._disabled -= chosen
        for worker in self.in_state(WorkerState.DISABLED):
            if (worker.address.host, worker.address.web_port) in chosen:
                worker.state = WorkerState.LOST
        return bool(chosen)

    def purge(self, count_max: int = 20_000) -> int:
        """Sweep up what dropped workers held; returns how many ids are left. Call it again, between other work."""
        return self.blocks.purge(count_max)

    def _named(self, host: str, web_port: int | None) -> Worker | None:
        for worker in self.in_state(
            WorkerState.LIVE, WorkerState.LOST, WorkerState.DECOMMISSIONED, WorkerState.DISABLED
        ):
            if worker.address.host == host and web_port in (None, worker.address.web_port):
                return worker
        return None

    def _leave(self, worker: Worker, state: WorkerState) -> None:
        if worker.registration is not None:
            self.abort_registration(worker.registration)
        worker.state = state
        worker.to_remove.clear()
        self._take_blocks(worker)

    def _take_blocks(self, worker: Worker) -> None:
        self.blocks.drop(worker.all_locations, worker.block_ids)
        worker.locations = {}
        worker.earlier_locations = []
        worker.block_ids = array("q")

    def _forget(self, worker: Worker) -> None:
        self._leave(worker, WorkerState.LOST)
        self._workers.pop(worker.id, None)
        if self._by_address.get(worker.address.key) is worker:
            del self._by_address[worker.address.key]


def _name(worker: Worker) -> str:
    return f"{worker.address.host}:{worker.address.rpc_port}"
