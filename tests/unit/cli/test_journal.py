"""`journal read` and `journal force-quorum` as they are typed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pyalluxio.ids import Index, Term
from pyalluxio.journal.folder import JournalFolder
from pyalluxio.journal.format import format_journal
from pyalluxio.journal.log_store import LogStore
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, Peer
from pyalluxio.wire.gen import journal_pb2
from tests.unit.cli.conftest import Run


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of two members: a configuration, a directory, and a batch of a mount point and a block id."""
    root = tmp_path / "journal"
    format_journal(root)
    first = journal_pb2.JournalEntry(sequence_number=0)
    first.inode_directory.name = "straße"
    second, third = journal_pb2.JournalEntry(sequence_number=1), journal_pb2.JournalEntry(sequence_number=2)
    second.add_mount_point.ufs_path = "s3://bucket"
    third.block_container_id_generator.next_container_id = 77
    batch = journal_pb2.JournalEntry(journal_entries=[second, third])
    peers = Configuration((Peer.at("127.0.0.1:1"), Peer.at("127.0.0.1:2")))
    store = LogStore.open(JournalFolder(root).current)
    store.append(
        [
            Entry(Term(1), Index(0), EntryKind.CONFIGURATION, configuration=peers),
            Entry(Term(1), Index(1), EntryKind.DATA, data=first.SerializeToString()),
            Entry(Term(1), Index(2), EntryKind.DATA, data=batch.SerializeToString()),
        ]
    )
    store.close()
    return root


@pytest.mark.parametrize(
    ("words", "present", "absent"),
    [
        pytest.param([], ["straße", "s3://bucket"], ["77"], id="the file system's, as in 2.9"),
        pytest.param(["--master", "BlockMaster"], ["77"], ["bucket"], id="the blocks'"),
        pytest.param(
            ["-master", "all"], ["straße", "77", "members of the quorum: 127.0.0.1:1, 127.0.0.1:2"], [], id="all"
        ),
        pytest.param(["-start", "1", "-end", "2"], ["s3://bucket"], ["straße", "77"], id="from, and up to but without"),
    ],
)
def test_entries_are_selected_as_in_2_9(
    alluxio: Run, journal: Path, tmp_path: Path, words: list[str], present: list[str], absent: list[str]
) -> None:
    """Somebody looks for the change that broke a directory, among millions."""
    output = tmp_path / "dump"
    code, out, err = alluxio("readJournal", "-inputDir", str(journal), "-outputDir", str(output), *words)
    assert (code, out) == (0, f"Dumping journal of type EMBEDDED to {output}\n"), err
    text = (output / "edits.txt").read_text()
    assert all(each in text for each in present)
    assert not any(each in text for each in absent)


def test_the_journal_of_the_installation_is_read_by_default(
    alluxio: Run, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = alluxio("journal", "read", f"-Dalluxio.master.journal.folder={journal}")
    assert code == 0
    (folder,) = tmp_path.glob("journal_dump-*")
    assert out.strip().endswith(str(folder))
    assert "straße" in (folder / "edits.txt").read_text()


def test_a_folder_without_a_journal_is_told(alluxio: Run, tmp_path: Path) -> None:
    code, _, err = alluxio("journal", "read", "--input-dir", str(tmp_path))
    assert code == 1
    assert f"There is no journal in {tmp_path}" in err
    assert not list(tmp_path.glob("journal_dump-*"))


def forcing(alluxio: Run, journal: Path, *words: str) -> tuple[int, str, str]:
    return alluxio(
        "journal",
        "force-quorum",
        *words,
        f"-Dalluxio.master.journal.folder={journal}",
        "-Dalluxio.master.hostname=127.0.0.1",
        "-Dalluxio.master.embedded.journal.port=1",
        "-Dalluxio.master.embedded.journal.addresses=127.0.0.1:1,127.0.0.1:2",
    )


def test_a_quorum_is_forced_only_by_somebody_who_says_yes(
    alluxio: Run, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that runs the wrong line must not end a quorum that only needs its second machine switched on."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    code, out, err = forcing(alluxio, journal)
    assert (code, out) == (1, "")
    assert "This member's log ends at entry 2 of term 1" in err
    assert "Nothing was changed" in err
    code, out, err = forcing(alluxio, journal, "--yes")
    assert code == 0, err
    assert out == "127.0.0.1:1 is now the only member of its quorum. Start this master, then add the others.\n"
    code, _, err = forcing(alluxio, journal, "--yes")
    assert code == 1
    assert "the only member of its quorum already" in err
