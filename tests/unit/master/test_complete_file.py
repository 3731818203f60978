"""getNewBlockIdForFile and completeFile: lengths, blocks, and what is persisted when."""

from __future__ import annotations

from typing import Any

import pytest

from pyalluxio.errors import (
    AccessDenied,
    BlockInfoMissing,
    FileAlreadyCompleted,
    FileDoesNotExist,
    InvalidFileSize,
)
from pyalluxio.journal import codec
from pyalluxio.journal.entries import (
    NOT_PERSISTED,
    PERSISTED,
    TO_BE_PERSISTED,
    BlockInfoEntry,
    NewBlockEntry,
    OperationId,
    UpdateInodeEntry,
    UpdateInodeFileEntry,
)
from pyalluxio.journal.options import JournalOptions
from pyalluxio.master.ops import complete_file, get_new_block_id
from pyalluxio.master.ops.complete_file import CompleteFileRequest
from pyalluxio.master.ops.ufs_steps import ReadFingerprint, StepResult, UfsResults
from pyalluxio.master.ops.write_type import WriteType
from pyalluxio.master.state.effects import PersistFile
from pyalluxio.master.state.inode import BLOCKS_MAX
from tests.unit.master.namespace import ASYNC, THROUGH, Namespace

FINGERPRINTED = UfsResults({"/f": StepResult(fingerprint="TYPE|FILE UFS|local ")})


def test_block_ids_count_up_in_the_files_container(namespace: Namespace) -> None:
    """Readers compute the offset of a block from its id."""
    info = namespace.file("/f")
    container = info.file_id >> 24
    ids = [namespace.run(get_new_block_id.run, "/f") for _ in range(3)]
    assert ids == [container << 24, container << 24 | 1, container << 24 | 2]
    assert [type(entry) for entry in namespace.emitted] == [NewBlockEntry]


def test_block_id_for_a_directory_or_nothing_is_refused(namespace: Namespace) -> None:
    """The official master dies of the first: its journal then kills every standby as well."""
    namespace.directory("/d")
    with pytest.raises(FileDoesNotExist, match=r'^Path "/d" must be a file\.$'):
        namespace.run(get_new_block_id.run, "/d")
    with pytest.raises(FileDoesNotExist, match=r'^Path "/x" does not exist\.$'):
        namespace.run(get_new_block_id.run, "/x")


def test_owner_writes_a_file_without_write_bit_until_it_is_complete(namespace: Namespace) -> None:
    """`cp -p` of a read-only file: the owner has to be able to finish what it began."""
    namespace.directory("/d", mode=0o777)
    namespace.file("/d/f", user="ann", mode=0o444)
    namespace.run(get_new_block_id.run, "/d/f", user="ann")
    with pytest.raises(AccessDenied, match="failed at f, "):
        namespace.run(get_new_block_id.run, "/d/f", user="bob")
    namespace.commit_block(namespace.status("/d/f").block_ids[0], 5)
    namespace.run(complete_file.run, CompleteFileRequest("/d/f"), user="ann")
    with pytest.raises(AccessDenied):
        namespace.run(get_new_block_id.run, "/d/f", user="ann")


def test_length_is_the_sum_of_the_blocks(namespace: Namespace) -> None:
    """A wrong length cuts the file for every reader."""
    namespace.now_ms += 7
    info = namespace.completed_file("/f", [100, 100, 30], block_size_bytes=100)
    assert (info.length, info.completed, len(info.block_ids), info.last_modified_ms) == (230, True, 3, namespace.now_ms)
    assert [(block.offset, block.length_bytes) for block in info.blocks] == [(0, 100), (100, 100), (200, 30)]
    assert [type(entry) for entry in namespace.emitted] == [UpdateInodeEntry, UpdateInodeFileEntry]


def test_empty_file(namespace: Namespace) -> None:
    """`touch` makes files of no block at all; both percentages of such a file are 100."""
    info = namespace.completed_file("/f")
    assert (info.length, info.block_ids, info.in_alluxio_percentage, info.in_memory_percentage) == (0, (), 100, 100)


def test_uncommitted_block_is_refused(namespace: Namespace) -> None:
    """A worker died before it committed: completing the file would lose its tail silently."""
    namespace.file("/f")
    namespace.run(get_new_block_id.run, "/f")
    with pytest.raises(BlockInfoMissing, match="never committed"):
        namespace.run(complete_file.run, CompleteFileRequest("/f"))
    assert namespace.emitted == []


def test_short_block_in_the_middle_is_refused(namespace: Namespace) -> None:
    """Offsets are multiples of the block size: a hole would shift everything behind it."""
    with pytest.raises(BlockInfoMissing, match=r"block number 0 has 99 bytes, .* block size of 100"):
        namespace.completed_file("/f", [99, 100], block_size_bytes=100)


def test_second_completion_names_the_file(namespace: Namespace) -> None:
    """Two writers: the second must learn that its data did not become the file."""
    namespace.completed_file("/d/f", [10])
    with pytest.raises(FileAlreadyCompleted, match=r"^File f has"):
        namespace.run(complete_file.run, CompleteFileRequest("/d/f"))


def test_repeated_completion_with_its_operation_id_succeeds(namespace: Namespace) -> None:
    """The answer was lost with the leader; the client must not be told that somebody else completed its file."""
    namespace.file("/f")
    request = CompleteFileRequest("/f", operation_id=OperationId(5, 6))
    namespace.run(complete_file.run, request)
    namespace.run(complete_file.run, request)
    assert namespace.emitted == []


@pytest.mark.parametrize("path", ["/d", "/missing"])
def test_only_files_are_completed(namespace: Namespace, path: str) -> None:
    """NOT_FOUND is what the official client expects here."""
    namespace.directory("/d")
    with pytest.raises(FileDoesNotExist):
        namespace.run(complete_file.run, CompleteFileRequest(path))


