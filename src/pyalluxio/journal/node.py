"""One member's journal, as the master's event loop sees it: propose, receive committed entries, read safely.

Rule 1: the core, the log and the meta files belong to the driver thread (`driver.py`); the loop's side only puts
        stimuli into the inbox and receives deliveries.
Rule 2: for each `Ready`: persist (write, then one fsync for everything in it), then send, then apply, then advance.
Rule 3: a proposal cannot be withdrawn. Its future tells its fate: its entry is committed (the position), or another
        entry took its place (NotLeader), or the journal stopped before anybody knew (Unavailable).
Rule 4: the loop is woken once per turn of the driver, however many entries and futures the turn settles.
Rule 5: everything that waits is bounded: proposals by `queue_size_max_bytes`, deliveries by `apply_window_bytes`.

    loop:    propose ──┐                                   ┌──> on_role, on_committed, futures
                     inbox                              delivery
    driver:            └─> core.propose ─> ready ─> write+fsync ─> advance ─> ready (committed) ─┘
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal.driver import (
    TICK_MS,
    Delivery,
    Driver,
    Inbox,
    JournalStatus,
    Propose,
    Read,
    RoleChange,
    StateDurable,
    Stop,
)
from pyalluxio.journal.folder import GROUP_ID, JournalFolder
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.options import JournalOptions
from pyalluxio.journal.segment import TornTail
from pyalluxio.raft.core import Core, CoreOptions
from pyalluxio.raft.messages import NO_INDEX, Configuration, Entry, EntryKind, LogPosition, Peer, Role

__all__ = [
    "CommittedEntry",
    "EntryKind",
    "JournalNode",
    "JournalOptions",
    "JournalStatus",
    "LogPosition",
    "Role",
    "RoleChange",
]

# What the state machine receives: `term`, `index`, `kind`, `data`. Only `EntryKind.DATA` carries `data`; the other
# kinds occupy their index and mean nothing to it.
CommittedEntry = Entry


class JournalNode:
    """A member of the journal's quorum. Open it, start it on the loop, propose, apply what comes, stop it.

    Threads: `open` blocks on disk (call it before the loop serves, or in a thread); every other method belongs to
    the loop that was given to `start`, and none of them blocks.
    """

    def __init__(
        self,
        folder: JournalFolder,
        store: LogStore,
        driver_of: Callable[[Inbox, Callable[[Delivery], None]], Driver],
        options: JournalOptions,
    ) -> None:
        """Use `JournalNode.open`."""
        self._folder = folder
        self._store = store
        self._driver_of = driver_of
        self._options = options
        self._driver: Driver | None = None
        self._thread: threading.Thread | None = None
        self._inbox = Inbox(NO_INDEX)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_committed: Callable[[list[CommittedEntry]], None] | None = None
        self._on_role: Callable[[RoleChange], None] | None = None
        self._on_failed: Callable[[BaseException], None] | None = None
        self._queued_bytes = 0
        self._is_stopping = False
        self._failure: BaseException | None = None

    # --- life ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        self_address: str,
        peers: Sequence[str] = (),
        options: JournalOptions | None = None,
        group_id: str = GROUP_ID,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> JournalNode:
        """Lock the journal folder, check every record of the log, and return a node that does nothing yet.

        folder        `alluxio.master.journal.folder`; the log lies in `<folder>/raft/<group id>/`
        self_address  `host:port` of this member's journal address, exactly as in `peers`
        peers         `host:port` of every member (`alluxio.master.embedded.journal.addresses`); empty: only this one.
                      Used until the log holds a configuration; after that the log's configuration counts.
        clock         monotonic seconds

        Raises:  JournalNotFormatted; JournalCorrupt (file, offset, expected and found checksum);
                 FailedPrecondition: another process holds the folder (its pid is named);
                 ConfigurationError: this member is not part of the journal's quorum, or the quorum has several members.
        Cost:    reads the whole log once.
        """
        options = options or JournalOptions()
        journal_folder = JournalFolder(Path(folder), group_id)
        journal_folder.lock()
        store = None
        try:
            meta = MetaFiles(journal_folder.current)
            hard_state = meta.read_hard_state()
            store = LogStore.open(
                journal_folder.current,
                segment_size_max_bytes=options.segment_size_max_bytes,
                cache_bytes=options.cache_bytes,
                fsync=options.fsync,
            )
            self_peer = Peer.at(self_address)
            configured = Configuration(tuple(Peer.at(address) for address in (peers or (self_address,))))
            initial = meta.read_configuration() or configured
            in_log = store.configurations()
            _check_membership(self_peer, in_log[-1][1] if in_log else initial, journal_folder)
        except BaseException:
            if store is not None:
                store.close()
            journal_folder.unlock()
            raise

        def driver_of(inbox: Inbox, deliver: Callable[[Delivery], None]) -> Driver:
            core = Core(
                self_peer.id,
                store,
                hard_state=hard_state,
                initial_configuration=initial,
                applied_index=inbox.applied_index,
                options=CoreOptions.of_ms(
                    tick_ms=TICK_MS,
                    election_timeout_min_ms=options.election_timeout_min_ms,
                    election_timeout_max_ms=options.election_timeout_max_ms,
                ),
                rng=rng or random.Random(),
            )
            return Driver(core, store, meta, journal_folder, inbox, deliver, options=options, clock=clock)

        return cls(journal_folder, store, driver_of, options)

    @property
    def torn_tail(self) -> TornTail | None:
        """What `open` cut off the end of the log: the rest of a record that a crash left incomplete."""
        return self._store.torn_tail

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        on_committed: Callable[[list[CommittedEntry]], None],
        on_role: Callable[[RoleChange], None],
        on_failed: Callable[[BaseException], None],
        *,
        applied_index: Index = NO_INDEX,
    ) -> None:
        """Start the driver thread. All callbacks run on `loop`, one at a time, and must not block.

        applied_index  the last index that the state machine's store already holds; -1 for an empty store. Entries
                       after it are delivered: replay and live operation are the same path.
        on_role        called for every change, and before any entry that was committed after the change.
        on_committed   consecutive entries, in index order, each exactly once, own proposals included, all kinds
                       included. The receiver calls `applied(index)` when it is done with them; at most
                       `apply_window_bytes` are delivered and not yet applied. Futures of the proposals in the list
                       resolve after the callback returned.
        on_failed      the journal cannot go on (disk error, broken invariant): the process has to end. Called once.

        Raises:  JournalCorrupt: the log does not reach back to `applied_index` + 1, or ends before `applied_index`.
        """
        assert self._thread is None, "a node starts once"
        _check_reach(self._store, applied_index, self._folder)
        self._loop = loop
        self._on_committed, self._on_role, self._on_failed = on_committed, on_role, on_failed
        self._inbox.applied_index = applied_index
        self._driver = self._driver_of(self._inbox, lambda delivery: _call_on(loop, self._deliver, delivery))
        self._thread = threading.Thread(target=self._driver.run, name="journal", daemon=True)
        self._thread.start()

    async def stop(self, timeout_s: float = 10.0) -> None:
        """Stop the driver, fail what still waits with Unavailable, close and unlock the folder. Idempotent.

        Raises:  DeadlineExceeded: the disk did not answer within `timeout_s`; the folder stays locked.
        """
        if not self._is_stopping:
            self._is_stopping = True
            self._inbox.put(Stop())
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, timeout_s)
            if self._thread.is_alive():
                raise errors.DeadlineExceeded(f"The journal in {self._folder.path} did not stop within {timeout_s} s.")
        self._store.close()
        self._folder.unlock()

    # --- what the loop asks ----------------------------------------------------------------------------------------

    def propose(self, data: bytes) -> asyncio.Future[LogPosition]:
        """Append one entry; the future resolves with its position once a quorum has it on disk.

        It fails with NotLeader (this member does not lead; or its entry was overwritten by another leader's), DiskFull
        (nothing was written), or Unavailable (the journal stopped; whether the entry survives is not known).
        Cancelling the future does not withdraw the entry. Committed proposals resolve in their order.

        Raises:  Busy: too much waits already.  InvalidArgument: `data` is larger than an entry may be.
        """
        assert self._loop is not None, "start the node first"
        if len(data) > self._options.entry_size_max_bytes:
            raise errors.InvalidArgument(
                f"A journal entry of {len(data)} bytes is larger than {self._options.entry_size_max_bytes} bytes; "
                "split the change or raise alluxio.master.embedded.journal.entry.size.max."
            )
        if self._queued_bytes + len(data) > self._options.queue_size_max_bytes:
            raise errors.Busy
        future: asyncio.Future[LogPosition] = self._loop.create_future()
        if self._is_stopping or self._failure is not None:
            future.set_exception(self._closed())
            return future
        self._queued_bytes += len(data)
        self._inbox.put(Propose(data, future))
        return future

    def has_lease(self) -> bool:
        """Say whether this member leads, for certain: the only member of a quorum does, while it leads at all."""
        status = self._driver.status if self._driver is not None else None
        return status is not None and status.role is Role.LEADER and len(status.configuration.voters) == 1

    def read_index(self) -> asyncio.Future[Index]:
        """Return a future of the index that a state must have applied to be read linearizably from now on.

        It fails with NotLeader when this member does not lead, Unavailable when the journal stopped. A new leader
        answers only after the first entry of its term is committed.
        """
        assert self._loop is not None, "start the node first"
        future: asyncio.Future[Index] = self._loop.create_future()
        if self._is_stopping or self._failure is not None:
            future.set_exception(self._closed())
            return future
        self._inbox.put(Read(future))
        return future

    def applied(self, index: Index) -> None:
        """Say that the state machine has applied everything up to `index`: makes room for further deliveries."""
        self._inbox.set_applied(index)

    def state_durable(self, index: Index) -> None:
        """Say that the state up to `index` survives a power cut without the log: older segments may be deleted.

        `index` is what `start` would be given as `applied_index` after that power cut, no more.
        Whole segments go, and only beyond the `retain_bytes` that stay behind the newest entry.
        """
        self._inbox.put(StateDurable(index))

    def status(self) -> JournalStatus:
        """Return the state as of the last turn of the driver, with what is applied by now."""
        assert self._driver is not None, "start the node first"
        return replace(self._driver.status, applied_index=self._inbox.applied_index)

    # --- what the loop receives ------------------------------------------------------------------------------------

    def _deliver(self, delivery: Delivery) -> None:
        self._queued_bytes -= delivery.settled_bytes
        if delivery.failure is not None:
            self._fail(delivery.failure)
        if self._failure is None:
            assert self._on_committed is not None
            assert self._on_role is not None
            try:
                if delivery.role_change is not None:
                    self._on_role(delivery.role_change)
                if delivery.committed:
                    self._on_committed(delivery.committed)
            except Exception as error:
                # The state is of unknown content now: nothing may be acknowledged on top of it.
                self._fail(error)
        is_failed = self._failure is not None
        for proposal, position in delivery.settled:
            if not proposal.done():
                if is_failed:
                    proposal.set_exception(self._closed())
                elif isinstance(position, errors.AlluxioError):
                    proposal.set_exception(position)
                else:
                    proposal.set_result(position)
        for read, index in delivery.reads:
            if not read.done():
                if is_failed:
                    read.set_exception(self._closed())
                elif isinstance(index, errors.AlluxioError):
                    read.set_exception(index)
                else:
                    read.set_result(index)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._inbox.put(Stop())
            assert self._on_failed is not None
            self._on_failed(error)

    def _closed(self) -> errors.Unavailable:
        if self._failure is not None:
            return errors.Unavailable(f"The journal of this master failed: {self._failure}")
        return errors.Unavailable("The journal of this master is stopped.")


def _call_on(loop: asyncio.AbstractEventLoop, callback: Callable[[Delivery], None], delivery: Delivery) -> None:
    try:
        loop.call_soon_threadsafe(callback, delivery)
    except RuntimeError:
        # A loop that is gone has nobody left who could be told.
        if not loop.is_closed():
            raise


def _check_membership(self_peer: Peer, configuration: Configuration, folder: JournalFolder) -> None:
    members = ", ".join(peer.address for peer in configuration.peers)
    if configuration.peer(self_peer.id) is None:
        raise errors.ConfigurationError(
            f"The journal in {folder.path} belongs to the quorum of {members}, which {self_peer.address} is not part "
            "of. Set alluxio.master.hostname (or alluxio.master.embedded.journal.addresses) to the address it had."
        )
    if len(configuration.voters) > 1:
        raise errors.ConfigurationError(
            f"The journal in {folder.path} has {len(configuration.voters)} members ({members}); this version runs a "
            "quorum of one. Name one address in alluxio.master.embedded.journal.addresses."
        )


def _check_reach(store: LogStore, applied_index: Index, folder: JournalFolder) -> None:
    if applied_index > store.last_index:
        raise errors.JournalCorrupt(
            f"The metadata store has applied entry {applied_index}, but the journal in {folder.path} ends at entry "
            f"{store.last_index}: acknowledged entries are missing. Put back the journal folder that belongs to the "
            "store, or restore a backup into a newly formatted journal."
        )
    if applied_index + 1 < store.first_index:
        raise errors.JournalCorrupt(
            f"The journal in {folder.path} starts at entry {store.first_index}, but the metadata store has applied "
            f"only up to entry {applied_index}. Put back the metadata store that belongs to this journal, or restore "
            "a backup into a newly formatted journal."
        )
