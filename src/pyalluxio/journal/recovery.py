"""What a start finds on the disk, and what the member does about it.

    what is found                                           one member    several
    a torn tail                                             cut           cut
    a snapshot was taking the place of the log              finished      finished
    damage in the log (segment.py) or in `raft-meta`        refused       recovering: the rest is put aside
    a log that ends before what the store has applied       refused       recovering: begins behind the store
    a log that begins after what the store has applied      refused       recovering: begins behind the store
    no log at all, although there was a committed list of members  refused  recovering
    a formatted journal in which nothing ever happened      elects itself new: see raft/newcomer.py
    no formatted journal                                    refused       recovering, if a leader answers (`may_join`)

"Recovering" is on disk before anything is changed. What the member lacks comes from the leader, as entries or as a
snapshot; until it has been admitted again its vote, its promise and its acknowledgements count nowhere.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

from pyalluxio import errors
from pyalluxio.ids import Index
from pyalluxio.journal.disk import finish_restore
from pyalluxio.journal.folder import JournalFolder, make_folder
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.journal.options import JournalOptions
from pyalluxio.raft.messages import NO_INDEX, NO_TERM, Configuration, HardState, LogPosition, PeerId

log = logging.getLogger(__name__)


@dataclass(slots=True)
class OpenedJournal:
    """The disk of a member that is about to start.

    is_joining  the folder was not formatted: without a leader the member must give up
    """

    folder: JournalFolder
    store: LogStore
    meta: MetaFiles
    hard_state: HardState
    initial: Configuration
    is_joining: bool

    @property
    def configuration(self) -> Configuration:
        in_log = self.store.configurations()
        return in_log[-1][1] if in_log else self.initial

    def knows_as_member(self, peer: PeerId) -> bool:
        """Tell whether the journal, and not only the properties, has this peer in a list of members."""
        stored = self.meta.read_configuration()
        lists = [configuration for _, configuration in self.store.configurations()]
        return any(peer in each.voters for each in ([stored, *lists] if stored is not None else lists))

    def close(self) -> None:
        self.store.close()
        self.folder.unlock()


def open_journal(
    folder: JournalFolder, configured: Configuration, options: JournalOptions, *, may_join: bool
) -> OpenedJournal:
    """Lock the folder and read everything; the first four rows of the table above.

    configured  the members, as far as the journal does not know better
    may_join    begin as a recovering member of a running quorum when the folder is not formatted

    Raises:  JournalNotFormatted; JournalCorrupt; FailedPrecondition: another process holds the folder.
    """
    is_joining = may_join and len(configured.voters) > 1 and not folder.is_formatted
    if is_joining:
        prepare_to_join(folder)
    else:
        folder.require_formatted()
    folder.take_lock()
    try:
        return _read(folder, configured, options, is_joining=is_joining)
    except BaseException:
        folder.unlock()
        raise


def prepare_to_join(folder: JournalFolder) -> None:
    """Make the folders of a journal without formatting it: `raft-meta` is written when a leader has answered."""
    if folder.root.exists() and not folder.root.is_dir():
        folder.require_formatted()
    for name in ("current", "sm", "tmp"):
        make_folder(folder.path / name)


def _read(
    folder: JournalFolder, configured: Configuration, options: JournalOptions, *, is_joining: bool
) -> OpenedJournal:
    meta = MetaFiles(folder.current)
    members, is_several = configured, len(configured.voters) > 1
    try:
        members = meta.read_configuration() or configured
        is_several = len(members.voters) > 1
        hard_state = HardState(is_recovering=True) if is_joining else meta.read_hard_state()
    except errors.JournalCorrupt as error:
        if not is_several:
            raise
        hard_state = _begin_recovery(meta, HardState(), str(error))

    def on_damage(error: errors.JournalCorrupt) -> None:
        nonlocal hard_state
        hard_state = _begin_recovery(meta, hard_state, str(error))

    store = LogStore.open(
        folder.current,
        segment_size_max_bytes=options.segment_size_max_bytes,
        cache_bytes=options.cache_bytes,
        fsync=options.fsync,
        on_damage=on_damage if is_several else None,
    )
    try:
        if store.last_index == NO_INDEX and meta.read_restore() is None and meta.read_configuration() is not None:
            text = f"{folder.current}: the log is empty, although this member belonged to a quorum with a journal"
            if not is_several:
                raise errors.JournalCorrupt(f"{text}. Put back the log_* files, or restore a backup.")
            hard_state = _begin_recovery(meta, hard_state, text)
    except BaseException:
        store.close()
        raise
    return OpenedJournal(folder, store, meta, hard_state, members, is_joining)


def fit_to_state(journal: OpenedJournal, applied_index: Index) -> None:
    """Make the log fit a store that has applied `applied_index`; the rows of the table that depend on it.

    Raises:  JournalCorrupt: a quorum of one cannot be helped.
    """
    store, meta = journal.store, journal.meta
    wanted = meta.read_restore()
    if wanted is not None:
        if applied_index >= wanted.position.index:
            log.warning("Finishing the start from the snapshot up to entry %d.", wanted.position.index)
            finish_restore(store, meta, wanted)
            journal.initial = wanted.configuration
        else:
            # The state was not touched yet, so the log still belongs to it.
            meta.clear_restore()
    if store.first_index - 1 <= applied_index <= store.last_index:
        return
    text = _misfit(store, applied_index, journal.folder)
    if len(journal.configuration.voters) <= 1:
        raise errors.JournalCorrupt(text)
    journal.hard_state = _begin_recovery(meta, journal.hard_state, text)
    store.restore(LogPosition(NO_TERM, applied_index))


def _begin_recovery(meta: MetaFiles, hard_state: HardState, why: str) -> HardState:
    """Store that this member must not vote. The vote that it remembers stays: it may be the last one that it gave."""
    log.error("This member must catch up before it votes again: %s", why)
    recovering = replace(hard_state, is_recovering=True, is_new=False)
    meta.write_hard_state(recovering)
    return recovering


def _misfit(store: LogStore, applied_index: Index, folder: JournalFolder) -> str:
    if applied_index > store.last_index:
        return (
            f"The metadata store has applied entry {applied_index}, but the journal in {folder.path} ends at entry "
            f"{store.last_index}: acknowledged entries are missing. Put back the journal folder that belongs to the "
            "store, or restore a backup into a newly formatted journal."
        )
    return (
        f"The journal in {folder.path} starts at entry {store.first_index}, but the metadata store has applied "
        f"only up to entry {applied_index}. Put back the metadata store that belongs to this journal, or restore "
        "a backup into a newly formatted journal."
    )