def test_persisted_file_takes_the_length_of_the_under_storage(namespace: Namespace) -> None:
    """THROUGH caches nothing: the blocks exist only by arithmetic, and have to be known all the same."""
    namespace.file("/f", write_type=THROUGH, block_size_bytes=100)
    request = CompleteFileRequest("/f", ufs_length=250, content_hash="abc")
    assert namespace.ask(complete_file.plan, request) == (ReadFingerprint("/f", "/ufs/f", 1, "abc"),)
    namespace.run(complete_file.run, request, FINGERPRINTED)
    info = namespace.status("/f")
    assert (info.length, len(info.block_ids), info.persistence_state) == (250, 3, PERSISTED)
    assert [block.length_bytes for block in info.blocks] == [100, 100, 50]
    assert [block.ufs_host for block in info.blocks] == ["m1"] * 3
    assert info.xattr == {"s3_etag": b"abc"}
    assert info.ufs_fingerprint == "TYPE|FILE UFS|local "
    assert [type(entry) for entry in namespace.emitted] == [
        BlockInfoEntry,
        BlockInfoEntry,
        BlockInfoEntry,
        UpdateInodeEntry,
        UpdateInodeFileEntry,
    ]


def test_a_block_asked_for_twice_does_not_shift_the_others(namespace: Namespace) -> None:
    """Official clients repeat the call after a fail-over; readers would get the bytes of another block."""
    namespace.file("/f", write_type=THROUGH, block_size_bytes=100)
    namespace.run(get_new_block_id.run, "/f")
    lost, again = (namespace.run(get_new_block_id.run, "/f") for _ in range(2))
    namespace.commit_block(lost - 1, 100)
    namespace.commit_block(again, 30)
    with pytest.raises(BlockInfoMissing, match="was given 3 blocks, more than its 130 bytes fill"):
        namespace.run(complete_file.run, CompleteFileRequest("/f", ufs_length=130), FINGERPRINTED)
    assert not namespace.status("/f").completed


def test_unknown_length_counts_as_one_block_and_may_be_completed_again(namespace: Namespace) -> None:
    """Some under storages tell the length only later."""
    namespace.file("/f", write_type=THROUGH)
    namespace.run(complete_file.run, CompleteFileRequest("/f", ufs_length=-1), FINGERPRINTED)
    assert (namespace.status("/f").length, len(namespace.status("/f").block_ids)) == (-1, 1)
    namespace.run(complete_file.run, CompleteFileRequest("/f", ufs_length=9), FINGERPRINTED)
    assert namespace.status("/f").blocks[0].length_bytes == 9


def test_negative_length_is_refused(namespace: Namespace) -> None:
    """A client's arithmetic went wrong; a file of length -2 breaks every reader."""
    namespace.file("/f", write_type=THROUGH)
    with pytest.raises(InvalidFileSize, match="-2"):
        namespace.run(complete_file.run, CompleteFileRequest("/f", ufs_length=-2), FINGERPRINTED)


@pytest.mark.parametrize(
    ("write_type", "emits_state"), [(ASYNC, False), (WriteType.MUST_CACHE, True)], ids=["async", "must-cache"]
)
def test_asynchronous_persistence_is_queued_at_completion(
    namespace: Namespace, write_type: WriteType, emits_state: bool
) -> None:
    """What nobody queues is never written to the under storage."""
    info = namespace.file("/f", write_type=write_type)
    namespace.run(complete_file.run, CompleteFileRequest("/f", persistence_wait_ms=500))
    assert namespace.effects == [PersistFile(info.file_id, 500)]
    assert namespace.status("/f").persistence_state == TO_BE_PERSISTED
    assert (len(namespace.emitted) == 3) is emits_state


def test_excluded_paths_are_not_persisted(namespace: Namespace) -> None:
    """Temporary folders of jobs would otherwise fill the under storage."""
    namespace.settings.persistence_blacklist = ("_temporary",)
    namespace.file("/_temporary/f")
    namespace.run(complete_file.run, CompleteFileRequest("/_temporary/f", persistence_wait_ms=0))
    assert namespace.effects == []
    assert namespace.status("/_temporary/f").persistence_state == NOT_PERSISTED


@pytest.mark.parametrize("length", [BLOCKS_MAX + 1, (1 << 63) - 1])
def test_a_length_of_too_many_blocks_is_refused_before_they_are_made(namespace: Namespace, length: int) -> None:
    """One client's wrong length froze the master for all, and one of 2^63-1 would have taken its memory."""
    namespace.file("/f", write_type=THROUGH, block_size_bytes=1)
    request = CompleteFileRequest("/f", length)
    with pytest.raises(InvalidFileSize, match=rf"length of {length} with blocks of 1 bytes: {BLOCKS_MAX} blocks"):
        namespace.ask(complete_file.plan, request)
    with pytest.raises(InvalidFileSize):
        namespace.run(complete_file.run, request, FINGERPRINTED)
    assert namespace.emitted == []


def test_the_largest_file_fits_into_a_journal_entry() -> None:
    """A completion that the journal refuses would fail for ever, after all the data was written."""
    first = (1 << 63) - 1 - BLOCKS_MAX
    blocks = tuple(range(first, first + BLOCKS_MAX // 100))  # a hundredth of it: all would take seconds
    entries: list[Any] = [BlockInfoEntry(block, 64 << 20) for block in blocks]
    entries.append(UpdateInodeFileEntry(id=first, path="/f", completed=True, length=1, set_blocks=blocks))
    assert 100 * len(codec.encode_batch(entries, 1 << 40)) < JournalOptions().entry_size_max_bytes
