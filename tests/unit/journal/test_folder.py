"""The journal folder: format, lock, meta files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyalluxio import errors
from pyalluxio.ids import Index, Term
from pyalluxio.journal.folder import GROUP_ID, JournalFolder
from pyalluxio.journal.format import format_journal, is_formatted
from pyalluxio.journal.log_store import LogStore
from pyalluxio.journal.meta_file import MetaFiles
from pyalluxio.raft.messages import Configuration, Entry, EntryKind, HardState, Peer, PeerId


def test_format_makes_the_layout_of_ratis_for_owner_and_group_only(tmp_path: Path) -> None:
    """The journal holds every name in the file system; a Java master must find its folders."""
    root = tmp_path / "new" / "journal"
    assert not is_formatted(root)
    format_journal(root)
    assert is_formatted(root)
    group = root / "raft" / GROUP_ID
    assert sorted(path.name for path in group.iterdir()) == ["current", "sm", "tmp"]
    for folder in (root, root / "raft", group, group / "current", group / "sm", group / "tmp"):
        assert folder.stat().st_mode & 0o777 == 0o750
    assert MetaFiles(group / "current").read_hard_state() == HardState(is_new=True)


def test_format_replaces_the_journal_and_nothing_else(tmp_path: Path) -> None:
    """A journal folder that was set to somebody's home by mistake must not cost the home."""
    format_journal(tmp_path)
    (tmp_path / "thesis.tex").write_text("precious")
    current = JournalFolder(tmp_path).current
    store = LogStore.open(current)
    store.append([Entry(Term(1), Index(0), EntryKind.DATA, b"old")])
    store.sync()
    store.close()
    format_journal(tmp_path)
    assert [path.name for path in current.iterdir()] == ["raft-meta"]
    assert (tmp_path / "thesis.tex").read_text() == "precious"
    assert sorted(path.name for path in (tmp_path / "raft").iterdir()) == [GROUP_ID]


def test_format_recovers_from_its_own_crash(tmp_path: Path) -> None:
    """What a killed format left beside the journal must not be in the way of the next."""
    for leftover in (f"{GROUP_ID}.new", f"{GROUP_ID}.old"):
        (tmp_path / "raft" / leftover / "current").mkdir(parents=True)
    assert not is_formatted(tmp_path)
    format_journal(tmp_path)
    assert is_formatted(tmp_path)
    assert [path.name for path in (tmp_path / "raft").iterdir()] == [GROUP_ID]


def test_a_folder_in_use_is_refused_with_the_pid_of_its_user(tmp_path: Path) -> None:
    """Two masters on one log, or a format under a running master, would destroy it."""
    format_journal(tmp_path)
    code = (
        "import sys\nfrom pathlib import Path\nfrom pyalluxio.journal.folder import JournalFolder\n"
        "JournalFolder(Path(sys.argv[1])).lock()\nprint('locked', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        folder = JournalFolder(tmp_path)
        with pytest.raises(errors.FailedPrecondition, match=rf"in use by process {holder.pid} on "):
            folder.lock()
        with pytest.raises(errors.FailedPrecondition, match=rf"in use by process {holder.pid} on "):
            format_journal(tmp_path)
        holder.kill()
        holder.wait(10)
        folder.lock()
        folder.unlock()


def test_the_lock_holds_inside_one_process_too(tmp_path: Path) -> None:
    """Closing a second descriptor of the file must not drop the first one's lock, as plain record locks would."""
    format_journal(tmp_path)
    first, second = JournalFolder(tmp_path), JournalFolder(tmp_path)
    first.lock()
    for _ in range(2):
        with pytest.raises(errors.FailedPrecondition, match=f"in use by process {os.getpid()}"):
            second.lock()
    first.unlock()
    second.lock()
    second.unlock()


def test_an_unformatted_folder_is_refused_naming_the_command(tmp_path: Path) -> None:
    """A master that silently formats a folder it did not find loses the cluster after a failed mount."""
    with pytest.raises(errors.JournalNotFormatted, match=rf"{re.escape(str(tmp_path))} .*`alluxio init format`"):
        JournalFolder(tmp_path).lock()
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    """A wrong property must be told as such."""
    path = tmp_path / "journal"
    path.write_text("")
    with pytest.raises(errors.ConfigurationError, match=r"is a file"):
        format_journal(path)
    with pytest.raises(errors.ConfigurationError, match=r"is a file"):
        JournalFolder(path).lock()


@pytest.mark.parametrize(
    "hard_state",
    [
        HardState(is_new=True),
        HardState(Term(3), is_new=True),
        HardState(Term(7), PeerId("m1_19200")),
        HardState(Term(1 << 40), PeerId("odd=host:\\ #!ü_1")),
        HardState(Term(2), is_recovering=True),
    ],
    ids=["new", "new in a later term", "usual", "every escape", "must not vote"],
)
def test_term_and_vote_round_trip(tmp_path: Path, hard_state: HardState) -> None:
    """A vote that is forgotten can be given twice."""
    meta = MetaFiles(tmp_path)
    meta.write_hard_state(hard_state)
    assert meta.read_hard_state() == hard_state
    assert [path.name for path in tmp_path.iterdir()] == ["raft-meta"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "#Wed Mar 01 10:00:00 UTC 2023\nvotedFor=127.0.0.1_19201\nterm=3\n",
            HardState(Term(3), PeerId("127.0.0.1_19201")),
            id="as Java stores it",
        ),
        pytest.param("term=12\nvotedFor=\n", HardState(Term(12)), id="no vote"),
        pytest.param("term : 4\r\nvotedFor  m\\:1_2\r\n", HardState(Term(4), PeerId("m:1_2")), id="other separators"),
    ],
)
def test_meta_files_of_java_are_read(tmp_path: Path, text: str, expected: HardState) -> None:
    """A journal taken over from a Java master keeps its term and vote."""
    (tmp_path / "raft-meta").write_text(text)
    assert MetaFiles(tmp_path).read_hard_state() == expected


def test_a_meta_file_without_a_term_is_damage(tmp_path: Path) -> None:
    """Starting again at term 0 would allow a second vote in an old term."""
    (tmp_path / "raft-meta").write_text("\0\0\0\0")
    with pytest.raises(errors.JournalCorrupt, match=r"raft-meta: the term"):
        MetaFiles(tmp_path).read_hard_state()


def test_the_configuration_round_trips(tmp_path: Path) -> None:
    """After a purge this file alone says who the members are."""
    meta = MetaFiles(tmp_path)
    assert meta.read_configuration() is None
    configuration = Configuration((Peer.at("a:1"), Peer.at("b:2")))
    meta.write_configuration(Entry(Term(3), Index(8), EntryKind.CONFIGURATION, configuration=configuration))
    assert meta.read_configuration() == configuration
